"""How what a verb returns is written: one object as an outline, several as a table, or all of it as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..records.page import Page
from .failures import USAGE, Failure
from .output import cell, write, write_json, write_outline, write_table
from .presentation import columns_of


def write_result(
    result: Any,
    collection: str,
    *,
    form: str | None,
    whole: bool,
    reveal: bool = False,
    fields: Sequence[str] = (),
    verb: str = "",
) -> None:
    """Write what the library returned.

    ``form`` is ``json`` or for people; ``whole`` asks for all fields of a single object, else an object that has the
    columns of its collection is one line of a table; ``fields`` are the columns of a table when the user chose them.
    """
    if isinstance(result, Page):
        result = result.objects
    if isinstance(result, bytes):
        if sys.stdout.isatty():
            raise Failure(USAGE, "the result is binary; send it to a file or another program")
        sys.stdout.buffer.write(result)
    elif result is None:
        return
    elif form == "json":
        write_json(result)
    elif isinstance(result, Mapping):
        columns = columns_of(collection, [result], verb)
        if whole or reveal or "uuid" not in columns or len(columns) == 1:
            write_outline(result, reveal=reveal)
        else:
            write_table([result], columns)
    elif isinstance(result, Sequence) and not isinstance(result, str):
        if all(isinstance(row, Mapping) for row in result):
            write_table(result, fields or columns_of(collection, result, verb))
        else:
            for item in result:
                write(cell("", item))
    else:
        write(cell("", result))
