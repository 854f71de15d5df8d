"""``/cloud_status/``: which features are switched on. Public."""

from __future__ import annotations

from typing import Any

from .listing import single_answer
from .route import Answer, Call, Route

STATUS: dict[str, Any] = {
    "free_tier": {"dssd": 53687091200, "mem": 1073741824},
    "free_tier_monthly": {"tx": 5497558138880},
    "guest": True,
    "host_availability_zones": True,
    "paas": [],
    "remote_snapshots": True,
    "signup": True,
    "sso": [],
    "trial": True,
    "vmware": True,
    "vpc": True,
}


def get(call: Call) -> Answer:
    """Return the switches."""
    options = call.app.options
    switches = {"vpc": options.vpc, "host_availability_zones": options.host_availability_zones}
    return single_answer(call, {**STATUS, **switches})


ROUTES = [Route("GET", "/cloud_status/", get, auth=False, id="cloud_status.get")]
