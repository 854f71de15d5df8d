"""Bodies of ``/backupschedulers/`` and what its lists can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict

from .backup_scheduler import IncrementalBackup, InitialBackup, RetentionPolicy, RetentionRule
from .reference import Ref
from .tag import Tag
from .tagged_filters import OrderedFilters

SchedulerType: TypeAlias = Literal["snapshot", "backup", "migration", "dr"]
"""What a scheduler makes: local snapshots, remote ones, migrations, disaster recovery."""


class TimeOfDaySpec(TypedDict):
    """A time of day in a body."""

    hour: int | str
    """Hour, 0 to 23, or ""."""
    minute: int | str
    """Minute, 0 to 59, or ""."""


class RepeatSpec(TypedDict):
    """How often, in a body."""

    hour: str
    """``*/N``: every N hours; or ""."""
    minute: str
    """``*/N``: every N minutes; or ""."""


class IncrementalBackupSpec(TypedDict, total=False):
    """When to run, in a body."""

    day_of_month: str
    """Days such as ``1,15``, ``*`` or ""."""
    day_of_week: Sequence[str]
    """``mon`` to ``sun``, or ``["*"]``."""
    month: str | Sequence[str]
    """Months such as ``2,4``, ``*`` or ""."""
    hour: str
    """Hours 0 to 23 with commas, ``*`` or ""."""
    minute: str
    """Minutes 0 to 59 with commas, ``*`` or ""."""
    repeat: RepeatSpec
    """How often."""
    start_time: TimeOfDaySpec
    """First time of day."""
    end_time: TimeOfDaySpec
    """Last time of day; a time before ``start_time`` is on the next day."""


class InitialBackupSpec(TypedDict, total=False):
    """When the first run of a migration may be, in a body."""

    day_of_week: Sequence[str]
    """``mon`` to ``sun``, or ``["*"]``."""
    start_time: TimeOfDaySpec
    """First time of day."""
    end_time: TimeOfDaySpec
    """Last time of day."""


class RetentionRuleSpec(TypedDict, total=False):
    """What to keep, in a body."""

    period: Required[Literal["days", "weeks", "months"]]
    """``days``, ``weeks`` or ``months``."""
    quantity: Required[int]
    """How many of the periods."""
    time_option: int
    """Day of the week, 0 (Sunday) to 6, or of the month, 1 to 31."""


class RetentionPolicySpec(TypedDict, total=False):
    """Which snapshots stay, in a body."""

    name: str
    """Name."""
    rules: Required[Sequence[RetentionRuleSpec | RetentionRule]]
    """The rules; a snapshot stays that any of them matches."""


class BackupSchedulerOptions(TypedDict, total=False):
    """What a body may say of a scheduler besides its required fields."""

    is_enabled: bool
    """Whether it runs at all."""
    is_default: bool
    """Continuous operation of disaster recovery (true) or a restricted one."""
    manual_incremental_backup: str
    """Times ``HH:MM`` with commas: it then runs only at these."""
    initial_backup: InitialBackupSpec | InitialBackup
    """When the first run of a migration may be."""
    retention_policy: RetentionPolicySpec | RetentionPolicy
    """Which snapshots stay; wanted for the types ``snapshot`` and ``backup``."""
    user_timezone: str
    """Time zone of all times, such as ``Etc/UTC`` (the default)."""
    enable_backup_policy_notifications: bool
    """Tell of its snapshots by mail (default true)."""
    enable_retention_policy_notifications: bool
    """Tell of what it deletes by mail (default true)."""
    remote_location: str
    """Code of the location that keeps remote snapshots."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class BackupSchedulerSpec(BackupSchedulerOptions, total=False):
    """A scheduler to create."""

    type: Required[SchedulerType]
    """``snapshot`` (local), ``backup`` (remote), ``migration`` or ``dr``."""
    name: Required[str]
    """Name."""
    incremental_backup: Required[IncrementalBackupSpec | IncrementalBackup]
    """When it runs."""


class BackupSchedulerChanges(BackupSchedulerOptions, total=False):
    """What of a scheduler can be changed."""

    type: SchedulerType
    """``snapshot`` (local), ``backup`` (remote), ``migration`` or ``dr``."""
    name: str
    """Name."""
    incremental_backup: IncrementalBackupSpec | IncrementalBackup
    """When it runs."""


class BackupSchedulerFilters(OrderedFilters, total=False):
    """What lists of schedulers can be narrowed by; several must all hold, a sequence means any of its values."""

    type: SchedulerType | Sequence[SchedulerType]
    """What it makes."""
