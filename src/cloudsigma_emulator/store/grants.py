"""What is shared with whom: kept on every change of a tag or an ACL, so that a list needs one look at an index.

The rule itself is handed in (``GrantsOf``); this keeps its results in rows, and reads them. Changes are noted as
they are written and reckoned up before anything is read, and before the commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

Doc = dict[str, Any]
GrantsOf = Callable[[str, Doc, Iterable[Doc]], Mapping[str, Iterable[str]]]
"""Gives the permissions by user on an object: its kind, its document, and the ACLs that name its tags."""

SEE = "LIST"
"""The permission that lets a user see an object, and hear of its changes."""

ACLS, TAG, ACL_TAG = "acls", "tag", "acl_tag"
"""The kind of ACLs; the relations from an object to its tags, and from an ACL to the tags it is about."""

_AT_ONCE = 500


class Grants:
    """The grants as one transaction sees them.

    Arguments: the connection, the rule, and what to call before the first row is written.
    """

    def __init__(self, sql: sqlite3.Connection, grants_of: GrantsOf, begin: Callable[[], None]) -> None:
        self._sql = sql
        self._grants_of = grants_of
        self._begin = begin
        self._objects: dict[tuple[str, str], None] = {}
        self._tags: dict[str, None] = {}
        self._moved: dict[tuple[str, str], set[str]] = {}

    # what others may do

    def of(self, kind: str, uuid: str, viewer: str) -> frozenset[str]:
        """Return what a user is granted on an object."""
        self.settle()
        rows = self._sql.execute(
            "SELECT permission FROM grants WHERE kind=? AND uuid=? AND viewer=?", (kind, uuid, viewer)
        )
        return frozenset(permission for (permission,) in rows)

    def on(self, kind: str, uuids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """Return for each object the permissions, sorted, by the user who has them."""
        self.settle()
        found: dict[str, dict[str, list[str]]] = {uuid: {} for uuid in uuids}
        rows = self._sql.execute(
            "SELECT uuid, viewer, permission FROM grants WHERE kind=? AND uuid IN (SELECT value FROM json_each(?))"
            " ORDER BY uuid, viewer, permission",
            (kind, _json(uuids)),
        )
        for uuid, viewer, permission in rows:
            found[uuid].setdefault(viewer, []).append(permission)
        return found

    def viewers(self, kind: str, uuid: str) -> set[str]:
        """Return who else may see an object, as far as that is reckoned up."""
        rows = self._sql.execute(
            "SELECT viewer FROM grants WHERE kind=? AND uuid=? AND permission=?", (kind, uuid, SEE)
        )
        return {viewer for (viewer,) in rows}

    # lists

    def count(self, kind: str, viewer: str, permission: str) -> int:
        """Count the objects on which a user has a permission; costs the same however many there are."""
        self.settle()
        row = self._sql.execute(
            "SELECT n FROM grant_counts WHERE viewer=? AND kind=? AND permission=?",
            (viewer, kind, permission),
        ).fetchone()
        return int(row[0]) if row else 0

    def uuids(
        self, kind: str, viewer: str, permission: str, *, limit: int | None = None, offset: int = 0
    ) -> list[str]:
        """Return the objects on which a user has a permission, in the order of their making."""
        self.settle()
        rows = self._sql.execute(
            "SELECT uuid FROM grants WHERE viewer=? AND kind=? AND permission=? ORDER BY seq LIMIT ? OFFSET ?",
            (viewer, kind, permission, -1 if limit is None else limit, offset),
        )
        return [uuid for (uuid,) in rows]

    # keeping them

    def written(self, kind: str, doc: Doc) -> None:
        """Take note that an object was written or removed; ACLs are what others' grants follow from."""
        if kind == ACLS:
            self._objects[kind, doc["uuid"]] = None
            self._tags.update(dict.fromkeys(doc["tags"]))

    def related(self, rel: str, kind: str, uuid: str, target: str) -> None:
        """Take note that a relation from an object to something came or went."""
        if rel == TAG:
            self._objects[kind, uuid] = None
        elif rel == ACL_TAG:
            self._tags[target] = None

    def settle(self) -> None:
        """Reckon up what was noted."""
        if not self._objects and not self._tags:
            return
        tags, self._tags = list(self._tags), {}
        if tags:
            rows = self._sql.execute(
                "SELECT src_kind, src FROM links WHERE rel=? AND dst_kind='tags'"
                " AND dst IN (SELECT value FROM json_each(?))",
                (TAG, _json(tags)),
            )
            self._objects.update(dict.fromkeys((kind, uuid) for kind, uuid in rows))
        objects, self._objects = list(self._objects), {}
        kinds: dict[str, list[str]] = {}
        for kind, uuid in objects:
            kinds.setdefault(kind, []).append(uuid)
        for kind, uuids in kinds.items():
            for start in range(0, len(uuids), _AT_ONCE):
                self._reckon(kind, uuids[start : start + _AT_ONCE])

    def moved(self) -> Iterator[tuple[str, str, set[str]]]:
        """Give (kind, uuid, users who can or could see it) of the objects whose grants changed, once."""
        moved, self._moved = self._moved, {}
        for (kind, uuid), viewers in moved.items():
            yield kind, uuid, viewers

    def _reckon(self, kind: str, uuids: Sequence[str]) -> None:
        names = _json(uuids)
        rows = self._sql.execute(
            "SELECT uuid, seq, doc FROM objects WHERE kind=? AND uuid IN (SELECT value FROM json_each(?))",
            (kind, names),
        )
        documents = {uuid: (seq, orjson.loads(doc)) for uuid, seq, doc in rows}
        acls = self._acls({tag for _, doc in documents.values() for tag in doc.get("tags") or ()})
        wanted: dict[tuple[str, str, str], int] = {}
        for uuid, (seq, doc) in documents.items():
            about = {acl["uuid"]: acl for tag in doc.get("tags") or () for acl in acls.get(tag, ())}
            for viewer, permissions in self._grants_of(kind, doc, about.values()).items():
                wanted.update({(uuid, viewer, permission): seq for permission in permissions})
        present = set(
            self._sql.execute(
                "SELECT uuid, viewer, permission FROM grants"
                " WHERE kind=? AND uuid IN (SELECT value FROM json_each(?))",
                (kind, names),
            )
        )
        gone, new = present - wanted.keys(), wanted.keys() - present
        if not gone and not new:
            return
        self._begin()
        self._sql.executemany(
            "DELETE FROM grants WHERE kind=? AND uuid=? AND viewer=? AND permission=?",
            [(kind, *row) for row in gone],
        )
        self._sql.executemany(
            "INSERT INTO grants(kind, uuid, viewer, permission, seq) VALUES(?,?,?,?,?)",
            [(kind, *row, wanted[row]) for row in new],
        )
        for uuid, viewer, permission in (*gone, *new):
            self._moved.setdefault((kind, uuid), set()).update([viewer] if permission == SEE else ())

    def _acls(self, tags: Iterable[str]) -> dict[str, list[Doc]]:
        found: dict[str, list[Doc]] = {}
        rows = self._sql.execute(
            "SELECT links.dst, objects.doc FROM links JOIN objects ON objects.kind=? AND objects.uuid=links.src"
            " WHERE links.rel=? AND links.dst_kind='tags' AND links.src_kind=?"
            " AND links.dst IN (SELECT value FROM json_each(?))",
            (ACLS, ACL_TAG, ACLS, _json(tags)),
        )
        for tag, doc in rows:
            found.setdefault(tag, []).append(orjson.loads(doc))
        return found


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
