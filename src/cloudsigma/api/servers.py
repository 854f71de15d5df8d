"""Servers: their life, their drives and network cards, their tunnels."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Literal, TypeAlias, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of, uuid_of
from ..records.page import Page
from ..records.reference import Ref
from ..records.server import ActionResult, ConsoleTunnel, Server, ServerRuntime, VncTunnel
from ..records.server_body import ServerChanges, ServerCloneSpec, ServerFilters, ServerSpec
from .availability import fetch_group, fetch_groups
from .bodies import Avoid, avoided, body_of
from .bulk import delete_together, update_together
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed
from .editing import require_applied, required
from .idempotency import create_once
from .server_hardware import RUNNING_TAKES, ServerHardware
from .server_keys import ServerKeys
from .tagging import Tagged
from .waits import (
    DEAD_SERVER,
    wait_for_job,
    wait_for_restart,
    wait_for_status,
    wait_for_transition,
    wait_until_gone,
)

Recurse: TypeAlias = Literal["all_drives", "disks", "cdroms"]
"""Which drives go together with their server."""


class Servers(
    Listed[F, Server], Readable[F, Server], ServerHardware[F], ServerKeys[F], Tagged[F, Server], Schemed[F]
):
    """The servers (``/servers/``)."""

    _path = "servers"
    _list_path = "servers/detail/"
    _record = Server
    _filters = ServerFilters

    @call
    async def list(self, **filters: Unpack[ServerFilters]) -> List[Server]:
        """Return every server that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.ServerFilters``; all given must hold, a sequence of values
        means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /servers/detail/``, or with ``fields`` ``GET /servers/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[ServerFilters]
    ) -> AsyncGenerator[Server, None]:
        """Yield every server that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[ServerFilters]) -> Page[Server]:
        """Return one page of the servers that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[ServerFilters]) -> Server | None:
        """Return the only server that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def create(self, *, idempotency_key: str | None = None, **fields: Unpack[ServerSpec]) -> Server:
        """Create a server, stopped, and return it.

        ``fields`` are the keys of ``cloudsigma.records.ServerSpec``: name, cpu (MHz), mem (bytes) and
        vnc_password are required. With ``idempotency_key`` (any text) it is created at most once: the key is kept in
        ``meta["idempotency_key"]``, and a server of that name which already has it is returned instead, also by a
        later run of the program.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came and no key was given.

        Sends ``POST /servers/``.
        """
        body = body_of(fields)
        if idempotency_key is not None:
            return await create_once(self._requests, f"{self._path}/", Server, body, idempotency_key)
        return await self._send("POST", f"{self._path}/", Server, {"objects": [body]})

    @call
    async def create_many(self, specs: Sequence[ServerSpec]) -> List[Server]:
        """Create several servers in one request, all or none, and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [body_of(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", f"{self._path}/", body=body)), Server)

    @call
    async def update(self, ref: Ref[Server], **changes: Unpack[ServerChanges]) -> Server:
        """Change a server and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.ServerChanges``; a list or ``meta`` that is named is
        replaced as a whole. The server is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.IllegalState`` when the cloud left something unchanged because the server
        runs (it then takes only name, meta and tags), ``cloudsigma.errors.ValidationError`` with
        ``error_point`` for a wrong value, and ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record and a
        list or ``meta`` to be replaced has changed since it was read.

        Sends ``PUT /servers/{uuid}/``.
        """
        required(changes)
        body = body_of(changes)
        path = path_of(ref, self._path)
        before, after = await self._update_path(path, ref, body)
        if after.get("status") != "stopped":
            require_applied(before, after, body, RUNNING_TAKES, path, "a server that is not stopped")
        return after

    @call
    async def update_many(
        self, refs: Sequence[Ref[Server]], **changes: Unpack[ServerChanges]
    ) -> List[Server]:
        """Make the same changes to several servers and return them in the order given.

        As ``update``, in one request for all; where the location does not take that, in one for each.

        Sends ``PUT /servers/``.
        """
        required(changes)
        return await update_together(self, refs, body_of(changes))

    @call
    async def delete(self, ref: Ref[Server], *, recurse: Recurse | None = None) -> None:
        """Delete a stopped server.

        ``recurse`` names what goes with it: ``all_drives``, ``disks`` or ``cdroms``; without it its drives stay and
        are ``unmounted``. Library drives always stay.

        Raises ``cloudsigma.errors.IllegalState`` unless it is stopped.

        Sends ``DELETE /servers/{uuid}/``.
        """
        await self._requests.request("DELETE", path_of(ref, self._path), params={"recurse": recurse})

    @call
    async def delete_many(self, refs: Sequence[Ref[Server]], *, recurse: Recurse | None = None) -> None:
        """Delete several stopped servers; ``recurse`` as in ``delete``.

        In one request; where the location does not take that, in one for each.

        Sends ``DELETE /servers/``.
        """
        await delete_together(self, refs, recurse=recurse)

    @call
    async def wait(
        self, ref: Ref[Server], status: str | Sequence[str], *, timeout: float | None = DEFAULT_WAIT
    ) -> Server:
        """Wait until a server has a ``status``, or one of several, and return it.

        ``timeout`` is in seconds, None waits for ever. It is told by the websocket, and looks again now and then where
        there is none. Raises ``cloudsigma.errors.WaitFailed`` when the server is ``paused`` (unless that is
        waited for), ``cloudsigma.errors.WaitTimeout``, and ``cloudsigma.errors.NotFound`` when it is
        deleted.
        """
        path = path_of(ref, "servers")
        return await wait_for_status(self._requests, path, Server, status, timeout, DEAD_SERVER)

    @call
    async def wait_deleted(self, ref: Ref[Server], *, timeout: float | None = DEFAULT_WAIT) -> None:
        """Wait until a server is gone. ``timeout`` is in seconds. Raises ``cloudsigma.errors.WaitTimeout``."""
        await wait_until_gone(self._requests, path_of(ref, "servers"), timeout)

    @call
    async def start(
        self,
        ref: Ref[Server],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        allocation_method: str | None = None,
    ) -> Server:
        """Start a stopped server and return it: with ``wait`` when it runs, otherwise as it is just after.

        ``timeout`` is in seconds and holds for the waiting. ``avoid`` names servers whose hosts to keep away from,
        best first; it is a wish. ``allocation_method`` is one of ``servers.start_methods`` of the capabilities.

        Raises ``cloudsigma.errors.IllegalState`` unless it is stopped,
        ``cloudsigma.errors.PaymentRequired`` without money for five days,
        ``cloudsigma.errors.Unavailable`` without free capacity, ``cloudsigma.errors.WaitFailed`` when it
        falls back to stopped, ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /servers/{uuid}/action/?do=start``.
        """
        body = {} if allocation_method is None else {"allocation_method": allocation_method}
        await self._act(ref, "start", ActionResult, body, avoid=avoided(avoid))
        if not wait:
            return await self._fetch(ref)
        fallen_back = "the server fell back to stopped while it was being started"
        return await wait_for_transition(self._requests, ref, "stopped", "running", timeout, fallen_back)

    @call
    async def stop(
        self, ref: Ref[Server], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> Server:
        """Cut the power of a running server and return it: with ``wait`` when it is stopped, otherwise just after.

        The guest is not asked, see ``shutdown``. ``timeout`` is in seconds. Raises
        ``cloudsigma.errors.IllegalState`` unless it runs, ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /servers/{uuid}/action/?do=stop``.
        """
        await self._act(ref, "stop", ActionResult)
        if not wait:
            return await self._fetch(ref)
        fallen_back = "the server went back to running while it was being stopped"
        return await wait_for_transition(self._requests, ref, "running", "stopped", timeout, fallen_back)

    @call
    async def shutdown(
        self, ref: Ref[Server], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> Server:
        """Press the power button of a running server (ACPI) and return it: with ``wait`` when it is stopped.

        The guest has a minute to switch itself off; then the server goes back to running. ``timeout`` is in seconds.

        Raises ``cloudsigma.errors.IllegalState`` unless it runs, ``cloudsigma.errors.WaitFailed`` when the
        guest did not switch itself off, ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /servers/{uuid}/action/?do=shutdown``.
        """
        await self._act(ref, "shutdown", ActionResult)
        if not wait:
            return await self._fetch(ref)
        fallen_back = (
            "the guest did not switch itself off within the minute that it has, and runs on; "
            "servers.stop(ref) cuts its power"
        )
        return await wait_for_transition(self._requests, ref, "running", "stopped", timeout, fallen_back)

    @call
    async def restart(
        self, ref: Ref[Server], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> Server:
        """Reset a running server and return it: with ``wait`` when it runs anew, otherwise as it is just after.

        Not documented by the cloud, and refused in some locations. ``timeout`` is in seconds. Raises
        ``cloudsigma.errors.IllegalState`` unless it runs, ``cloudsigma.errors.WaitFailed``,
        ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /servers/{uuid}/action/?do=restart``.
        """
        before = await self._fetch(ref) if wait else None
        await self._act(ref, "restart", ActionResult)
        if before is None:
            return await self._fetch(ref)
        return await wait_for_restart(self._requests, before, timeout)

    @call
    async def open_vnc(self, ref: Ref[Server]) -> VncTunnel:
        """Open a VNC tunnel to a running server and return it with its ``vnc_url``.

        It asks for the server's ``vnc_password`` and stays until the server stops or ``close_vnc``. Raises
        ``cloudsigma.errors.IllegalState`` unless it runs.

        Sends ``POST /servers/{uuid}/action/?do=open_vnc``.
        """
        return await self._act(ref, "open_vnc", VncTunnel)

    @call
    async def close_vnc(self, ref: Ref[Server]) -> ActionResult:
        """Close the VNC tunnel of a running server.

        Sends ``POST /servers/{uuid}/action/?do=close_vnc``.
        """
        return await self._act(ref, "close_vnc", ActionResult)

    @call
    async def open_console(self, ref: Ref[Server]) -> ConsoleTunnel:
        """Open a tunnel to the first serial port of a running server and return it with its ``console_url``.

        It is plain TCP and first asks for the server's ``vnc_password`` in a line. Raises
        ``cloudsigma.errors.IllegalState`` unless it runs.

        Sends ``POST /servers/{uuid}/action/?do=open_console``.
        """
        return await self._act(ref, "open_console", ConsoleTunnel)

    @call
    async def close_console(self, ref: Ref[Server]) -> ActionResult:
        """Close the console tunnel of a running server.

        Sends ``POST /servers/{uuid}/action/?do=close_console``.
        """
        return await self._act(ref, "close_console", ActionResult)

    @call
    async def clone(
        self,
        ref: Ref[Server],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        **fields: Unpack[ServerCloneSpec],
    ) -> Server:
        """Make a copy of a server and of its disks, and return it; cdroms are shared.

        ``fields`` are the keys of ``cloudsigma.records.ServerCloneSpec``: a name, and whether a new VNC password
        is made. Its public cards get addresses by DHCP. ``avoid`` names servers or drives whose storage hosts to keep
        away from. With ``wait`` it returns when the disks are copied; ``timeout`` is in seconds.

        Raises ``cloudsigma.errors.IllegalState`` while the source changes its state,
        ``cloudsigma.errors.WaitFailed`` when copying failed, ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /servers/{uuid}/action/?do=clone``.
        """
        copy = await self._act(ref, "clone", Server, dict(fields), avoid=avoided(avoid))
        if not wait:
            return copy
        for job in copy.get("jobs") or ():
            await wait_for_job(self._requests, job, "success", timeout)
        return await self._fetch(copy)

    @call
    async def runtime(self, ref: Ref[Server]) -> ServerRuntime:
        """Return the addresses and traffic counters of a server; without cards when it does not run.

        Asks ``GET /servers/{uuid}/runtime/``.
        """
        return await self._fetch_one(f"{path_of(ref, self._path)}runtime/", ServerRuntime)

    @call
    async def availability_groups(self) -> List[List[str]]:
        """Return the uuids of the running servers, those on one host together.

        Asks ``GET /servers/availability_groups/``.
        """
        return await fetch_groups(self._requests, "servers/availability_groups/")

    @call
    async def availability_group(self, ref: Ref[Server]) -> List[str]:
        """Return the uuids of the running servers on the host of one, itself included; none when it does not run.

        Asks ``GET /servers/availability_groups/{uuid}/``.
        """
        uuid = uuid_of(ref, "servers")
        return await fetch_group(self._requests, f"servers/availability_groups/{uuid}/")
