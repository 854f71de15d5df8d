"""``/logs/``: what was done in the account, the newest first."""

from __future__ import annotations

from typing import Any

import orjson

from ..domain.audit import render_entry
from ..domain.filters import split_values
from .listing import choose_fields, paging
from .route import Answer, Call, Route

_FOR_UUIDS = " AND json_extract(CAST(doc AS TEXT), '$.uuid') IN (SELECT value FROM json_each(?))"


def list_entries(call: Call) -> Answer:
    """Answer entries of the caller's log; ``uuid`` asks for those about one object."""
    limit, offset = paging(call.query)
    where, values = "owner=?", [call.user_uuid]
    for text in call.query.all("uuid"):
        where += _FOR_UUIDS
        values.append(orjson.dumps(split_values(text)).decode())
    # S608: the text is put together from constants, values are bound.
    [(total,)] = call.tx.execute(f"SELECT count(*) FROM audit WHERE {where}", values)  # noqa: S608
    rows: list[Any] = call.tx.execute(
        f"SELECT doc FROM audit WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
        (*values, limit or -1, offset),
    )
    entries = [render_entry(orjson.loads(row[0])) for row in rows]
    meta = {"limit": limit, "offset": offset, "total_count": total}
    return Answer(200, {"meta": meta, "objects": choose_fields(entries, call.query, None)})


ROUTES: list[Route] = [Route("GET", "/logs/", list_entries, id="logs.list")]
