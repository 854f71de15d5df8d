"""The store against a model of it: documents, order, counts, relations, and transactions that are undone."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloudsigma_emulator.store.database import Database
from cloudsigma_emulator.store.migrations import STEPS, migrate
from cloudsigma_emulator.store.stretches import STRETCH
from cloudsigma_emulator.store.transaction import Transaction

Doc = dict[str, Any]
KINDS = ("servers", "drives", "tags")
KIND = st.sampled_from(KINDS)
UUID = st.sampled_from([f"u{number}" for number in range(6)])
OWNER = st.sampled_from(["ann", "bob", None])
NAME = st.sampled_from(["", "a", "b", "ab", None])
ENDS = st.lists(st.tuples(KIND, UUID), max_size=3)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def links_of(kind: str, doc: Doc) -> Iterable[tuple[str, str, str]]:
    for target_kind, uuid in doc["points_at"]:
        yield "points", target_kind, uuid


def uri_of(kind: str, uuid: str, doc: Doc | None) -> str:
    return f"/api/2.0/{kind}/{uuid}/"


class StoreModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.database = Database(None, links_of, uri_of)
        self.committed: dict[tuple[str, str], tuple[int, Doc]] = {}
        self.committed_links: list[tuple[str, str, str, str]] = []
        self.begin()

    def begin(self) -> None:
        self.tx = Transaction(self.database, NOW, random.Random(1), lambda seconds: seconds, instant=False)
        self.rows = dict(self.committed)
        self.links = list(self.committed_links)
        self.told: dict[tuple[str, str], set[str]] = {}

    def teardown(self) -> None:
        self.tx.rollback()
        self.database.close()

    def tell(self, kind: str, uuid: str, owner: str | None) -> None:
        if kind in ("servers", "drives"):
            viewers = self.told.pop((kind, uuid), set())
            self.told[kind, uuid] = viewers | ({owner} if owner else set())

    def relate(self, kind: str, uuid: str, targets: Iterable[tuple[str, str]]) -> None:
        wanted = [(kind, uuid, *target) for target in dict.fromkeys(targets)]
        for link in [link for link in self.links if link[:2] == (kind, uuid) and link not in wanted]:
            self.links.remove(link)
            self.tell_target(link)
        for link in wanted:
            if link not in self.links:
                self.links.append(link)
                self.tell_target(link)

    def tell_target(self, link: tuple[str, str, str, str]) -> None:
        target = self.rows.get((link[2], link[3]))
        if target is not None:
            self.tell(link[2], link[3], target[1]["owner"])

    @rule(kind=KIND, uuid=UUID, owner=OWNER, name=NAME, rank=st.integers(0, 1), ends=ENDS)
    def insert(
        self,
        kind: str,
        uuid: str,
        owner: str | None,
        name: str | None,
        rank: int,
        ends: list[tuple[str, str]],
    ) -> None:
        if (kind, uuid) in self.rows:
            return
        doc = {"uuid": uuid, "owner": owner, "name": name, "points_at": [list(item) for item in ends]}
        self.tx.insert(kind, doc, rank=rank)
        self.rows[kind, uuid] = (rank, doc)
        self.relate(kind, uuid, ends)
        self.tell(kind, uuid, owner)

    @rule(kind=KIND, uuid=UUID, owner=OWNER, name=NAME, ends=ENDS)
    def update(
        self, kind: str, uuid: str, owner: str | None, name: str | None, ends: list[tuple[str, str]]
    ) -> None:
        doc = self.tx.get(kind, uuid)
        if doc is None:
            assert (kind, uuid) not in self.rows
            return
        doc.update(owner=owner, name=name, points_at=[list(item) for item in ends])
        self.tx.update(kind, doc)
        self.rows[kind, uuid] = (self.rows[kind, uuid][0], doc)
        self.relate(kind, uuid, ends)
        self.tell(kind, uuid, owner)

    @rule(kind=KIND, uuid=UUID)
    def remove(self, kind: str, uuid: str) -> None:
        there = (kind, uuid) in self.rows
        assert self.tx.remove(kind, uuid) is there
        if there:
            self.relate(kind, uuid, ())
            _, doc = self.rows.pop((kind, uuid))
            self.tell(kind, uuid, doc["owner"])

    @rule()
    def commit(self) -> None:
        frames = [(frame.resource_uri, set(frame.viewers)) for frame in self.tx.commit()]
        assert frames == [(uri_of(*key, None), viewers) for key, viewers in self.told.items() if viewers]
        self.committed, self.committed_links = self.rows, self.links
        self.begin()

    @rule()
    def roll_back(self) -> None:
        self.tx.rollback()
        self.begin()

    @invariant()
    def documents_are_those_of_the_model(self) -> None:
        for kind in KINDS:
            rows = [row for (found, _), row in self.rows.items() if found == kind]
            ordered = [doc for _, doc in sorted(rows, key=lambda row: row[0])]
            assert self.tx.find(kind) == ordered
            assert self.tx.count(kind) == len(ordered)
            for owner in ("ann", "bob", None):
                own = [doc for doc in ordered if doc["owner"] == owner]
                assert self.tx.find(kind, owner=owner) == own
                assert self.tx.find(kind, owner=owner, limit=2, offset=1) == own[1:3]
                assert self.tx.count(kind, owner=owner) == len(own)
                assert self.tx.find(kind, owner=owner, name="a") == [doc for doc in own if doc["name"] == "a"]
                assert self.tx.names(kind, owner=owner) == [(doc["uuid"], doc["name"]) for doc in own]

    @invariant()
    def links_are_those_of_the_model(self) -> None:
        uuids = [f"u{number}" for number in range(6)]
        for kind in KINDS:
            sources = self.tx.sources("points", kind, uuids)
            targets = self.tx.targets("points", kind, uuids)
            for uuid in uuids:
                into = [link[:2] for link in self.links if link[2:] == (kind, uuid)]
                out = [link[2:] for link in self.links if link[:2] == (kind, uuid)]
                assert sources[uuid] == self.tx.sources("points", kind, [uuid])[uuid] == into
                assert targets[uuid] == self.tx.targets("points", kind, [uuid])[uuid] == out


StoreModel.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestStore = StoreModel.TestCase


def test_pages_far_down_a_list() -> None:
    database = Database(None, links_of, uri_of)
    tx = Transaction(database, NOW, random.Random(1), lambda seconds: seconds, instant=False)
    chance = random.Random(2)
    for number in range(6 * STRETCH):
        doc = {"uuid": f"u{number}", "owner": "ann", "name": None, "points_at": []}
        tx.insert(chance.choice(KINDS[:2]), doc, rank=chance.choice([0, 0, 0, -1, 5]))
    for kind in KINDS[:2]:
        for doc in chance.sample(tx.find(kind), STRETCH // 2):
            tx.remove(kind, doc["uuid"])
        for doc in chance.sample(tx.find(kind), STRETCH // 4):
            tx.update(kind, {**doc, "owner": None})
        ordered = tx.find(kind, owner="ann")
        total = len(ordered)
        assert total > 2 * STRETCH - 10
        edges = [STRETCH - 1, STRETCH, STRETCH + 1, 2 * STRETCH, total - 1, total, total + 5]
        for offset in [*edges, *(chance.randrange(total) for _ in range(100))]:
            assert tx.find(kind, owner="ann", limit=20, offset=offset) == ordered[offset : offset + 20]
        assert tx.find(kind, owner="ann", offset=STRETCH) == ordered[STRETCH:]
        assert tx.find(kind, owner="eve", limit=20, offset=STRETCH) == []
    for kind in KINDS[:2]:
        for doc in tx.find(kind):
            tx.remove(kind, doc["uuid"])
    assert tx.execute("SELECT * FROM stretches") == []
    tx.rollback()
    database.close()


def test_an_older_store_gets_its_stretches_counted() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript("".join([*STEPS[:3], "PRAGMA user_version = 3"]))
    rows = [(kind, f"u{number}", "ann", "{}") for number in range(STRETCH) for kind in KINDS]
    connection.executemany("INSERT INTO objects(kind, uuid, owner, doc) VALUES(?,?,?,?)", rows)
    migrate(connection)
    counted = connection.execute("SELECT kind, owner, sum(n) FROM stretches GROUP BY kind, owner").fetchall()
    assert sorted(counted) == sorted((kind, "ann", STRETCH) for kind in KINDS)
    connection.close()


def test_uuids_are_version_four() -> None:
    database = Database(None, links_of, uri_of)
    tx = Transaction(database, NOW, random.Random(), lambda seconds: seconds, instant=False)
    import uuid

    found = {tx.new_uuid() for _ in range(100)}
    assert len(found) == 100
    assert all(uuid.UUID(text).version == 4 for text in found)
    database.close()


def test_a_full_disk_undoes_a_transaction_and_is_named() -> None:
    database = Database(None, links_of, uri_of)
    (pages,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    undone: list[str] = []

    def write(tx: Transaction) -> None:
        tx.insert("tags", {"uuid": "u1", "owner": "ann", "name": "x" * 100_000, "points_at": []})

    for _ in range(2):
        tx = Transaction(database, NOW, random.Random(1), lambda seconds: seconds, instant=False)
        tx.if_undone(lambda: undone.append("it"))
        with pytest.raises(sqlite3.OperationalError, match="full"):
            write(tx)
        tx.rollback()
    assert undone == ["it", "it"]
    database.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    tx = Transaction(database, NOW, random.Random(1), lambda seconds: seconds, instant=False)
    write(tx)
    tx.commit()
    assert tx.get("tags", "u1") is not None
    database.close()
