"""SSH keys, and the lists of a server that they and tags and cards are in, against the emulator, on both faces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import Keypair, Pubkey, Server
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

GIB = 2**30


@pytest.fixture(params=FACES)
def cs(request: pytest.FixtureRequest, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(request.param, cloudsigma_emulator) as client:
        yield client


def new_server(cs: CloudSigma, name: str = "web", **more: Any) -> Server:
    return cs.servers.create(name=name, cpu=1000, mem=GIB, vnc_password="p", **more)


class TestKeypairs:
    def test_made_by_the_cloud(self, cs: CloudSigma) -> None:
        pair = cs.keypairs.create(name="k")
        assert type(pair) is Keypair
        assert pair.private_key is not None
        assert pair.private_key.startswith("-----BEGIN RSA PRIVATE KEY-----")
        assert pair.public_key is not None
        assert pair.public_key.startswith("ssh-rsa ")
        assert pair.fingerprint is not None
        assert len(pair.fingerprint.split(":")) == 16
        other = cs.keypairs.create(name="e", algorithm_type="ed25519")
        assert other.public_key is not None
        assert other.public_key.startswith("ssh-ed25519 ")

    def test_given(self, cs: CloudSigma) -> None:
        made = cs.keypairs.create(name="k")
        assert made.public_key is not None
        line = f"{made.public_key} me@example"
        (public,) = cs.keypairs.create_many([{"name": "p", "public_key": line, "meta": {"a": "b"}}])
        assert (public.public_key, public.private_key, public.meta) == (line, None, {"a": "b"})
        assert public.fingerprint == made.fingerprint
        with pytest.raises(errors.ValidationError) as caught:
            cs.keypairs.create(name="bad", public_key="nonsense")
        assert caught.value.error_point == "public_key"

    def test_two_views(self, cs: CloudSigma) -> None:
        pair = cs.keypairs.create(name="k")
        assert pair.public_key is not None
        public = cs.keypairs.create(name="p", public_key=pair.public_key)
        seen = cs.pubkeys.get(pair.resource_uri)
        assert type(seen) is Pubkey
        assert (seen.uuid, seen.has_private_key, seen.public_key) == (pair.uuid, True, pair.public_key)
        assert seen.resource_uri == f"/api/2.0/pubkeys/{pair.uuid}/"
        assert "private_key" not in seen
        assert cs.keypairs.get(seen.resource_uri) == pair
        assert {item.name: item.has_private_key for item in cs.pubkeys.list()} == {"k": True, "p": False}
        found = cs.pubkeys.find(name="p")
        assert found is not None
        assert found.uuid == public.uuid
        assert cs.pubkeys.list(name__contains="K") == [seen]
        assert len(list(cs.pubkeys.iterate(page_size=1))) == cs.pubkeys.page(0, 1).total_count == 2

    def test_found_changed_and_deleted(self, cs: CloudSigma) -> None:
        pairs = [cs.keypairs.create(name=name) for name in ("a", "b", "b")]
        assert cs.keypairs.find(name="a") == pairs[0]
        assert cs.keypairs.find(name="c") is None
        with pytest.raises(errors.ClientError, match="2 keypairs match"):
            cs.keypairs.find(name="b")
        assert len(list(cs.keypairs.iterate())) == cs.keypairs.page().total_count == 3
        changed = cs.keypairs.update(pairs[0], name="renamed")
        assert {**changed, "name": "a"} == {**pairs[0]}
        tag = cs.tags.create(name="t")
        assert [item.uuid for item in cs.keypairs.add_tag(changed, tag).tags] == [tag.uuid]
        cs.keypairs.delete(pairs[0])
        cs.keypairs.delete_many(pairs[1:])
        assert cs.keypairs.list() == cs.pubkeys.list() == []
        with pytest.raises(errors.NotFound):
            cs.pubkeys.get(pairs[0].uuid)


class TestKeysOfAServer:
    def test_attached_and_detached(self, cs: CloudSigma) -> None:
        first, second = (cs.keypairs.create(name=name) for name in ("a", "b"))
        server = new_server(cs, pubkeys=[first])
        server = cs.servers.attach_pubkey(server, cs.pubkeys.get(second.uuid))
        assert {item.uuid for item in server.pubkeys} == {first.uuid, second.uuid}
        assert cs.servers.attach_pubkey(server.uuid, second) == server
        server = cs.servers.detach_pubkey(server, server.pubkeys[0])
        assert len(server.pubkeys) == 1
        assert cs.servers.detach_pubkey(server, "6f670b3c-a2e6-433f-aeab-b976b1cdaf03") == server
        gone = server.pubkeys[0].uuid
        cs.keypairs.delete(gone)
        assert cs.servers.get(server).pubkeys == []
        with pytest.raises(errors.ClientError):
            cs.servers.attach_pubkey(server, gone)

    def test_not_of_a_running_one(self, cs: CloudSigma) -> None:
        key = cs.keypairs.create(name="a")
        server = cs.servers.start(new_server(cs), wait=True)
        with pytest.raises(errors.IllegalState, match="did not attach key"):
            cs.servers.attach_pubkey(server, key)


class TestTagsOfAnything:
    def test_given_and_taken(self, cs: CloudSigma) -> None:
        tags = [cs.tags.create(name=name) for name in ("a", "b")]
        things: list[tuple[Any, Any]] = [
            (cs.servers, new_server(cs, tags=tags[:1])),
            (cs.drives, cs.drives.create(name="d", size=GIB, media="disk", tags=tags[:1], wait=True)),
            (cs.vlans, cs.vlans.update(cs.vlans.list()[0], tags=tags[:1])),
            (cs.ips, cs.ips.update(cs.ips.list()[0], tags=tags[:1])),
        ]
        for collection, thing in things:
            both = collection.add_tag(thing, tags[1])
            assert {item.uuid for item in both.tags} == {tag.uuid for tag in tags}
            assert collection.add_tag(thing, tags[1].resource_uri) == both
            one = collection.remove_tag(both, tags[0].uuid)
            assert [item.uuid for item in one.tags] == [tags[1].uuid]
            assert collection.remove_tag(thing, tags[0]) == one
        assert {item.res_type for item in cs.tags.get(tags[1]).resources} == {
            "servers",
            "drives",
            "vlans",
            "ips",
        }

    def test_also_of_a_running_server(self, cs: CloudSigma) -> None:
        server = cs.servers.start(new_server(cs), wait=True)
        tag = cs.tags.create(name="t")
        assert [item.uuid for item in cs.servers.add_tag(server, tag).tags] == [tag.uuid]

    def test_what_is_no_tag(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        with pytest.raises(errors.InvalidArgument, match="tag is one of servers"):
            cs.servers.add_tag(server, server)  # type: ignore[arg-type]
        with pytest.raises(errors.ClientError):
            cs.servers.add_tag(server, "6f670b3c-a2e6-433f-aeab-b976b1cdaf03")


class TestCards:
    def test_of_each_kind(self, cs: CloudSigma) -> None:
        vlan, ip = cs.vlans.list()[0], next(ip for ip in cs.ips.list() if ip.subscription and not ip.server)
        policy = cs.firewall_policies.create(name="p", rules=[{"action": "drop", "direction": "in"}])
        server = new_server(cs)
        cards: list[dict[str, Any]] = [
            {"firewall_policy": policy},
            {"ip": ip},
            {"ip_v4": "manual", "model": "e1000"},
            {"vlan": vlan, "boot_order": 1},
        ]
        for more in cards:
            server = cs.servers.attach_nic(server, **more)
        modes = [card.ip_v4_conf and card.ip_v4_conf.conf for card in server.nics]
        assert modes == ["dhcp", "static", "manual", None]
        dhcp, static, manual, private = server.nics
        assert dhcp.firewall_policy is not None
        assert dhcp.firewall_policy.uuid == policy.uuid
        assert static.ip_v4_conf is not None
        assert static.ip_v4_conf.ip is not None
        assert static.ip_v4_conf.ip.uuid == ip.uuid
        assert manual.model == "e1000"
        assert private.vlan is not None
        assert (private.vlan.uuid, private.boot_order) == (vlan.uuid, 1)
        assert [item.uuid for item in cs.firewall_policies.get(policy).servers] == [server.uuid]

        server = cs.servers.detach_nic(server, static)
        assert [card.mac for card in server.nics] == [dhcp.mac, manual.mac, private.mac]
        server = cs.servers.detach_nic(server, manual.mac.upper())
        # What stays is as it was, the policy and the private network too.
        assert server.nics == [dhcp, private]
        assert cs.ips.get(ip).server is None
        with pytest.raises(errors.InvalidArgument, match=f"it has: {dhcp.mac}"):
            cs.servers.detach_nic(server, "22:00:00:00:00:00")

    @pytest.mark.parametrize("cut", ["after", "half"])
    def test_one_card_though_the_answer_is_lost(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator, cut: str
    ) -> None:
        vlan = cs.vlans.list()[0]
        server = cs.servers.attach_nic(new_server(cs))
        cards: list[dict[str, Any]] = [
            {},
            {"ip_v4": "manual", "model": "e1000", "boot_order": 2},
            {"vlan": vlan},
        ]
        for number, more in enumerate(cards, 2):
            fault = cloudsigma_emulator.faults.add(method="PUT", path="/api/2.0/servers/*", cut=cut)
            server = cs.servers.attach_nic(server, **more)
            assert cloudsigma_emulator.faults.hits(fault) == 1
            assert len(cs.servers.get(server).nics) == len(server.nics) == number
        cloudsigma_emulator.faults.add(method="PUT", path="/api/2.0/servers/*", cut=cut)
        mac = server.nics[0].mac
        server = cs.servers.detach_nic(server, mac)
        assert mac not in {card.mac for card in server.nics}
        assert len(server.nics) == 3

    @pytest.mark.parametrize(
        "wrong",
        [
            {"vlan": "6f670b3c-a2e6-433f-aeab-b976b1cdaf03", "ip_v4": "dhcp"},
            {"vlan": "6f670b3c-a2e6-433f-aeab-b976b1cdaf03", "ip": "192.0.2.1"},
            {"ip_v4": "static"},
            {"ip_v4": "dhcp", "ip": "192.0.2.1"},
            {"ip_v4": "manual", "ip": "192.0.2.1"},
            {"ip_v4": "bootp"},
            {"firewall_policy": "/api/2.0/servers/6f670b3c-a2e6-433f-aeab-b976b1cdaf03/"},
        ],
    )
    def test_what_cannot_be_is_refused_before_anything_is_sent(self, cs: CloudSigma, wrong: Any) -> None:
        with pytest.raises(errors.InvalidArgument):
            cs.servers.attach_nic("6f670b3c-a2e6-433f-aeab-b976b1cdaf03", **wrong)
        with pytest.raises(errors.InvalidArgument, match="hardware address"):
            cs.servers.detach_nic("6f670b3c-a2e6-433f-aeab-b976b1cdaf03", {})  # type: ignore[arg-type]


class TestStaleRecords:
    """A list or meta that is made from an old record must not undo what others did since."""

    def test_meta(self, cs: CloudSigma) -> None:
        old = new_server(cs, meta={"a": "1"})
        cs.servers.update(old, meta={**old.meta, "by": "another"})
        with pytest.raises(errors.StaleRecord, match="meta changed since this record was read"):
            cs.servers.update(old, meta={**old.meta, "mine": "1"})
        assert cs.servers.get(old).meta == {"a": "1", "by": "another"}
        # By its uuid, or read anew, it may be overwritten.
        assert cs.servers.update(old.uuid, meta={"mine": "1"}).meta == {"mine": "1"}
        new = cs.servers.get(old)
        assert cs.servers.update(new, meta={**new.meta, "b": "2"}).meta == {"mine": "1", "b": "2"}

    def test_cards_and_drives(self, cs: CloudSigma) -> None:
        old = new_server(cs)
        cs.servers.attach_nic(old)
        with pytest.raises(errors.StaleRecord, match="nics changed"):
            cs.servers.update(old, nics=[*old.nics, {"ip_v4_conf": {"conf": "manual"}}])
        drive = cs.drives.create(name="d", size=GIB, media="disk", wait=True)
        old = cs.servers.get(old)
        cs.servers.attach_drive(old, drive)
        with pytest.raises(errors.StaleRecord, match="drives changed"):
            cs.servers.update(old, drives=[{"device": "ide", "dev_channel": "0:0", "drive": drive}])
        # The calls for one thing more or less start from what there is, whatever record they are given.
        assert len(cs.servers.attach_nic(old).nics) == 2

    def test_one_value_may_always_be_set(self, cs: CloudSigma) -> None:
        old = new_server(cs)
        cs.servers.update(old, name="by another")
        assert cs.servers.update(old, name="mine", cpu=2000).name == "mine"

    def test_a_record_that_was_altered_in_place(self, cs: CloudSigma) -> None:
        server = new_server(cs, meta={"a": "1"}, nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
        server.meta["b"] = "2"
        assert cs.servers.update(server, meta=server.meta).meta == {"a": "1", "b": "2"}
        del server.meta["a"]
        assert cs.servers.update(server, meta=server.meta).meta == {"b": "2"}
        server = cs.servers.get(server)
        server.meta["c"] = "3"
        assert cs.servers.update(server, meta={**server.meta, "d": "4"}).meta == {
            "b": "2",
            "c": "3",
            "d": "4",
        }
        server["nics"].clear()
        assert cs.servers.update(server, nics=server.nics).nics == []

    def test_a_record_with_other_counters_is_not_stale(self, cs: CloudSigma) -> None:
        stopped = new_server(cs, nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
        running = cs.servers.start(stopped, wait=True)
        again = cs.servers.update(stopped, nics=stopped.nics, meta={"a": "b"})
        assert again.meta == {"a": "b"}
        cs.servers.stop(running, wait=True)
        assert len(cs.servers.update(running, nics=[running.nics[0], {}]).nics) == 2

    def test_what_this_call_wrote_itself_is_not_stale(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        server = new_server(cs)
        cloudsigma_emulator.faults.add(method="PUT", path="/api/2.0/servers/*", cut="after")
        changed = cs.servers.update(server, nics=[*server.nics, {"ip_v4_conf": {"conf": "dhcp"}}])
        assert len(changed.nics) == 1
        # But a change of somebody else's between reading and writing is.
        other = cs.servers.update(server, meta={"by": "another"})
        cloudsigma_emulator.faults.add(
            method="PUT", path="/api/2.0/servers/*", status=503, error_type="concurrency"
        )
        with pytest.raises(errors.StaleRecord):
            cs.servers.update(server, meta={"mine": "1"})
        assert cs.servers.get(server).meta == other.meta

    def test_of_many_none_is_changed(self, cs: CloudSigma) -> None:
        first, old = new_server(cs, "a"), new_server(cs, "b")
        cs.servers.update(old, meta={"by": "another"})
        with pytest.raises(errors.StaleRecord, match=old.uuid):
            cs.servers.update_many([first, old], meta={"mine": "1"})
        assert cs.servers.get(first).meta == {}
        assert [item.meta for item in cs.servers.update_many([first, old.uuid], meta={})] == [{}, {}]

    def test_a_tag_s_members(self, cs: CloudSigma) -> None:
        server, other = new_server(cs, "a"), new_server(cs, "b")
        old = cs.tags.create(name="t")
        cs.tags.add(old, [server])
        with pytest.raises(errors.StaleRecord, match="resources changed"):
            cs.tags.update(old, resources=[other])
        assert len(cs.tags.add(old, [other]).resources) == 2
