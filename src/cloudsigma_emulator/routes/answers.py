"""From bytes to a body and from an answer to bytes: JSON only, as the API's conventions say."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import orjson

from ..domain.faults import Fault
from ..domain.refusal import ErrorItem, Refusal
from .request import Request, Response
from .route import Answer, Query

JSON = "application/json; charset=utf-8"
GZIP_FROM = 4096
"""Answers shorter than this are not worth compressing."""
MOST_NESTED = 100
"""Levels of a body. What is deeper means nothing, and could not be written back."""


def check_accept(request: Request, query: Query) -> None:
    """Refuse with 406 a request that would take no JSON."""
    wanted = query.get("format") if request.method in ("GET", "HEAD") and "format=" in request.query else None
    if wanted is not None:
        if wanted != "json":
            raise Refusal(
                406, ErrorItem("validation", f"Format {wanted} is not supported, only json", "format")
            )
        return
    accept = request.headers.get("accept")
    if not accept or "*/*" in accept or "json" in accept:
        return
    for part in accept.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in ("application/*", "application/octet-stream", "text/plain", ""):
            return
    raise Refusal(
        406, ErrorItem("validation", f"Nothing in Accept: {accept} is supported, only application/json")
    )


def parse_body(request: Request) -> Any:
    """Return the JSON body, None when there is none. Refuses with 400 what is not JSON."""
    body = request.body
    if not body or request.method in ("GET", "HEAD") or not body.strip():
        return None
    content_type = request.headers.get("content-type")
    if content_type:
        media = content_type.partition(";")[0].strip().lower()
        if media != "application/json":
            raise Refusal.validation(f"Content-Type {media} is not supported, send application/json")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal.validation(f"The request body is not JSON: {error}") from None
    if body.count(b"[") + body.count(b"{") > MOST_NESTED and _is_deeper(parsed, MOST_NESTED):
        raise Refusal.validation(f"The request body is nested more than {MOST_NESTED} levels deep")
    return cut_strings(parsed) if b"\\u0000" in body else parsed


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            item
            for found in level
            if isinstance(found, dict | list)
            for item in (found.values() if isinstance(found, dict) else found)
        ]
    return bool(level)


def cut_strings(value: Any) -> Any:
    """End every string at its first U+0000, as the API does."""
    if isinstance(value, str):
        return value.partition("\0")[0]
    if isinstance(value, list):
        return [cut_strings(item) for item in value]
    if isinstance(value, dict):
        return {cut_strings(key): cut_strings(item) for key, item in value.items()}
    return value


def render(request: Request, answer: Answer) -> Response:
    """Turn a handler's answer into bytes and headers."""
    headers = answer.headers
    if answer.file is not None:
        headers.insert(0, ("Content-Type", answer.content_type or "application/octet-stream"))
        return Response(answer.status, headers, file=answer.file)
    if answer.status == 204:
        return Response(204, [("Content-Type", "text/html; charset=utf-8"), *headers])
    if answer.raw is not None:
        headers.insert(0, ("Content-Type", answer.content_type or "text/plain; charset=utf-8"))
        return Response(answer.status, headers, answer.raw)
    body = answer.later() if answer.later is not None else orjson.dumps(answer.body)
    out = [("Content-Type", answer.content_type or JSON), *headers]
    if answer.status == 201:
        _add_location(out, answer.body)
    if len(body) >= GZIP_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = _gzip(body)
        out.append(("Content-Encoding", "gzip"))
        out.append(("Vary", "Accept-Encoding"))
    return Response(answer.status, out, body)


def _add_location(headers: list[tuple[str, str]], body: Any) -> None:
    if any(name == "Location" for name, _ in headers):
        return
    objects = body.get("objects") if isinstance(body, dict) else None
    first = objects[0] if objects else body
    uri = first.get("resource_uri") if isinstance(first, dict) else None
    if isinstance(uri, str):
        headers.append(("Location", uri))


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def refusal_answer(refusal: Refusal, challenges: Iterable[tuple[str, str]]) -> Response:
    """Turn a refusal into the API's error answer."""
    headers = [("Content-Type", JSON), *refusal.headers, *challenges]
    return Response(refusal.status, headers, orjson.dumps(refusal.body()))


def fault_answer(fault: Fault) -> Response:
    """Answer as a fault asks, without doing the work."""
    status = fault.status if fault.status is not None else 503
    headers = [("Content-Type", fault.content_type)]
    if fault.retry_after is not None:
        headers.append(("Retry-After", f"{fault.retry_after:g}"))
    if fault.body is not None:
        return Response(status, headers, fault.body.encode())
    error = ErrorItem(fault.error_type, fault.message)
    return Response(status, headers, orjson.dumps([error.as_document()]))


def replaced(response: Response, fault: Fault) -> Response:
    """Put the fault's body in the place of an answer's; its status stays."""
    kept = [
        (name, value) for name, value in response.headers if name not in ("Content-Type", "Content-Encoding")
    ]
    return Response(
        response.status,
        [("Content-Type", fault.content_type), *kept],
        (fault.body or "").encode(),
        wake=response.wake,
    )
