"""The recorded requests and answers of the real cloud, where they are at hand. They are no part of the project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path | None:
    """Return the folder with recordings: from ``CLOUDSIGMA_RECORDED``, or beside the checkout."""
    given = os.environ.get("CLOUDSIGMA_RECORDED")
    found = Path(given) if given else ROOT.parent / "shared" / "api" / "recorded"
    return found if found.is_dir() else None


@dataclass(frozen=True)
class Recording:
    """One exchange."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: bytes

    @property
    def collection(self) -> str:
        return self.path.strip("/").split("/")[2]

    @property
    def parts(self) -> list[str]:
        """The path below the collection."""
        return self.path.strip("/").split("/")[3:]

    @property
    def data(self) -> Any:
        """The answer decoded, or None when it is empty. Raises ValueError for the few that are not JSON."""
        return json.loads(self.answer) if self.answer.strip() else None

    @property
    def is_json(self) -> bool:
        try:
            _ = self.data
        except ValueError:
            return False
        return True


# Answers without a request beside them, and what was surely asked.
ANSWERS_ALONE = {
    "vrouters/policy_get_filters": "/api/2.0/vrfwpolicies/906abae3-b533-4c5d-8d98-c459195b6230/",
    "vmware_servers_schema": "/api/2.0/vmware_servers/schema/",
    "backupschedulers/backupscheduler_schema": "/api/2.0/backupschedulers/schema/",
}
USUAL_STATUS = {"POST": 201, "DELETE": 204}


def recordings(root: Path) -> Iterator[Recording]:
    """Yield every exchange; its name is its path in the folder, without ``request_``."""
    for request in sorted(root.rglob("request_*")):
        answer = request.with_name(request.name.replace("request_", "response_", 1))
        first, body = split(request.read_text("utf-8"))
        if first.startswith(("GET ", "POST ", "PUT ", "DELETE ")) and answer.is_file():
            name = request.relative_to(root).as_posix().replace("request_", "", 1)
            method, target, *_ = first.split()
            if "/api/2.0/" in target:
                yield _exchange(name, method, target, body, answer.read_text("utf-8"))
    for name, target in ANSWERS_ALONE.items():
        folder_of, _, last = name.rpartition("/")
        yield _exchange(name, "GET", target, "", (root / folder_of / f"response_{last}").read_text("utf-8"))


def unreadable(root: Path) -> set[str]:
    """Return the names of requests that are no exchange: without an answer, or no request at all."""
    names = {path.relative_to(root).as_posix().replace("request_", "", 1) for path in root.rglob("request_*")}
    return names - {item.name for item in recordings(root)}


def _exchange(name: str, method: str, target: str, body: str, answer: str) -> Recording:
    status, content = split(answer)
    if not status.startswith("HTTP/"):  # a few older ones have nothing but the body
        status, content = f"HTTP/1.1 {USUAL_STATUS.get(method, 200)}", answer
    address = urlsplit(target)
    return Recording(
        name,
        method,
        address.path.rstrip("/") + "/",
        dict(parse_qsl(address.query)),
        _decoded(body),
        int(status.split()[1]),
        content.encode(),
    )


def _decoded(body: str) -> Any:
    """Return a body; one has a comment in it, one is no JSON at all."""
    try:
        return json.loads(re.sub(r"\s#.*", "", body)) if body.strip() else None
    except ValueError:
        return None


def split(text: str) -> tuple[str, str]:
    """Return the first line and the body of a message; one recording has no blank line between them."""
    lines = text.splitlines() or [""]
    for number, line in enumerate(lines[1:], 1):
        if not line.strip() or line[0] in "{[":
            return lines[0], "\n".join(lines[number:])
    return lines[0], ""
