"""Our answers about money beside recorded ones: the same keys and kinds of values, and the same schemas."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from .cloud_in_process import GIB, Cloud, attach
from .test_recorded_shapes import differences, pytestmark, recorded

__all__ = ["pytestmark"]


def busy(cloud: Cloud) -> None:
    cloud.running(cpu=2000, drives=[attach(cloud.drive())])
    cloud.call("POST", "/subscriptions/", {"resource": "dssd", "amount": GIB, "period": "1 month"})
    cloud.advance(3600)


def ledger(cloud: Cloud) -> Any:
    busy(cloud)
    return cloud.get("/ledger/")


def single_booking(cloud: Cloud) -> Any:
    cloud.call("POST", "/subscriptions/", {"resource": "dssd", "amount": GIB, "period": "1 month"})
    return cloud.get("/ledger/?limit=1")["objects"][0]


def usage(cloud: Cloud) -> Any:
    busy(cloud)
    return cloud.get("/usage?limit=1500")


def rds(cloud: Cloud) -> Any:
    return cloud.call("POST", "/driveusers/", {"drive": cloud.drive()["uuid"], "amount": 5}).body


def rds_path(cloud: Cloud) -> str:
    return f"/driveusers/{rds(cloud)['objects'][0]['drive']['uuid']}/"


def year_long(cloud: Cloud) -> str:
    end = (cloud.app.clock.now() + timedelta(days=100)).isoformat()
    body = {"resource": "dssd", "amount": GIB, "end_time": end}
    number: str = cloud.call("POST", "/subscriptions/", body).body["objects"][0]["id"]
    return number


CASES: dict[str, Callable[[Cloud], Any]] = {
    "subscription_list": lambda c: c.get("/subscriptions/"),
    "subscription_create.json": lambda c: _without_newer(
        c.call(
            "POST",
            "/subscriptions/",
            {"objects": [{"amount": 30000, "period": "1 month", "resource": "dssd"}]},
        ).body
    ),
    "subscriptioncalculator": lambda c: (
        c.call(
            "POST", "/subscriptioncalculator/", {"amount": 10**10, "period": "1 month", "resource": "dssd"}
        ).body
    ),
    "subscriptioncalculator_extend": lambda c: (
        c.call("POST", f"/subscriptioncalculator/{year_long(c)}/action/?do=extend", {"period": "1 year"}).body
    ),
    "pricing_list": lambda c: _only_known_levels(c.get("/pricing/?limit=5")),
    "discount_list": lambda c: c.get("/discount/"),
    "licenses_list": lambda c: c.get("/licenses/"),
    "ledger_list": ledger,
    "balance_list": lambda c: c.get("/balance/"),
    "currentusage_list": lambda c: _only_known_usage(c.get("/currentusage/")),
    "usage_list": usage,
    "rds_drive_create": rds,
    "rds_drive_list": lambda c: [rds(c), c.get("/driveusers/?limit=0")][1],
    "rds_drive_detail": lambda c: c.get(rds_path(c)),
    "rds_drive_update": lambda c: c.call("PUT", rds_path(c), {"amount": 5}).body,
}


def _without_newer(body: Any) -> Any:
    """Leave out what answers of 2013 did not have."""
    objects = [
        {k: v for k, v in each.items() if k not in ("discounts", "free_tier", "was_billed")}
        for each in body["objects"]
    ]
    return {**body, "objects": objects}


def _only_known_levels(body: Any) -> Any:
    """The resources of a location are its own; each that was recorded has a price here."""
    theirs = recorded("pricing_list")
    assert set(theirs["current"]) <= set(body["current"])
    kept = {name: {key: body[name][key] for key in theirs[name]} for name in ("current", "next")}
    return {**body, **kept}


def _only_known_usage(body: Any) -> Any:
    theirs = recorded("currentusage_list")["usage"]
    assert set(theirs) <= set(body["usage"])
    return {**body, "usage": {name: body["usage"][name] for name in theirs}}


@pytest.mark.parametrize("name", CASES)
def test_answers_have_the_recorded_shape(cloud: Cloud, name: str) -> None:
    assert list(differences(CASES[name](cloud), recorded(name))) == []


def test_a_payment_has_the_recorded_shape(cloud: Cloud) -> None:
    payment = next(row for row in recorded("ledger_list")["objects"] if row["billing_cycle"] is None)
    ours = single_booking(cloud)
    assert list(differences(ours, payment)) == []
    assert {key for key, value in ours.items() if value is None} == {
        key for key, value in payment.items() if value is None
    }
    assert ours["resource_amount"] == payment["resource_amount"]


@pytest.mark.parametrize(
    "name",
    ["pricing", "discount", "licenses", "ledger", "burst_usage", "subscription", "balance", "currentusage"],
)
def test_schemas_are_the_recorded_ones(cloud: Cloud, name: str) -> None:
    theirs = recorded(f"{name}_schema")
    path = {"burst_usage": "burstusage", "subscription": "subscriptions"}.get(name, name)
    ours = cloud.get(f"/{path}/schema/")
    assert set(ours["fields"]) == set(theirs["fields"])
    for schema in (ours, theirs):
        for field in schema["fields"].values():
            del field["help_text"]
    assert ours == theirs


def test_the_recorded_figures_come_out() -> None:
    """The chain of the recorded ledger holds, and each burst in it is what its own words say."""
    rows = recorded("ledger_list")["objects"]
    from decimal import Decimal

    for newer, older in itertools.pairwise(rows):
        assert newer["initial"] == older["end"]
    for row in rows:
        assert Decimal(row["end"]) == Decimal(row["initial"]) - Decimal(row["amount"])
    from datetime import datetime

    from cloudsigma_emulator.domain.ledger import burst_reason

    bursts = [row for row in rows if row["billing_cycle"] is not None]
    assert bursts
    for row in bursts:
        resource = row["reason"].split(" of ")[1].split()[0]
        polled = datetime.fromisoformat(row["poll_time"])
        assert burst_reason(resource, int(row["resource_amount"]), row["interval"], polled) == row["reason"]
