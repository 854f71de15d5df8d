"""Names of copies, by the profile's ``clone_naming`` strategy, for clones that were not given a name."""

from __future__ import annotations

import re
from datetime import datetime

STRATEGIES = ("NONE", "COUNTER", "DATE", "TIMESTAMP")

_COUNTER = re.compile(r"(.*)_(\d+)", re.DOTALL | re.ASCII)
_DATE = re.compile(r"(.*)-(\d{4}-\d{2}-\d{2})", re.DOTALL | re.ASCII)
_TIMESTAMP = re.compile(r"(.*)-(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})", re.DOTALL | re.ASCII)


def clone_name(name: str, strategy: str, now: datetime) -> str:
    """Return the name of a copy.

    :param name: the name of what is copied.
    :param strategy: NONE keeps the name; COUNTER adds or raises a trailing ``_n``; DATE and TIMESTAMP add or
        renew a trailing UTC date or time, and fall back to COUNTER where it is current already.
    :param now: the time of the copy, UTC.
    """
    if strategy == "COUNTER":
        return _counted(name)
    if strategy == "DATE":
        return _stamped(name, _DATE, now.strftime("%Y-%m-%d"))
    if strategy == "TIMESTAMP":
        return _stamped(name, _TIMESTAMP, now.strftime("%Y-%m-%d %H:%M:%S"))
    return name


def _counted(name: str) -> str:
    match = _COUNTER.fullmatch(name)
    return f"{match[1]}_{int(match[2]) + 1}" if match else f"{name}_1"


def _stamped(name: str, pattern: re.Pattern[str], stamp: str) -> str:
    match = pattern.fullmatch(name)
    if not match:
        return f"{name}-{stamp}"
    return _counted(name) if match[2] == stamp else f"{match[1]}-{stamp}"
