"""Backup schedulers: their fields, the forms in which the API gives them back, and how they are shown.

Stored is the rule in the API's own form, checked, so that an answer shows it as it was understood; what it means is
for `backup_schedule` and `retention` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import fields, limits
from .backup_schedule import ANY, DAYS, read_step, read_times, read_values, zone_of
from .fields import Field
from .refs import optional_ref, read_refs, refs, resource_uri
from .refusal import Refusal
from .retention import PERIODS

Scheduler = dict[str, Any]

TYPES = ("migration", "backup", "dr", "snapshot")
RUNNING_TYPES = {"snapshot": "snapshots", "backup": "remotesnapshots"}
"""Types that take snapshots, with the kind they take. Migration and disaster recovery need a second cloud."""

SHORT_FIELDS = (
    "is_default",
    "is_enabled",
    "meta",
    "name",
    "orchestrator_timezone",
    "owner",
    "remote_location",
    "resource_uri",
    "type",
    "user_timezone",
    "uuid",
)

_MOST_RULES = 100


def _as_text(value: Any) -> str | None:
    """Return a list of numbers as the API writes it: text; None for what cannot be one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and len(value) <= 60:
        parts = [_as_text(item) for item in value if not isinstance(item, list)]
        if all(part is not None for part in parts) and len(parts) == len(value):
            return ",".join(part for part in parts if part)
    return None


def _numbers(key: str, first: int, last: int) -> Callable[[Any, str], str]:
    def read(value: Any, point: str) -> str:
        text = _as_text(value)
        if text is None:
            raise Refusal.validation(f"{key} must be text such as 1,15 or *", point)
        if text in ("", ANY):
            return text
        try:
            numbers = read_values(text)
        except ValueError:
            numbers = []
        if not numbers or numbers[0] < first or numbers[-1] > last:
            raise Refusal.validation(f"{key} must list whole numbers from {first} to {last}, or be *", point)
        return text

    return read


def _month(value: Any, point: str) -> str | list[str]:
    text = _numbers("month", 1, 12)(value, point)
    return [part.strip() for part in text.split(",")] if "," in text else text


def _weekdays(value: Any, point: str) -> list[str]:
    if isinstance(value, str):
        value = value.split(",")
    names = [""] if value is None or value == [] else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal.validation(f"day_of_week must be a list of {', '.join(DAYS)}, or of *", point)
    names = [name.strip().lower() for name in names]
    if any(name not in (*DAYS, "", ANY) for name in names):
        raise Refusal.validation(f"day_of_week must be a list of {', '.join(DAYS)}, or of *", point)
    return names


def _step(key: str, last: int) -> Callable[[Any, str], str]:
    def read(value: Any, point: str) -> str:
        text = "" if value is None else value
        try:
            if isinstance(text, str) and (text == "" or read_step(text) <= last):
                return text
        except ValueError:
            pass
        raise Refusal.validation(f"repeat {key} must be */N with N from 1 to {last}, or empty", point)

    return read


def _repeat(value: Any, point: str) -> dict[str, str]:
    given = _part(value, "repeat", point)
    return {
        "hour": _step("hour", 23)(given.get("hour"), point),
        "minute": _step("minute", 59)(given.get("minute"), point),
    }


def _time(key: str) -> Callable[[Any, str], dict[str, Any]]:
    def read(value: Any, point: str) -> dict[str, Any]:
        given = _part(value, key, point)
        time: dict[str, Any] = {}
        for name, last in (("hour", 23), ("minute", 59)):
            number = given.get(name)
            if number is None or number == "":
                time[name] = ""
            else:
                time[name] = fields.whole_number_within(0, last)(number, point)
        return time

    return read


def _part(value: Any, key: str, point: str) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise Refusal.validation(f"{key} must be an object", point)
    return value


_WINDOW: dict[str, Callable[[Any, str], Any]] = {
    "day_of_week": _weekdays,
    "end_time": _time("end_time"),
    "start_time": _time("start_time"),
}

_RULE: dict[str, Callable[[Any, str], Any]] = {
    **_WINDOW,
    "day_of_month": _numbers("day_of_month", 1, 31),
    "hour": _numbers("hour", 0, 23),
    "minute": _numbers("minute", 0, 59),
    "month": _month,
    "repeat": _repeat,
}


def _incremental(value: Any, point: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal.validation(f"{point} must be an object", point)
    return {key: read(value.get(key), point) for key, read in sorted(_RULE.items())}


def _initial(value: Any, point: str) -> dict[str, Any]:
    given = _part(value, point, point)
    return {key: read(given.get(key), point) for key, read in sorted(_WINDOW.items())} if given else {}


def _manual(value: Any, point: str) -> str:
    text = "" if value is None else fields.text(value, point).strip()
    try:
        if text:
            read_times(text)
    except ValueError:
        raise Refusal.validation(f"{point} must list times of day such as 02:00,22:15", point) from None
    return text


def _zone(value: Any, point: str) -> str:
    name = fields.text(value, point)
    try:
        zone_of(name)
    except ValueError:
        raise Refusal.validation(f"{name} is not the name of a time zone", point) from None
    return name


def _location(value: Any, point: str) -> str:
    if value is None or value == "":
        return ""
    location: str = fields.choice(*limits.REMOTE_LOCATIONS)(value, point)
    return location


def _retention(value: Any, point: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Refusal.validation(f"{point} must be an object with name and rules", point)
    rules = value.get("rules")
    if not isinstance(rules, list) or len(rules) > _MOST_RULES:
        raise Refusal.validation(f"rules of {point} must be a list of at most {_MOST_RULES} rules", point)
    name = value.get("name")
    return {"name": "" if name is None else fields.text(name, point), "rules": _rules(rules, point)}


def _rules(given: list[Any], point: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    for item in given:
        if not isinstance(item, dict):
            raise Refusal.validation(f"Each rule of {point} must be an object", point)
        if set(item) == {"time_option"} and rules:
            # The form in which some answers split it off.
            item = {**rules.pop(), "time_option": item["time_option"]}
        period = fields.choice(*PERIODS)(item.get("period"), point)
        rule = {
            "period": period,
            "quantity": fields.whole_number_within(1, 100_000)(item.get("quantity"), point),
        }
        option = item.get("time_option")
        if option is not None and option != "":
            bounds = {"days": (0, 31), "weeks": (0, 6), "months": (1, 31)}[period]
            rule["time_option"] = fields.whole_number_within(*bounds)(option, point)
        rules.append(rule)
    return rules


_TRUE = fields.nullable(fields.boolean, lambda: True)

FIELDS: tuple[Field, ...] = (
    Field("type", fields.choice(*TYPES), required=True),
    Field("name", fields.text, required=True),
    Field("is_enabled", fields.boolean, required=True),
    Field("is_default", fields.boolean, required=True),
    Field("incremental_backup", _incremental, required=True),
    Field("manual_incremental_backup", _manual, default=lambda: ""),
    Field("retention_policy", _retention),
    Field("user_timezone", fields.nullable(_zone, lambda: "Etc/UTC"), default=lambda: "Etc/UTC"),
    Field("enable_backup_policy_notifications", _TRUE, default=lambda: True),
    Field("enable_retention_policy_notifications", _TRUE, default=lambda: True),
    Field("initial_backup", _initial, default=dict),
    Field("remote_location", _location, default=lambda: ""),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)


def read_scheduler(body: Mapping[str, Any], previous: Scheduler | None = None) -> dict[str, Any]:
    """Read and check the definition of a backup scheduler.

    :param body: what was sent.
    :param previous: the stored scheduler when it is updated; optional fields that are left out keep their value.
    :raises Refusal: 400 naming the field at fault.
    """
    values = fields.read_fields(FIELDS, body, previous)
    if values["retention_policy"] is None:
        if values["type"] in RUNNING_TYPES:
            raise Refusal.validation("This field is required", "retention_policy")
        values["retention_policy"] = {"name": "", "rules": []}
    return values


def render_scheduler(scheduler: Scheduler) -> dict[str, Any]:
    """Return a backup scheduler as the detail list and single answers show it: 20 keys."""
    return {
        "enable_backup_policy_notifications": scheduler["enable_backup_policy_notifications"],
        "enable_retention_policy_notifications": scheduler["enable_retention_policy_notifications"],
        "grantees": [],
        "incremental_backup": scheduler["incremental_backup"],
        "initial_backup": scheduler["initial_backup"],
        "is_default": scheduler["is_default"],
        "is_enabled": scheduler["is_enabled"],
        "manual_incremental_backup": scheduler["manual_incremental_backup"],
        "meta": scheduler["meta"],
        "name": scheduler["name"],
        "orchestrator_timezone": "",
        "owner": optional_ref("users", scheduler["owner"]),
        "permissions": [],
        "remote_location": scheduler["remote_location"],
        "resource_uri": resource_uri("backupschedulers", scheduler["uuid"]),
        "retention_policy": scheduler["retention_policy"],
        "tags": refs("tags", scheduler["tags"]),
        "type": scheduler["type"],
        "user_timezone": scheduler["user_timezone"],
        "uuid": scheduler["uuid"],
    }
