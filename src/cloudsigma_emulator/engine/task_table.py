"""Every task that can follow by itself, by the name under which its row waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..store.transaction import Transaction
from . import (
    backups,
    billing,
    cloning,
    drive_transitions,
    router_work,
    server_transitions,
    snapshot_transitions,
    subscribing,
)
from .world import World

Payload = dict[str, Any]

TASKS: Mapping[str, Callable[[Transaction, World, Payload], None]] = {
    "backup.run": backups.run,
    billing.POLL: billing.poll,
    "drive.gone": drive_transitions.gone,
    "drive.ready": drive_transitions.ready,
    "drive.resized": drive_transitions.resized,
    "job.ended": cloning.job_ended,
    "job.expired": cloning.job_expired,
    "router.created": router_work.created,
    "router.job_ended": router_work.job_ended,
    "server.boot": server_transitions.boot,
    "server.guest_off": server_transitions.guest_off,
    "server.power_button_ignored": server_transitions.power_button_ignored,
    "server.power_off": server_transitions.power_off,
    "snapshot.go_on": snapshot_transitions.go_on,
    subscribing.BEGIN: subscribing.begin,
    subscribing.END: subscribing.end,
}

LONG_TASKS: Mapping[str, Callable[[World, Payload], None]] = {
    "drive.copy": cloning.copy_image,
    "snapshot.part": snapshot_transitions.part,
}
"""Tasks that move the bytes of drives: run outside the app's lock, with transactions of their own."""

CALENDAR_TASKS = frozenset({"backup.run", billing.POLL, subscribing.BEGIN, subscribing.END})
"""Tasks that come round by the calendar rather than follow from an operation: nobody waits for them, so
``jump`` does not go to them (it passes them when they lie on the way)."""

QUIET_TASKS: Mapping[str, Callable[[Transaction, float], float]] = {billing.POLL: billing.quiet_until}
"""Recurring tasks that can make up for many rounds at once: until when (at most the time given) nothing follows
from them but what the last round will do as well."""
