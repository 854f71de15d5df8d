"""From an answer that is not a success to the error that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from .. import errors as e
from . import retry

_STATE = re.compile(r"\bin state\b|\brunning guest\b|\bmounted on a running\b", re.IGNORECASE)
_RIGHTS = re.compile(r"\bpermissions?\b|\bnot allowed\b|\bCSRF\b", re.IGNORECASE)

_PHRASES = {
    400: "bad request",
    401: "wrong or missing credentials",
    402: "not enough money",
    403: "not allowed",
    404: "no such object",
    405: "method not allowed here",
    406: "no acceptable format",
    416: "chunk already uploaded",
    429: "too many requests",
    500: "internal error of the cloud",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
}

_BY_STATUS: dict[int, type[e.ApiClientError]] = {
    400: e.ValidationError,
    401: e.AuthError,
    402: e.PaymentRequired,
    404: e.NotFound,
    409: e.Conflict,
    416: e.ChunkAlreadyUploaded,
    429: e.RateLimited,
    503: e.Unavailable,
}


def api_errors(body: bytes) -> list[dict[str, Any]]:
    """Return the items of the API's error list; a bare object is taken for a list of one, anything else for none."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    items = data if isinstance(data, list) else [data]
    return [
        item for item in items if isinstance(item, dict) and ("error_message" in item or "error_type" in item)
    ]


def refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str,
    path: str,
    repeatable: bool,
) -> e.ApiClientError:
    """Return the error for an answer with a status of 300 or more."""
    errors = api_errors(body)
    kind = retry.error_type(errors)
    cls = _class_for(status, kind, errors)
    message = "; ".join(_spell(item) for item in errors) or _without_list(status, headers, body)
    if retry.outcome_unknown(repeatable, status, kind):
        cls = e.GatewayOutcomeUnknown
        message = f"{message}; {how_to_find_out(method, path)}"
    error = cls(
        message,
        status,
        headers.get("x-request-id", ""),
        errors=errors,
        method=method,
        path=path,
    )
    if isinstance(error, e.RateLimited):
        error.retry_after = retry.retry_after(headers)
    return error


def how_to_find_out(method: str, path: str) -> str:
    """Say, after an unknown outcome, what to look at before the request is sent again."""
    target, _, action = path.partition("action/")
    if action or method != "POST":
        return f"it may have been carried out: read {target} to see the state before sending it again"
    return f"it may have been carried out: list {target} and look for what it makes before sending it again"


def _class_for(status: int, kind: str | None, errors: list[dict[str, Any]]) -> type[e.ApiClientError]:
    if status == 403:
        text = " ".join(str(item.get("error_message")) for item in errors)
        if _STATE.search(text):
            return e.IllegalState
        return e.NotPermitted if _RIGHTS.search(text) else e.PermissionError
    if status == 503 and kind == "concurrency":
        return e.Concurrency
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    if status < 400:
        return e.BadAnswer
    return e.ClientError if status < 500 else e.ServerError


def _spell(item: dict[str, Any]) -> str:
    message = str(item.get("error_message") or item.get("error_type"))
    point = item.get("error_point")
    return f"{message} [{point}]" if point else message


def _without_list(status: int, headers: Mapping[str, str], body: bytes) -> str:
    if 300 <= status < 400:
        return "the answer is a redirect, which is not followed for this request"
    phrase = _PHRASES.get(status, f"refused with HTTP status {status}")
    if not body.strip():
        return f"{phrase} (the answer is empty)"
    if "html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<":
        return f"{phrase} (the answer is HTML, so it comes from a gateway and not from the API)"
    return phrase
