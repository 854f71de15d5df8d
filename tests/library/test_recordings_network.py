"""Virtual routers, money, use and notifications against the recorded exchanges of the real cloud.

What is asked, what comes back and that nothing of it is lost. Skipped where the recordings are not at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from cloudsigma import CloudSigma, records

from .conformance import missing, problems
from .recordings import Recording, folder, recordings
from .test_recordings import Player, assert_same_body, client_for

FOLDER = folder()
if FOLDER is None:
    pytest.skip(
        "the recorded exchanges are not here; CLOUDSIGMA_RECORDED names their folder", allow_module_level=True
    )

LISTS: dict[str, tuple[str, type[records.Record]]] = {
    "virtualrouters": ("virtual_routers", records.VirtualRouter),
    "lans": ("lans", records.Lan),
    "upstream": ("upstreams", records.Record),
    "ipaliases": ("ip_aliases", records.IpAlias),
    "addressforwards": ("address_forwards", records.AddressForward),
    "portforwards": ("port_forwards", records.PortForward),
    "routes": ("routes", records.Route),
    "vrfwpolicies": ("vr_firewall_policies", records.VrFirewallPolicy),
    "vrfwfilters": ("vr_firewall_filters", records.VrFirewallFilter),
    "subscriptions": ("subscriptions", records.Subscription),
    "subscriptioncalculator": ("subscription_calculator", records.CalculatedSubscription),
    "pricing": ("pricing", records.Price),
    "discount": ("discounts", records.Discount),
    "ledger": ("ledger", records.LedgerEntry),
    "licenses": ("licenses", records.License),
    "currentusage": ("current_usage", records.CurrentUsage),
    "usage": ("usage", records.UsageSample),
    "burstusage": ("burst_usage", records.BurstUsage),
    "notification_contacts": ("notification_contacts", records.NotificationContact),
    "notification_preferences": ("notification_preferences", records.NotificationPreference),
}
RECORDINGS = [item for item in recordings(FOLDER) if item.collection in LISTS]

# What the annotations promise of a whole record and an old answer did not have.
INCOMPLETE = {
    "virtualrouter_create_minimal": "the oldest answer of all, of another router: no jobs yet",
}
# What came back cannot be what the annotations say.
UNTYPED = {
    "vrfwpolicy_safe_update_valid_order": "names of Python objects inside the cloud in place of the rules: the call "
    "reads the policy again, and that reading was not recorded",
}
Result: TypeAlias = tuple[Any, Any, Any]
"""What a call returned, its annotation, and the part of the recorded answer that it is."""


def play(cs: CloudSigma, item: Recording) -> Result:
    """Make the call that the recording is an exchange of."""
    match (item.method, item.parts):
        case ("GET", _):
            return read(cs, item)
        case ("POST", [uuid, "action"]):
            return act(cs, item, uuid)
        case ("POST", []):
            return create(cs, item)
        case ("PUT", _):
            return update(cs, item)
        case ("DELETE", [uuid]):
            name, _ = LISTS[item.collection]
            result = getattr(cs, name).delete(uuid)
            parts = item.collection not in ("virtualrouters", "notification_contacts")
            return (result, records.RouterPartDeletion, item.data) if parts else (result, None, None)
    raise AssertionError(f"no call for {item.method} {item.path}")


def read(cs: CloudSigma, item: Recording) -> Result:
    name, record = LISTS[item.collection]
    collection = getattr(cs, name)
    match (item.collection, item.parts):
        case (_, ["schema"]):
            return collection.schema(), records.Schema, item.data
        case ("subscriptions", []):
            return collection.priced(), records.SubscriptionList, item.data
        case ("pricing", []):
            return collection.get(), records.PriceList, item.data
        case ("currentusage", []):
            return collection.get(), record, item.data
        case ("usage", []):
            # The recorded request has the documentation's spelling with one underscore.
            found = collection.list(poll_time__gt="2024-04-01", poll_time__lt="2024-04-02")
            return found, list[record], item.data["objects"]  # type: ignore[valid-type]
        case ("virtualrouters", []):
            fields = sorted(item.data["objects"][0]) if item.data["objects"] else ["uuid"]
            return collection.list(fields=fields), list[record], item.data["objects"]  # type: ignore[valid-type]
        case (_, [] | ["detail"]):
            return collection.list(), list[record], item.data["objects"]  # type: ignore[valid-type]
        case (_, [uuid]):
            return collection.get(uuid), record, item.data
    raise AssertionError(f"no call for GET {item.path}")


def create(cs: CloudSigma, item: Recording) -> Result:
    name, record = LISTS[item.collection]
    specs = item.body.get("objects", [item.body])
    if item.collection == "subscriptions":
        return cs.subscriptions.buy(specs), records.SubscriptionList, item.data
    if item.collection == "subscriptioncalculator":
        return cs.subscription_calculator.calculate(specs), records.PriceCalculation, item.data
    return getattr(cs, name).create(**specs[0]), record, item.data["objects"][0]


def update(cs: CloudSigma, item: Recording) -> Result:
    name, record = LISTS[item.collection]
    if item.collection == "notification_preferences":
        if isinstance(item.body, list):
            many = cs.notification_preferences.update_many(item.body)
            return many, list[records.NotificationPreference], item.data["objects"]
        return cs.notification_preferences.update(**item.body), record, item.data["objects"][0]
    known = {name: value for name, value in item.body.items() if name not in ("uuid", "resource_uri", "jobs")}
    known = {name: value for name, value in known.items() if value is not None}
    return getattr(cs, name).update(item.parts[0], **known), record, item.data


def act(cs: CloudSigma, item: Recording, uuid: str) -> Result:
    name, record = LISTS[item.collection]
    action = item.query["do"]
    call = getattr(getattr(cs, name), action)
    if action == "get_log":
        page = call(uuid, item.query["log_name"])
        assert page.total_count == item.data["meta"]["total_count"]
        assert (page.offset, page.limit) == (item.data["meta"]["offset"], item.data["meta"]["limit"])
        return page.objects, list[records.RouterLogEntry], item.data["objects"]
    result = call(uuid, **(item.body or {}))
    return result, record if action == "extend" else records.RouterAction, item.data


@pytest.mark.parametrize("item", RECORDINGS, ids=lambda item: str(item.name))
def test_it_is_asked_as_recorded_and_typed_as_annotated(item: Recording) -> None:
    player = Player(item)
    with client_for(player) as cs:
        result, hint, recorded = play(cs, item)
    _, _, query, sent = player.recorded_request()
    for name in ("do", "log_name"):
        assert query.get(name) == item.query.get(name)
    if (
        isinstance(item.body, dict)
        and item.method == "POST"
        and not item.parts
        and "objects" not in item.body
    ):
        sent = sent["objects"][0]  # a bare object is taken as well as the envelope that is sent
    if isinstance(item.body, list):
        assert sent == item.body
    elif item.body:
        # The jobs of a resource are written back as they are now; the recorded body had older ones.
        assert_same_body(sent, {name: value for name, value in item.body.items() if name != "jobs"})
        assert "filters" not in item.body or sent["filters"] == item.body["filters"]
    assert result == recorded
    if hint is None:
        return
    counted = [0]
    found = list(problems(result, hint, item.name, counted))
    assert bool(found) == (item.name.removeprefix("vrouters/") in UNTYPED), found
    assert counted[0] > 0 or not result
    assert complete(item, result) == (item.name.removeprefix("vrouters/") not in INCOMPLETE)


def complete(item: Recording, result: Any) -> bool:
    """Tell whether whole records have every field that their annotation calls not null."""
    if item.collection == "virtualrouters" and item.parts == [] and item.method == "GET":
        return True  # the plain list has a few fields only
    found = [
        problem
        for record in (result if isinstance(result, list) else [result])
        if isinstance(record, records.Record)
        for problem in missing(record, type(record), item.name)
    ]
    return not found


def test_how_many_recordings_there_are(record_property: Callable[[str, object], None]) -> None:
    """None of these collections is left out; the exceptions are those named."""
    names = {item.name.removeprefix("vrouters/") for item in RECORDINGS}
    assert names >= set(INCOMPLETE) | set(UNTYPED)
    assert all(item.is_json for item in RECORDINGS)
    total = 0
    for item in RECORDINGS:
        with client_for(Player(item)) as cs:
            result, hint, _ = play(cs, item)
        counted = [0]
        if hint is not None:
            list(problems(result, hint, item.name, counted))
        total += counted[0]
    record_property("recordings", len(RECORDINGS))
    record_property("annotated_fields", total)
    print(f"{total} annotated fields in {len(RECORDINGS)} recordings have their annotated type")
    assert len(RECORDINGS) > 70
    assert total > 1_000
