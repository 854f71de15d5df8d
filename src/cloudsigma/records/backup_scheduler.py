"""Backup schedulers: what ``/backupschedulers/`` answers.

Retention rules are answered in two shapes: whole, or with the ``time_option`` of a rule as an element of its own after
it. The records always hold whole rules, so that a scheduler that is written back means what it meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .grantee import Grantee
from .record import Record
from .reference import Meta, Reference


class TimeOfDay(Record):
    """A time of day, in the scheduler's ``user_timezone``."""

    hour: int | str
    """Hour, 0 to 23; "" when there is none."""
    minute: int | str
    """Minute, 0 to 59; "" when there is none."""


class Repeat(Record):
    """How often a scheduler runs."""

    hour: str
    """``*/N``: every N hours; or ""."""
    minute: str
    """``*/N``: every N minutes, counted from the full hour; or ""."""


class IncrementalBackup(Record):
    """When a scheduler runs."""

    day_of_month: str | list[str]
    """Days such as ``1,15``; ``*`` is every day, "" none in particular."""
    day_of_week: list[str]
    """``mon`` to ``sun``, or ``*`` for all; a list of one "" means none in particular."""
    end_time: TimeOfDay
    """Last time it runs; a time before ``start_time`` is on the next day."""
    hour: str | list[str]
    """Hours 0 to 23, ``*`` or ""."""
    minute: str | list[str]
    """Minutes 0 to 59, ``*`` or ""."""
    month: str | list[str]
    """Months: as text with commas, ``*``, "", or a list of texts."""
    repeat: Repeat | None
    """How often it runs."""
    start_time: TimeOfDay
    """First time it runs."""


class InitialBackup(Record):
    """When the first run of a migration may be; empty when it is not set."""

    day_of_week: list[str] | None
    """``mon`` to ``sun``, or ``*``."""
    end_time: TimeOfDay | None
    """Last time of day."""
    start_time: TimeOfDay | None
    """First time of day."""


class RetentionRule(Record):
    """What to keep: a snapshot that no rule matches is deleted."""

    period: str
    """``days``, ``weeks`` or ``months``."""
    quantity: int
    """How many of the periods."""
    time_option: int | None
    """The day that counts: of the week, 0 (Sunday) to 6, or of the month, 1 to 31."""


class RetentionPolicy(Record):
    """Which snapshots stay; empty when it is not set."""

    name: str | None
    """Name."""
    rules: list[RetentionRule] | None
    """The rules; a snapshot stays that any of them matches."""


class BackupScheduler(Record):
    """A plan by which snapshots are taken of drives, see ``drives.set_scheduler``.

    Only of drives attached to running servers. Fields marked "not everywhere" are missing in older locations, and
    read as None there; the plain list lacks half of them.
    """

    enable_backup_policy_notifications: bool | None
    """Whether mails tell of its snapshots; not everywhere."""
    enable_retention_policy_notifications: bool | None
    """Whether mails tell of what it deletes; not everywhere."""
    grantees: list[Grantee]
    """Whom the owner let in; empty for everybody else."""
    incremental_backup: IncrementalBackup
    """When it runs."""
    initial_backup: InitialBackup | None
    """When the first run of a migration may be."""
    is_default: bool
    """Whether disaster recovery is in continuous operation, and not in a restricted one."""
    is_enabled: bool
    """Whether it runs at all."""
    manual_incremental_backup: str | None
    """Times ``HH:MM`` with commas: it then runs only at these."""
    meta: Meta
    """The user's keys and values."""
    name: str
    """Name."""
    orchestrator_timezone: str | None
    """Time zone of the machinery; "" or a name such as ``Etc/UTC``."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str]
    """What the caller may do with somebody else's; empty for his own."""
    remote_location: str | None
    """Code of the location that keeps remote snapshots; "" for local ones."""
    resource_uri: str
    """Absolute path of the scheduler."""
    retention_policy: RetentionPolicy | None
    """Which snapshots stay."""
    tags: list[Reference]
    """The caller's tags."""
    type: str
    """``snapshot`` (local), ``backup`` (remote), ``migration`` or ``dr`` (disaster recovery)."""
    user_timezone: str | None
    """Time zone of all its times, such as ``Etc/UTC``."""
    uuid: str
    """Identifier."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        policy = self.get("retention_policy")
        if isinstance(policy, dict) and isinstance(policy.get("rules"), list):
            rules = joined_rules(policy["rules"])
            if len(rules) != len(policy["rules"]):
                self["retention_policy"] = type(policy)({**policy, "rules": rules})


def joined_rules(rules: list[Any]) -> list[Any]:
    """Return retention rules with each ``time_option`` in the rule that it follows; all else stays as it is."""
    joined: list[Any] = []
    for item in rules:
        last = joined[-1] if joined else None
        split_off = (
            isinstance(item, Mapping) and "time_option" in item and not item.keys() & {"period", "quantity"}
        )
        if split_off and isinstance(last, Mapping) and "time_option" not in last:
            joined[-1] = RetentionRule({**last, **item})
        else:
            joined.append(item)
    return joined
