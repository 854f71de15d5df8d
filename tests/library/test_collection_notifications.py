"""Contacts, preferences and private clouds against the emulator, over sockets, on both faces."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import NotificationPreferenceSpec, to_decimal
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

GIB = 2**30


@pytest.fixture(params=FACES)
def cs(request: pytest.FixtureRequest, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(request.param, cloudsigma_emulator) as client:
        yield client


class TestContacts:
    def test_created_changed_deleted(self, cs: CloudSigma) -> None:
        made = cs.notification_contacts.create(email="a@example.com", name="A", phone="+1 123 555 1234")
        assert (made.main, made.phone) == (None, "+11235551234")
        changed = cs.notification_contacts.update(made, name="B")
        assert (changed.name, changed.phone, changed.email) == ("B", "+11235551234", "a@example.com")
        assert cs.notification_contacts.get(made).name == "B"
        assert len(cs.notification_contacts.list()) == cs.notification_contacts.page().total_count == 2
        more = cs.notification_contacts.create_many([{"email": f"{n}@example.com"} for n in "cd"])
        assert [item.email for item in more] == ["c@example.com", "d@example.com"]
        assert len(list(cs.notification_contacts.iterate(page_size=3))) == 4
        found = cs.notification_contacts.find(email="c@example.com")
        assert found is not None
        assert found.uuid == more[0].uuid
        cs.notification_contacts.delete(made)
        cs.notification_contacts.delete_many(more)
        (main,) = cs.notification_contacts.list()
        assert main.main is True
        with pytest.raises(errors.PermissionError):
            cs.notification_contacts.delete(main)
        assert cs.notification_contacts.create_many([]) == []

    def test_a_wrong_address_is_refused(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.ValidationError) as caught:
            cs.notification_contacts.create(email="nobody")
        assert caught.value.error_point == "email"


class TestPreferences:
    def test_switched_one_by_one_and_together(self, cs: CloudSigma) -> None:
        contact = cs.notification_contacts.create(email="a@example.com")
        (payment,) = cs.notification_preferences.list(contact=contact, type="payment")
        assert payment.contact == contact.resource_uri
        for ref in (contact, contact.uuid, contact.resource_uri):
            wanted = not payment.value
            payment = cs.notification_preferences.update(
                contact=ref, medium="email", type="payment", value=wanted
            )
            assert payment.value is wanted
            again = cs.notification_preferences.update(
                contact=ref, medium="email", type="payment", value=wanted
            )
            assert again == payment
        specs: list[NotificationPreferenceSpec] = [
            {"contact": contact, "medium": "email", "type": name, "value": True}
            for name in ("trial_expire", "new_account")
        ]
        changed = cs.notification_preferences.update_many(specs)
        assert {item.type for item in changed} == {"trial_expire", "new_account"}
        found = cs.notification_preferences.list(
            contact=contact.uuid, medium="email", type=["trial_expire", "new_account"]
        )
        assert [item.value for item in found] == [True, True]
        assert cs.notification_preferences.update_many([]) == []
        assert len(cs.notification_preferences.list()) == 44

    def test_what_is_not_there(self, cs: CloudSigma) -> None:
        (main,) = cs.notification_contacts.list()
        with pytest.raises(errors.ValidationError):
            cs.notification_preferences.update(contact=main, medium="email", type="nonsense", value=True)
        with pytest.raises(TypeError, match="value"):
            cs.notification_preferences.list(value=True)  # type: ignore[call-arg]
        with pytest.raises(errors.InvalidArgument):
            cs.notification_preferences.update(contact="a/b", medium="email", type="payment", value=True)


class TestPrivateClouds:
    def buy(self, cs: CloudSigma) -> None:
        cs.subscriptions.create_many(
            [{"resource": name, "period": "1 year"} for name in ("vpc", "dedicated_host_6148")]
        )

    def test_nodes_in_and_out(self, cs: CloudSigma) -> None:
        assert cs.vpcs.list() == cs.nodes.list() == cs.host_allocation_pools.list() == []
        self.buy(cs)
        (vpc,), (node,) = cs.vpcs.list(), cs.nodes.list()
        assert (vpc.status, vpc.nodes, node.status) == ("active", [], "active")
        changed = cs.vpcs.update(vpc, name="mine", description="all mine", nodes=[node])
        assert (changed.name, changed.description) == ("mine", "all mine")
        assert [item.uuid for item in changed.nodes] == [node.uuid]
        inside = cs.nodes.get(node)
        assert inside.vpc is not None
        assert inside.vpc.uuid == vpc.uuid
        # The nodes stay where they are when something else changes.
        assert [item.uuid for item in cs.vpcs.update(vpc.uuid, name="ours").nodes] == [node.uuid]
        assert cs.vpcs.update(vpc.uuid, nodes=[]).nodes == []
        tag = cs.tags.create(name="t")
        tagged = cs.vpcs.update(vpc.uuid, tags=[tag])
        assert tagged.tags is not None
        assert [item.uuid for item in tagged.tags] == [tag.uuid]
        assert cs.vpcs.find(name="ours") == cs.vpcs.get(vpc)
        assert cs.vpcs.find(name="mine") is None
        assert cs.nodes.find(uuid=node.uuid) is not None
        assert [item.uuid for item in cs.vpcs.iterate()] == [vpc.uuid]
        assert cs.vpcs.page().total_count == cs.nodes.page().total_count == len(list(cs.nodes.iterate())) == 1
        assert cs.vpcs.schema().fields

    def test_pools(self, cs: CloudSigma) -> None:
        self.buy(cs)
        (vpc,), (pool,) = cs.vpcs.list(), cs.host_allocation_pools.list()
        assert pool.uuid == vpc.allocation_pool
        assert cs.host_allocation_pools.get(pool) == pool
        changed = cs.host_allocation_pools.update(pool, cpu_alloc=1, cpu_alloc_last_resort=Decimal("1.5"))
        assert changed.cpu_alloc == "1.000"
        assert to_decimal(changed.cpu_alloc_last_resort or "") == Decimal("1.5")
        assert changed.name == pool.name
        with pytest.raises(errors.ValidationError):
            cs.host_allocation_pools.update(pool, cpu_alloc="much")

    def test_zones(self, cs: CloudSigma) -> None:
        zones = cs.host_availability_zones.list()
        assert len(zones) >= 1
        assert cs.host_availability_zones.find(uuid=zones[0].uuid) == zones[0]
        server = cs.servers.create(
            name="z", cpu=1000, mem=GIB, vnc_password="p", allocation_pool=zones[0].uuid
        )
        assert server["allocation_pool"] == zones[0].uuid
