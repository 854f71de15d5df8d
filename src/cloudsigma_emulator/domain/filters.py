"""The filter language of lists: parameters are ANDed, comma-separated values inside one are ORed.

``\\,`` is a literal comma and ``\\\\`` a literal backslash; any other backslash stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]


def split_values(text: str) -> list[str]:
    """Split one parameter's value at its separating commas and undo the escapes."""
    if "\\" not in text:
        return text.split(",")
    values: list[str] = []
    current: list[str] = []
    index = 0
    while index < len(text):
        char = text[index]
        following = text[index + 1 : index + 2]
        if char == "\\" and following in (",", "\\") and following:
            current.append(following)
            index += 2
            continue
        if char == ",":
            values.append("".join(current))
            current = []
        else:
            current.append(char)
        index += 1
    values.append("".join(current))
    return values


def join_values(values: Iterable[str]) -> str:
    """Write values so that ``split_values`` reads the same ones back."""
    return ",".join(value.replace("\\", "\\\\").replace(",", "\\,") for value in values)


def as_text(value: Any) -> str:
    """Spell a document's value the way a query spells it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    return str(value)


def matches_exact(value: Any, wanted: Iterable[str]) -> bool:
    """Tell whether a value, or one element of a list, is spelled exactly like one of ``wanted``."""
    candidates = value if isinstance(value, list) else [value]
    spelled = {as_text(candidate) for candidate in candidates}
    return any(text in spelled for text in wanted)


def matches_contains(value: Any, wanted: Iterable[str]) -> bool:
    """Tell whether a value contains one of ``wanted``, without regard to case."""
    candidates = value if isinstance(value, list) else [value]
    folded = [as_text(candidate).casefold() for candidate in candidates]
    return any(text.casefold() in candidate for text in wanted for candidate in folded)


@dataclass(frozen=True)
class FilterSpec:
    """What a list may be filtered and ordered by.

    ``exact`` and ``contains`` map a parameter (without ``__contains``) to the reader of the value in a
    document; a plain string is the key itself. ``tagged``: the list knows ``tag``, ``tag__name`` and
    ``tag__uuid``. ``order`` names the keys allowed in ``order_by``.
    """

    exact: Mapping[str, str | Callable[[Doc], Any]] = field(default_factory=dict)
    contains: Mapping[str, str | Callable[[Doc], Any]] = field(default_factory=dict)
    tagged: bool = True
    order: tuple[str, ...] = ("uuid", "name")


NAMED = FilterSpec(exact={"name": "name", "uuid": "uuid"}, contains={"name": "name"})
"""The set that most resources have: name, name__contains, tag, uuid."""


@dataclass(frozen=True)
class Condition:
    """One parameter of a query, ready to be tried on documents."""

    parameter: str
    values: tuple[str, ...]
    read: str | Callable[[Doc], Any]
    contains: bool = False

    def holds(self, doc: Doc) -> bool:
        """Tell whether the document satisfies this condition."""
        value = doc.get(self.read) if isinstance(self.read, str) else self.read(doc)
        return matches_contains(value, self.values) if self.contains else matches_exact(value, self.values)


def conditions_of(spec: FilterSpec, query: Iterable[tuple[str, str]]) -> list[Condition]:
    """Return the conditions in a query; parameters that the list does not know are left out."""
    found: list[Condition] = []
    for name, text in query:
        base, _, lookup = name.rpartition("__")
        if lookup in ("contains", "icontains") and base in spec.contains:
            found.append(Condition(name, tuple(split_values(text)), spec.contains[base], contains=True))
        elif name in spec.exact:
            found.append(Condition(name, tuple(split_values(text)), spec.exact[name]))
    return found


def tag_conditions_of(
    spec: FilterSpec, query: Iterable[tuple[str, str]]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return (parameter, values) of the tag filters in a query: ``tag``, ``tag__name``, ``tag__uuid``."""
    if not spec.tagged:
        return []
    return [
        (name, tuple(split_values(text))) for name, text in query if name in ("tag", "tag__name", "tag__uuid")
    ]
