"""Virtual routers, as ``/virtualrouters/`` answers them; what is inside is in ``virtual_router_configuration``."""

from __future__ import annotations

from typing import Any

from .record import Record
from .reference import Reference
from .tagged_filters import TaggedFilters
from .virtual_router_configuration import RouterConfiguration


class VirtualRouterRuntime(Record):
    """What a router does now."""

    stats: dict[str, Any]
    """Counters; seen empty only."""
    timestamp: str
    """Time of the measurement: seconds since 1970, in text; ``to_datetime`` of ``cloudsigma.records`` reads it."""


class VirtualRouter(Record):
    """A router between private networks and the internet. Its name is in ``configuration``."""

    configuration: RouterConfiguration
    """All its parts."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    name: str | None
    """Name, only in the answer to an update; elsewhere it is ``configuration.name``."""
    owner: Reference
    """The user that it belongs to."""
    resource_uri: str
    """Absolute path of the router."""
    runtime: VirtualRouterRuntime | None
    """What it does now; null while it is made, and in the answer to an update."""
    state: str
    """How far it is provisioned: ``creating``, ``created``, ``stopped``."""
    status: str
    """Whether it runs: ``creating``, ``running``, ``stopped``."""
    type: str | None
    """Size in the price list without its prefix, such as ``basic``; not in the oldest answers."""
    uuid: str
    """Identifier."""


class RouterAction(Record):
    """The answer to an action that was accepted; the job does the work."""

    action: str
    """Name of the action."""
    job: Reference | None
    """The job that carries it out; switching a filter's log has none."""
    result: str
    """``success``."""
    uuid: str
    """The router or part that it acts on."""


class RouterPartDeletion(Record):
    """The answer to the deletion of a part of a router."""

    job: Reference | None
    """The job that carries it out; null when the answer was lost and asking again found nothing."""
    uuid: str
    """The part that goes."""


class RouterLogEntry(Record):
    """One line of a router's log."""

    datetime: str
    """Time as in syslog, ``Jun 26 22:21:18``: UTC without a year; see ``to_log_datetime`` of ``cloudsigma.records``."""
    index: int
    """Number of the line, from 1; the oldest is first."""
    message: str
    """What was logged."""


class RouterKey(Record):
    """A key of a router's VPN, as ``get_keys`` lists it. What it holds is not documented."""

    name: str | None
    """Name."""
    type: str | None
    """Kind of key."""
    uuid: str
    """Identifier, to export it by."""


class ExportedRouterKey(Record):
    """A key of a router's VPN, as ``export_key`` answers it. What it holds is not documented. It is a secret."""

    key: str | None
    """The key."""


class VirtualRouterFilters(TaggedFilters, total=False):
    """What routers can be listed by; several must all hold, a sequence means any of its values."""


class RouterPartFilters(TaggedFilters, total=False):
    """What the parts of routers can be listed by; several must all hold, a sequence means any of its values."""
