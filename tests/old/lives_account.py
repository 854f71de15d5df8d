"""Lives of what belongs to an account: money, contacts, permissions, tags, policies, jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cloudsigma import resource

from .verbs import GIB, Spoken, World, at, gone, life, reads, refused, until, whole_life

CONTACT = {"name": "A Person", "email": "person@example.com", "phone": "+41 44 000 00 00"}
BOUGHT: dict[str, Any] = {"resource": "dssd", "amount": 10 * GIB, "period": "1 month"}


@life("Profile")
def profile(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    before = old.get()
    assert (before["email"], before["currency"]) == (world.email(), resource.Balance().get()["currency"])
    after = old.update({**before, "company": "Example", "clone_naming": "COUNTER"})
    assert after == {**before, "company": "Example", "clone_naming": "COUNTER"}
    assert old.get() == after
    # The setting has its effect.
    disk = world.disk(name="original")
    assert resource.Drive().clone(disk["uuid"])["name"] == "original_1"


@life("GlobalContext")
def global_context(old: Spoken, world: World) -> None:
    assert old.get() == {}
    assert old.update({"key": "value"}) == {"key": "value"}
    assert old.get() == {"key": "value"}


@life("NotificationContact")
def contacts(old: Spoken, world: World) -> None:
    assert [each["main"] for each in old.list()] == [True]
    whole_life(old, CONTACT, shown={"phone": "+41440000000", "main": None}, name="B Person")


@life("NotificationPreference")
def preferences(old: Spoken, world: World) -> None:
    contact = resource.NotificationContact().create(CONTACT)
    mine = [each for each in old.list() if each["contact"] == contact["resource_uri"]]
    assert len({each["type"] for each in mine}) == len(mine) == 22
    other = {**mine[0], "value": not mine[0]["value"]}
    assert old.update([other]) == [other]
    assert [each for each in old.list() if each["contact"] == contact["resource_uri"]] == [other, *mine[1:]]


@life("Licenses")
def licenses(old: Spoken, world: World) -> None:
    one = old.list()[0]
    assert old.get_schema()["fields"]
    assert old.get(one["resource_uri"].strip("/").rpartition("/")[2]) == one
    assert old.from_url(one["resource_uri"]) == one
    assert one["type"] in ("install", "instance")


@life("FirewallPolicy")
def firewall_policy(old: Spoken, world: World) -> None:
    rules = [{"action": "drop", "direction": "in", "ip_proto": "tcp", "dst_port": "23"}]
    unsaid = dict.fromkeys(["comment", "dst_ip", "src_ip", "src_port"])
    shown = {"rules": [{**rules[0], **unsaid}], "servers": [], "tags": []}
    whole_life(old, {"name": "policy", "rules": rules}, shown=shown, name="renamed")


@life("Subscriptions")
def subscriptions(old: Spoken, world: World) -> None:
    before = Decimal(resource.Balance().get()["balance"])
    made = old.create(BOUGHT)
    assert (made["resource"], made["amount"], made["status"]) == ("dssd", str(10 * GIB), "active")
    assert (made["subscribed_object"], made["resource_uri"]) == (None, at("subscriptions", made["id"]))
    assert old.get_schema()["fields"]
    assert made["id"] in [each["id"] for each in old.list()]
    found = old.get(made["id"])
    assert found == old.from_url(made["resource_uri"])
    # Money has 12 places in the answer to a purchase and 20 later.
    money = ("price", "discount_amount")
    assert {**found, **{key: Decimal(found[key]) for key in money}} == {
        **made,
        **{key: Decimal(made[key]) for key in money},
    }
    assert before - Decimal(resource.Balance().get()["balance"]) == Decimal(made["price"]) > 0
    longer = old.extend(made["id"], {"period": "1 month"})
    assert (longer["start_time"], longer["resource"]) == (made["end_time"], "dssd")
    again = old.extend(made["id"])
    assert again["start_time"] == longer["end_time"]
    assert len({made["id"], longer["id"], again["id"]}) == 3
    assert [each["id"] for each in old.get(made["id"])["descendants"]] == [longer["id"], again["id"]]
    refused(400, old.create, {**BOUGHT, "resource": "no such thing"})


@life("SubscriptionCalculator")
def calculator(old: Spoken, world: World) -> None:
    price = old.get_price(10 * GIB, "1 month", "dssd")
    assert Decimal(old.get_price(20 * GIB, "1 month", "dssd")) == 2 * Decimal(price) > 0
    before = resource.Balance().get()
    bought = resource.Subscriptions().create(BOUGHT)
    assert Decimal(bought["price"]) == Decimal(price)
    assert Decimal(before["balance"]) - Decimal(resource.Balance().get()["balance"]) == Decimal(price)
    longer = old.extend(bought["id"], {"period": "1 month"})
    assert (longer["start_time"], longer["amount"]) == (bought["end_time"], bought["amount"])
    assert Decimal(longer["price"]) > 0
    # It calculates and buys nothing.
    assert len([each for each in resource.Subscriptions().list() if each["resource"] == "dssd"]) == 1


@life("Ledger")
def ledger(old: Spoken, world: World) -> None:
    assert old.list() == []
    before = resource.Balance().get()["balance"]
    bought = world.bought("ip")
    reads(old)
    line = old.list()[0]
    assert Decimal(line["amount"]) == Decimal(bought["price"])
    assert (line["initial"], line["end"]) == (before, resource.Balance().get()["balance"])
    assert Decimal(line["initial"]) - Decimal(line["amount"]) == Decimal(line["end"])


@life("AuditLog")
def audit_log(old: Spoken, world: World) -> None:
    disk = world.disk()
    reads(old)
    line = next(each for each in old.list() if each["category"] == "Drives")
    assert (line["action"], line["success"], line["error_type"]) == ("create", True, None)
    assert line["actor"]["uuid"] == disk["owner"]["uuid"]
    assert old.list({"limit": 1})[0]["timestamp"] >= line["timestamp"]


@life("Pricing")
def pricing(old: Spoken, world: World) -> None:
    reads(old)
    prices = {(each["resource"], each["currency"], each["level"]): each for each in old.list()}
    currencies = {each["id"] for each in resource.Capabilites().get()["currencies"]}
    assert {currency for _, currency, _ in prices} <= currencies
    assert {"cpu", "mem", "dssd", "ip", "vlan"} <= {name for name, _, _ in prices}
    assert all(Decimal(each["price"]) >= 0 and each["multiplier"] > 0 for each in prices.values())


@life("Discount")
def discount(old: Spoken, world: World) -> None:
    reads(old)
    values = {each["period"]: Decimal(each["value"]) for each in old.list()}
    assert values["3 months"] == Decimal("0.03")
    assert all(0 < value < 1 for value in values.values())


@life("BurstUsage")
def burst_usage(old: Spoken, world: World) -> None:
    reads(old)
    assert isinstance(old.list(), list)


@life("Locations")
def locations(old: Spoken, world: World) -> None:
    reads(old)
    here = [each for each in old.list() if each["api_endpoint"].startswith(world.endpoint())]
    assert len({each["id"] for each in here}) == len(here) > 0
    assert {each["websocket_url"].partition(":")[0] for each in here} == {"ws"}


@life("Usage")
def usage(old: Spoken, world: World) -> None:
    world.disk()
    now = datetime.now(UTC)
    span = {"poll_time__gt": now - timedelta(days=1), "poll_time__lt": (now + timedelta(days=1)).isoformat()}
    assert isinstance(old.list(span), list)


@life("Balance")
def balance(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    found = old.get()
    assert found["currency"] == resource.Profile().get()["currency"]
    assert Decimal(found["balance"]) > 0


@life("Capabilites")
def capabilities(old: Spoken, world: World) -> None:
    assert old.get_schema()["allowed_methods"]
    found = old.get()
    assert found == old.list()
    assert set(found["hypervisors"]["kvm"]) == set(found["hosts"])
    assert found["default_storage_type"] in found["drives"]
    before = found["snapshots"]["current"]
    resource.Snapshot().create({"drive": world.disk()["uuid"], "name": "one more"})
    assert old.get()["snapshots"]["current"] == before + 1


@life("CurrentUsage")
def current_usage(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    before = old.get()
    assert before["balance"] == {key: resource.Balance().get()[key] for key in ("balance", "currency")}
    size = world.disk()["size"]
    used = old.get()["usage"]["dssd"]
    assert used["using"] == used["burst"] == before["usage"]["dssd"]["using"] + size
    world.bought("dssd", amount=GIB)
    used = old.get()["usage"]["dssd"]
    assert (used["subscribed"], used["using"] - used["burst"]) == (GIB, GIB)


@life("Accounts")
def accounts(old: Spoken, world: World) -> None:
    old.authenticate_asynchronous()
    assert old.response().cookies["async_auth"]
    assert old.create("new@example.com", promo_code=None)["uuid"]
    assert old.response().ok
    refused(400, old.create, "new@example.com")


@life("Tags")
def tags(old: Spoken, world: World) -> None:
    web, disk = world.server(), world.disk()
    vlan, ip = resource.VLAN().list()[0], resource.IP().list()[0]
    members = {"servers": web, "drives": disk, "vlans": vlan, "ips": ip}
    made = old.create({"name": "tag", "resources": [each["uuid"] for each in members.values()]})
    assert {(each["res_type"], each["uuid"]) for each in made["resources"]} == {
        (kind, each["uuid"]) for kind, each in members.items()
    }
    assert reads(old, made) == made
    for kind, one in members.items():
        assert [each["uuid"] for each in getattr(old, kind)(made["uuid"])] == [one["uuid"]]
        assert old.list_resource(made["uuid"], kind) == getattr(old, kind)(made["uuid"])
    assert [each["uuid"] for each in resource.Drive().get(disk["uuid"])["tags"]] == [made["uuid"]]
    renamed = old.update(made["uuid"], {"name": "renamed", "resources": []})
    assert renamed == {**made, "name": "renamed", "resources": []}
    assert old.drives(made["uuid"]) == []
    assert old.delete(made["uuid"]) is None
    gone(old, made["uuid"])


@life("Acls")
def acls(old: Spoken, world: World) -> None:
    tag = resource.Tags().create({"name": "shared"})
    rules = [{"permission": "LIST"}]
    definition = {"name": "acl", "tags": [tag["uuid"]], "grantees": ["other@example.com"], "rules": rules}
    shown = {"tags": [{"uuid": tag["uuid"], "resource_uri": at("tags", tag["uuid"])}], "grantees": None}
    made = whole_life(old, definition, shown=shown, name="renamed")
    assert [each["email"] for each in made["grantees"]] == ["other@example.com"]


@life("Jobs")
def jobs(old: Spoken, world: World) -> None:
    disk = world.disk()
    copy = world.drives.clone(disk["uuid"], {"name": "copy"})
    job = copy["jobs"][0]
    found = reads(old, job)
    assert found["operation"] == "drive_clone"
    assert set(found["resources"]) == {disk["resource_uri"], copy["resource_uri"]}
    done = until(lambda: old.get(job["uuid"]), lambda seen: seen["state"] == "success")
    assert done["data"]["progress"] == 100
