"""``/vmware_servers/``: what there is in the VMware part of the cloud, to be read."""

from __future__ import annotations

from typing import Any

from ..domain.filters import FilterSpec
from ..domain.permissions import LIST
from ..domain.vmware_servers import KIND, render_vmware_server
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import Docs
from .route import Answer, Call, Route

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid"}, contains={"name": "name"}, tagged=False)


def list_vmware_servers(call: Call) -> Answer:
    """Answer the caller's VMware servers."""
    return list_answer(call, KIND, lambda tx, documents, call: _shown(documents), filters=FILTERS)


def get_vmware_server(call: Call) -> Answer:
    """Answer one VMware server."""
    return single_answer(call, _shown([fetch(call, KIND, LIST)])[0])


def _shown(documents: Docs) -> list[dict[str, Any]]:
    return [render_vmware_server(server) for server in documents]


ROUTES: list[Route] = [
    Route("GET", "/vmware_servers/", list_vmware_servers, id="vmware_servers.list"),
    Route("GET", "/vmware_servers/{uuid}/", get_vmware_server, id="vmware_servers.get"),
]
