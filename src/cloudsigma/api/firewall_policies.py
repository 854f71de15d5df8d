"""Firewall policies: rules for the network cards of servers. Newer locations have none any more."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of
from ..records.firewall_policy import FirewallPolicy, FirewallPolicyFilters, FirewallPolicySpec
from ..records.page import Page
from ..records.reference import Ref
from .bodies import body_of
from .bulk import delete_together, update_together
from .collection import Listed, Readable, Schemed
from .editing import required
from .idempotency import create_once
from .tagging import Tagged


class FirewallPolicies(
    Listed[F, FirewallPolicy], Readable[F, FirewallPolicy], Tagged[F, FirewallPolicy], Schemed[F]
):
    """The firewall policies (``/fwpolicies/``)."""

    _path = "fwpolicies"
    _list_path = "fwpolicies/detail/"
    _record = FirewallPolicy
    _filters = FirewallPolicyFilters

    @call
    async def list(self, **filters: Unpack[FirewallPolicyFilters]) -> List[FirewallPolicy]:
        """Return every firewall policy that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.FirewallPolicyFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /fwpolicies/detail/``, or with ``fields`` ``GET /fwpolicies/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[FirewallPolicyFilters]
    ) -> AsyncGenerator[FirewallPolicy, None]:
        """Yield every firewall policy that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[FirewallPolicyFilters]
    ) -> Page[FirewallPolicy]:
        """Return one page of the firewall policies that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[FirewallPolicyFilters]) -> FirewallPolicy | None:
        """Return the only firewall policy that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[FirewallPolicySpec]
    ) -> FirewallPolicy:
        """Create a firewall policy and return it.

        ``fields`` are the keys of ``cloudsigma.records.FirewallPolicySpec``; none is required. Rules are tried
        in their order, what none matches is accepted; addresses come back as networks and ports as texts. The policy
        works for the network cards that name it, see ``servers.attach_nic``. With ``idempotency_key`` (any text) it
        is created at most once: the key is kept in ``meta["idempotency_key"]``, and a policy of that name which
        already has it is returned instead, also by a later run of the program.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value.

        Sends ``POST /fwpolicies/``.
        """
        body = body_of(fields)
        if idempotency_key is not None:
            return await create_once(self._requests, "fwpolicies/", FirewallPolicy, body, idempotency_key)
        return await self._send("POST", "fwpolicies/", FirewallPolicy, {"objects": [body]})

    @call
    async def create_many(self, specs: Sequence[FirewallPolicySpec]) -> List[FirewallPolicy]:
        """Create several firewall policies in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [body_of(spec) for spec in specs]}
        return typed(
            objects_in(await self._requests.request("POST", "fwpolicies/", body=body)), FirewallPolicy
        )

    @call
    async def update(self, ref: Ref[FirewallPolicy], **changes: Unpack[FirewallPolicySpec]) -> FirewallPolicy:
        """Change a firewall policy and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.FirewallPolicySpec``; a list or ``meta`` that is named is
        replaced as a whole. Running servers follow within half a minute. The policy is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value, and
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record and a list or ``meta`` to be replaced has
        changed since it was read.

        Sends ``PUT /fwpolicies/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))

    @call
    async def update_many(
        self, refs: Sequence[Ref[FirewallPolicy]], **changes: Unpack[FirewallPolicySpec]
    ) -> List[FirewallPolicy]:
        """Make the same changes to several firewall policies and return them in the order given.

        As ``update``, in one request for all; where the location does not take that, in one for each.

        Sends ``PUT /fwpolicies/``.
        """
        required(changes)
        return await update_together(self, refs, body_of(changes))

    @call
    async def delete(self, ref: Ref[FirewallPolicy]) -> None:
        """Delete a firewall policy. Stopped servers that have it lose it.

        Raises ``cloudsigma.errors.ClientError`` while a server that has it is not stopped.

        Sends ``DELETE /fwpolicies/{uuid}/``.
        """
        await self._requests.request("DELETE", path_of(ref, self._path))

    @call
    async def delete_many(self, refs: Sequence[Ref[FirewallPolicy]]) -> None:
        """Delete several firewall policies in one request; where the location does not take that, in one for each.

        Sends ``DELETE /fwpolicies/``.
        """
        await delete_together(self, refs)
