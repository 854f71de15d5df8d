"""The recorded requests and answers of the real cloud, where they are at hand. They are no part of the project."""

from __future__ import annotations

import json
import os
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


def recordings(root: Path) -> Iterator[Recording]:
    for request in sorted(root.rglob("request_*")):
        answer = request.with_name(request.name.replace("request_", "response_", 1))
        first, body = split(request.read_text("utf-8"))
        if not first.startswith(("GET ", "POST ", "PUT ", "DELETE ")) or not answer.is_file():
            continue
        method, target, *_ = first.split()
        status, content = split(answer.read_text("utf-8"))
        words = status.split()
        if len(words) < 2 or not words[1].isdigit() or "/api/2.0/" not in target:
            continue
        address = urlsplit(target)
        try:
            sent = json.loads(body) if body.strip() else None
        except ValueError:
            sent = None
        yield Recording(
            request.name.removeprefix("request_"),
            method,
            address.path,
            dict(parse_qsl(address.query)),
            sent,
            int(words[1]),
            content.encode(),
        )


def split(text: str) -> tuple[str, str]:
    """Return the first line and the body of a message; one recording has no blank line between them."""
    lines = text.splitlines() or [""]
    for number, line in enumerate(lines[1:], 1):
        if not line.strip() or line[0] in "{[":
            return lines[0], "\n".join(lines[number:])
    return lines[0], ""
