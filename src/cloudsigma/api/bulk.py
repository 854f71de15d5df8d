"""Many resources in one request, and one by one where a location does not take that.

The cloud documents bulk deletion of drives; that of servers, and bulk updates, only show in its schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..core.call import F
from ..core.pages import fetch_all, objects_in, typed
from ..core.references import path_of, uuid_of
from ..errors import ApiClientError, NotFound
from .collection import AT_ONCE, Collection, T
from .editing import Editable
from .staleness import refuse_stale

BATCH = 50
"""How many uuids are asked for in one address."""


async def delete_together(collection: Collection[F], refs: Sequence[Any], **params: Any) -> None:
    """Delete resources with one request; no request at all is sent for none."""
    path = collection._path
    objects = [{"uuid": uuid_of(ref, path, "refs")} for ref in refs]
    if not objects:
        return
    try:
        await collection._requests.request("DELETE", f"{path}/", body={"objects": objects}, params=params)
    except ApiClientError as error:
        if error.status_code != 405:
            raise
        await collection._each(refs, "DELETE", **params)


async def update_together(
    collection: Editable[F, T], refs: Sequence[Any], changes: Mapping[str, Any]
) -> list[T]:
    """Read resources, change them, write them back with one request, and return them in the order given."""
    path, requests = collection._path, collection._requests
    wanted = [uuid_of(ref, path, "refs") for ref in refs]
    if not wanted:
        return []
    present: dict[str, Any] = {}
    for start in range(0, len(wanted), BATCH):
        query = {"uuid": ",".join(wanted[start : start + BATCH])}
        present.update(
            (item["uuid"], item)
            for item in await fetch_all(requests, collection._list_path, collection._record, query)
        )
    missing = [uuid for uuid in wanted if uuid not in present]
    if missing:
        raise NotFound(f"there is no {', '.join(missing)} among the {path}; nothing was changed", 404)
    for ref, uuid in zip(refs, wanted, strict=True):
        refuse_stale(ref, present[uuid], changes, path_of(uuid, path))
    bodies = [{**collection._resent(present[uuid]), **changes} for uuid in dict.fromkeys(wanted)]
    try:
        answer = await requests.request("PUT", f"{path}/", body={"objects": bodies})
    except ApiClientError as error:
        if error.status_code != 405:
            raise
        jobs = [
            partial(collection._update_path, path_of(uuid, path), ref, changes)
            for ref, uuid in zip(refs, wanted, strict=True)
        ]
        return [after for _, after in await requests.port.gather(jobs, AT_ONCE)]
    after = {item["uuid"]: item for item in typed(objects_in(answer), collection._record)}
    return [after[uuid] for uuid in wanted]
