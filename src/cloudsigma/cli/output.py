"""How results are written: JSON for programs; aligned columns, or an indented outline of one object, for people.

Results go to standard output. What was read from the cloud never reaches a terminal unfiltered: a name may hold
the letters that steer one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .presentation import BYTES, SECRETS

GAP = "  "
NOTHING = "-"


def write(text: str) -> None:
    """Write one line of the result."""
    sys.stdout.write(text + "\n")


def write_json(value: Any, *, indent: bool = True) -> None:
    """Write ``value`` as the API gives it; on one line without ``indent``."""
    import orjson

    options = orjson.OPT_INDENT_2 if indent else 0
    write(orjson.dumps(value, option=options, default=str).decode())


def write_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write one line for each of ``rows`` under the names of the columns; nothing is cut unless a person looks on."""
    lines = [[cell(column, dig(row, column)) for column in columns] for row in rows]
    heads = [column.removesuffix(".id").rsplit(".", 1)[-1].upper() for column in columns]
    widths = [max(map(width, texts)) for texts in zip(heads, *lines, strict=True)]
    limit = _terminal_width()
    if limit:
        widths = narrowed(widths, limit, [column in ("uuid", "id") for column in columns])
    right = [_is_numeric([dig(row, column) for row in rows]) for column in columns]
    write(bold(_line(heads, widths, right)))
    for texts in lines:
        write(_line(texts, widths, right))


def write_outline(record: Mapping[str, Any], *, reveal: bool = False) -> None:
    """Write all fields of one object, nested ones indented."""
    for line in outline(record, reveal):
        write(line)


def outline(value: Mapping[str, Any], reveal: bool) -> Iterable[str]:
    """Yield the lines that show ``value``; secrets only when ``reveal`` says so."""
    if not value:
        yield NOTHING
        return
    space = max(width(printable(str(key))) for key in value) + 1
    for key, item in value.items():
        label = printable(str(key)) + ":"
        if key in SECRETS and item and not reveal:
            yield f"{_fill(label, space)} (hidden; --reveal shows it)"
        elif isinstance(item, Mapping) and item and not _is_reference(item):
            yield bold(label)
            yield from (GAP + line for line in outline(item, reveal))
        elif isinstance(item, (list, tuple)) and any(
            isinstance(each, Mapping) and not _is_reference(each) for each in item
        ):
            yield bold(label)
            for each in item:
                lines = outline(each, reveal) if isinstance(each, Mapping) else [cell(key, each)]
                yield from (("- " if first == 0 else GAP) + line for first, line in enumerate(lines))
        else:
            yield f"{_fill(label, space)} {cell(key, item)}"


def cell(key: str, value: Any) -> str:
    """Return the text that shows ``value``, the field ``key`` of a record, on one line."""
    if value is None or value == "" or value == [] or value == {}:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and key in BYTES:
        return size(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(key, item) for item in value)
    if isinstance(value, Mapping):
        if _is_reference(value):
            names = [str(value[part]) for part in ("name", "email", "uuid") if value.get(part)]
            return printable(" ".join(names) or str(value.get("resource_uri", NOTHING)))
        return ", ".join(f"{printable(str(part))}={cell(part, item)}" for part, item in value.items())
    return printable(str(value))


def dig(row: Mapping[str, Any], path: str) -> Any:
    """Return the value at the dotted ``path`` inside ``row``, or None."""
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def size(count: float) -> str:
    """Return a number of bytes in the largest unit that leaves at least 1, with at most two decimals."""
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    step = 0
    while abs(count) >= 1024 and step < len(units) - 1:
        count /= 1024
        step += 1
    return f"{count:.2f}".rstrip("0").rstrip(".") + " " + units[step]


def printable(text: str) -> str:
    """Return ``text`` with every letter that could steer a terminal spelt out."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def width(text: str) -> int:
    """Return the number of terminal columns that ``text`` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def narrowed(widths: Sequence[int], limit: int, whole: Sequence[bool]) -> list[int]:
    """Return ``widths`` reduced to fit ``limit`` columns, taking from the widest; those marked ``whole`` stay."""
    result = list(widths)
    excess = sum(result) + len(GAP) * (len(result) - 1) - limit
    while excess > 0:
        room = [
            (result[index], index) for index in range(len(result)) if not whole[index] and result[index] > 8
        ]
        if not room:
            break
        _, index = max(room)
        result[index] -= 1
        excess -= 1
    return result


def bold(text: str) -> str:
    """Return ``text`` emphasised where standard output is a terminal that may show it."""
    return f"\x1b[1m{text}\x1b[0m" if coloured() else text


def coloured() -> bool:
    """Say whether control codes may be written: on a terminal, and neither NO_COLOR nor a dumb one forbids it."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def progress(text: str) -> Callable[[], None]:
    """Tell on standard error, if a person looks on there, what is waited for; call the result to take it back."""
    if not sys.stderr.isatty():
        return lambda: None
    sys.stderr.write(text)
    sys.stderr.flush()

    def done() -> None:
        sys.stderr.write("\r" + " " * width(text) + "\r")
        sys.stderr.flush()

    return done


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = [
        _fill(_cut(text, space), space, flag) for text, space, flag in zip(texts, widths, right, strict=True)
    ]
    return GAP.join(cells).rstrip()


def _fill(text: str, space: int, right: bool = False) -> str:
    blank = " " * (space - width(text))
    return blank + text if right else text + blank


def _cut(text: str, space: int) -> str:
    if width(text) <= space:
        return text
    while text and width(text) > space - 1:
        text = text[:-1]
    return text + "…"


def _terminal_width() -> int:
    if not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def _is_numeric(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return bool(kinds) and kinds <= {int, float}


def _is_reference(value: Mapping[str, Any]) -> bool:
    return value.keys() <= {"uuid", "name", "email", "resource_uri"}
