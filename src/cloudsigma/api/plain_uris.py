"""The path of a resource as a text, where an answer wraps it in a reference to the same resource."""

from __future__ import annotations

from typing import Any, TypeVar

from ..records.record import Record

R = TypeVar("R", bound=Record)


def with_plain_uri(record: R) -> R:
    """Make ``resource_uri`` of a record the text that it is everywhere else, in place; return the record.

    Drives cloned from snapshots, and the members of a tag, come with a reference there: its uuid is the record's own.
    """
    uri: Any = record.get("resource_uri")
    if isinstance(uri, dict) and isinstance(uri.get("resource_uri"), str):
        record["resource_uri"] = uri["resource_uri"]
        if "uuid" in uri:
            record.setdefault("uuid", uri["uuid"])
    return record
