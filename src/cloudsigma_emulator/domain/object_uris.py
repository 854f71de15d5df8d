"""The address of a stored object, the same in its answers and in websocket frames."""

from __future__ import annotations

from typing import Any

from .refs import API_PREFIX, resource_uri

SINGLETONS = frozenset({"balance", "profile", "global_context"})
"""Kinds of which each account has one, at a URL without a uuid."""


def uri_of(kind: str, uuid: str, doc: dict[str, Any] | None = None) -> str:
    """Return the resource_uri of an object; of a subscription, which is addressed by number, ``doc`` is needed."""
    if kind in SINGLETONS:
        return f"{API_PREFIX}/{kind}/"
    return resource_uri(kind, str(doc["id"]) if kind == "subscriptions" and doc else uuid)
