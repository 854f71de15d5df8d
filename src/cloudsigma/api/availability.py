"""Availability groups: bare arrays of uuids that share a host."""

from __future__ import annotations

from typing import Any

from ..core.requests import Requests, shown_path
from ..errors import BadAnswer


async def fetch_groups(requests: Requests, path: str) -> list[list[str]]:
    """Return all groups. Raises ``cloudsigma.errors.BadAnswer`` for anything but an array of arrays."""
    groups = await _fetch_array(requests, path, list)
    return [[str(uuid) for uuid in group] for group in groups]


async def fetch_group(requests: Requests, path: str) -> list[str]:
    """Return the group of one resource. Raises ``cloudsigma.errors.BadAnswer`` for anything but texts."""
    return await _fetch_array(requests, path, str)


async def _fetch_array(requests: Requests, path: str, kind: type) -> list[Any]:
    answer = await requests.request("GET", path)
    if not isinstance(answer.data, list) or not all(isinstance(item, kind) for item in answer.data):
        raise BadAnswer(
            "the answer is not an array of availability groups",
            answer.status,
            answer.request_id,
            method="GET",
            path=shown_path(answer.request.url),
        )
    return answer.data
