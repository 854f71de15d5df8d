"""Rules of the firewalls of virtual routers."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..records.reference import Ref
from ..records.virtual_router import RouterAction
from ..records.virtual_router_configuration import RouterFilter
from ..records.vr_firewall import (
    PolicyFilter,
    VrFirewallFilter,
    VrFirewallFilterChanges,
    VrFirewallFilterSpec,
)
from .collection import DEFAULT_WAIT
from .editing import Editable, required
from .router_parts import CreatablePart, DeletablePart, RouterPart, act_on_router, done, with_uuids

_KINDS = {"policy": "vrfwpolicies"}


class VrFirewallFilters(
    RouterPart[F, VrFirewallFilter],
    CreatablePart[F, VrFirewallFilter],
    Editable[F, VrFirewallFilter],
    DeletablePart[F, VrFirewallFilter],
):
    """The rules of the firewalls of virtual routers (``/vrfwfilters/``); each belongs to a policy."""

    _path = "vrfwfilters"
    _list_path = "vrfwfilters/"
    _record = VrFirewallFilter

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[VrFirewallFilterSpec],
    ) -> VrFirewallFilter:
        """Create a rule and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.VrFirewallFilterSpec``. ``timeout`` is in seconds and holds
        for the waiting. Sends ``POST /vrfwfilters/``. Raises ``cloudsigma.errors.ValidationError``, also for an
        ``order`` that is taken, ``cloudsigma.errors.OutcomeUnknown`` when no answer came,
        ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(with_uuids(fields, _KINDS), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[VrFirewallFilterSpec]) -> List[VrFirewallFilter]:
        """Create several rules in one request and return them in the order given."""
        return await self._create_many([with_uuids(spec, _KINDS) for spec in specs])

    @call
    async def update(
        self,
        ref: Ref[VrFirewallFilter | PolicyFilter],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **changes: Unpack[VrFirewallFilterChanges],
    ) -> VrFirewallFilter:
        """Change a rule and return it: with ``wait`` when its jobs are done, in ``timeout`` seconds at most.

        ``changes`` are the keys of ``cloudsigma.records.VrFirewallFilterChanges``. The rule is read, changed and
        written back. Sends ``PUT /vrfwfilters/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        return await done(self._requests, await self._update(ref, changes), wait, timeout)

    @call
    async def enable_logging(self, ref: Ref[VrFirewallFilter | PolicyFilter | RouterFilter]) -> RouterAction:
        """Let a rule log the packets that it meets. It is done at once, without a job."""
        return await act_on_router(self, ref, "enable_logging", False, None)

    @call
    async def disable_logging(self, ref: Ref[VrFirewallFilter | PolicyFilter | RouterFilter]) -> RouterAction:
        """Let a rule log no more. It is done at once, without a job."""
        return await act_on_router(self, ref, "disable_logging", False, None)
