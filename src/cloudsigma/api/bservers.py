"""Backfilling servers: servers that use what others leave free, for less money."""

from __future__ import annotations

from ..core.call import F
from .servers import Servers


class BServers(Servers[F]):
    """The backfilling servers (``/bservers/``): a part of the servers, with the same calls.

    The cloud may stop them, or shrink them as ``runtime.perf_factor`` says, at any time. Accounts without the
    permission are refused with ``cloudsigma.errors.PermissionError``. What is waited for is looked at among the
    servers, where they are, too.
    """

    _path = "bservers"
    _list_path = "bservers/detail/"
