"""Refusing to overwrite from a stale copy, where that can be told.

A list or ``meta`` is replaced as a whole, and the new one is usually made from the record at hand: what somebody else
added since would be lost without a word. The record that is passed to ``update`` shows what its list was made from.
Plain values are not made from one another, so that there the last one to write may win. A record whose own list was
altered in place no longer shows what was read, and is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import StaleRecord


def refuse_stale(ref: Any, present: Mapping[str, Any], changes: Mapping[str, Any], path: str) -> None:
    """Raise ``cloudsigma.errors.StaleRecord`` when a change would undo what happened since ``ref`` was read.

    ``ref`` as given to ``update``: only a record that holds the fields to be changed can be stale.
    """
    if not isinstance(ref, Mapping):
        return
    lost = [name for name, wanted in changes.items() if _loses(ref.get(name), present.get(name), wanted)]
    if lost:
        raise StaleRecord(
            f"{', '.join(lost)} changed since this record was read, and that change would be lost; read it again and "
            f"make yours anew, or pass the uuid in place of the record to overwrite it",
            method="PUT",
            path=f"/{path}",
        )


def plain(value: Any) -> Any:
    """Return a value with references as their uuids and without what is null or only reported."""
    if isinstance(value, Mapping):
        if "uuid" in value:
            return value["uuid"]
        return {key: plain(item) for key, item in value.items() if key != "runtime" and item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _loses(read: Any, present: Any, wanted: Any) -> bool:
    """Tell whether something is present that was not read and is not wanted, either."""
    if not isinstance(read, (list, Mapping)) or not isinstance(present, (list, Mapping)):
        return False
    if plain(read) == plain(wanted):
        return False
    seen, kept = list(_parts(read)), list(_parts(wanted))
    return any(part not in seen and part not in kept for part in _parts(present))


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from ((key, plain(item)) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        yield from map(plain, value)
