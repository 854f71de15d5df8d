"""How a ``/schema/`` answer is put together from a table of fields.

The API answers in two generations: newer resources say ``required``, older ones ``blank``, ``nullable`` and ``unique``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NO = "No default provided."
"""What the API writes for a field without a default."""

NAMED: dict[str, Any] = {"name": "exact", "name__contains": "exact", "tag": "exact", "uuid": "exact"}

_HELP = {
    "boolean": "true or false",
    "datetime": "A moment, ISO 8601",
    "decimal": "A decimal number, written as a string",
    "dict": "An object of keys and values",
    "float": "A number",
    "integer": "A whole number",
    "list": "A list",
    "related": "One or more objects, or references to them",
    "string": "Text",
}


@dataclass(frozen=True)
class F:
    """A field. ``flags`` is a row of words: required, readonly; in old schemas blank, nullable, unique.

    The word old says that the fields below this one are described the old way, whatever their schema is.
    """

    name: str
    type: str
    default: Any = None
    flags: str = ""
    choices: tuple[Any, ...] = ()
    fields: tuple[F, ...] = ()


@dataclass(frozen=True)
class Schema:
    """A resource's schema. ``listed`` and ``single`` name the methods of the list and of one object."""

    listed: str | list[str]
    single: list[str]
    fields: tuple[F, ...]
    filtering: dict[str, Any] | None = None
    ordering: list[str] | None = None
    old: bool = False
    limit: int = 20

    def document(self) -> dict[str, Any]:
        """Return the answer of ``GET .../schema/``."""
        found: dict[str, Any] = {
            "allowed_detail_http_methods": self.single,
            "allowed_list_http_methods": self.listed,
            "default_format": "application/json",
            "default_limit": self.limit,
            "fields": _fields(self.fields, self.old),
        }
        if self.filtering is not None:
            found["filtering"] = self.filtering
        if self.ordering is not None:
            found["ordering"] = self.ordering
        return found


def _fields(fields: tuple[F, ...], old: bool) -> dict[str, Any]:
    return {field.name: _field(field, old) for field in fields}


def _field(field: F, old: bool) -> dict[str, Any]:
    words = field.flags.split()
    shown: dict[str, Any] = {
        "default": field.default,
        "help_text": _HELP.get(field.type, field.type),
        "readonly": "readonly" in words,
        "type": field.type,
    }
    names = ("blank", "nullable", "unique") if old else ("required",)
    shown.update({name: name in words for name in names})
    if field.choices:
        shown["choices"] = list(field.choices)
    if field.fields:
        shown["fields"] = _fields(field.fields, old or "old" in words)
    return shown
