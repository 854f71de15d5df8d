"""From the path of a resource to the URL of a request: nothing leaves the endpoint's host, nothing changes its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import InvalidArgument

_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~:/%@+,;=!$&'()*-]*\Z")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")


class Addresses:
    """The URLs below one endpoint."""

    def __init__(self, api_endpoint: str) -> None:
        self._root = api_endpoint
        parts = urlsplit(api_endpoint)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._base_path = parts.path

    def url(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the full URL for a path: slash at its end, parameters percent-encoded.

        Raises ``cloudsigma.errors.InvalidArgument`` for another origin (credentials go to no other host) and for
        paths that would be taken for something else.
        """
        path, _, query = path.partition("?")
        if "#" in path or _FORBIDDEN.search(path) or _FORBIDDEN.search(query):
            raise InvalidArgument(f"the path must not contain blanks, backslashes or '#': {path[:100]!r}")
        if "//" in path or "/." in path or path[:1] == "." or "%2" in path:
            path = self._checked(path)
        if path[:1] == "/":
            if path.startswith((self._base_path, "/api/2.0/")):
                path = self.origin + path
            else:
                path = self._root + path[1:]
        elif not path.startswith(self.origin + "/"):
            path = self._root + path
        if not _PLAIN_PATH.match(path):
            path = quote(path, safe="/:%~@+,;=!$&'()*-[]")
        if not query.isascii():
            query = quote(query, safe="/:%~@+,;=!$&'()*-[]?")
        if path[-1] != "/":
            path += "/"
        if params:
            more = encode_params(params)
            query = f"{query}&{more}" if query and more else query or more
        return f"{path}?{query}" if query else path

    def _checked(self, path: str) -> str:
        rest = path
        if "://" in path:
            parts = urlsplit(path)
            if f"{parts.scheme}://{parts.netloc}" != self.origin:
                raise InvalidArgument(
                    f"the URL belongs to {parts.scheme}://{parts.hostname or ''}, not to {self.origin}: "
                    f"credentials are sent to no other host"
                )
            rest = parts.path
        elif path.startswith("//"):
            raise InvalidArgument(f"the path begins with two slashes: {path[:100]!r}")
        segments = rest.replace("%2e", ".").replace("%2E", ".").split("/")
        if "." in segments or ".." in segments or "" in segments[1:-1] or "%2f" in rest.lower():
            raise InvalidArgument(f"the path has an empty, '.' or '..' part: {path[:100]!r}")
        return path


def encode_params(params: Mapping[str, Any]) -> str:
    """Return a query string; None is left out, booleans are lower-case, a list's values are joined by commas.

    Raises ``cloudsigma.errors.InvalidArgument`` for text that is no Unicode.
    """
    pairs = []
    for name, value in params.items():
        if value is None:
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, (list, tuple)):
            text = ",".join(map(str, value))
        else:
            text = str(value)
        try:
            pairs.append(f"{quote(name, safe='')}={quote(text, safe=',:')}")
        except UnicodeEncodeError:
            raise InvalidArgument(f"the parameter {name!a} has half a character in it") from None
    return "&".join(pairs)


def shown_path(url: str) -> str:
    """Return the path of a URL for logs and errors: of the query only the action's name, as the rest may be secret."""
    path, _, query = url.partition("?")
    path = "/" + path.split("/", 3)[-1]
    for pair in query.split("&"):
        if pair.startswith("do="):
            return f"{path}?{pair}"
    return path
