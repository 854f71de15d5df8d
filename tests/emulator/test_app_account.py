"""Profile, balance, context, locations, capabilities, usage, subscriptions, schemas, users."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest

from .wire import Wire, until

PROFILE_KEYS = {
    "address", "api_https_only", "autotopup_amount", "autotopup_threshold", "bank_reference", "clone_naming",
    "company", "country", "currency", "email", "first_name", "has_autotopup", "has_tx_autotopup", "invoicing",
    "key_auth", "language", "last_name", "mailing_list", "meta", "my_notes", "network_restrictions", "nickname",
    "phone", "postcode", "reseller", "signup_time", "state", "tax_name", "tax_rate", "title", "town",
    "tx_autotopup_amount", "tx_autotopup_threshold", "uuid", "vat",
}  # fmt: skip


def test_profile_of_the_seed(wire: Wire) -> None:
    profile = wire("GET", "/profile/").json()
    assert set(profile) == PROFILE_KEYS
    assert profile["email"] == "user@example.com"
    assert profile["state"] == "REGULAR"
    assert profile["clone_naming"] == "NONE"
    assert datetime.datetime.fromisoformat(profile["signup_time"]).utcoffset() == datetime.timedelta(0)
    booleans = {key for key, value in profile.items() if isinstance(value, bool)}
    assert booleans == {
        "api_https_only", "has_autotopup", "has_tx_autotopup", "invoicing", "key_auth", "mailing_list"
    }  # fmt: skip
    assert all(
        value is None or isinstance(value, str)
        for key, value in profile.items()
        if key not in booleans | {"meta"}
    )


def test_profile_is_merged_and_keeps_what_may_not_change(wire: Wire, other: Wire) -> None:
    before = wire("GET", "/profile/").json()
    body = {
        "uuid": "",
        "email": "thief@example.com",
        "state": "TRIAL",
        "country": "US",
        "currency": "USD",
        "nonsense": 1,
        "first_name": "Ada",
        "clone_naming": "COUNTER",
        "meta": {"a": "b"},
        "autotopup_amount": "12.50",
        "has_autotopup": True,
        "my_notes": None,
    }
    reply = wire("PUT", "/profile/", body)
    assert reply.status == 200
    kept = {"first_name", "clone_naming", "meta", "autotopup_amount", "has_autotopup", "my_notes"}
    assert reply.json() == {**before, **{key: body[key] for key in kept}}
    assert wire("GET", "/profile/").json() == reply.json()
    assert wire("PUT", "/profile/", reply.json()).json() == reply.json()
    assert other("GET", "/profile/").json()["first_name"] == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("first_name", 1),
        ("first_name", None),
        ("clone_naming", "RANDOM"),
        ("clone_naming", None),
        ("has_autotopup", "yes"),
        ("autotopup_amount", "-1"),
        ("autotopup_amount", "much"),
        ("autotopup_amount", True),
        ("meta", {"x" * 33: "y"}),
        ("meta", {"x": 1}),
        ("meta", []),
        ("address", "x" * 181),
        ("town", "Zürich"),
    ],
)
def test_bad_profiles_name_the_field(wire: Wire, key: str, value: Any) -> None:
    before = wire("GET", "/profile/").json()
    reply = wire("PUT", "/profile/", {"last_name": "Changed", key: value})
    assert reply.status == 400
    assert [(error["error_type"], error["error_point"]) for error in reply.json()] == [("validation", key)]
    assert wire("GET", "/profile/").json() == before


@pytest.mark.parametrize("body", [[], "x", 1, [1]])
def test_profile_wants_an_object(wire: Wire, body: Any) -> None:
    assert wire("PUT", "/profile/", body).status == 400


def test_balance(wire: Wire) -> None:
    balance = wire("GET", "/balance/").json()
    assert set(balance) == {"balance", "credit_limit", "currency"}
    assert float(balance["balance"]) >= 10000
    assert balance["balance"].partition(".")[2] == "0" * 20


def test_global_context_is_replaced_as_a_whole(wire: Wire, other: Wire) -> None:
    assert wire("GET", "/global_context/").json() == {}
    assert wire("POST", "/global_context/", {"a": "1", "b": "2"}).json() == {"a": "1", "b": "2"}
    reply = wire("POST", "/global_context/", {"c": "3\n"})
    assert (reply.status, reply.json()) == (200, {"c": "3\n"})
    assert wire("GET", "/global_context/").json() == {"c": "3\n"}
    assert other("GET", "/global_context/").json() == {}
    assert wire("PUT", "/global_context/", {}).status == 405
    for mistake in ([], None, {"a": 1}, {"x" * 33: "y"}):
        assert wire("POST", "/global_context/", mistake).status == 400, mistake
    assert wire("POST", "/global_context/", {"objects": "text"}).json() == {"objects": "text"}
    assert wire("POST", "/global_context/", {}).json() == {}


def test_locations_lead_back_here(nobody: Wire) -> None:
    found = nobody("GET", "/locations/").json()
    assert found["meta"] == {"limit": 20, "offset": 0, "total_count": 17}
    cloud = nobody.emulator
    for location in found["objects"]:
        assert set(location) == {
            "alternative_frontend_url", "api_endpoint", "country_code", "default_frontend_signup_url",
            "default_frontend_url", "display_name", "documentation_url", "id", "upload_url", "websocket_url",
        }  # fmt: skip
        assert location["api_endpoint"] == location["upload_url"] == cloud.api_endpoint
        assert location["websocket_url"] == cloud.ws_endpoint
    assert {"ZRH", "WDC", "FRA"} <= {location["id"] for location in found["objects"]}
    assert nobody("GET", "/locations/?fields=id&limit=2&offset=1").json()["objects"] == [
        {"id": "PER"},
        {"id": "FRA"},
    ]


def test_cloud_status_and_capabilities(wire: Wire) -> None:
    status = wire("GET", "/cloud_status/").json()
    assert set(status) == {
        "free_tier", "free_tier_monthly", "guest", "host_availability_zones", "paas", "remote_snapshots", "signup",
        "sso", "trial", "vmware", "vpc",
    }  # fmt: skip
    capabilities = wire("GET", "/capabilities/").json()
    assert capabilities["hypervisors"]["kvm"][:2] == ["intel", "amd"]
    assert wire("GET", "/capabilities/?fields=hypervisors").json() == {
        "hypervisors": capabilities["hypervisors"]
    }


def test_usage_is_counted_live(wire: Wire) -> None:
    def using(resource: str) -> int:
        found = wire("GET", "/currentusage/").json()
        row = found["usage"][resource]
        assert row["burst"] == max(0, row["using"] - row["subscribed"])
        assert found["balance"] == {
            key: wire("GET", "/balance/").json()[key] for key in ("balance", "currency")
        }
        amount: int = row["using"]
        return amount

    wire.emulator.clock.set_speed("realistic")
    wire.emulator.clock.stop()
    cpu, mem, disk = using("intel_cpu"), using("intel_mem"), using("dssd")
    assert (cpu, mem) == (0, 0)
    assert (using("ip"), using("vlan")) == (2, 1)
    uuid = wire.server(cpu=2000)["uuid"]
    assert using("intel_cpu") == 0
    wire("POST", f"/servers/{uuid}/action/?do=start", {})
    assert wire("GET", f"/servers/{uuid}/").json()["status"] == "starting"
    assert (using("intel_cpu"), using("intel_mem")) == (2000, 512 * 2**20)
    wire.emulator.clock.jump()
    wire("POST", f"/servers/{uuid}/action/?do=stop", {})
    wire.emulator.clock.jump()
    assert wire("GET", f"/servers/{uuid}/").json()["status"] == "stopped"
    assert using("intel_cpu") == 0
    wire("POST", "/drives/", {"name": "d", "size": 2**30, "media": "disk"})
    assert using("dssd") == disk + 2**30


def test_subscriptions_of_the_seed(wire: Wire, other: Wire) -> None:
    found = wire("GET", "/subscriptions/?status=all&resource=ip,vlan&limit=0").json()
    assert found["price"] == "0E-20"
    assert [item["resource"] for item in found["objects"]] == ["ip", "ip", "vlan"]
    addresses = {item["uuid"] for item in wire("GET", "/ips/").json()["objects"]}
    assert {item["subscribed_object"] for item in found["objects"] if item["resource"] == "ip"} == addresses
    first = found["objects"][1]
    assert "owner" not in first
    assert wire("GET", f"/subscriptions/{first['id']}/").json() == first
    assert wire("GET", f"/subscriptions/{first['uuid']}/").json() == first
    by_object = wire("GET", f"/subscriptions/?subscribed_object={first['subscribed_object']}").json()
    assert by_object["objects"] == [first]
    assert wire("GET", "/subscriptions/?status=expired").json()["objects"] == []
    assert wire("GET", "/subscriptions/?status=notexpired&limit=1").json()["meta"]["total_count"] == 3
    assert other("GET", f"/subscriptions/{first['id']}/").status == 403
    assert other("GET", "/subscriptions/").json()["objects"] == []
    assert wire("GET", "/subscriptions/999/").status == 404


RESOURCES = [
    "servers", "drives", "libdrives", "jobs", "vlans", "ips", "tags", "profile", "balance", "currentusage",
    "subscriptions", "locations", "pricing", "discount", "licenses", "ledger", "burstusage",
]  # fmt: skip


@pytest.mark.parametrize("name", RESOURCES)
def test_schemas(wire: Wire, name: str) -> None:
    schema = wire("GET", f"/{name}/schema/").json()
    assert {
        "allowed_detail_http_methods",
        "allowed_list_http_methods",
        "default_format",
        "default_limit",
        "fields",
    } <= set(schema)
    for field in schema["fields"].values():
        assert {"default", "help_text", "readonly", "type"} <= set(field)


def test_schemas_fit_the_objects(wire: Wire) -> None:
    fields = wire("GET", "/servers/schema/").json()["fields"]
    server = wire.server()
    assert set(server) - set(fields) <= set()
    assert [name for name, field in fields.items() if field["required"] and not field["readonly"]] == [
        "cpu", "mem", "name", "vnc_password"
    ]  # fmt: skip
    drive = wire("GET", "/drives/detail/").json()["objects"][0]
    assert set(wire("GET", "/drives/schema/").json()["fields"]) >= set(drive) - {"backup_scheduler"}
    assert set(wire("GET", "/capabilities/schema/").json()) == {"allowed_methods", "help_text"}
    assert wire("GET", "/vlans/schema/").json()["allowed_list_http_methods"] == "get"


def test_owner_refs_can_be_followed(wire: Wire, other: Wire) -> None:
    owner = wire.server()["owner"]
    path = owner["resource_uri"].removeprefix("/api/2.0")
    assert wire("GET", path).json() == {**owner, "email": "user@example.com"}
    assert other("GET", path).status == 403
    assert wire("GET", f"/user/{uuid.uuid4()}/").status == 404


def test_the_seed(wire: Wire, other: Wire) -> None:
    def total(client: Wire, path: str) -> int:
        count: int = client("GET", path).json()["meta"]["total_count"]
        return count

    assert [total(wire, path) for path in ("/servers/", "/tags/", "/jobs/")] == [0, 0, 0]
    assert total(wire, "/vlans/") == 1
    addresses = wire("GET", "/ips/detail/").json()["objects"]
    assert len(addresses) == 2
    assert all(item["server"] is None and item["subscription"] for item in addresses)
    library = wire("GET", "/libdrives/?limit=0").json()["objects"]
    assert {item["media"] for item in library} == {"disk", "cdrom"}
    assert any(item["licenses"] for item in library[:5])
    assert total(other, "/drives/") == total(other, "/vlans/") == total(other, "/ips/") == 0
    assert float(other("GET", "/balance/").json()["balance"]) >= 10000


def test_every_route_is_known_to_the_catalogue_or_named(wire: Wire) -> None:
    coverage = wire.control("GET", "/coverage")
    assert "user.get" in coverage["beyond_the_catalogue"]
    assert not set(coverage["answered"]) & set(coverage["missing"])
    wire("GET", "/balance/")
    assert until(lambda: wire.control("GET", "/coverage")["calls"]) == {"balance.get": 1}
