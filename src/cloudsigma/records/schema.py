"""Schemas: what ``/{collection}/schema/`` says of a resource's fields, filters and methods."""

from __future__ import annotations

from typing import Any

from .record import Record


class Schema(Record):
    """The cloud's own description of a collection. Two generations of it are in use, so that little is certain."""

    allowed_detail_http_methods: list[str] | str | None
    """Methods of one resource, lower case."""
    allowed_list_http_methods: list[str] | str | None
    """Methods of the collection, lower case."""
    default_format: str | None
    """Content type."""
    default_limit: int | None
    """Length of a page when none is asked for."""
    fields: dict[str, Any]
    """Fields by name, each with ``type``, ``help_text``, ``readonly``, ``default`` …"""
    filtering: dict[str, Any] | None
    """Filters by name."""
    ordering: list[str] | None
    """Fields to order by."""
