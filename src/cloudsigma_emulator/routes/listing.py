"""Lists as the API gives them: paging, ``fields``, filters, order, and the envelope around it.

A page costs the same out of a hundred objects and out of a hundred thousand: without a filter the store's index
gives exactly the rows of the page, and the total is a counter. A page of very many is made in pieces, each in a
transaction of its own, so that it holds up nobody: what changes meanwhile is shown as its piece finds it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import orjson

from ..domain.filters import NAMED, Condition, FilterSpec, conditions_of, tag_conditions_of
from ..domain.permissions import LIST
from ..domain.refusal import Refusal
from ..store.transaction import ANY, Transaction, _Any
from .route import Answer, Call, Query

Doc = dict[str, Any]
Render = Callable[[Transaction, Sequence[Doc], Call], list[Doc]]
"""Turns a page of stored documents into the objects of the answer: batched, so that relations cost one query."""

DEFAULT_LIMIT = 20
MANY = 1000
"""Objects from which on a page is made in pieces."""
_PIECE = 250
_PAUSE = 0.001


def list_answer(
    call: Call,
    kind: str,
    render: Render,
    *,
    default_fields: Collection[str] | None = None,
    filters: FilterSpec = NAMED,
    owner: str | _Any | None = "",
    default_limit: int = DEFAULT_LIMIT,
    keep: Callable[[Doc], bool] | None = None,
) -> Answer:
    """Answer a list request.

    ``owner`` is by default the caller, whose own objects come first, then those that others share with him; None
    lists what belongs to nobody, ANY everything. ``default_fields``
    are the keys of the plain list; ``fields`` in the query may name others that ``render`` gives. ``keep`` leaves
    documents out before anything is counted.
    """
    tx, query = call.tx, call.query
    limit, offset = paging(query, default_limit)
    whose = call.user_uuid if owner == "" else owner
    shared = tx.grants.count(kind, call.user_uuid, LIST) if owner == "" else 0
    conditions = conditions_of(filters, query.pairs)
    tags = tag_conditions_of(filters, query.pairs)
    order = order_of(query, filters)
    if not conditions and not tags and not order and keep is None:
        own = tx.count(kind, owner=whose)
        total = own + shared
        if min(limit or total, total - offset) > MANY:
            return _long_answer(call, kind, render, default_fields, whose, (limit, offset))
        page = tx.find(kind, owner=whose, limit=limit or None, offset=offset) if offset < own else []
        if shared and (not limit or len(page) < limit):
            rest = limit - len(page) if limit else None
            page += _shared(call, kind, limit=rest, offset=max(0, offset - own))
    else:
        found = _matching(tx, call, kind, whose, conditions, tags)
        if shared and not tags:  # The tags of what others share are theirs: they match no filter.
            others = _shared(call, kind)
            found += [doc for doc in others if all(condition.holds(doc) for condition in conditions)]
        if keep is not None:
            found = [doc for doc in found if keep(doc)]
        for key, descending in reversed(order):
            found.sort(key=lambda doc, key=key: str(doc.get(key) or ""), reverse=descending)  # type: ignore[misc]
        total = len(found)
        page = found[offset : offset + limit] if limit else found[offset:]
    objects = choose_fields(render(tx, page, call), query, default_fields)
    return Answer(200, {"meta": {"limit": limit, "offset": offset, "total_count": total}, "objects": objects})


def _long_answer(
    call: Call,
    kind: str,
    render: Render,
    default_fields: Collection[str] | None,
    owner: str | _Any | None,
    page: tuple[int, int],
) -> Answer:
    """Answer a page of very many objects, without a filter."""
    limit, offset = page
    uuids = [uuid for uuid, _ in call.tx.names(kind, owner=owner)]
    if owner == call.user_uuid:
        uuids += call.tx.grants.uuids(kind, call.user_uuid, LIST, limit=None, offset=0)
    total = len(uuids)
    uuids = uuids[offset : offset + limit] if limit else uuids[offset:]

    def later() -> bytes:
        pieces, shown = [], 0
        for start in range(0, len(uuids), _PIECE):
            with call.again() as tx:
                found = tx.find(kind, uuids=uuids[start : start + _PIECE])
                objects = choose_fields(render(tx, found, call), call.query, default_fields)
            if objects:
                pieces.append(orjson.dumps(objects)[1:-1])
                shown += len(objects)
            time.sleep(_PAUSE)  # a lock that is taken again at once lets nobody in between
        meta = {"limit": limit, "offset": offset, "total_count": total - len(uuids) + shown}
        return b'{"meta":%b,"objects":[%b]}' % (orjson.dumps(meta), b",".join(pieces))

    return Answer(200, later=later)


def single_answer(call: Call, rendered: Doc, *, status: int = 200) -> Answer:
    """Answer with one bare object, cut to ``fields`` when a GET asks for it."""
    if call.method in ("GET", "HEAD") and call.query.get("fields"):
        return Answer(status, choose_fields([rendered], call.query, None)[0])
    return Answer(status, rendered)


def paging(query: Query, default_limit: int = DEFAULT_LIMIT) -> tuple[int, int]:
    """Return limit (0: everything) and offset, or refuse what is not a whole number from 0 up."""
    values = []
    for name, default in (("limit", default_limit), ("offset", 0)):
        text = query.get(name)
        if text is None:
            values.append(default)
            continue
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise Refusal.validation(f"{name} must be a whole number, not negative", name)
        values.append(int(text))
    return values[0], values[1]


def order_of(query: Query, spec: FilterSpec) -> list[tuple[str, bool]]:
    """Return (key, descending) for each known name in ``order_by``."""
    names = (query.get("order_by") or "").split(",")
    return [(name.lstrip("-"), name.startswith("-")) for name in names if name.lstrip("-") in spec.order]


def choose_fields(objects: list[Doc], query: Query, default_fields: Collection[str] | None) -> list[Doc]:
    """Cut objects to the keys asked for, else to the list's default keys. Unknown names are ignored."""
    text = query.get("fields")
    wanted: Collection[str] | None = [name for name in text.split(",") if name] if text else default_fields
    if wanted is None:
        return objects
    return [{key: found[key] for key in wanted if key in found} for found in objects]


def _shared(call: Call, kind: str, *, limit: int | None = None, offset: int = 0) -> list[Doc]:
    """Return what others let the caller list, in the order of its making."""
    uuids = call.tx.grants.uuids(kind, call.user_uuid, LIST, limit=limit, offset=offset)
    found = {doc["uuid"]: doc for doc in call.tx.find(kind, uuids=uuids)} if uuids else {}
    return [found[uuid] for uuid in uuids if uuid in found]


def _matching(
    tx: Transaction,
    call: Call,
    kind: str,
    owner: str | _Any | None,
    conditions: list[Condition],
    tags: list[tuple[str, tuple[str, ...]]],
) -> list[Doc]:
    uuids: set[str] | None = None
    for parameter, values in tags:
        tagged = _tagged(tx, call, kind, parameter, values)
        uuids = tagged if uuids is None else uuids & tagged
    name: str | None = None
    for condition in conditions:
        if condition.read == "uuid" and not condition.contains:
            uuids = set(condition.values) if uuids is None else uuids & set(condition.values)
        elif condition.read == "name" and not condition.contains and len(condition.values) == 1:
            name = condition.values[0]
    if uuids is None and name is None and all(condition.read == "name" for condition in conditions):
        # Only names are looked at: read those, then only the documents that match.
        hits = [
            uuid
            for uuid, text in tx.names(kind, owner=owner)
            if all(condition.holds({"name": text}) for condition in conditions)
        ]
        return tx.find(kind, owner=owner, uuids=hits) if hits or conditions else tx.find(kind, owner=owner)
    found = tx.find(kind, owner=owner, uuids=uuids, name=name)
    return [doc for doc in found if all(condition.holds(doc) for condition in conditions)]


def _tagged(tx: Transaction, call: Call, kind: str, parameter: str, values: tuple[str, ...]) -> set[str]:
    """Return the uuids of the kind that carry one of the caller's tags named by uuid or by name."""
    tags: set[str] = set()
    for doc in tx.find("tags", owner=call.user_uuid):
        by_uuid = parameter != "tag__name" and doc["uuid"] in values
        by_name = parameter != "tag__uuid" and doc.get("name") in values
        if by_uuid or by_name:
            tags.add(doc["uuid"])
    pairs = tx.sources("tag", "tags", sorted(tags)) if tags else {}
    return {uuid for found in pairs.values() for found_kind, uuid in found if found_kind == kind}


__all__ = [
    "ANY",
    "DEFAULT_LIMIT",
    "Render",
    "choose_fields",
    "list_answer",
    "order_of",
    "paging",
    "single_answer",
]
