"""Creating at most once: a key of the caller's in ``meta``, looked for before anything is created.

A POST whose answer is lost may or may not have created its object. With a key the object can be recognised, by the
same call and by a later run of the same program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..core import retry
from ..core.filters import filter_params
from ..core.pages import fetch_all
from ..core.requests import Requests
from ..errors import ApiClientError, BadAnswer, InvalidArgument, OutcomeUnknown, ServerError
from ..records.record import Record
from .collection import object_in

R = TypeVar("R", bound=Record)

META_KEY = "idempotency_key"


async def create_once(
    requests: Requests,
    path: str,
    record: type[R],
    body: dict[str, Any],
    key: str,
    params: Mapping[str, Any] | None = None,
) -> R:
    """Create the object of ``body`` unless one of that name already carries ``key``; return it either way.

    Raises what creating raises; an outcome that stays unknown only when the cloud cannot be asked either.
    """
    if not key:
        raise InvalidArgument("idempotency_key must not be empty")
    name = body.get("name")
    marked = {**body, "meta": {**(body.get("meta") or {}), META_KEY: key}}
    attempt = 0
    unknown: ApiClientError | None = None
    while True:
        found = await _find(requests, path, record, name, key)
        if found is not None:
            return found
        if unknown is not None and attempt > requests.settings.retries:
            if isinstance(unknown, (OutcomeUnknown, BadAnswer)):
                raise _still_unknown(unknown, key) from unknown
            raise unknown
        try:
            return object_in(
                await requests.request("POST", path, body={"objects": [marked]}, params=params), record
            )
        except (OutcomeUnknown, ServerError) as error:
            if not may_create_again(error):
                raise
            unknown = error
            await requests.port.sleep(retry.pause(attempt, None, requests.port.random()))
            attempt += 1


def may_create_again(error: ApiClientError) -> bool:
    """Tell whether to look for what a failed POST was to create, and to create it if it is not there."""
    return isinstance(error, (OutcomeUnknown, BadAnswer)) or error.status_code in retry.BUSY


async def _find(requests: Requests, path: str, record: type[R], name: Any, key: str) -> R | None:
    params: dict[str, Any] = filter_params({"name": name} if isinstance(name, str) and name else {})
    params["fields"] = "uuid,meta"
    for candidate in await fetch_all(requests, f"{path}detail/", Record, params):
        meta = candidate.get("meta")
        if isinstance(meta, Mapping) and meta.get(META_KEY) == key:
            return object_in(await requests.request("GET", f"{path}{candidate['uuid']}/"), record)
    return None


def _still_unknown(error: ApiClientError, key: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{error.message}; calling create() again with idempotency_key={key!r} finds it if it was made",
        error.status_code,
        error.request_id,
        method=error.method,
        path=error.path,
    )
