"""Buying, asking the price, extending, renewing and ending subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .cloud_in_process import FIRST, GIB, SECOND, Cloud, Doc

DAY = 86400.0


def buy(cloud: Cloud, *bodies: Doc, email: str = FIRST) -> Any:
    reply = cloud.call("POST", "/subscriptions/", {"objects": list(bodies)}, email=email)
    assert reply.status == 201, reply
    return reply.body


def one(cloud: Cloud, body: Doc, email: str = FIRST) -> Doc:
    [found] = buy(cloud, body, email=email)["objects"]
    shown: Doc = found
    return shown


def balance(cloud: Cloud, email: str = FIRST) -> Decimal:
    return Decimal(cloud.get("/balance/", email=email)["balance"])


def set_clock(cloud: Cloud, text: str) -> datetime:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    cloud.app.move_clock(moment.timestamp())
    return moment


def purse(cloud: Cloud, **money: Any) -> None:
    from cloudsigma_emulator.engine import books

    owner = cloud.uuid_of(FIRST)
    with cloud.app.transaction() as tx:
        books.set_money(tx, owner, money)


def subscription(cloud: Cloud, number: str) -> Doc:
    return cloud.see("subscriptions", number)


def everything(cloud: Cloud) -> Any:
    paths = (
        "/subscriptions/?limit=0",
        "/ips/detail/?limit=0",
        "/vlans/detail/?limit=0",
        "/balance/",
        "/ledger/",
    )
    return [cloud.get(path) for path in paths]


def test_buying_storage(cloud: Cloud) -> None:
    set_clock(cloud, "2030-03-22T10:28:06.111350")
    before = balance(cloud)
    body = buy(cloud, {"amount": 30000, "period": "1 month", "resource": "dssd"})
    [made] = body["objects"]
    assert made == {
        "amount": "30000",
        "auto_renew": True,
        "descendants": [],
        "discount_amount": made["discount_amount"],
        "discount_percent": "0",
        "discounts": {},
        "end_time": "2030-04-22T12:00:00+00:00",
        "free_tier": False,
        "id": made["id"],
        "period": "31 days, 1:31:53.888650",
        "price": "0.000003031454980373382568359375",
        "remaining": "30000",
        "resource": "dssd",
        "resource_uri": f"/api/2.0/subscriptions/{made['id']}/",
        "start_time": "2030-03-22T10:28:06.111350+00:00",
        "status": "active",
        "subscribed_object": None,
        "uuid": made["uuid"],
        "was_billed": True,
    }
    assert made["discount_amount"].startswith("0E-")
    assert body["price"] == made["price"]
    kept = subscription(cloud, made["id"])
    assert kept["price"] == "0.00000303145498037338"
    assert {**kept, "price": 0, "discount_amount": 0} == {**made, "price": 0, "discount_amount": 0}
    assert before - balance(cloud) == Decimal("0.00000303145498037338")
    [row] = cloud.get("/ledger/?limit=1")["objects"]
    assert row["reason"] == f"Buying subscriptions {made['id']}"
    assert (row["amount"], row["resource_amount"]) == (
        kept["price"].replace("0.00000303145498037338", "0.00000303145498037338"),
        "1",
    )
    assert row["billing_cycle"] is None
    assert row["interval"] is None
    assert row["human_interval"] is None
    assert Decimal(row["initial"]) == before
    assert Decimal(row["end"]) == balance(cloud)
    [entry] = [e for e in cloud.get("/logs/?limit=0")["objects"] if e["uuid"] == made["uuid"]]
    assert (entry["category"], entry["action"], entry["success"]) == ("Subscriptions", "create", True)


@pytest.mark.parametrize("shape", [lambda b: {"objects": [b]}, lambda b: [b], lambda b: b])
def test_every_shape_of_body_is_taken(cloud: Cloud, shape: Any) -> None:
    body = {"resource": "hdd", "amount": "1073741824", "period": "1 day", "auto_renew": False}
    reply = cloud.call("POST", "/subscriptions/", shape(body))
    assert reply.status == 201
    [made] = reply.body["objects"]
    assert (made["resource"], made["amount"], made["auto_renew"]) == ("dssd", "1073741824", False)
    assert reply.headers["location"] == made["resource_uri"]


def test_addresses_and_vlans_come_with_their_subscriptions(cloud: Cloud) -> None:
    cloud.frames.clear()
    body = buy(
        cloud, {"resource": "ip", "amount": 3, "period": "1 month"}, {"resource": "vlan", "period": "1 month"}
    )
    made = body["objects"]
    assert [(each["resource"], each["amount"]) for each in made] == [("ip", "1")] * 3 + [("vlan", "1")]
    assert Decimal(body["price"]) == sum(Decimal(each["price"]) for each in made)
    listed = {each["uuid"]: each for each in cloud.get("/ips/detail/?limit=0")["objects"]}
    for each in made[:3]:
        ip = listed[each["subscribed_object"]]
        assert ip["subscription"] == {"id": int(each["id"]), "resource_uri": each["resource_uri"]}
        assert ip["server"] is None
        assert cloud.server(nics=[{"ip_v4_conf": {"conf": "static", "ip": ip["uuid"]}}])
    vlan = cloud.see("vlans", made[3]["subscribed_object"])
    assert vlan["subscription"]["id"] == int(made[3]["id"])
    told = {frame.resource_type for frame in cloud.frames}
    assert {"subscriptions", "balance", "ips", "vlans"} <= told
    assert all(frame.resource_uri != made[0]["uuid"] for frame in cloud.frames)
    usage = cloud.get("/currentusage/")["usage"]
    assert usage["ip"] == {"burst": 0, "subscribed": 5, "using": 5}
    assert usage["vlan"] == {"burst": 0, "subscribed": 2, "using": 2}
    [row] = cloud.get("/ledger/?limit=1")["objects"]
    assert row["reason"] == f"Buying subscriptions {', '.join(each['id'] for each in made)}"


def test_the_calculator_answers_what_a_purchase_costs(cloud: Cloud) -> None:
    bodies = [
        {"amount": 10**10, "period": "1 month", "resource": "dssd"},
        {"resource": "ip", "amount": 2, "period": "1 year"},
    ]
    before = everything(cloud)
    reply = cloud.call("POST", "/subscriptioncalculator/", {"objects": bodies})
    assert reply.status == 200
    assert everything(cloud) == before
    assert set(reply.body["objects"][0]) == {
        "amount", "discount_amount", "discount_percent", "discounts", "end_time", "free_tier", "period", "price",
        "resource", "start_time", "was_billed",
    }  # fmt: skip
    assert reply.body["objects"][1]["discounts"] == {"period": "0.2500000000"}
    bought = buy(cloud, *bodies)
    assert bought["price"] == reply.body["price"]
    for asked, made in zip(reply.body["objects"], bought["objects"], strict=True):
        assert {key: made[key] for key in asked} == asked


@pytest.mark.parametrize(
    ("body", "point"),
    [
        ({}, "resource"),
        ({"resource": None, "period": "1 day"}, "resource"),
        ({"resource": "gold", "period": "1 day"}, "resource"),
        ({"resource": 7, "period": "1 day"}, "resource"),
        ({"resource": "dssd", "period": "1 day", "amount": 0}, "amount"),
        ({"resource": "dssd", "period": "1 day", "amount": -1}, "amount"),
        ({"resource": "dssd", "period": "1 day", "amount": 1.5}, "amount"),
        ({"resource": "dssd", "period": "1 day", "amount": "many"}, "amount"),
        ({"resource": "dssd", "period": "1 day", "amount": 10**16}, "amount"),
        ({"resource": "dssd", "period": "1 day", "auto_renew": "perhaps"}, "auto_renew"),
        ({"resource": "dssd"}, "period"),
        ({"resource": "dssd", "period": "a while"}, "period"),
        ({"resource": "dssd", "end_time": "2001-01-01"}, "end_time"),
        ({"resource": "vpc", "period": "27 days"}, "period"),
        ({"resource": "ip", "amount": 501, "period": "1 day"}, None),
    ],
)
def test_what_cannot_be_bought(cloud: Cloud, body: Doc, point: str | None) -> None:
    good = {"resource": "ip", "period": "1 day"}
    before = everything(cloud)
    for path in ("/subscriptions/", "/subscriptioncalculator/"):
        reply = cloud.call("POST", path, {"objects": [good, body]})
        assert reply.status == 400
        assert (reply.error["error_type"], reply.error["error_point"]) == ("validation", point)
    assert everything(cloud) == before


def test_at_most_500_at_once(cloud: Cloud) -> None:
    body = {"resource": "dssd", "amount": 1, "period": "1 day"}
    refused = cloud.call("POST", "/subscriptions/", [body] * 501)
    assert (refused.status, refused.error["error_point"]) == (400, None)
    assert len(buy(cloud, *[body] * 500)["objects"]) == 500
    assert cloud.call("POST", "/subscriptions/", []).status == 400


def test_without_funds_nothing_changes(cloud: Cloud) -> None:
    purse(cloud, balance="3.00", credit_limit="1.00")
    before = everything(cloud)
    # 32 days at 4.00 for 30
    wanted = {"resource": "ip", "end_time": (cloud.app.clock.now() + timedelta(days=32)).isoformat()}
    refused = cloud.call(
        "POST", "/subscriptions/", [{"resource": "dssd", "amount": 1, "period": "1 day"}, wanted]
    )
    assert (refused.status, refused.error["error_type"]) == (402, "billing")
    assert everything(cloud) == before
    vpc = cloud.call("POST", "/subscriptions/", {"resource": "vpc", "amount": "1", "period": "27 days"})
    assert vpc.status == 400, "judged before the balance is looked at"
    purse(cloud, credit_limit="1.50")
    assert one(cloud, wanted)["status"] == "active"
    assert balance(cloud) < 0


def test_traffic_has_no_time(cloud: Cloud) -> None:
    asked = cloud.call(
        "POST", "/subscriptioncalculator/", {"resource": "tx", "amount": GIB, "period": "nonsense"}
    )
    [quote] = asked.body["objects"]
    assert (quote["price"], quote["discount_percent"]) == ("0.05200000000000000000", "0")
    start, end = (datetime.fromisoformat(quote[key]) for key in ("start_time", "end_time"))
    assert start == cloud.app.clock.now()
    assert end.hour == 12
    assert timedelta() < end - start <= timedelta(days=1)
    first, second = (
        one(cloud, {"resource": "tx", "amount": GIB}),
        one(cloud, {"resource": "tx", "amount": 10}),
    )
    assert (first["status"], second["status"], first["end_time"]) == ("active", "inactive", None)
    cloud.advance(400 * DAY)
    assert subscription(cloud, first["id"])["status"] == "active"
    from cloudsigma_emulator.engine import subscribing

    owner = cloud.uuid_of(FIRST)

    def send(amount: int) -> int:
        with cloud.app.transaction() as tx:
            return subscribing.drain(tx, owner, amount)

    assert send(GIB - 1) == 0
    assert subscription(cloud, first["id"])["remaining"] == "1"
    assert send(4) == 0
    assert subscription(cloud, first["id"])["status"] == "expired"
    assert subscription(cloud, second["id"])["remaining"] == "7"
    cloud.call("POST", f"/subscriptions/{second['id']}/action/?do=auto_renew", {"value": False})
    assert send(10) == 3
    assert cloud.get("/subscriptions/?resource=tx&status=notexpired")["objects"] == []


def test_lists(cloud: Cloud) -> None:
    ahead = (cloud.app.clock.now() + timedelta(days=30)).isoformat()
    now = one(cloud, {"resource": "dssd", "amount": 1, "period": "1 day", "auto_renew": False})
    later = one(cloud, {"resource": "cpu", "amount": 1, "start_time": ahead, "period": "1 day"})
    assert (now["status"], later["status"]) == ("active", "inactive")

    def ids(query: str) -> list[str]:
        return [each["id"] for each in cloud.get(f"/subscriptions/?{query}")["objects"]]

    assert ids("") == [later["id"], now["id"], "13", "12", "11"], "the newest first"
    assert ids("status=active&resource=dssd,cpu") == [now["id"]]
    assert ids("status=inactive") == [later["id"]]
    assert ids("limit=2&offset=1") == [now["id"], "13"]
    assert ids("resource=vlan") == ["11"]
    cloud.advance(2 * DAY)
    assert ids("status=expired") == [now["id"]]
    assert ids("status=notexpired&limit=1") == [later["id"]]
    listed = cloud.get("/subscriptions/?status=all&resource=dssd,cpu&limit=0")
    assert Decimal(listed["price"]) == sum(Decimal(each["price"]) for each in listed["objects"])
    assert cloud.get("/subscriptions/?fields=id,period&limit=1")["objects"] == [
        {"id": later["id"], "period": later["period"]}
    ]
    refused = cloud.call("GET", "/subscriptions/?status=gone")
    assert (refused.status, refused.error["error_point"]) == (400, "status")
    assert cloud.call("DELETE", f"/subscriptions/{now['id']}/").status == 405
    assert cloud.call("PUT", f"/subscriptions/{now['id']}/", {}).status == 405


def test_others_may_not(cloud: Cloud) -> None:
    for path in ("subscriptions/11", "subscriptioncalculator/11"):
        for method, suffix in (("GET", "/"), ("POST", "/action/?do=extend")):
            if (method, path[:20]) == ("GET", "subscriptioncalculat"):
                continue
            refused = cloud.call(method, f"/{path}{suffix}", {}, email=SECOND)
            assert (refused.status, refused.error["error_type"]) == (403, "permission")
    assert cloud.call("POST", "/subscriptions/11/action/?do=auto_renew", {}, email=SECOND).status == 403
    assert cloud.get("/groupedsubscriptions/", email=SECOND)["objects"] == []
    assert cloud.call("POST", "/subscriptions/99/action/?do=extend", {}).status == 404


def test_an_extension_reads_the_period_anew(cloud: Cloud) -> None:
    set_clock(cloud, "2030-02-01T12:00:00")
    first = one(cloud, {"resource": "dssd", "amount": GIB, "period": "1 month"})
    assert first["period"] == "28 days, 0:00:00"
    asked = cloud.call("POST", f"/subscriptioncalculator/{first['id']}/action/?do=extend", {}).body
    assert asked["period"] == "31 days, 0:00:00"
    assert "id" not in asked
    reply = cloud.call("POST", f"/subscriptions/{first['uuid']}/action/?do=extend")
    assert reply.status == 200
    second = reply.body
    assert {key: second[key] for key in asked} == asked
    assert (second["start_time"], second["end_time"]) == (first["end_time"], "2030-04-01T12:00:00+00:00")
    assert second["status"] == "inactive"
    third = cloud.call("POST", f"/subscriptions/{first['id']}/action/?do=extend", {"period": "1 week"}).body
    assert (third["start_time"], third["period"]) == (second["end_time"], "7 days, 0:00:00")
    assert [each["id"] for each in subscription(cloud, first["id"])["descendants"]] == [
        second["id"],
        third["id"],
    ]
    assert subscription(cloud, second["id"])["descendants"] == []
    [chain] = cloud.get("/groupedsubscriptions/?resource=dssd")["objects"]
    assert (chain["id"], chain["end_time"], len(chain["descendants"])) == (first["id"], third["end_time"], 2)
    assert cloud.get("/groupedsubscriptions/?resource=dssd&status=expired")["objects"] == []
    both = {"period": "1 day", "end_time": "2031-01-01 12:00:00"}
    for body in (both, {"end_time": "2030-03-01 12:00:00"}, {"period": "?"}):
        assert cloud.call("POST", f"/subscriptions/{first['id']}/action/?do=extend", body).status == 400
    cloud.advance(29 * DAY)
    states = [subscription(cloud, each["id"])["status"] for each in (first, second, third)]
    assert states == ["expired", "active", "inactive"]
    assert cloud.get("/currentusage/")["usage"]["dssd"]["subscribed"] == GIB


def test_an_extension_repeats_an_exact_interval(cloud: Cloud) -> None:
    set_clock(cloud, "2030-02-01T10:00:00")
    first = one(cloud, {"resource": "vlan", "end_time": "2030-03-01 11:00:00", "auto_renew": False})
    assert first["period"] == "28 days, 2:00:00"
    second = cloud.call("POST", f"/subscriptions/{first['id']}/action/?do=extend", {}).body
    assert (second["period"], second["subscribed_object"]) == ("28 days, 0:00:00", first["subscribed_object"])
    set_clock(cloud, "2030-03-15T00:00:00")
    vlan = cloud.see("vlans", first["subscribed_object"])
    assert vlan["subscription"]["id"] == int(second["id"])
    set_clock(cloud, "2030-04-15T00:00:00")
    assert cloud.call("GET", f"/vlans/{first['subscribed_object']}/").status == 404
    gone = cloud.call("POST", f"/subscriptions/{first['id']}/action/?do=extend", {})
    assert gone.status == 400


@pytest.mark.parametrize("body", [b"", {}, None, {"auto_renew": False}, {"value": False}, {"value": "false"}])
def test_auto_renew(cloud: Cloud, body: Any) -> None:
    reply = cloud.call("POST", "/subscriptions/12/action/?do=auto_renew", b"null" if body is None else body)
    assert reply.status == 200
    assert reply.body["id"] == "12"
    assert reply.body["auto_renew"] is False
    assert subscription(cloud, "12")["auto_renew"] is False
    assert subscription(cloud, "13")["auto_renew"] is True
    cloud.call("POST", "/subscriptions/12/action/?do=auto_renew", {"auto_renew": True})
    assert subscription(cloud, "12")["auto_renew"] is True


def test_renewal_by_itself(cloud: Cloud) -> None:
    set_clock(cloud, "2030-01-31T17:06:00")
    first = one(cloud, {"resource": "ip", "period": "1 month"})
    address = first["subscribed_object"]
    set_clock(cloud, "2030-03-01T11:59:59")
    assert subscription(cloud, first["id"])["status"] == "active"
    cloud.frames.clear()
    before = balance(cloud)
    set_clock(cloud, "2030-03-01T12:00:01")
    first = subscription(cloud, first["id"])
    [second] = first["descendants"]
    assert (first["status"], second["status"], second["auto_renew"]) == ("expired", "active", True)
    assert second["end_time"] == "2030-04-01T12:00:00+00:00"
    assert cloud.see("ips", address)["subscription"]["id"] == int(second["id"])
    renewals = [
        r
        for r in cloud.get("/ledger/?limit=50")["objects"]
        if r["reason"] == f"Auto renewing subscriptions {first['id']}"
    ]
    assert [row["amount"] for row in renewals] == [second["price"]]
    assert before - balance(cloud) >= Decimal(second["price"]) > 0
    assert {"subscriptions", "ips", "balance"} <= {frame.resource_type for frame in cloud.frames}


def test_a_renewal_without_money_ends_it(cloud: Cloud) -> None:
    first = one(cloud, {"resource": "ip", "period": "1 month"})
    purse(cloud, balance="0.01")
    cloud.advance(40 * DAY)
    assert subscription(cloud, first["id"])["status"] == "expired"
    assert cloud.call("GET", f"/ips/{first['subscribed_object']}/").status == 404
    failed = [e for e in cloud.get("/logs/?limit=0")["objects"] if e["action"] == "auto_renew"]
    assert [(e["success"], e["error_type"], e["uuid"]) for e in failed] == [(False, "billing", first["uuid"])]


def test_an_address_that_is_held_outlives_its_subscription(cloud: Cloud) -> None:
    bought = one(cloud, {"resource": "ip", "period": "1 day", "auto_renew": False})
    address = bought["subscribed_object"]
    server = cloud.server(nics=[{"ip_v4_conf": {"conf": "static", "ip": address}}])
    cloud.advance(3 * DAY)
    ip = cloud.see("ips", address)
    assert (ip["subscription"], ip["server"]["uuid"]) == (None, server["uuid"])
    assert cloud.get("/currentusage/")["usage"]["ip"] == {"burst": 1, "subscribed": 2, "using": 3}
    assert any("of ip for" in row["reason"] for row in cloud.get("/ledger/?limit=10")["objects"])
    nics = [{"ip_v4_conf": {"conf": "static", "ip": address}}]
    other = cloud.call(
        "POST", "/servers/", {"name": "b", "cpu": 1000, "mem": GIB, "vnc_password": "x", "nics": nics}
    )
    assert other.status == 400
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "nics": []}).status == 200
    assert cloud.call("GET", f"/ips/{address}/").status == 404
    assert cloud.get("/currentusage/")["usage"]["ip"]["burst"] == 0


def test_a_vlan_that_ends_leaves_the_network_cards(cloud: Cloud) -> None:
    bought = one(cloud, {"resource": "vlan", "period": "1 day", "auto_renew": False})
    vlan = bought["subscribed_object"]
    stopped, running = cloud.server(nics=[{"vlan": vlan}]), cloud.running(nics=[{"vlan": vlan}])
    cloud.advance(3 * DAY)
    assert cloud.call("GET", f"/vlans/{vlan}/").status == 404
    assert cloud.see("servers", stopped["uuid"])["nics"][0]["vlan"] is None
    assert cloud.see("servers", running["uuid"])["nics"][0]["vlan"]["uuid"] == vlan
    cloud.act(running, "stop")
    cloud.settle()
    assert cloud.see("servers", running["uuid"])["nics"][0]["vlan"] is None


def test_a_subscription_bought_beforehand_begins_by_itself(cloud: Cloud) -> None:
    set_clock(cloud, "2030-01-01T00:00:00")
    bought = one(cloud, {"resource": "vlan", "start_time": "2030-01-10 15:00:00", "period": "1 month"})
    assert (bought["status"], bought["start_time"]) == ("inactive", "2030-01-10T12:00:00+00:00")
    assert cloud.see("vlans", bought["subscribed_object"])["subscription"]["id"] == int(bought["id"])
    assert cloud.get("/currentusage/")["usage"]["vlan"]["subscribed"] == 1
    set_clock(cloud, "2030-01-10T12:00:00")
    assert subscription(cloud, bought["id"])["status"] == "active"
    assert cloud.get("/currentusage/")["usage"]["vlan"]["subscribed"] == 2


def test_addresses_do_not_come_back_at_once(cloud: Cloud) -> None:
    first = one(cloud, {"resource": "ip", "period": "1 day", "auto_renew": False})
    cloud.advance(3 * DAY)
    second = one(cloud, {"resource": "ip", "period": "1 day"})
    assert second["subscribed_object"] != first["subscribed_object"]


def test_no_address_left(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudsigma_emulator.domain.ips.OWNED_POOL_SIZE", 4)
    refused = cloud.call("POST", "/subscriptions/", {"resource": "ip", "amount": 3, "period": "1 day"})
    assert (refused.status, refused.error["error_type"]) == (503, "backend")
    assert one(cloud, {"resource": "ip", "period": "1 day"})
    assert one(cloud, {"resource": "ip", "period": "1 day"})
    assert cloud.call("POST", "/subscriptions/", {"resource": "ip", "period": "1 day"}).status == 503


def test_prices_discounts_and_licences(cloud: Cloud) -> None:
    prices = cloud.get("/pricing/?limit=5")
    assert len(prices["objects"]) == 5
    prices = cloud.get("/pricing/")
    assert prices["meta"] == {"limit": 0, "offset": 0, "total_count": len(prices["objects"])}
    assert set(prices["current"]) == set(prices["next"]) == {row["resource"] for row in prices["objects"]}
    classic = {
        "dssd",
        "ssd",
        "cpu",
        "mem",
        "tx",
        "ip",
        "vlan",
        "vpc",
        "dedicated_host_6148",
        "intel_cpu",
        "nvme",
        "vrouter_basic",
    }
    assert classic <= set(prices["current"])
    assert {row["level"] for row in cloud.get("/pricing/?level=0")["objects"]} == {0}
    assert {row["level"] for row in cloud.get("/pricing/?level=0,20")["objects"]} == {0, 20}
    discounts = cloud.get("/discount/")
    assert discounts["meta"] == {"limit": 0, "offset": 0, "total_count": 5}
    assert discounts["objects"][0] == {"period": "3 months", "value": "0.0300000000"}
    licenses = cloud.get("/licenses/")["objects"]
    assert {each["name"] for each in licenses} <= set(prices["current"])
    assert [each["name"] for each in licenses if each["burstable"] and each["type"] == "instance"] == [
        "msft_p73_04837_core"
    ]
    for each in licenses:
        assert cloud.get(each["resource_uri"]) == each
        assert one(cloud, {"resource": each["name"], "period": "1 month"})["resource"] == each["name"]
    assert cloud.call("GET", "/licenses/99/").status == 404


def test_users_of_remote_desktops(cloud: Cloud) -> None:
    drive = cloud.drive()
    path = f"/driveusers/{drive['uuid']}/"
    shown = {"amount": 5, "drive": {"resource_uri": drive["resource_uri"], "uuid": drive["uuid"]}}
    made = cloud.call("POST", "/driveusers/", {"drive": drive["uuid"], "amount": 5})
    assert (made.status, made.body) == (201, {"objects": [shown]})
    assert cloud.get(path) == shown
    assert cloud.get("/driveusers/")["objects"] == [shown]
    assert cloud.get("/currentusage/")["usage"]["msft_6wc_00002"]["using"] == 5
    changed = cloud.call("PUT", path, {"amount": 7})
    assert (changed.status, changed.body) == (200, {"objects": [{**shown, "amount": 7}]})
    again = {"objects": [{"drive": drive["uuid"], "amount": 5}]}
    for body in (again, {"drive": drive["uuid"]}, {"amount": 1}, {"drive": drive["uuid"], "amount": 0}, []):
        assert cloud.call("POST", "/driveusers/", body).status == 400
    assert cloud.call("POST", "/driveusers/", {"drive": "no", "amount": 1}).status == 404
    assert cloud.call("PUT", path, {}).status == 400
    assert cloud.call("GET", path, email=SECOND).status == 403
    server = cloud.server(
        drives=[{"device": "virtio", "dev_channel": "0:0", "drive": drive["uuid"], "boot_order": 1}]
    )
    assert cloud.call("DELETE", path).status == 403
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/").status == 204
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("GET", path).status == 404
    assert cloud.call("POST", "/driveusers/", again).status == 201
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    assert cloud.get("/driveusers/")["objects"] == []
    assert cloud.get("/currentusage/")["usage"].get("msft_6wc_00002", {"using": 0})["using"] == 0


@pytest.fixture(scope="module")
def shared() -> Any:
    cloud = Cloud()
    yield cloud
    cloud.close()


RESOURCES = ("dssd", "ssd", "cpu", "mem", "tx", "ip", "vlan", "msft_tfa_00523", "hdd", "nvme")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
)
WISHES = st.fixed_dictionaries(
    {"resource": st.sampled_from(RESOURCES), "amount": st.integers(1, 3)},
    optional={
        "auto_renew": st.booleans(),
        "period": st.sampled_from(["1 day", "1 month", "3 months 2 days", "1 year", "90 hours"]),
        "start_time": st.sampled_from([None, "2020-01-01 00:00:00", "2060-05-05T05:05:05+02:00"]),
        "end_time": st.sampled_from([None, "2061-01-01 00:00:00", "2060-05-05 12:00:00"]),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(wishes=st.lists(WISHES, min_size=1, max_size=4))
def test_calculator_and_purchase_agree(shared: Cloud, wishes: list[Doc]) -> None:
    purse(shared, balance="1000000")
    asked = shared.call("POST", "/subscriptioncalculator/", wishes)
    made = shared.call("POST", "/subscriptions/", wishes)
    assert (asked.status == 200) == (made.status == 201)
    if asked.status != 200:
        assert asked.body == made.body
        return
    assert asked.body["price"] == made.body["price"]
    for quote, bought in zip(asked.body["objects"], made.body["objects"], strict=True):
        assert {**quote, "end_time": 0} == {**{key: bought[key] for key in quote}, "end_time": 0}
        assert bought["end_time"] == (None if bought["resource"] == "tx" else quote["end_time"])


@settings(max_examples=150, deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(["resource", "amount", "period", "start_time", "end_time", "auto_renew", "value", "drive"]),
        st.one_of(VALUES, st.sampled_from([*RESOURCES, "1 day", "2061-01-01"])),
    ),
    path=st.sampled_from(
        [
            "/subscriptions/", "/subscriptioncalculator/", "/subscriptions/11/action/?do=extend",
            "/subscriptions/12/action/?do=auto_renew", "/subscriptioncalculator/13/action/?do=extend", "/driveusers/",
        ]
    ),
)  # fmt: skip
def test_no_body_breaks_anything(shared: Cloud, body: Doc, path: str) -> None:
    reply = shared.call("POST", path, body)
    assert reply.status in (200, 201, 400, 402, 404)
    assert isinstance(reply.body, dict if reply.status < 400 else list)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(["time__gt", "time", "billing_cycle__lte", "poll_time_gt", "poll_time__lt", "date__gt", "date", "level", "status"]),
    text=st.one_of(st.text(max_size=12), st.sampled_from(["2024-04-01", "7", "active", "2024-13-01"])),
    path=st.sampled_from(["/ledger/", "/usage/", "/burstusage/", "/dailyburstusage/", "/pricing/", "/subscriptions/", "/groupedsubscriptions/"]),
)  # fmt: skip
def test_no_query_breaks_anything(shared: Cloud, name: str, text: str, path: str) -> None:
    from urllib.parse import quote

    assert shared.call("GET", f"{path}?{name}={quote(text)}").status in (200, 400)
