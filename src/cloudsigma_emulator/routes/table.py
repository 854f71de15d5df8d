"""The URL table: every route of the emulator, module by module; each module has its own lines in ``ROUTES``."""

from __future__ import annotations

from . import (
    accounts,
    balance,
    bservers,
    capabilities,
    cloud_status,
    drives,
    global_context,
    ips,
    jobs,
    library_drives,
    locations,
    profile,
    schemas,
    servers,
    subscriptions,
    tags,
    uploads,
    usage,
    users,
    vlans,
)
from .route import Route

ROUTES: list[Route] = [
    *accounts.ROUTES,
    *profile.ROUTES,
    *balance.ROUTES,
    *users.ROUTES,
    *usage.ROUTES,
    *subscriptions.ROUTES,
    *locations.ROUTES,
    *cloud_status.ROUTES,
    *capabilities.ROUTES,
    *global_context.ROUTES,
    *servers.ROUTES,
    *bservers.ROUTES,
    *drives.ROUTES,
    *uploads.ROUTES,
    *library_drives.ROUTES,
    *jobs.ROUTES,
    *tags.ROUTES,
    *vlans.ROUTES,
    *ips.ROUTES,
    *schemas.ROUTES,
]
