"""Contacts, what they are told, and the VMware servers that can only be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.notifications import TYPES, read_contact
from cloudsigma_emulator.domain.refusal import Refusal

from .cloud_in_process import FIRST, SECOND, Cloud, Doc
from .everything import create

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
NEW: Doc = {"email": "new@example.com", "name": "New", "phone": "+1 123 555 1234"}


def main_of(cloud: Cloud, email: str = FIRST) -> Doc:
    found: Doc = cloud.get("/notification_contacts/", email=email)["objects"][0]
    return found


def row(contact: Doc, notice: str, value: bool) -> Doc:
    return {"contact": contact["resource_uri"], "medium": "email", "type": notice, "value": value}


def preferences(cloud: Cloud) -> list[Doc]:
    found: list[Doc] = cloud.get("/notification_preferences/?limit=0")["objects"]
    return found


def test_every_account_has_its_own_contact(cloud: Cloud) -> None:
    for email in (FIRST, SECOND):
        contact = main_of(cloud, email)
        assert (contact["email"], contact["main"], contact["phone"]) == (email, True, "")
    assert main_of(cloud)["uuid"] != main_of(cloud, SECOND)["uuid"]
    assert cloud.call("DELETE", f"/notification_contacts/{main_of(cloud)['uuid']}/").status == 403


def test_a_new_account_has_one_too(cloud: Cloud) -> None:
    uuid = cloud.call("POST", "/accounts/action/?do=create", {"email": "third@example.com"}).body["uuid"]
    with cloud.app.transaction() as tx:
        [contact] = tx.find("notification_contacts", owner=uuid)
    assert (contact["email"], contact["main"]) == ("third@example.com", True)


def test_contacts(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/notification_contacts/", {"objects": [NEW]})
    assert reply.status == 201
    [contact] = reply.body["objects"]
    path = f"/notification_contacts/{contact['uuid']}/"
    assert contact == {
        **NEW, "phone": "+11235551234", "main": None,
        "resource_uri": f"/api/2.0{path}", "uuid": contact["uuid"],
    }  # fmt: skip
    assert reply.headers["location"] == contact["resource_uri"]
    assert cloud.get(path) == contact
    changed = cloud.call("PUT", path, {"email": "other@example.org", "name": "N"})
    assert changed.status == 200
    assert changed.body == {**contact, "email": "other@example.org", "name": "N", "pk": contact["uuid"]}
    assert cloud.get("/notification_contacts/")["meta"]["total_count"] == 2
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("GET", path).status == 404
    assert len(preferences(cloud)) == 22


def test_what_may_be_left_out(cloud: Cloud) -> None:
    contact = create(cloud, "notification_contacts", {"email": "a@b"})
    assert (contact["name"], contact["phone"]) == ("", None)
    create(cloud, "notification_contacts", {"email": "a@b"})  # Twice the same is allowed.


@pytest.mark.parametrize(
    "body", [{}, {"email": "nonsense"}, {"email": None}, {"email": "a b@c"}, {"email": 7}]
)
def test_an_address_is_needed(cloud: Cloud, body: Doc) -> None:
    assert cloud.call("POST", "/notification_contacts/", body).error["error_point"] == "email"


def test_the_main_contact_keeps_its_address(cloud: Cloud) -> None:
    main = main_of(cloud)
    sent = {"email": "x@example.com", "name": "Me", "phone": "1 2"}
    changed = cloud.call("PUT", f"/notification_contacts/{main['uuid']}/", sent).body
    assert (changed["email"], changed["name"], changed["phone"]) == (FIRST, "Me", "12")


def test_preferences(cloud: Cloud) -> None:
    main = main_of(cloud)
    rows = preferences(cloud)
    assert rows == [row(main, notice, value) for notice, value in TYPES.items()]
    assert (len(rows), sum(item["value"] for item in rows)) == (22, 10)
    contact = create(cloud, "notification_contacts", NEW)
    assert preferences(cloud)[22:] == [row(contact, notice, value) for notice, value in TYPES.items()]
    page = cloud.get("/notification_preferences/?limit=3&offset=21")
    assert page["meta"] == {"limit": 3, "offset": 21, "total_count": 44}
    assert len(page["objects"]) == 3


def test_changing_one_and_many(cloud: Cloud) -> None:
    main = main_of(cloud)
    one = cloud.call("PUT", "/notification_preferences/", row(main, "trial_expire", True))
    assert (one.status, one.body) == (202, {"objects": [row(main, "trial_expire", True)]})
    sent = [row(main, "trial_expire", False), row(main, "payment_failed", False)]
    many = cloud.call("PUT", "/notification_preferences/", sent)
    assert (many.status, many.body) == (202, {"objects": sent})
    shown = {item["type"]: item["value"] for item in preferences(cloud)}
    assert shown == {**TYPES, "trial_expire": False, "payment_failed": False}


@pytest.mark.parametrize(
    ("changes", "point"),
    [
        ({"medium": "sms"}, "medium"),
        ({"type": "birthday"}, "type"),
        ({"type": []}, "type"),
        ({"value": "perhaps"}, "value"),
        ({"contact": UNKNOWN}, "contact"),
        ({"contact": None}, "contact"),
    ],
)
def test_refused_preferences_change_nothing(cloud: Cloud, changes: Doc, point: str) -> None:
    main = main_of(cloud)
    good = row(main, "trial_expire", True)
    reply = cloud.call("PUT", "/notification_preferences/", [good, {**good, **changes}])
    assert (reply.status, reply.error["error_point"]) == (400, point)
    assert preferences(cloud)[0]["value"] is False


def test_methods_that_there_are_not(cloud: Cloud) -> None:
    assert cloud.call("POST", "/notification_preferences/", {}).status == 405
    assert cloud.call("DELETE", "/notification_preferences/").status == 405


def test_the_log(cloud: Cloud) -> None:
    contact = create(cloud, "notification_contacts", NEW)
    cloud.call("PUT", "/notification_preferences/", row(contact, "payment", False))
    cloud.call("DELETE", f"/notification_contacts/{contact['uuid']}/")
    entries = [(entry["category"], entry["action"]) for entry in cloud.get("/logs/")["objects"]]
    assert entries == [
        ("Notification Contacts", "delete"),
        ("Notification Preferences", "update"),
        ("Notification Contacts", "create"),
    ]


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["email", "name", "phone", "main", "uuid"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.lists(st.text(), max_size=2)
        ),
    )
)
def test_any_contact_is_read_or_refused(body: Doc) -> None:
    try:
        values = read_contact(body)
    except Refusal as refusal:
        status, points = refusal.status, {error.point for error in refusal.errors}
    else:
        status, points = 200, set()
        assert "@" in values["email"]
        assert values["phone"] is None or not set(values["phone"]) & set(" \t\n")
    assert (status == 400) is bool(points)
    assert points <= {"email", "name", "phone"}


def test_vmware_servers(cloud: Cloud) -> None:
    [server] = cloud.get("/vmware_servers/")["objects"]
    assert cloud.get(f"/vmware_servers/{server['uuid']}/") == server
    assert cloud.get("/vmware_servers/", email=SECOND)["objects"] == []
    assert cloud.call("POST", "/vmware_servers/", {}).status == 405
    assert cloud.call("DELETE", f"/vmware_servers/{server['uuid']}/").status == 405
    fields = cloud.get("/vmware_servers/schema/")["fields"]
    assert set(fields) <= set(server)
    assert server["nics"][0]["connected"] == "true"
