"""Virtual routers."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any, Literal, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of, uuid_of
from ..records.page import Page
from ..records.reference import Ref
from ..records.virtual_router import (
    ExportedRouterKey,
    RouterAction,
    RouterKey,
    RouterLogEntry,
    VirtualRouter,
    VirtualRouterFilters,
)
from ..records.virtual_router_body import VirtualRouterChanges, VirtualRouterSpec
from .bulk import delete_together, update_together
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed, object_in
from .editing import Editable, required
from .router_parts import act_on_router, done
from .waits import wait_for_status, wait_until_gone


class VirtualRouters(
    Listed[F, VirtualRouter], Readable[F, VirtualRouter], Editable[F, VirtualRouter], Schemed[F]
):
    """The virtual routers (``/virtualrouters/``). Their parts are collections of their own: ``lans``, ``routes`` …"""

    _path = "virtualrouters"
    _list_path = "virtualrouters/detail/"
    _record = VirtualRouter
    _filters = VirtualRouterFilters

    @call
    async def list(self, **filters: Unpack[VirtualRouterFilters]) -> List[VirtualRouter]:
        """Return every router that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.VirtualRouterFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[VirtualRouterFilters]
    ) -> AsyncGenerator[VirtualRouter, None]:
        """Yield every router that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[VirtualRouterFilters]
    ) -> Page[VirtualRouter]:
        """Return one page of the routers that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[VirtualRouterFilters]) -> VirtualRouter | None:
        """Return the only router that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[VirtualRouterSpec],
    ) -> VirtualRouter:
        """Create a router and return it: with ``wait`` when it runs, otherwise while it is ``creating``.

        ``fields`` are the keys of ``cloudsigma.records.VirtualRouterSpec``; ``configuration`` is required, with a
        name and one LAN at least. ``timeout`` is in seconds and holds for the waiting. Sends ``POST /virtualrouters/``.

        Raises ``cloudsigma.errors.ValidationError``, ``cloudsigma.errors.OutcomeUnknown`` when no answer
        came, ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.
        """
        router = await self._send(
            "POST", "virtualrouters/", VirtualRouter, {"objects": [router_body(fields)]}
        )
        return await self._running(router, timeout) if wait else router

    @call
    async def create_many(self, specs: Sequence[VirtualRouterSpec]) -> List[VirtualRouter]:
        """Create several routers in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [router_body(spec) for spec in specs]}
        return typed(
            objects_in(await self._requests.request("POST", "virtualrouters/", body=body)), VirtualRouter
        )

    @call
    async def update(self, ref: Ref[VirtualRouter], **changes: Unpack[VirtualRouterChanges]) -> VirtualRouter:
        """Change the name of a router and return it.

        The cloud ignores every other change of the whole; the parts have collections of their own. The answer has no
        ``runtime``. Sends ``PUT /virtualrouters/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        return await self._update(ref, changes)

    @call
    async def update_many(
        self, refs: Sequence[Ref[VirtualRouter]], **changes: Unpack[VirtualRouterChanges]
    ) -> List[VirtualRouter]:
        """Make the same change to several routers in one request and return them in the order given."""
        required(changes)
        return await update_together(self, refs, changes)

    @call
    async def delete(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> None:
        """Delete a router with its parts; with ``wait`` return when it is gone; ``timeout`` is in seconds.

        Raises ``cloudsigma.errors.NotFound`` when there is none, and ``cloudsigma.errors.PermissionError``
        while it is being made.
        """
        path = path_of(ref, "virtualrouters")
        await self._requests.request("DELETE", path)
        if wait:
            await wait_until_gone(self._requests, path, timeout)

    @call
    async def delete_many(self, refs: Sequence[Ref[VirtualRouter]]) -> None:
        """Delete several routers with their parts in one request."""
        await delete_together(self, refs)

    @call
    async def wait(
        self,
        ref: Ref[VirtualRouter],
        status: str | Collection[str] = "running",
        *,
        timeout: float | None = DEFAULT_WAIT,
    ) -> VirtualRouter:
        """Wait until a router has a ``status`` (or one of several) and return it.

        ``timeout`` is in seconds; None waits for ever. Raises ``cloudsigma.errors.WaitTimeout``, and
        ``cloudsigma.errors.NotFound`` when it is deleted meanwhile.
        """
        path = path_of(ref, "virtualrouters")
        return await wait_for_status(self._requests, path, VirtualRouter, status, timeout)

    @call
    async def enable_firewall(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's firewall on; with ``wait`` return when the job is done, in ``timeout`` seconds at most.

        Sends ``POST /virtualrouters/{uuid}/action/?do=enable_firewall``. Raises
        ``cloudsigma.errors.ValidationError`` when the router does not run, as all its actions do.
        """
        return await act_on_router(self, ref, "enable_firewall", wait, timeout)

    @call
    async def disable_firewall(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's firewall off, which takes every applied rule away.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "disable_firewall", wait, timeout)

    @call
    async def enable_firewall_logging(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Let all active rules log.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "enable_firewall_logging", wait, timeout)

    @call
    async def disable_firewall_logging(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Let no active rule log.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "disable_firewall_logging", wait, timeout)

    @call
    async def enable_nat(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's translation of addresses on.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "enable_nat", wait, timeout)

    @call
    async def disable_nat(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's translation of addresses off.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "disable_nat", wait, timeout)

    @call
    async def enable_vpn(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's VPN on; ``upstreams.configure_vpn`` says what it is like.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "enable_vpn", wait, timeout)

    @call
    async def disable_vpn(
        self, ref: Ref[VirtualRouter], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterAction:
        """Switch a router's VPN off.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "disable_vpn", wait, timeout)

    @call
    async def get_log(
        self, ref: Ref[VirtualRouter], log_name: Literal["system", "firewall"] = "system"
    ) -> Page[RouterLogEntry]:
        """Return the log of a router called ``log_name``, oldest line first.

        The cloud sends 200 lines at most; ``total_count`` of the page says how many there are.
        Sends ``POST /virtualrouters/{uuid}/action/?do=get_log``.
        """
        answer = await self._requests.request(
            "POST",
            f"{path_of(ref, 'virtualrouters')}action/",
            params={"do": "get_log", "log_name": log_name},
            body={},
            repeatable=True,
        )
        entries = typed(objects_in(answer), RouterLogEntry)
        meta = answer.data.get("meta") if isinstance(answer.data, dict) else None
        numbers = meta if isinstance(meta, dict) else {}
        return Page(
            entries,
            numbers.get("offset", 0),
            numbers.get("limit", 0),
            numbers.get("total_count", len(entries)),
        )

    @call
    async def get_keys(self, ref: Ref[VirtualRouter]) -> List[RouterKey]:
        """Return the keys of a router's VPN. What they hold is not documented."""
        answer = await self._requests.request(
            "POST",
            f"{path_of(ref, 'virtualrouters')}action/",
            params={"do": "get_keys"},
            body={},
            repeatable=True,
        )
        return typed(objects_in(answer), RouterKey)

    @call
    async def export_key(self, ref: Ref[VirtualRouter], key: str | RouterKey) -> ExportedRouterKey:
        """Return a ``key`` of a router's VPN, by its uuid or as listed. It is a secret; its form is not documented."""
        answer = await self._requests.request(
            "POST",
            f"{path_of(ref, 'virtualrouters')}action/",
            params={"do": "export_key", "key_uuid": uuid_of(key, None, "key")},
            body={},
            repeatable=True,
        )
        return object_in(answer, ExportedRouterKey)

    def _resent(self, present: VirtualRouter) -> Mapping[str, Any]:
        # The name stands in the configuration, too: written back, the old one would speak against the new one.
        return {"uuid": present.get("uuid")}

    async def _running(self, router: VirtualRouter, timeout: float | None) -> VirtualRouter:
        # The websocket tells of jobs, not of routers: waiting for the job saves looking again and again.
        begun = self._requests.port.now()
        await done(self._requests, router, True, timeout)
        if timeout is not None:
            timeout = max(0.0, timeout - (self._requests.port.now() - begun))
        path = path_of(router, "virtualrouters")
        return await wait_for_status(
            self._requests, path, VirtualRouter, "running", timeout, ("stopped", "unavailable")
        )


def router_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a router; a LAN's VLAN may be given as a record."""
    body = dict(fields)
    configuration = body.get("configuration")
    if isinstance(configuration, Mapping) and isinstance(configuration.get("lan_interface"), Sequence):
        lans = [
            {**lan, "vlan": uuid_of(lan["vlan"], "vlans", "vlan")} if lan.get("vlan") else lan
            for lan in configuration["lan_interface"]
        ]
        body["configuration"] = {**configuration, "lan_interface": lans}
    return body
