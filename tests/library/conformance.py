"""Whether a value that came from the cloud is what the annotations say, down to every nested record."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from cloudsigma.records.record import Record


def problems(value: Any, hint: Any, where: str, counted: list[int]) -> Iterator[str]:
    """Yield what is not as annotated; ``counted[0]`` grows by each annotated field that is present."""
    origin = get_origin(hint)
    if hint is Any:
        return
    if origin in (Union, UnionType):
        parts = get_args(hint)
        if value is None and NoneType in parts:
            return
        tries = [list(problems(value, part, where, [0])) for part in parts if part is not NoneType]
        if not any(not found for found in tries):
            yield from tries[0]
        else:
            part = next(p for p in parts if p is not NoneType and not list(problems(value, p, where, [0])))
            yield from problems(value, part, where, counted)
        return
    if origin is list:
        if not isinstance(value, list):
            yield f"{where} is {type(value).__name__}, not a list"
            return
        for number, item in enumerate(value):
            yield from problems(item, get_args(hint)[0], f"{where}[{number}]", counted)
        return
    if origin is dict:
        if not isinstance(value, dict):
            yield f"{where} is {type(value).__name__}, not an object"
            return
        for key, item in value.items():
            yield from problems(item, get_args(hint)[1], f"{where}[{key!r}]", counted)
        return
    if inspect.isclass(hint) and issubclass(hint, Record):
        yield from record_problems(value, hint, where, counted)
        return
    if not is_a(value, hint):
        yield f"{where} is {value!r} ({type(value).__name__}), not {hint.__name__}"


def record_problems(value: Any, cls: type[Record], where: str, counted: list[int]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is {type(value).__name__}, not an object"
        return
    record = value if isinstance(value, cls) else cls(value)
    for name, hint in get_type_hints(cls).items():
        if name.startswith("_") or name not in record:
            continue
        counted[0] += 1
        read = getattr(record, name)
        if read is not record[name]:
            yield f"{where}.{name} is not the item of that key"
        yield from problems(read, hint, f"{where}.{name}", counted)


def is_a(value: Any, hint: Any) -> bool:
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def missing(record: dict[str, Any], cls: type[Record], where: str) -> Iterator[str]:
    """Yield the fields that a whole record of this kind must have, for their annotation knows no null, and has not."""
    for name, hint in get_type_hints(cls).items():
        nullable = get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)
        if not name.startswith("_") and not nullable and name not in record:
            yield f"{where}.{name} is missing"
