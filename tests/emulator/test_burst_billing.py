"""The five-minute poll: ledger, balance and usage, in virtual time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.domain import tariff
from cloudsigma_emulator.domain.money import BOOKS
from cloudsigma_emulator.engine import books, metering

from .cloud_in_process import FIRST, GIB, MIB, SECOND, Cloud, Doc, attach, database_work
from .test_subscriptions import balance, buy, one, purse
from .wire import Wire

CYCLE = 300
DAY = 86400
START = Decimal("100000.00000000000000000000")


def ledger(cloud: Cloud, query: str = "limit=0", email: str = FIRST) -> list[Doc]:
    rows: list[Doc] = cloud.get(f"/ledger/?{query}", email=email)["objects"]
    return rows


def require_books_agree(cloud: Cloud, email: str = FIRST, start: Decimal = START) -> None:
    """Each booking goes on where the one before ended, and all of them together are the balance."""
    rows = ledger(cloud, email=email)[::-1]
    before, spent = start, Decimal(0)
    for number, row in enumerate(rows, start=1):
        assert row["id"] == str(number)
        assert Decimal(row["initial"]) == before
        before = BOOKS.subtract(before, Decimal(row["amount"]))
        spent = BOOKS.add(spent, Decimal(row["amount"]))
        assert Decimal(row["end"]) == before
    assert balance(cloud, email) == before == BOOKS.subtract(start, spent)
    times = [row["time"] for row in rows]
    assert times == sorted(times)


def price(resource: str, level: int = 1) -> Decimal:
    row = tariff.price_of(resource, "EUR", level)
    assert row is not None
    return row.price


def cost(resource: str, amount: int, seconds: int) -> Decimal:
    row = tariff.price_of(resource, "EUR", 1)
    assert row is not None
    return (row.price * amount * seconds / row.multiplier).quantize(Decimal("1E-20"))


@pytest.fixture
def lean() -> Any:
    """A cloud whose accounts own nothing, at the beginning of a billing cycle."""
    cloud = Cloud(seed="empty")
    cloud.advance(CYCLE)
    yield cloud
    cloud.close()


def to_the_poll(cloud: Cloud, seconds: float = 0) -> None:
    """Let the time go on to some seconds after the next poll."""
    with cloud.app.transaction() as tx:
        due = tx.execute("SELECT due FROM tasks WHERE name='billing.poll'")[0][0]
    cloud.app.move_clock(due + seconds)


def test_an_account_that_owns_nothing_pays_nothing(lean: Cloud) -> None:
    lean.advance(40 * DAY)
    assert ledger(lean) == []
    assert lean.get("/balance/")["balance"] == "100000.00000000000000000000"
    assert lean.get("/usage/")["objects"] == []
    assert lean.get("/burstusage/")["objects"] == lean.get("/dailyburstusage/")["objects"] == []


def test_a_drive_is_charged_from_its_first_second(lean: Cloud) -> None:
    to_the_poll(lean, 163)
    drive = lean.call("POST", "/drives/", {"name": "d", "size": 4831838208, "media": "disk"}).body["objects"][
        0
    ]
    lean.frames.clear()
    to_the_poll(lean)
    [row] = ledger(lean)
    polled = lean.app.clock.now().isoformat(timespec="microseconds")
    assert row == {
        "amount": str(cost("dssd", 4831838208, 137)),
        "billing_cycle": row["billing_cycle"],
        "end": str(START - Decimal(row["amount"])),
        "human_interval": "2 minutes",
        "id": "1",
        "initial": str(START),
        "interval": 137,
        "poll_time": polled,
        "reason": f"Burst: 4.50 GB of dssd for 2 minutes at {lean.app.clock.now():%Y-%m-%d %H:%M}",
        "resource_amount": "4831838208",
        "time": polled,
    }
    assert [frame.resource_uri for frame in lean.frames if frame.resource_type == "balance"] == [
        "/api/2.0/balance/"
    ]
    to_the_poll(lean)
    second, _ = ledger(lean)
    assert (second["interval"], second["billing_cycle"]) == (300, row["billing_cycle"] + 1)
    assert second["initial"] == row["end"]
    to_the_poll(lean, 49)
    assert lean.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    to_the_poll(lean)
    assert ledger(lean)[0]["human_interval"] == "49 seconds"
    to_the_poll(lean)
    assert len(ledger(lean)) == 4, "what is gone costs nothing"
    require_books_agree(lean)


def test_a_server_is_charged_while_it_has_power(lean: Cloud) -> None:
    server = lean.server(cpu=12000, mem=4 * GIB)
    lean.advance(DAY)
    assert ledger(lean) == []
    to_the_poll(lean, 100)
    assert lean.act(server, "start").status == 202
    lean.settle()
    to_the_poll(lean)
    mem, cpu = ledger(lean)
    assert (cpu["resource_amount"], cpu["interval"]) == ("12000", 200)
    assert cpu["amount"] == str(cost("intel_cpu", 12000, 200))
    assert cpu["reason"].startswith("Burst: 12.00 GHz of intel_cpu for 3 minutes at ")
    assert mem["amount"] == str(cost("intel_mem", 4 * GIB, 200))
    assert mem["reason"].startswith("Burst: 4.00 GB of intel_mem for 3 minutes at ")
    lean.act(server, "stop")
    lean.settle()
    to_the_poll(lean)
    assert ledger(lean)[0]["interval"] < 5, "until it had stopped"
    rows = len(ledger(lean))
    lean.advance(DAY)
    assert len(ledger(lean)) == rows
    require_books_agree(lean)


def test_what_is_subscribed_costs_nothing(lean: Cloud) -> None:
    buy(
        lean,
        {"resource": "cpu", "amount": 1500, "period": "1 month"},
        {"resource": "intel_mem", "amount": GIB, "period": "1 month"},
    )
    lean.running(cpu=2000, mem=GIB)
    paid = balance(lean)
    lean.advance(10 * CYCLE)
    assert {(row["resource_amount"], row["reason"].split()[4]) for row in ledger(lean)[:-1]} == {
        ("500", "intel_cpu")
    }
    assert lean.get("/currentusage/")["usage"]["intel_cpu"] == {
        "burst": 500,
        "subscribed": 1500,
        "using": 2000,
    }
    assert balance(lean) < paid
    require_books_agree(lean)


def test_many_cycles_at_once_are_booked_like_one_after_the_other() -> None:
    found = []
    for steps in (1, 400):
        cloud = Cloud(seed="empty")
        cloud.running(cpu=1000, mem=512 * MIB, drives=[attach(cloud.drive())])
        for _ in range(steps):
            cloud.advance(400 * CYCLE / steps)
        found.append([{**row, "poll_time": 0, "time": 0, "reason": 0} for row in ledger(cloud)[:1100]])
        require_books_agree(cloud)
        cloud.close()
    slow, fast = found
    assert len(slow) == 1100
    for one_, other in zip(slow, fast, strict=True):
        assert {key: one_[key] for key in ("amount", "interval", "resource_amount")} == {
            key: other[key] for key in ("amount", "interval", "resource_amount")
        }


def test_a_month_costs_little_more_than_a_day() -> None:
    cloud = Cloud()
    servers = [
        cloud.running(drives=[attach(cloud.drive())], nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
        for _ in range(5)
    ]

    def read_usage(offset: int) -> None:
        assert len(cloud.get(f"/usage/?limit=20&offset={offset}")["objects"]) == 20

    day = database_work(cloud.app, lambda: cloud.advance(DAY))
    few = database_work(cloud.app, lambda: read_usage(0))
    month = database_work(cloud.app, lambda: cloud.advance(30 * DAY))
    assert 0 < month <= 3 * day
    found = cloud.get("/ledger/?limit=3")
    assert found["meta"]["total_count"] >= 3 * 8640
    assert database_work(cloud.app, lambda: read_usage(100_000)) <= few + 10
    require_books_agree(cloud)
    assert all(cloud.see("servers", server["uuid"])["status"] == "running" for server in servers)
    cloud.close()


def test_the_ledger_is_filtered_and_cut(lean: Cloud) -> None:
    lean.drive()
    one(lean, {"resource": "cpu", "amount": 1, "period": "1 day"})
    lean.advance(50 * CYCLE)
    rows = ledger(lean)
    for offset in (0, 1, 20, 49, 51, 60):
        assert ledger(lean, f"limit=7&offset={offset}") == rows[offset : offset + 7]
    assert lean.get("/ledger/")["meta"] == {"limit": 20, "offset": 0, "total_count": len(rows)}
    assert ledger(lean, "order_by=time&limit=0") == rows[::-1]
    assert ledger(lean, "order_by=-time&limit=0") == rows
    middle = rows[20]
    from urllib.parse import quote

    at = quote(middle["time"])
    for lookup, wanted in {
        "time": [middle],
        "time__gt": rows[:20],
        "time__gte": rows[:21],
        "time__lt": rows[21:],
        "time__lte": rows[20:],
    }.items():
        assert ledger(lean, f"{lookup}={at}&limit=0") == wanted
        assert ledger(lean, f"{lookup}={at}&limit=0&order_by=time") == wanted[::-1]
    cycle = middle["billing_cycle"]
    burst = [row for row in rows if row["billing_cycle"] is not None]
    assert ledger(lean, f"billing_cycle={cycle}") == [middle]
    assert ledger(lean, f"billing_cycle__lt={cycle}&limit=0") == [
        r for r in burst if r["billing_cycle"] < cycle
    ]
    assert ledger(lean, f"billing_cycle__gt={cycle - 3}&billing_cycle__lte={cycle}") == rows[20:23]
    both = lean.get(f"/ledger/?billing_cycle__gte={cycle}&time__lt={quote(rows[0]['time'])}&limit=2&offset=1")
    assert both["objects"] == rows[2:4]
    assert both["meta"]["total_count"] == 20
    assert ledger(lean, "fields=id,amount&limit=1") == [{"id": rows[0]["id"], "amount": rows[0]["amount"]}]
    for mistake in ("time=soon", "billing_cycle=x", "billing_cycle__gt=1.x"):
        assert lean.call("GET", f"/ledger/?{mistake}").status == 400


def test_samples(lean: Cloud) -> None:
    drive = lean.drive(size=3 * GIB)
    server = lean.running(cpu=6000, mem=3 * GIB, drives=[attach(drive)])
    to_the_poll(lean)
    first = lean.app.clock.now()
    polled = first.isoformat(timespec="microseconds")
    assert sorted(lean.get("/usage/")["objects"], key=str) == sorted(
        [
            {"amount": "6000", "poll_time": polled, "resource": "intel_cpu", "uuid": server["uuid"]},
            {"amount": str(3 * GIB), "poll_time": polled, "resource": "intel_mem", "uuid": server["uuid"]},
            {"amount": str(3 * GIB), "poll_time": polled, "resource": "dssd", "uuid": drive["uuid"]},
        ],
        key=str,
    )
    lean.advance(2 * CYCLE)
    lean.act(server, "stop")
    lean.advance(3 * CYCLE)
    found = lean.get("/usage/?limit=1500")["objects"]
    assert len([row for row in found if row["uuid"] == server["uuid"]]) == 6
    assert len([row for row in found if row["uuid"] == drive["uuid"]]) == 6
    assert [row["poll_time"] for row in found] == sorted(row["poll_time"] for row in found)
    third = (first + timedelta(seconds=2 * CYCLE)).isoformat().replace("+", "%2B")
    for name in ("poll_time_gt", "poll_time__gt"):
        assert len(lean.get(f"/usage?{name}={third}")["objects"]) == 3
    assert len(lean.get(f"/usage/?poll_time__lt={third}")["objects"]) == 6
    assert (
        len(lean.get(f"/usage/?poll_time_gt={polled.replace('+', '%2B')}&poll_time_lt={third}")["objects"])
        == 3
    )
    assert lean.get("/usage/?limit=4&offset=2")["objects"] == found[2:6]
    assert lean.get("/usage/?poll_time_gt=2001-01-01&poll_time_lt=2001-01-02")["objects"] == []
    assert lean.get("/usage/", email=SECOND)["objects"] == []


def test_burst_usage(lean: Cloud) -> None:
    lean.app.move_clock(datetime.fromisoformat("2030-11-14T22:00:00+00:00").timestamp())
    lean.running(cpu=1000, mem=GIB)
    lean.app.move_clock(datetime.fromisoformat("2030-11-20T03:00:00+00:00").timestamp())
    rows = ledger(lean)
    total = {each["resource_type"]: each for each in lean.get("/burstusage/")["objects"]}
    assert set(total) == {"intel_cpu", "intel_mem"}
    cpu = [row for row in rows if "intel_cpu" in row["reason"]]
    assert Decimal(total["intel_cpu"]["amount"]) == sum(Decimal(row["amount"]) for row in cpu)
    assert total["intel_cpu"]["usage"] == sum(int(row["resource_amount"]) for row in cpu)
    days = lean.get("/dailyburstusage/?date__gt=2030-11-15&date__lt=2030-11-19&limit=0")["objects"]
    assert {each["date"] for each in days} == {f"2030-11-{day}" for day in (15, 16, 17, 18)}
    everything = lean.get("/dailyburstusage/?limit=0")["objects"]
    assert len(everything) == 2 * 7
    for each in everything:
        own = [
            Decimal(row["amount"])
            for row in rows
            if row["poll_time"].startswith(each["date"]) and each["resource_type"] in row["reason"]
        ]
        assert Decimal(each["amount"]) == sum(own)
        assert set(each) == {"amount", "date", "resource_type", "usage"}
    some = lean.get("/burstusage/?date__gte=2030-11-16&date__lt=2030-11-17")["objects"]
    assert [Decimal(each["amount"]) for each in some] == [
        Decimal(each["amount"]) for each in everything if each["date"] == "2030-11-16"
    ]
    lean.advance(60 * DAY)
    recent = lean.get("/burstusage/")["objects"]
    assert (
        sum(Decimal(each["amount"]) for each in recent) < sum(Decimal(r["amount"]) for r in ledger(lean)) / 2
    )


@pytest.mark.parametrize("credit", [None, "2.00"])
def test_servers_stop_when_the_money_is_gone(lean: Cloud, credit: str | None) -> None:
    server = lean.running(cpu=1000, mem=GIB)
    purse(lean, balance="0.01", credit_limit=credit)
    per_cycle = cost("intel_cpu", 1000, 300) + cost("intel_mem", GIB, 300)
    lasts = (Decimal("0.01") + Decimal(credit or 0)) / per_cycle
    begun = lean.app.clock.now()
    lean.advance(30 * DAY)
    assert lean.see("servers", server["uuid"])["status"] == "stopped"
    floor = -Decimal(credit or 0)
    assert floor - 2 * per_cycle < balance(lean) <= floor
    rows = ledger(lean)
    ended = datetime.fromisoformat(rows[0]["time"]) - begun
    assert abs(ended.total_seconds() / CYCLE - float(lasts)) <= 2
    entries = [e["action"] for e in lean.get("/logs/?limit=0")["objects"] if e["uuid"] == server["uuid"]]
    assert entries[0] == "stop"
    assert "stop_send" not in entries
    refused = lean.act(server, "start")
    assert (refused.status, refused.error["error_type"]) == (402, "billing")


def test_the_account_recharges_itself(lean: Cloud) -> None:
    owner = lean.uuid_of(FIRST)
    with lean.app.transaction() as tx:
        profile = tx.get("profile", owner)
        assert profile is not None
        changes = {"has_autotopup": True, "autotopup_amount": "10", "autotopup_threshold": "5"}
        tx.update("profile", {**profile, **changes})
    server = lean.running(cpu=20000, mem=8 * GIB)
    purse(lean, balance="6")
    lean.advance(10 * DAY)
    payments = [row for row in ledger(lean) if row["reason"].startswith("Payment through card - ")]
    assert len(payments) >= 4
    assert {row["amount"] for row in payments} == {"-10.00000000000000000000"}
    assert lean.see("servers", server["uuid"])["status"] == "running"
    assert Decimal("5") <= balance(lean) < Decimal("15")
    require_books_agree(lean)


def test_burst_levels_hold_from_the_next_poll_on(lean: Cloud) -> None:
    lean.running(cpu=1000, mem=GIB)
    to_the_poll(lean)
    with lean.app.transaction() as tx:
        metering.set_levels(tx, {"intel_cpu": 9})
    shown = lean.get("/pricing/?limit=1")
    assert (shown["current"]["intel_cpu"], shown["next"]["intel_cpu"]) == (1, 9)
    lean.advance(3 * CYCLE)
    shown = lean.get("/pricing/?limit=1")
    assert (shown["current"]["intel_cpu"], shown["next"]["intel_cpu"], shown["current"]["cpu"]) == (9, 9, 1)
    cpu = [Decimal(row["amount"]) for row in ledger(lean) if "intel_cpu" in row["reason"]]
    assert cpu[1] == (price("intel_cpu", 9) / 12).quantize(Decimal("1E-20"))
    assert cpu[2] == cost("intel_cpu", 1000, 300)
    require_books_agree(lean)


def test_five_days_of_funds_reckon_with_subscriptions(lean: Cloud) -> None:
    server = lean.server(cpu=1000, mem=512 * MIB)
    purse(lean, balance="1.2")
    assert lean.act(server, "start").status == 402
    buy(lean, {"resource": "cpu", "amount": 1000, "period": "1 day"})
    assert lean.act(server, "start").status == 202


def test_licences_are_charged_by_the_core(lean: Cloud) -> None:
    cloud = Cloud()
    library = cloud.get("/libdrives/?limit=0")["objects"]
    windows = next(
        d for d in library if [b["license"]["name"] for b in d["licenses"]] == ["msft_p73_04837_core"]
    )
    copy = cloud.act(windows, "clone", {"name": "w"}).body["objects"][0]
    cloud.settle()
    server = cloud.server(cpu=4000, smp=4, drives=[attach(copy)])
    assert cloud.get("/currentusage/")["usage"]["msft_p73_04837_core"]["using"] == 0
    assert cloud.act(server, "start").status == 202
    assert cloud.get("/currentusage/")["usage"]["msft_p73_04837_core"] == {
        "burst": 4,
        "subscribed": 0,
        "using": 4,
    }
    cloud.advance(2 * CYCLE)
    rows = [row for row in ledger(cloud) if "msft_p73" in row["reason"]]
    assert rows[0]["amount"] == str(cost("msft_p73_04837_core", 4, 300))
    cloud.close()


def test_ephemeral_drives_count_while_their_server_runs(lean: Cloud) -> None:
    drive = lean.drive(storage_type="local_nvme")
    server = lean.server(drives=[attach(drive)])

    def using() -> int:
        found: int = lean.get("/currentusage/")["usage"]["local_nvme"]["using"]
        return found

    assert using() == 0
    lean.act(server, "start")
    assert using() == drive["size"]
    lean.settle()
    lean.act(server, "stop")
    lean.settle()
    assert using() == 0


def test_time_without_an_emulator_is_made_up_for(tmp_path: Path) -> None:
    cloud = Cloud(data=tmp_path)
    cloud.running(cpu=1000, mem=GIB)
    cloud.advance(10 * CYCLE)
    require_books_agree(cloud)
    rows, now = len(ledger(cloud)), cloud.app.clock.now()
    cloud.close()
    cloud = Cloud(data=tmp_path)
    cloud.app.move_clock((now + timedelta(days=2)).timestamp())
    assert len(ledger(cloud)) == rows + 3 * 2 * DAY // CYCLE
    require_books_agree(cloud)
    cloud.close()


def test_a_store_from_before_there_was_billing(tmp_path: Path) -> None:
    cloud = Cloud(data=tmp_path)
    drive = cloud.drive(size=2 * GIB)
    with cloud.app.transaction() as tx:
        for table in ("holdings", "past_holdings", "held"):
            tx.execute(f"DELETE FROM {table}")
        tx.execute("DELETE FROM tasks WHERE name='billing.poll'")
    before = len(ledger(cloud))
    cloud.close()
    cloud = Cloud(data=tmp_path)
    usage = cloud.get("/currentusage/")["usage"]
    assert usage["dssd"]["using"] == drive["size"] + 768 * MIB
    assert (usage["ip"]["subscribed"], usage["vlan"]["using"]) == (2, 1)
    cloud.advance(2 * CYCLE)
    assert len(ledger(cloud)) > before
    cloud.close()


def test_control_of_money(cloudsigma_emulator: Emulator) -> None:
    wire = Wire(cloudsigma_emulator)
    found = wire.control(
        "POST", "/money", {"email": FIRST, "balance": "12.5", "credit_limit": 3, "currency": "CHF"}
    )
    assert found == {
        "balance": "12.50000000000000000000",
        "credit_limit": "3.00000000000000000000",
        "currency": "CHF",
    }
    assert wire("GET", "/balance/").json() == found
    [row] = wire("GET", "/ledger/").json()["objects"]
    assert row["end"] == found["balance"]
    quote = wire("POST", "/subscriptioncalculator/", {"resource": "vlan", "period": "30 days"}).json()
    assert Decimal(quote["price"]) == Decimal("9.5")
    assert wire.control("POST", "/burst_levels", {"intel_cpu": 3})["next"] == {"intel_cpu": 3}
    assert wire.control("GET", "/burst_levels")["current"] == {}
    assert wire.control("POST", "/traffic", {"email": FIRST, "bytes": 5}) == {"not_subscribed": 5}
    for path, mistake in {
        "/money": {"email": "nobody"},
        "/traffic": {"email": FIRST, "bytes": "x"},
        "/burst_levels": {"gold": 1},
    }.items():
        assert wire("POST", path, mistake, base="/_emulator").status == 400
    for mistake in ({"balance": "x"}, {"balance": "1e99"}, {"balance": "NaN"}, {"currency": "XXX"}):
        assert wire("POST", "/money", {"email": FIRST, **mistake}, base="/_emulator").status == 400
    assert wire("GET", "/balance/").json() == found
    wire.close()


def test_money_set_from_python(cloudsigma_emulator: Emulator) -> None:
    wire = Wire(cloudsigma_emulator)
    cloudsigma_emulator.set_money(balance="0.5")
    server = wire.server()
    assert wire("POST", f"/servers/{server['uuid']}/action/?do=start", {}).status == 402
    cloudsigma_emulator.set_money(FIRST, credit_limit="5")
    assert wire("POST", f"/servers/{server['uuid']}/action/?do=start", {}).status == 202
    for email, money in (("nobody", {"balance": "1"}), (None, {"gold": "1"}), (None, {"balance": "much"})):
        with pytest.raises(ValueError, match=r"account|gold|decimal"):
            cloudsigma_emulator.set_money(email, **money)
    wire.close()


def test_polls_come_by_themselves(cloudsigma_emulator: Emulator) -> None:
    wire = Wire(cloudsigma_emulator)
    with wire.frames() as events:
        cloudsigma_emulator.clock.advance(3000)
        told = json.loads(events.recv(10))
        assert told["resource_uri"] == "/api/2.0/balance/"
    assert wire("GET", "/ledger/").json()["meta"]["total_count"] in (9, 10)
    wire.close()


def test_accounts_pay_for_themselves(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"}, email=SECOND)
    assert reply.status == 201
    cloud.advance(DAY)
    require_books_agree(cloud)
    require_books_agree(cloud, SECOND)
    assert balance(cloud) != balance(cloud, SECOND)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.sampled_from([1, 59, 299, 300, 301, 7777, 86400, 40 * 86400])),
        st.tuples(st.just("buy"), st.sampled_from(["dssd", "cpu", "mem", "ip", "vlan", "tx"])),
        st.tuples(st.just("extend"), st.sampled_from(["1 day", "1 month", ""])),
        st.tuples(st.sampled_from(["start", "stop", "drive", "shrink"]), st.integers(0, 2)),
        st.tuples(st.just("money"), st.sampled_from(["0.05", "3", "500"])),
    ),
    max_size=12,
)


def carry_out(cloud: Cloud, servers: list[Doc], drives: list[Doc], step: str, what: Any) -> None:
    if step == "advance":
        cloud.advance(what)
    elif step == "buy":
        body = {"resource": what, "amount": 1 if what in ("ip", "vlan") else 1000, "period": "1 week"}
        assert cloud.call("POST", "/subscriptions/", body).status in (201, 402)
    elif step == "extend":
        body = {"period": what} if what else {}
        assert cloud.call("POST", "/subscriptions/12/action/?do=extend", body).status in (200, 400, 402)
    elif step in ("start", "stop"):
        assert cloud.act(servers[what], step).status in (202, 402, 403)
    elif step == "drive":
        made = cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"})
        drives += made.body["objects"]
    elif step == "shrink" and drives:
        cloud.call("DELETE", f"/drives/{drives.pop()['uuid']}/")
    elif step == "money":
        purse(cloud, balance=what)


def spent_in_all(cloud: Cloud) -> Decimal:
    """The sum of every booking, however many."""
    owner = cloud.uuid_of(FIRST)
    spent = Decimal(0)
    with cloud.app.transaction() as tx:
        for _, stretch in books.stretches(tx, owner):
            amounts = [charge[3] for charge in stretch.get("charges", ())] or [stretch["amount"]]
            for amount in amounts:
                spent = BOOKS.add(spent, BOOKS.multiply(Decimal(amount), Decimal(stretch.get("cycles", 1))))
    return spent


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_books_agree_whatever_happens(steps: list[tuple[str, Any]]) -> None:
    cloud = Cloud(random_seed=1)
    try:
        servers = [cloud.server(cpu=1000 + 500 * number, mem=GIB) for number in range(3)]
        drives: list[Doc] = []
        for step, what in steps:
            carry_out(cloud, servers, drives, step, what)
        cloud.advance(CYCLE)
        count = cloud.get("/ledger/?limit=1")["meta"]["total_count"]
        oldest = ledger(cloud, f"limit=300&offset={max(0, count - 300)}")
        assert Decimal(oldest[-1]["initial"]) == START
        rows = ledger(cloud, "limit=600")
        for after, before in pairwise(rows):
            assert after["initial"] == before["end"]
            assert int(after["id"]) == int(before["id"]) + 1
        assert Decimal(rows[0]["end"]) == balance(cloud) == BOOKS.subtract(START, spent_in_all(cloud))
        for resource, row in cloud.get("/currentusage/")["usage"].items():
            assert row["burst"] == max(0, row["using"] - row["subscribed"]), resource
        for ip in cloud.get("/ips/detail/?limit=0")["objects"]:
            if ip["subscription"] is not None:
                bought = cloud.see("subscriptions", str(ip["subscription"]["id"]))
                assert bought["status"] in ("active", "inactive")
                assert bought["subscribed_object"] == ip["uuid"]
    finally:
        cloud.close()
