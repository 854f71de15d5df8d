"""The index of grants against the rule itself, reckoned anew from all documents, after any changes to them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloudsigma_emulator.domain.object_uris import uri_of
from cloudsigma_emulator.domain.permissions import PERMISSIONS, grants_of
from cloudsigma_emulator.domain.relations import links_of
from cloudsigma_emulator.store.database import Database
from cloudsigma_emulator.store.transaction import Transaction

Doc = dict[str, Any]
KINDS = ("vlans", "keypairs", "vpc", "tags")
USERS = ("ann", "bob", "cyd")
KIND = st.sampled_from(KINDS)
UUID = st.sampled_from([f"u{number}" for number in range(4)])
USER = st.sampled_from(USERS)
TAGS = st.lists(st.sampled_from(["t1", "t2", "t3"]), max_size=3, unique=True)
RULES = st.lists(st.sampled_from(PERMISSIONS), max_size=8, unique=True)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class GrantsModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.database = Database(None, links_of, uri_of, grants_of=grants_of)
        self.begin()

    def begin(self) -> None:
        self.tx = Transaction(self.database, NOW, random.Random(1), lambda seconds: seconds, instant=False)

    def teardown(self) -> None:
        self.tx.rollback()
        self.database.close()

    def put(self, kind: str, doc: Doc) -> None:
        present = self.tx.get(kind, doc["uuid"])
        if present is None:
            self.tx.insert(kind, doc)
        else:
            self.tx.update(kind, {**doc, "owner": present["owner"]})

    @rule(kind=KIND, uuid=UUID, owner=USER, tags=TAGS)
    def thing(self, kind: str, uuid: str, owner: str, tags: list[str]) -> None:
        self.put(kind, {"uuid": uuid, "owner": owner, "tags": tags})

    @rule(uuid=UUID, owner=USER, tags=TAGS, grantees=st.lists(USER, max_size=3, unique=True), rules=RULES)
    def acl(self, uuid: str, owner: str, tags: list[str], grantees: list[str], rules: list[str]) -> None:
        self.put("acls", {"uuid": uuid, "owner": owner, "tags": tags, "grantees": grantees, "rules": rules})

    @rule(kind=st.sampled_from([*KINDS, "acls"]), uuid=UUID)
    def remove(self, kind: str, uuid: str) -> None:
        self.tx.remove(kind, uuid)

    @rule()
    def commit(self) -> None:
        self.tx.commit()
        self.begin()

    @rule()
    def roll_back(self) -> None:
        self.tx.rollback()
        self.begin()

    @invariant()
    def the_index_says_what_the_rule_says(self) -> None:
        acls = self.tx.find("acls")
        uuids = [f"u{number}" for number in range(4)]
        for kind in (*KINDS, "acls"):
            shown = self.tx.grants.on(kind, uuids)
            listed: dict[tuple[str, str], list[str]] = {}
            wanted: dict[str, Doc] = {uuid: {} for uuid in uuids}
            for doc in self.tx.find(kind):
                for viewer, permissions in grants_of(kind, doc, acls).items():
                    wanted[doc["uuid"]][viewer] = sorted(permissions)
                    assert self.tx.grants.of(kind, doc["uuid"], viewer) == permissions
                    for permission in permissions:
                        listed.setdefault((viewer, permission), []).append(doc["uuid"])
            assert shown == {uuid: dict(sorted(granted.items())) for uuid, granted in wanted.items()}
            for viewer in USERS:
                for permission in PERMISSIONS:
                    found = listed.get((viewer, permission), [])
                    assert self.tx.grants.uuids(kind, viewer, permission) == found
                    assert self.tx.grants.count(kind, viewer, permission) == len(found)
                    assert self.tx.grants.uuids(kind, viewer, permission, limit=1, offset=1) == found[1:2]


GrantsModel.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestGrants = GrantsModel.TestCase
