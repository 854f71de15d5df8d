"""When a request is repeated, and how long to pause before: pure rules, no clock and no sockets.

A GET, PUT or DELETE may be repeated whenever the connection was lost or the cloud was busy. A POST creates or starts
something, so it is repeated only when it certainly was not carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
BUSY = frozenset({429, 502, 503, 504})
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
LONGEST_RETRY_AFTER = 60.0


def may_repeat_after_loss(repeatable: bool, sent: bool) -> bool:
    """Tell whether a request that got no answer may be sent again."""
    return repeatable or not sent


def may_repeat_after_status(repeatable: bool, status: int, error_type: str | None) -> bool:
    """Tell whether a request that was refused with ``status`` may be sent again."""
    return (repeatable and status in BUSY) or certainly_not_done(status, error_type)


def certainly_not_done(status: int, error_type: str | None) -> bool:
    """Tell whether the refusal says that nothing was changed and another attempt may succeed."""
    return status == 429 or (status == 503 and error_type == "concurrency")


def may_send_chunk_again(status: int | None) -> bool:
    """Tell whether a chunk of an upload that failed with ``status`` (None: no answer) may be sent again.

    Sending one twice does no harm; whoever lacks the right to send it, or sends it to a drive that is gone, need not
    try again.
    """
    return status is None or status in (408, 429) or status >= 500


def outcome_unknown(repeatable: bool, status: int, error_type: str | None) -> bool:
    """Tell whether a gateway answered for a server that may have carried the request out."""
    return not repeatable and error_type is None and status in (502, 503, 504)


def is_done_by_lost_attempt(method: str, status: int, attempt_lost: bool) -> bool:
    """Tell whether a 404 means that an earlier attempt, whose answer was lost, deleted the object."""
    return method == "DELETE" and status == 404 and attempt_lost


def pause(attempt: int, retry_after: float | None, random: float) -> float:
    """Return the seconds to wait after attempt number ``attempt`` (from 0).

    Without ``retry_after`` the pause doubles and is drawn between half and the whole of it, so that many clients do
    not come back together; with it, up to a tenth is added for the same reason.
    """
    if retry_after is not None:
        return float(min(retry_after, LONGEST_RETRY_AFTER) * (1 + 0.1 * random))
    longest = min(FIRST_PAUSE * 2 ** min(attempt, 10), LONGEST_PAUSE)
    return float(longest * (0.5 + 0.5 * random))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3), or None.

    A date is compared with the answer's own ``Date``, so the local clock does not matter.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(headers["date"])
        return max(0.0, (until - since).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def error_type(errors: list[dict[str, Any]]) -> str | None:
    """Return the kind of the first error of an answer."""
    value = errors[0].get("error_type") if errors else None
    return value if isinstance(value, str) else None
