"""What a route handler or a task may do to the store: documents, relations, tasks, events, in one commit.

A kind is the name of the URL collection (``servers``, ``drives``, ``libdrives``, ``tags``, ...). A document has
``uuid`` and ``owner`` (a user's uuid or None) and may have ``name`` and ``status``; the store indexes these four.
"""

from __future__ import annotations

import random
import uuid as uuids_module
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from . import stretches
from .frame import Frame
from .grants import Grants

if TYPE_CHECKING:
    from .database import Database

Doc = dict[str, Any]


class _Any:
    def __repr__(self) -> str:
        return "ANY"


ANY: Final = _Any()
"""Passed as ``owner``: whoever it belongs to."""

EVENT_KINDS: Final = frozenset(
    {"servers", "drives", "jobs", "ips", "vlans", "subscriptions", "balance", "profile"}
)
"""Kinds whose changes are told on the websocket without being asked."""


class Transaction:
    """One transaction, given to a handler or a task; committed when it returns, undone when it raises."""

    def __init__(
        self,
        database: Database,
        now: datetime,
        randomness: random.Random,
        duration: Callable[[float], float],
        *,
        instant: bool,
        actor: str | None = None,
    ) -> None:
        self._database = database
        self._sql = database.connection
        self._duration = duration
        self._writing = False
        self._events: dict[str, tuple[str, str, set[str]]] = {}
        self._after: list[Callable[[], None]] = []
        self._undone: list[Callable[[], None]] = []
        self._tasks_changed = False
        self.grants: Grants = Grants(self._sql, database.grants_of, self._write)
        """What is shared with whom."""
        self.now: datetime = now
        """The time of the whole transaction, UTC."""
        self.random: random.Random = randomness
        self.instant: bool = instant
        """Transitions take no time (``--speed instant``)."""
        self.actor: str | None = actor
        """The user on whose behalf this runs."""

    # documents

    def get(self, kind: str, uuid: str) -> Doc | None:
        """Return a fresh copy of a document, or None."""
        row = self._sql.execute("SELECT doc FROM objects WHERE kind=? AND uuid=?", (kind, uuid)).fetchone()
        return orjson.loads(row[0]) if row else None

    def insert(self, kind: str, doc: Doc, *, rank: int = 0) -> None:
        """Add a document behind the others of its kind. A list shows lower ranks first."""
        self._write()
        self._sql.execute(
            "INSERT INTO objects(kind, uuid, owner, rank, name, status, doc) VALUES(?,?,?,?,?,?,?)",
            (
                kind,
                doc["uuid"],
                doc["owner"] or "",
                rank,
                doc.get("name"),
                doc.get("status"),
                orjson.dumps(doc),
            ),
        )
        self._relate(kind, doc["uuid"], self._database.links_of(kind, doc))
        self._hold(kind, doc["uuid"], doc["owner"], self._database.holdings_of(kind, doc))
        self._changed(kind, doc)

    def update(self, kind: str, doc: Doc) -> None:
        """Replace a document. Raises KeyError when it is not there."""
        self._write()
        changed = self._sql.execute(
            "UPDATE objects SET owner=?, name=?, status=?, doc=? WHERE kind=? AND uuid=?",
            (doc["owner"] or "", doc.get("name"), doc.get("status"), orjson.dumps(doc), kind, doc["uuid"]),
        ).rowcount
        if not changed:
            raise KeyError((kind, doc["uuid"]))
        self._relate(kind, doc["uuid"], self._database.links_of(kind, doc))
        self._hold(kind, doc["uuid"], doc["owner"], self._database.holdings_of(kind, doc))
        self._changed(kind, doc)

    def remove(self, kind: str, uuid: str) -> bool:
        """Delete a document and the relations that start at it; False when it was not there.

        Relations that end at it stay until their source is rewritten: who removes an object takes it out of
        the documents that name it (``sources`` lists them).
        """
        doc = self.get(kind, uuid)
        if doc is None:
            return False
        self._write()
        self._relate(kind, uuid, ())
        if self._database.holdings_of(kind, doc) is not None:
            self._hold(kind, uuid, doc["owner"], {})
        self._sql.execute("DELETE FROM objects WHERE kind=? AND uuid=?", (kind, uuid))
        self._changed(kind, doc)
        return True

    def find(
        self,
        kind: str,
        *,
        owner: str | _Any | None = ANY,
        uuids: Iterable[str] | None = None,
        name: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Doc]:
        """Return documents in their order (rank, then creation), filtered by what is given.

        ``uuids`` keeps the store's order, not the argument's; unknown ones are left out.
        """
        where, values = self._where(kind, owner, uuids, name, status)
        if offset >= stretches.STRETCH and not isinstance(owner, _Any) and uuids is name is status is None:
            return self._far_down(kind, owner or "", limit, offset)
        return self._documents(where, values, limit, offset)

    def count(
        self,
        kind: str,
        *,
        owner: str | _Any | None = ANY,
        name: str | None = None,
        status: str | None = None,
    ) -> int:
        """Count documents. By kind and owner alone it costs the same however many there are."""
        if name is None and status is None:
            if isinstance(owner, _Any):
                row = self._sql.execute("SELECT sum(n) FROM counts WHERE kind=?", (kind,)).fetchone()
            else:
                row = self._sql.execute(
                    "SELECT n FROM counts WHERE kind=? AND owner=?", (kind, owner or "")
                ).fetchone()
            return int(row[0] or 0) if row else 0
        where, values = self._where(kind, owner, None, name, status)
        row = self._sql.execute(f"SELECT count(*) FROM objects WHERE {where}", values).fetchone()  # noqa: S608
        return int(row[0])

    def names(self, kind: str, *, owner: str | _Any | None = ANY) -> list[tuple[str, str | None]]:
        """Return (uuid, name) of every document in order, without reading the documents."""
        where, values = self._where(kind, owner, None, None, None)
        sql = f"SELECT uuid, name FROM objects WHERE {where} ORDER BY rank, seq"  # noqa: S608
        return list(self._sql.execute(sql, values))

    # relations

    def sources(self, rel: str, dst_kind: str, dsts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return for each destination the (kind, uuid) of all that point at it, in the order they came."""
        found: dict[str, list[tuple[str, str]]] = {dst: [] for dst in dsts}
        if len(found) == 1:
            sql = "SELECT dst, src_kind, src FROM links WHERE rel=? AND dst_kind=? AND dst=? ORDER BY id"
            rows = self._sql.execute(sql, (rel, dst_kind, next(iter(found))))
        else:
            sql = (
                "SELECT dst, src_kind, src FROM links WHERE rel=? AND dst_kind=?"
                " AND dst IN (SELECT value FROM json_each(?)) ORDER BY id"
            )
            rows = self._sql.execute(sql, (rel, dst_kind, orjson.dumps(list(found)).decode()))
        for dst, src_kind, src in rows:
            found[dst].append((src_kind, src))
        return found

    def targets(self, rel: str, src_kind: str, srcs: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return for each source the (kind, uuid) of all that it points at, in the order they came."""
        found: dict[str, list[tuple[str, str]]] = {src: [] for src in srcs}
        if len(found) == 1:
            sql = "SELECT src, dst_kind, dst FROM links WHERE rel=? AND src_kind=? AND src=? ORDER BY id"
            rows = self._sql.execute(sql, (rel, src_kind, next(iter(found))))
        else:
            sql = (
                "SELECT src, dst_kind, dst FROM links WHERE rel=? AND src_kind=?"
                " AND src IN (SELECT value FROM json_each(?)) ORDER BY id"
            )
            rows = self._sql.execute(sql, (rel, src_kind, orjson.dumps(list(found)).decode()))
        for src, dst_kind, dst in rows:
            found[src].append((dst_kind, dst))
        return found

    # what follows

    def later(
        self, seconds: float, task: str, /, *, about: str = "", at_speed: bool = True, **payload: Any
    ) -> int:
        """Ask for a durable task ``seconds`` from now; returns its id.

        ``seconds`` are those of the real cloud, divided by the speed; with speed ``instant`` the task runs
        as soon as the answer is out. ``about`` names the object it concerns, for ``cancel``.
        ``at_speed`` off: they are seconds of the emulator's clock, whatever the speed.
        """
        self._write()
        self._tasks_changed = True
        due = self.now + timedelta(seconds=self._duration(seconds) if at_speed else seconds)
        cursor = self._sql.execute(
            "INSERT INTO tasks(due, name, about, payload) VALUES(?,?,?,?)",
            (due.timestamp(), task, about, orjson.dumps(payload)),
        )
        return int(cursor.lastrowid or 0)

    def cancel(self, *, task_id: int | None = None, about: str | None = None, task: str | None = None) -> int:
        """Drop waiting tasks by id, by object, or by object and name; returns how many."""
        self._write()
        self._tasks_changed = True
        if task_id is not None:
            return self._sql.execute("DELETE FROM tasks WHERE id=?", (task_id,)).rowcount
        if about is None:
            raise ValueError("name a task_id or an object")
        if task is None:
            return self._sql.execute("DELETE FROM tasks WHERE about=?", (about,)).rowcount
        return self._sql.execute("DELETE FROM tasks WHERE about=? AND name=?", (about, task)).rowcount

    def waiting(self, about: str) -> list[tuple[int, str, Doc]]:
        """Return (id, name, payload) of the tasks that wait for an object, the earliest first."""
        rows = self._sql.execute(
            "SELECT id, name, payload FROM tasks WHERE about=? ORDER BY due, id", (about,)
        )
        return [(task_id, name, orjson.loads(payload)) for task_id, name, payload in rows]

    def event(self, kind: str, uuid: str, owner: str | None = None) -> None:
        """Send a websocket frame about an object after the commit, once however often this is called."""
        if owner is None:
            doc = self.get(kind, uuid)
            if doc is None:
                return
            self._tell(kind, uuid, doc, doc["owner"])
        else:
            self._tell(kind, uuid, None, owner)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run something once the rows are safe: start a machine, remove a file. Never before, never on failure."""
        self._after.append(action)

    def if_undone(self, action: Callable[[], None]) -> None:
        """Run something when the rows are not written after all: remove a file that was made beforehand."""
        self._undone.append(action)

    def audit(
        self,
        category: str,
        action: str,
        uuid: str | None,
        *,
        details: Any = None,
        actor: str | None = None,
        owner: str | None = None,
        error: Doc | None = None,
    ) -> None:
        """Write an entry of the account's log: ``Servers``/``start_send`` and the like.

        ``details`` is the request's definition, kept as JSON text; ``error`` has error_type, error_message,
        error_point when it failed. ``owner`` is whose log it is, by default the actor's.
        """
        self._write()
        who = actor if actor is not None else self.actor
        entry = {
            "action": action,
            "actor": who,
            "category": category,
            "details": "" if details is None else orjson.dumps(details).decode(),
            "error_message": (error or {}).get("error_message") or "",
            "error_point": (error or {}).get("error_point"),
            "error_type": (error or {}).get("error_type"),
            "success": error is None,
            "timestamp": self.now.isoformat(sep=" ", timespec="microseconds"),
            "uuid": uuid,
        }
        self._sql.execute(
            "INSERT INTO audit(owner, doc) VALUES(?,?)", (owner or who or "", orjson.dumps(entry))
        )

    # small things a handler needs

    def new_uuid(self) -> str:
        """Return a random uuid from the emulator's own randomness."""
        return str(uuids_module.UUID(int=self.random.getrandbits(128), version=4))

    def setting(self, name: str) -> Any:
        """Return a value kept with the store, or None."""
        row = self._sql.execute("SELECT value FROM settings WHERE name=?", (name,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a value with the store."""
        self._write()
        self._sql.execute(
            "INSERT INTO settings(name, value) VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value",
            (name, orjson.dumps(value)),
        )

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement on the tables beside the documents (sessions, tokens, links of uploads, audit)."""
        if not sql.startswith("SELECT"):
            self._write()
        return self._sql.execute(sql, values).fetchall()

    # the end of it, called by the app

    def commit(self) -> list[Frame]:
        """Make the changes last; returns the frames to publish."""
        self.grants.settle()
        for kind, uuid, concerned in self.grants.moved():
            if kind in EVENT_KINDS and (doc := self.get(kind, uuid)) is not None:
                self._tell(kind, uuid, doc, doc["owner"], *concerned)
        if self._writing:
            self._sql.execute("COMMIT")
            self._writing = False
        frames = []
        for uri, (kind, uuid, viewers) in self._events.items():
            viewers |= self.grants.viewers(kind, uuid)
            if viewers:
                frames.append(Frame(uri.split("/")[3], uri, frozenset(viewers)))
        return frames

    def rollback(self) -> None:
        """Undo everything."""
        self._after.clear()
        if self._writing:
            self._writing = False
            if self._sql.in_transaction:  # SQLite undoes by itself what a full disk has stopped
                self._sql.execute("ROLLBACK")
        for action in self._undone:
            action()

    @property
    def effects(self) -> list[Callable[[], None]]:
        """What to run after the commit, in order."""
        return self._after

    @property
    def tasks_changed(self) -> bool:
        """The engine has to look at its tasks again."""
        return self._tasks_changed

    # inside

    def _where(
        self,
        kind: str,
        owner: str | _Any | None,
        uuids: Iterable[str] | None,
        name: str | None,
        status: str | None,
    ) -> tuple[str, list[Any]]:
        where, values = "kind=?", [kind]
        if not isinstance(owner, _Any):
            where += " AND owner=?"
            values.append(owner or "")
        if uuids is not None:
            where += " AND uuid IN (SELECT value FROM json_each(?))"
            values.append(orjson.dumps(list(uuids)).decode())
        if name is not None:
            where += " AND name=?"
            values.append(name)
        if status is not None:
            where += " AND status=?"
            values.append(status)
        return where, values

    def _documents(self, where: str, values: Sequence[Any], limit: int | None, offset: int) -> list[Doc]:
        # S608: the text is put together from constants, values are bound.
        sql = f"SELECT doc FROM objects WHERE {where} ORDER BY rank, seq"  # noqa: S608
        if limit is not None or offset:
            sql += " LIMIT ? OFFSET ?"
            values = [*values, -1 if limit is None else limit, offset]
        return [orjson.loads(row[0]) for row in self._sql.execute(sql, values)]

    def _far_down(self, kind: str, owner: str, limit: int | None, offset: int) -> list[Doc]:
        """Return documents that stand far down a list: from the stretch on that ``offset`` lies in."""
        begin = stretches.begin_before(self._sql, kind, owner, offset)
        if begin is None:
            return []
        rank, seq, before = begin
        # Two questions: SQLite does not use its index for a pair that ends with the row's own number.
        found = self._documents(
            "kind=? AND owner=? AND rank=? AND seq>=?", [kind, owner, rank, seq], limit, offset - before
        )
        rest = None if limit is None else limit - len(found)
        if rest is None or rest > 0:
            found += self._documents("kind=? AND owner=? AND rank>?", [kind, owner, rank], rest, 0)
        return found

    def _write(self) -> None:
        if not self._writing:
            self._sql.execute("BEGIN IMMEDIATE")
            self._writing = True

    def _relate(self, kind: str, uuid: str, wanted: Iterable[tuple[str, str, str]]) -> None:
        rows = self._sql.execute(
            "SELECT rel, dst_kind, dst FROM links WHERE src_kind=? AND src=?", (kind, uuid)
        ).fetchall()
        before, after = dict.fromkeys(rows), dict.fromkeys(wanted)
        for link in before:
            if link not in after:
                self._sql.execute(
                    "DELETE FROM links WHERE src_kind=? AND src=? AND rel=? AND dst_kind=? AND dst=?",
                    (kind, uuid, *link),
                )
                self._related(kind, uuid, link)
        for link in after:
            if link not in before:
                self._sql.execute(
                    "INSERT INTO links(src_kind, src, rel, dst_kind, dst) VALUES(?,?,?,?,?)",
                    (kind, uuid, *link),
                )
                self._related(kind, uuid, link)

    def _hold(self, kind: str, uuid: str, owner: str | None, wanted: Mapping[str, int] | None) -> None:
        if wanted is None:
            return
        rows = self._sql.execute(
            "SELECT resource, owner, amount, since FROM holdings WHERE kind=? AND uuid=?", (kind, uuid)
        ).fetchall()
        whose, now = owner or "", self.now.timestamp()
        before = {resource: (holder, amount) for resource, holder, amount, _ in rows}
        after = {resource: (whose, amount) for resource, amount in wanted.items() if amount}
        if before == after:
            return
        for resource, holder, amount, since in rows:
            if after.get(resource) == (holder, amount):
                continue
            self._sql.execute(
                "DELETE FROM holdings WHERE kind=? AND uuid=? AND resource=?", (kind, uuid, resource)
            )
            if since < now:
                self._sql.execute(
                    "INSERT INTO past_holdings(kind, uuid, resource, owner, amount, since, until)"
                    " VALUES(?,?,?,?,?,?,?)",
                    (kind, uuid, resource, holder, amount, since, now),
                )
        for resource, (holder, amount) in after.items():
            if before.get(resource) != (holder, amount):
                self._sql.execute(
                    "INSERT INTO holdings(kind, uuid, resource, owner, amount, since) VALUES(?,?,?,?,?,?)",
                    (kind, uuid, resource, holder, amount, now),
                )

    def _related(self, src_kind: str, src: str, link: tuple[str, str, str]) -> None:
        # What points at an object is part of how it looks (mounted_on, tags, servers, jobs).
        rel, kind, uuid = link
        self.grants.related(rel, src_kind, src, uuid)
        if kind in EVENT_KINDS:
            self.event(kind, uuid)

    def _changed(self, kind: str, doc: Doc) -> None:
        self.grants.written(kind, doc)
        if kind in EVENT_KINDS:
            self._tell(kind, doc["uuid"], doc, doc["owner"])

    def _tell(self, kind: str, uuid: str, doc: Doc | None, *viewers: str | None) -> None:
        uri = self._database.uri_of(kind, uuid, doc)
        # The last change decides the order. Who could see the object until now hears of it too.
        _, _, told = self._events.pop(uri, (kind, uuid, self.grants.viewers(kind, uuid)))
        told.update(viewer for viewer in viewers if viewer)
        self._events[uri] = (kind, uuid, told)
