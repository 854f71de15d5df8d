"""Where a page far down a list begins, without counting to it: the table ``stretches`` counts many places together."""

from __future__ import annotations

import sqlite3
from typing import Final

STRETCH: Final = 1 << 10
"""Places in the order of creation that are counted together, see the migrations."""


def begin_before(sql: sqlite3.Connection, kind: str, owner: str, offset: int) -> tuple[int, int, int] | None:
    """Return where the stretch begins that ``offset`` lies in, None for an empty list.

    That is its rank, its first place in the order of creation, and how many objects of the list come before it.
    """
    row = sql.execute(
        "SELECT rank, stretch, before FROM"
        " (SELECT rank, stretch, sum(n) OVER (ORDER BY rank, stretch) - n AS before FROM stretches"
        " WHERE kind=? AND owner=?)"
        " WHERE before <= ? ORDER BY before DESC LIMIT 1",
        (kind, owner, offset),
    ).fetchone()
    return None if row is None else (row[0], row[1] * STRETCH, row[2])
