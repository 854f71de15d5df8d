"""Policies of the firewalls of virtual routers."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ..core.call import F, call
from ..core.references import path_of
from ..records.reference import Ref
from ..records.virtual_router import RouterAction
from ..records.virtual_router_configuration import RouterPolicy
from ..records.vr_firewall import (
    VrFirewallPolicy,
    VrFirewallPolicyChanges,
    VrFirewallPolicySpec,
)
from .collection import DEFAULT_WAIT
from .editing import Editable, required
from .router_parts import CreatablePart, DeletablePart, RouterPart, act_on_router, done, with_uuids

_KINDS = {"lan_interface": "lans"}
_ONLY_ANSWERED = frozenset({"uuid", "resource_uri", "jobs", "action_queue"})


class VrFirewallPolicies(
    RouterPart[F, VrFirewallPolicy],
    CreatablePart[F, VrFirewallPolicy],
    Editable[F, VrFirewallPolicy],
    DeletablePart[F, VrFirewallPolicy],
):
    """The policies of the firewalls of virtual routers (``/vrfwpolicies/``); each is for a LAN or the outer side."""

    _path = "vrfwpolicies"
    _list_path = "vrfwpolicies/"
    _record = VrFirewallPolicy

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[VrFirewallPolicySpec],
    ) -> VrFirewallPolicy:
        """Create a policy and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.VrFirewallPolicySpec``; without ``active`` it is not
        applied, without ``filters`` it has no rules. ``timeout`` is in seconds and holds for the waiting.
        Sends ``POST /vrfwpolicies/``. Raises ``cloudsigma.errors.ValidationError``,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(_new_policy(fields), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[VrFirewallPolicySpec]) -> List[VrFirewallPolicy]:
        """Create several policies in one request and return them in the order given."""
        return await self._create_many([_new_policy(spec) for spec in specs])

    @call
    async def update(
        self,
        ref: Ref[VrFirewallPolicy | RouterPolicy],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **changes: Unpack[VrFirewallPolicyChanges],
    ) -> VrFirewallPolicy:
        """Change a policy and return it: with ``wait`` when its jobs are done, in ``timeout`` seconds at most.

        ``changes`` are the keys of ``cloudsigma.records.VrFirewallPolicyChanges``. The policy is read, changed and
        written back. The cloud makes all rules anew each time, so that they have other uuids afterwards.
        Sends ``PUT /vrfwpolicies/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        after = await self._update(ref, _policy_body(changes))
        if any(not isinstance(item, dict) for item in after.get("filters") or ()):
            # The cloud was seen to answer with its own inner names in place of the rules.
            after = await self._fetch_one(path_of(ref, self._path), VrFirewallPolicy)
        return await done(self._requests, after, wait, timeout)

    @call
    async def enable(
        self,
        ref: Ref[VrFirewallPolicy | RouterPolicy],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
    ) -> RouterAction:
        """Apply the rules of a policy.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "enable", wait, timeout)

    @call
    async def disable(
        self,
        ref: Ref[VrFirewallPolicy | RouterPolicy],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
    ) -> RouterAction:
        """Take the rules of a policy from the firewall.

        With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        """
        return await act_on_router(self, ref, "disable", wait, timeout)

    def _resent(self, present: VrFirewallPolicy) -> Mapping[str, Any]:
        rules = [_writable(item) for item in present.get("filters") or () if isinstance(item, dict)]
        return {**present, "filters": rules}


def _new_policy(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": False, "filters": [], **_policy_body(fields)}


def _policy_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    body = with_uuids(fields, _KINDS)
    if isinstance(body.get("filters"), Sequence):
        body["filters"] = [_writable(item) for item in body["filters"]]
    return body


def _writable(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule without what only answers carry, such as its path inside a reference."""
    return {name: value for name, value in rule.items() if name not in _ONLY_ANSWERED}
