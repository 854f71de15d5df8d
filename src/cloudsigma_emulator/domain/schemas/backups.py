"""The schemas of snapshots, remote snapshots and backup schedulers."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

_SNAPSHOT = (
    F("allocated_size", "integer", NO, "readonly required"),
    F("drive", "related", None, "required"),
    F("grantees", "list", NO),
    F("meta", "dict", {}),
    F("name", "string"),
    F("owner", "related", None, "readonly"),
    F("permissions", "list", NO),
    F("resource_uri", "string", NO, "readonly required"),
    F("status", "string", NO, "readonly required"),
    F("tags", "related", NO),
    F("timestamp", "string", None, "readonly required"),
    F("uuid", "string", None, "readonly required"),
)

_LISTED, _SINGLE = ["get", "put", "delete", "post"], ["get", "put", "delete"]

SNAPSHOTS = Schema(_LISTED, _SINGLE, _SNAPSHOT, filtering=NAMED)

REMOTE_SNAPSHOTS = Schema(
    _LISTED,
    _SINGLE,
    (
        *_SNAPSHOT,
        F("drive_meta", "dict", NO, "readonly"),
        F("last_state_change", "string", None, "readonly"),
        F("location", "string", None, "required"),
    ),
    filtering=NAMED,
)
"""The recorded answer describes local snapshots; the three fields that remote ones have besides are added."""

_WINDOW = (F("day_of_week", "string", NO), F("end_time", "string", NO), F("start_time", "string", NO))

SCHEDULERS = Schema(
    ["get", "post", "delete"],
    _SINGLE,
    (
        F("enable_backup_policy_notifications", "boolean", True),
        F("enable_retention_policy_notifications", "boolean", True),
        F("grantees", "list", NO),
        F(
            "incremental_backup",
            "related",
            NO,
            "required old",
            fields=(
                *_WINDOW,
                F("day_of_month", "string", NO),
                F("hour", "string", NO),
                F("minute", "string", NO),
                F("month", "string", NO),
                F("repeat", "related", NO, "blank nullable"),
            ),
        ),
        F("initial_backup", "related", NO, "old", fields=_WINDOW),
        F("is_default", "boolean", None, "required"),
        F("is_enabled", "boolean", None, "required"),
        F("manual_incremental_backup", "string", None, "required"),
        F("meta", "dict", {}),
        F("name", "string", None, "required"),
        F("orchestrator_timezone", "string"),
        F("owner", "related", None, "readonly required"),
        F("permissions", "list", NO),
        F("remote_location", "string"),
        F("resource_uri", "string", NO, "readonly required"),
        F(
            "retention_policy",
            "related",
            NO,
            "old",
            fields=(F("name", "string", NO), F("rules", "list", NO)),
        ),
        F("tags", "related", NO),
        F("type", "string", None, "required", choices=("migration", "backup", "dr", "snapshot")),
        F("user_timezone", "string"),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
    ordering=["uuid", "name"],
)
