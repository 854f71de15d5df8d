"""The licences that the cloud sells, as drives carry them and ``GET /licenses/`` lists them."""

from __future__ import annotations

from typing import Any

from .refs import resource_uri

License = dict[str, Any]

USERS_LICENSE = "msft_6wc_00002"
"""Counts the users of remote desktops, as ``/driveusers/`` tells them."""


def _license(
    number: int,
    name: str,
    long_name: str,
    *,
    burstable: bool = False,
    type_: str = "instance",
    user_metric: str | None = "smp",
) -> License:
    return {
        "burstable": burstable,
        "long_name": long_name,
        "name": name,
        "resource_uri": resource_uri("licenses", str(number)),
        "type": type_,
        "user_metric": user_metric,
    }


LICENSES: tuple[License, ...] = (
    _license(13, "msft_7jq_00341", "SQL Server Enterprise Edition"),
    _license(14, "msft_7nq_00302", "SQL Server Standard Edition"),
    _license(12, "msft_p73_04837_core", "Windows Server", burstable=True),
    _license(15, "msft_tfa_00523", "SQL Server Web"),
    _license(16, USERS_LICENSE, "Remote Desktop Services", burstable=True, type_="stub", user_metric="users"),
)


def bound(name: str) -> dict[str, Any]:
    """Return a licence as a library drive is bound to it."""
    found = next(item for item in LICENSES if item["name"] == name)
    return {"amount": 1, "license": found, "user": None}
