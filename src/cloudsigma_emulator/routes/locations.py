"""``/locations/``: where the cloud can be reached. Public."""

from __future__ import annotations

from ..domain.places import locations
from .listing import choose_fields, paging
from .route import Answer, Call, Route


def list_locations(call: Call) -> Answer:
    """List the locations, each of them this emulator."""
    found = locations(call.app.base_url, call.app.websocket_url)
    limit, offset = paging(call.query)
    page = found[offset : offset + limit] if limit else found[offset:]
    meta = {"limit": limit, "offset": offset, "total_count": len(found)}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


ROUTES = [Route("GET", "/locations/", list_locations, auth=False, id="locations.list")]
