"""Subscriptions, prices, the ledger and use against the emulator, over sockets, on both faces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.ports.memory import MemoryPort
from cloudsigma.records import (
    Subscription,
    SubscriptionReference,
    SubscriptionSpec,
    to_datetime,
    to_decimal,
    to_timedelta,
)
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

GIB = 2**30


@pytest.fixture(params=FACES)
def cs(request: pytest.FixtureRequest, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(request.param, cloudsigma_emulator) as client:
        yield client


def disk(cs: CloudSigma, **more: Any) -> Subscription:
    return cs.subscriptions.create(resource="dssd", amount=GIB, **{"period": "1 month", **more})


class TestSubscriptions:
    def test_bought(self, cs: CloudSigma) -> None:
        before = to_decimal(cs.balance.get().balance)
        bought = disk(cs)
        assert (bought.resource, bought.amount, bought.status) == ("dssd", str(GIB), "active")
        assert bought.start_time is not None
        assert bought.end_time is not None
        length = to_datetime(bought.end_time) - to_datetime(bought.start_time)
        assert to_timedelta(bought.period) == length > timedelta(days=27)
        price = to_decimal(bought.price)
        assert price > 0
        assert to_decimal(cs.balance.get().balance) == before - price
        newest = cs.ledger.page(0, 1).objects[0]
        assert to_decimal(newest.amount) == price
        assert bought.id in newest.reason

    def test_named_in_every_way(self, cs: CloudSigma) -> None:
        bought = disk(cs)
        found = cs.subscriptions.get(bought)
        reference = SubscriptionReference(id=int(bought.id), resource_uri=bought.resource_uri)
        for ref in (bought.id, int(bought.id), bought.uuid, bought.resource_uri, reference):
            assert cs.subscriptions.get(ref) == found
        with pytest.raises(errors.NotFound):
            cs.subscriptions.get(10**6)
        address = cs.ips.list()[0]
        assert address.subscription is not None
        assert cs.subscriptions.get(address.subscription).subscribed_object == address.uuid
        with pytest.raises(errors.InvalidArgument):
            cs.subscriptions.get(address.resource_uri)

    def test_lists(self, cs: CloudSigma) -> None:
        bought = disk(cs)
        assert [item.id for item in cs.subscriptions.list(resource="dssd")] == [bought.id]
        assert {item.resource for item in cs.subscriptions.list(resource=["ip", "vlan"])} == {"ip", "vlan"}
        assert cs.subscriptions.list(status="expired") == []
        (vlan,) = cs.vlans.list()
        found = cs.subscriptions.find(subscribed_object=vlan.uuid)
        assert found is not None
        assert found.resource == "vlan"
        everything = cs.subscriptions.list()
        assert [item.id for item in cs.subscriptions.iterate(page_size=2)] == [item.id for item in everything]
        assert cs.subscriptions.page(1, 2).total_count == len(everything)
        priced = cs.subscriptions.priced()
        assert priced.objects == everything
        assert to_decimal(priced.price) == sum(to_decimal(item.price) for item in everything)
        with pytest.raises(TypeError, match="name"):
            cs.subscriptions.list(name="x")  # type: ignore[call-arg]

    def test_several_at_once(self, cs: CloudSigma) -> None:
        before = len(cs.ips.list())
        bought = cs.subscriptions.buy([{"resource": "ip", "amount": 2, "period": "1 month"}])
        assert [item.amount for item in bought.objects] == ["1", "1"]
        assert to_decimal(bought.price) == sum(to_decimal(item.price) for item in bought.objects)
        owned = {item.uuid for item in cs.ips.list()}
        assert {item.subscribed_object for item in bought.objects} < owned
        assert len(owned) == before + 2
        many = cs.subscriptions.create_many(
            [{"resource": name, "amount": GIB, "period": "1 month"} for name in ("dssd", "mem")]
        )
        assert [item.resource for item in many] == ["dssd", "mem"]
        assert cs.subscriptions.create_many([]) == []

    def test_create_is_for_one(self, cs: CloudSigma) -> None:
        before = len(cs.subscriptions.list())
        with pytest.raises(errors.InvalidArgument, match=r"buy\("):
            cs.subscriptions.create(resource="ip", amount="2", period="1 month")
        for specs in ([], [{"resource": "ip"}] * 501):
            with pytest.raises(errors.InvalidArgument, match="500"):
                cs.subscriptions.buy(specs)  # type: ignore[arg-type]
        assert len(cs.subscriptions.list()) == before

    def test_times_are_text_or_datetimes(self, cs: CloudSigma) -> None:
        now = to_datetime(cs.subscriptions.list()[0].start_time or "")
        start, end = now + timedelta(days=10, hours=3), now + timedelta(days=50)
        bought = cs.subscriptions.create(resource="dssd", amount=GIB, start_time=start, end_time=end)
        assert bought.status == "inactive"
        assert bought.start_time is not None
        assert bought.end_time is not None
        assert to_datetime(bought.start_time) <= start < to_datetime(bought.end_time)
        assert to_datetime(bought.end_time) >= end

    def test_refusals(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.ValidationError):
            cs.subscriptions.create(resource="dssd", amount=GIB)
        with pytest.raises(errors.ValidationError) as caught:
            cs.subscriptions.create(resource="dssd", amount=GIB, period="fortnight")
        assert caught.value.error_point == "period"
        with pytest.raises(errors.PaymentRequired):
            cs.subscriptions.create(resource="ssd", amount=10**15, period="1 year")

    def test_extended_and_grouped(self, cs: CloudSigma) -> None:
        bought = disk(cs)
        longer = cs.subscriptions.extend(bought)
        assert (longer.start_time, longer.status) == (bought.end_time, "inactive")
        longest = cs.subscriptions.extend(bought, period="2 months")
        assert longest.start_time == longer.end_time
        (chain,) = cs.subscriptions.grouped(resource="dssd")
        assert chain.id == bought.id
        assert chain.end_time == longest.end_time
        assert chain.descendants is not None
        assert [item.id for item in chain.descendants] == [longer.id, longest.id]
        assert cs.subscriptions.grouped(status="expired") == []
        with pytest.raises(TypeError, match="uuid"):
            cs.subscriptions.grouped(uuid="x")  # type: ignore[call-arg]

    def test_renewal(self, cs: CloudSigma) -> None:
        bought = disk(cs)
        assert bought.auto_renew is True
        assert cs.subscriptions.auto_renew(bought).auto_renew is False
        assert cs.subscriptions.auto_renew(bought).auto_renew is True
        for wanted in (False, False, True, True):
            assert cs.subscriptions.auto_renew(bought.id, wanted).auto_renew is wanted
            assert cs.subscriptions.get(bought).auto_renew is wanted
        assert disk(cs, auto_renew=False).auto_renew is False

    def test_the_calculator_knows_the_price(self, cs: CloudSigma) -> None:
        spec: SubscriptionSpec = {"resource": "dssd", "amount": 30 * GIB, "period": "1 year"}
        before = cs.balance.get()
        calculated = cs.subscription_calculator.get_price(**spec)
        assert cs.balance.get() == before
        (one,) = calculated.objects
        assert one.discounts == {"period": "0.2500000000"}
        assert to_decimal(cs.subscriptions.create(**spec).price) == to_decimal(calculated.price)
        both = cs.subscription_calculator.calculate([spec, {**spec, "resource": "mem"}])
        assert [item.resource for item in both.objects] == ["dssd", "mem"]
        assert to_decimal(both.price) == sum(to_decimal(item.price) for item in both.objects)
        with pytest.raises(errors.InvalidArgument):
            cs.subscription_calculator.calculate([])

    def test_the_calculator_knows_the_price_of_an_extension(self, cs: CloudSigma) -> None:
        bought = disk(cs)
        for ref in (bought, bought.resource_uri, int(bought.id)):
            calculated = cs.subscription_calculator.extend(ref, period="1 month")
            assert calculated.start_time == bought.end_time
        extended = cs.subscriptions.extend(bought, period="1 month")
        assert to_decimal(extended.price) == to_decimal(calculated.price)


class TestPrices:
    def test_prices_and_levels(self, cs: CloudSigma) -> None:
        prices = cs.pricing.get(level=0)
        assert {item.level for item in prices.objects} == {0}
        assert prices.objects == cs.pricing.list(level=0)
        assert all(level >= 1 for level in prices.current.values())
        assert set(prices.next) == set(prices.current)
        assert len(cs.pricing.list(level=[0, 1])) > len(prices.objects)
        assert cs.pricing.page(0, 3, level=0).objects == prices.objects[:3]
        assert list(cs.pricing.iterate(page_size=200)) == cs.pricing.list()
        assert all(to_decimal(item.price) >= 0 for item in prices.objects)

    def test_discounts(self, cs: CloudSigma) -> None:
        discounts = cs.discounts.list()
        assert [item.period for item in discounts] == ["3 months", "6 months", "1 year", "2 years", "3 years"]
        assert to_decimal(discounts[2].value) == Decimal("0.25")

    def test_licenses(self, cs: CloudSigma) -> None:
        licenses = cs.licenses.list()
        found = cs.licenses.find(name="msft_p73_04837_core")
        assert found in licenses
        assert found is not None
        assert cs.licenses.get(found) == found
        number = found.resource_uri.rstrip("/").rpartition("/")[2]
        assert cs.licenses.get(number) == cs.licenses.get(int(number)) == found
        assert cs.licenses.list(type="stub", name__contains="nothing like it") == []
        assert len(list(cs.licenses.iterate(page_size=2))) == cs.licenses.page(0, 1).total_count
        image = next((item for item in cs.library_drives.list() if item.licenses), None)
        if image is not None and image.licenses:
            assert cs.licenses.get(image.licenses[0].license).name == image.licenses[0].license.name


class TestLedgerAndUse:
    def test_ledger(self, cs: CloudSigma) -> None:
        for _ in range(3):
            disk(cs)
        entries = cs.ledger.list()
        assert entries == list(cs.ledger.iterate(page_size=2))
        for newer, older in pairwise(entries):
            assert to_decimal(newer.initial) == to_decimal(older.end)
            assert to_decimal(newer.end) == to_decimal(newer.initial) - to_decimal(newer.amount)
        when = to_datetime(entries[1].time)
        assert entries[:1] == cs.ledger.list(time__gt=when)
        assert entries[:1] == cs.ledger.list(time__gt=entries[1].time)
        assert entries[1:] == cs.ledger.list(time__lte=when)
        assert cs.ledger.list(time__lt=date(2000, 1, 1)) == []
        assert cs.ledger.page(0, 1, time__lte=when).total_count == len(entries) - 1
        with pytest.raises(TypeError, match="reason"):
            cs.ledger.list(reason="x")  # type: ignore[call-arg]

    def test_use(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        drive = cs.drives.create(name="d", size=3 * GIB, media="disk", wait=True)
        now = cs.current_usage.get()
        assert now.usage["dssd"].using >= 3 * GIB
        assert now.usage["dssd"].burst == max(0, now.usage["dssd"].using - now.usage["dssd"].subscribed)
        assert now.balance.balance == cs.balance.get().balance
        begin = cloudsigma_emulator.clock.now()
        cloudsigma_emulator.clock.advance(601)
        samples = [item for item in cs.usage.list(poll_time__gt=begin) if item.uuid == drive.uuid]
        assert {item.amount for item in samples} == {str(3 * GIB)}
        assert samples[0].resource == "dssd"
        assert all(to_datetime(item.poll_time) > begin for item in samples)
        assert cs.usage.list(poll_time__lt=begin - timedelta(days=1)) == []
        assert len(list(cs.usage.iterate(page_size=1))) == len(cs.usage.list())
        assert len(cs.usage.page(0, 1).objects) == 1
        charged = [item for item in cs.ledger.list() if item.billing_cycle is not None]
        assert all(to_timedelta(item.interval or 0) > timedelta() for item in charged)
        for item in charged:
            assert item.human_interval is not None
            # Words are rounded: 299 s are 5 minutes.
            difference = to_timedelta(item.human_interval) - timedelta(seconds=item.interval or 0)
            assert abs(difference) < timedelta(minutes=1)
        (cost,) = [item for item in cs.burst_usage.list() if item.resource_type == "dssd"]
        assert to_decimal(cost.amount) > 0
        assert cs.burst_usage.page(0, 0).objects == cs.burst_usage.list()
        daily = [item for item in cs.daily_burst_usage.list() if item.resource_type == "dssd"]
        assert sum(to_decimal(item.amount) for item in daily) > 0
        today = to_datetime(daily[-1].date).date()
        assert daily[-1] in cs.daily_burst_usage.list(date__gt=today)
        assert daily[-1] not in cs.daily_burst_usage.page(0, 0, date__lt=today).objects
        assert cs.burst_usage.list(date__lt=datetime(2000, 1, 1, tzinfo=UTC)) == []


SCHEMED = ["subscriptions", "pricing", "discounts", "ledger", "licenses", "current_usage", "burst_usage"]


@pytest.mark.parametrize("name", SCHEMED)
def test_schemas(cs: CloudSigma, name: str) -> None:
    assert getattr(cs, name).schema().fields


def answering(document: Any) -> CloudSigma:
    def handle(method: str, url: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {"content-type": "application/json"}, json.dumps(document).encode()

    return CloudSigma(
        port=MemoryPort(handle), api_endpoint="https://c.example/api/2.0/", username="u", password="p"
    )


class TestOddities:
    def test_amounts_that_are_numbers_become_text(self) -> None:
        rows = [{"amount": 0.0089, "usage": 1}, {"amount": 3}, {"amount": "0E-20"}]
        with answering({"objects": rows}) as cs:
            assert [item.amount for item in cs.burst_usage.list()] == ["0.0089", "3", "0E-20"]
            assert [item.amount for item in cs.daily_burst_usage.list()] == ["0.0089", "3", "0E-20"]
        assert to_decimal("0.0089") == Decimal("0.0089")

    def test_a_bare_list_or_object_of_subscriptions(self) -> None:
        with answering([{"id": "1"}]) as cs:
            assert cs.subscriptions.create(resource="mem", period="1 month").id == "1"
            assert cs.subscriptions.priced().objects[0].id == "1"
            assert cs.subscription_calculator.calculate([{"resource": "mem"}]).objects == [{"id": "1"}]
        with answering({"id": "1"}) as cs:
            assert cs.subscriptions.create(resource="mem", period="1 month").id == "1"

    def test_more_bought_than_meant_is_told(self) -> None:
        with (
            answering({"objects": [{"id": "1"}, {"id": "2"}], "price": "5"}) as cs,
            pytest.raises(errors.BadAnswer, match=r"2 subscriptions were bought .* 1, 2"),
        ):
            cs.subscriptions.create(resource="mem", period="1 month")

    def test_prices_without_levels(self) -> None:
        with answering([{"level": 0}]) as cs:
            assert cs.pricing.get() == {"objects": [{"level": 0}], "current": {}, "next": {}}
        with answering({"objects": [], "current": {"cpu": 2}, "next": {"cpu": 3}}) as cs:
            assert (cs.pricing.get().current, cs.pricing.get().next) == ({"cpu": 2}, {"cpu": 3})
