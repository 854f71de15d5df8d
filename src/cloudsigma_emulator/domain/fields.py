"""Reading of body fields: the types the API accepts, and refusals that name the field.

Numbers may come as numeric strings and as floats without a fraction; a null list or dictionary is empty;
U+0000 ends a string. A table of `Field` rows says what a resource may be given; `read_fields` applies it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .refusal import Refusal

Parse = Callable[[Any, str], Any]

META_KEY_LENGTH = 32
LIBRARY_META_KEYS = frozenset(
    {"os", "arch", "distribution", "version", "default_user", "install notes", "install_notes", "url"}
    | {"description", "image_type", "category", "paid", "favorite", "created_at"}
)

_WHOLE_NUMBER = re.compile(r"\s*([+-]?\d{1,30})(?:\.0*)?\s*", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One writable field of a resource: how it is read, whether it is required, its value when absent."""

    name: str
    parse: Parse
    required: bool = False
    default: Callable[[], Any] = lambda: None


def body_object(value: Any) -> dict[str, Any]:
    """Return the JSON object of a body; refuse with 400 anything else."""
    if not isinstance(value, dict):
        raise Refusal.validation("The body must be a JSON object")
    return value


def read_fields(
    table: Iterable[Field], body: Mapping[str, Any], previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Read a body by a table of fields.

    :param table: the fields a client may set; every other key of the body is ignored.
    :param body: the JSON object that was sent.
    :param previous: the stored object when it is updated: fields that are left out keep its values. None
        when an object is created: fields left out take their defaults.
    :returns: one value for each field of the table.
    :raises Refusal: 400 with one error for each field that is missing or wrong.
    """
    values: dict[str, Any] = {}
    refused: list[Refusal] = []
    for field in table:
        if field.name in body:
            try:
                values[field.name] = field.parse(body[field.name], field.name)
            except Refusal as refusal:
                refused.append(refusal)
        elif field.required:
            refused.append(Refusal.validation("This field is required", field.name))
        elif previous is None:
            values[field.name] = field.default()
        else:
            values[field.name] = previous.get(field.name, field.default())
    if refused:
        raise Refusal(400, *(error for refusal in refused for error in refusal.errors))
    return values


def text(value: Any, name: str) -> str:
    """Read a string; what follows a U+0000 is dropped."""
    if not isinstance(value, str):
        raise Refusal.validation(f"{name} must be a string", name)
    return value.partition("\0")[0]


def optional_text(value: Any, name: str) -> str | None:
    """Read a string or null."""
    return None if value is None else text(value, name)


def whole_number(value: Any, name: str) -> int:
    """Read an integer, also from a numeric string or from a float without a fraction."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (match := _WHOLE_NUMBER.fullmatch(value)):
        return int(match[1])
    raise Refusal.validation(f"{name} must be a whole number", name)


def whole_number_within(minimum: float, maximum: float) -> Parse:
    """Return a reader of integers between two bounds, both allowed."""

    def read(value: Any, name: str) -> int:
        number = whole_number(value, name)
        if not minimum <= number <= maximum:
            raise Refusal.validation(
                f"{name} must be a whole number from {int(minimum)} to {int(maximum)}", name
            )
        return number

    return read


def boolean(value: Any, name: str) -> bool:
    """Read true or false, also from 0 and 1 and from these words as strings."""
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refusal.validation(f"{name} must be true or false", name)


def choice(*allowed: str) -> Parse:
    """Return a reader of a string that must be one of the allowed ones."""

    def read(value: Any, name: str) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise Refusal.validation(f"{name} must be one of: {', '.join(allowed)}", name)

    return read


def nullable(parse: Parse, null: Callable[[], Any] = lambda: None) -> Parse:
    """Return a reader that takes null for a value of its own, by default for None."""

    def read(value: Any, name: str) -> Any:
        return null() if value is None else parse(value, name)

    return read


def list_of(parse: Parse) -> Parse:
    """Return a reader of lists whose every element is read by `parse`; null is an empty list."""

    def read(value: Any, name: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refusal.validation(f"{name} must be a list", name)
        return [parse(item, name) for item in value]

    return read


def anything(value: Any, name: str) -> Any:
    """Read any JSON value as it is."""
    return value


def meta(value: Any, name: str) -> dict[str, Any]:
    """Read a free dictionary: keys of at most 32 characters, values strings.

    Keys that library drives hand down may also hold booleans, numbers and lists. Null is an empty dictionary.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal.validation(f"{name} must be an object of strings", name)
    entries: dict[str, Any] = {}
    for raw_key, entry in value.items():
        key = raw_key.partition("\0")[0]
        if len(key) > META_KEY_LENGTH:
            raise Refusal.validation(f"{name} keys may have at most {META_KEY_LENGTH} characters", name)
        if isinstance(entry, str):
            entries[key] = entry.partition("\0")[0]
        elif key in LIBRARY_META_KEYS and (entry is None or isinstance(entry, bool | int | float | list)):
            entries[key] = entry
        else:
            raise Refusal.validation(f"{name} values must be strings", name)
    return entries
