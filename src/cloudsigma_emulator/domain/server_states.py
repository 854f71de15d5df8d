"""The states of a server as a table, and the cloud's words for what a state does not allow.

`OPERATIONS` says for each thing a user may ask in which states it is legal and which state it leads to;
`EVENTS` says the same for what happens by itself: the end of a transition, the guest, the platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .refusal import Refusal

STOPPED, STARTING, RUNNING = "stopped", "starting", "running"
STOPPING, PAUSED, UNAVAILABLE = "stopping", "paused", "unavailable"

STATES = (STOPPED, STARTING, RUNNING, STOPPING, PAUSED, UNAVAILABLE)

Words = Literal["start", "stop", "delete", "edit"]


@dataclass(frozen=True)
class Operation:
    """What a user may ask of a server: the states that allow it, the state it leads to, how it is refused."""

    legal_in: frozenset[str]
    leads_to: str | None = None
    words: Words = "stop"
    also_after_guest: bool = False
    """Legal in ``stopping`` too, when the guest began to power off rather than a ``stop``."""


OPERATIONS: dict[str, Operation] = {
    "start": Operation(frozenset({STOPPED}), STARTING, "start"),
    "stop": Operation(frozenset({RUNNING, PAUSED}), STOPPING, also_after_guest=True),
    "shutdown": Operation(frozenset({RUNNING}), STOPPING),
    "restart": Operation(frozenset({RUNNING}), RUNNING),
    "open_vnc": Operation(frozenset({RUNNING})),
    "close_vnc": Operation(frozenset({RUNNING})),
    "open_console": Operation(frozenset({RUNNING})),
    "close_console": Operation(frozenset({RUNNING})),
    "clone": Operation(frozenset({STOPPED, RUNNING, PAUSED}), None),
    "edit": Operation(frozenset({STOPPED, RUNNING, PAUSED, UNAVAILABLE}), None, "edit"),
    "delete": Operation(frozenset({STOPPED}), None, "delete"),
}

EVENTS: dict[str, dict[str, str]] = {
    "boot": {STARTING: RUNNING},
    "power_off": {STOPPING: STOPPED},
    "ignore_power_button": {STOPPING: RUNNING},
    "guest_off": {RUNNING: STOPPING},
    "host_crash": {RUNNING: STARTING},
    "illegal_operation": {RUNNING: PAUSED},
    "unpaid": {STARTING: STOPPING, RUNNING: STOPPING, PAUSED: STOPPING},
    "outage": {STARTING: UNAVAILABLE, RUNNING: UNAVAILABLE},
}

_INTERNAL_NAMES = {RUNNING: "started"}
"""What the cloud calls a state in its messages, where that differs from the status it answers."""


def internal_name(status: str) -> str:
    """Return a state's name as the cloud's messages spell it."""
    return _INTERNAL_NAMES.get(status, status)


def require_legal(operation: str, server: dict[str, Any]) -> str:
    """Return the state that an operation leads to, which may be the present one.

    :param operation: a key of `OPERATIONS`.
    :param server: the stored server; ``stopping_by_guest`` tells how its power-off began.
    :raises Refusal: 403 in the cloud's words, 503 for an edit in the middle of a transition.
    """
    rule = OPERATIONS[operation]
    status: str = server["status"]
    by_guest = rule.also_after_guest and status == STOPPING and server.get("stopping_by_guest")
    if status in rule.legal_in or by_guest:
        return rule.leads_to or status
    name = internal_name(status)
    if rule.words == "edit":
        raise Refusal.concurrency(f"The server is {status}; repeat the change when the transition has ended")
    if rule.words == "delete":
        raise Refusal.permission(f"Cannot delete guest in state '{name}'. Guest should be in state 'stopped'")
    if rule.words == "start":
        raise Refusal.permission(f'Cannot start guest in state "{name}". Guest should be in state "stopped"')
    wanted = "['stopped', 'started']" if operation == "clone" else "['started', 'running_legacy']"
    raise Refusal.permission(
        f'Cannot {operation} guest in state "{name}". Guest should be in state "{wanted}"'
    )


def after(event: str, status: str, recovered: str | None = None) -> str | None:
    """Return the state after an event, None when the event means nothing in this state.

    :param event: a key of `EVENTS`, or ``recover`` for the end of a platform outage.
    :param status: the state now.
    :param recovered: for ``recover``, the state before the outage.
    """
    if event == "recover":
        return recovered if status == UNAVAILABLE else None
    return EVENTS[event].get(status)
