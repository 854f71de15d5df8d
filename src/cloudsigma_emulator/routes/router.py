"""Finds the route of a path, or says why there is none: wrong method, wrong action, not built yet, unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from ..domain.refusal import ErrorItem, Refusal
from .catalogue import ENDPOINTS
from .route import Query, Route

METHOD_ORDER = ("GET", "PUT", "DELETE", "POST")

BESIDE_THE_TABLE = {"options.any", "websocket.connect"}
"""Endpoints that are answered without a line of their own."""


class _Node:
    __slots__ = ("actions", "literal", "methods", "names", "wild")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.wild: _Node | None = None
        self.methods: dict[str, tuple[Route, tuple[str, ...]]] = {}
        self.actions: dict[str, tuple[Route, tuple[str, ...]]] = {}


class _Tree:
    """Paths by their segments; a literal segment wins over a placeholder."""

    def __init__(self) -> None:
        self.root = _Node()

    def node(self, pattern: str) -> tuple[_Node, tuple[str, ...]]:
        here = self.root
        names: list[str] = []
        for segment in filter(None, pattern.split("/")):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if here.wild is None:
                    here.wild = _Node()
                here = here.wild
            else:
                here = here.literal.setdefault(segment, _Node())
        return here, tuple(names)

    def find(self, segments: list[str]) -> tuple[_Node, list[str]] | None:
        return self._find(self.root, segments, 0, [])

    def _find(
        self, node: _Node, segments: list[str], index: int, values: list[str]
    ) -> tuple[_Node, list[str]] | None:
        if index == len(segments):
            return (node, values) if node.methods or node.actions else None
        segment = segments[index]
        following = node.literal.get(segment)
        if following is not None:
            found = self._find(following, segments, index + 1, values)
            if found is not None:
                return found
        if node.wild is not None:
            return self._find(node.wild, segments, index + 1, [*values, segment])
        return None


def segments_of(path: str) -> list[str]:
    """Split a raw path; a slash at the end or one too many makes no difference."""
    if "%" in path:
        return [unquote(segment) for segment in path.split("/") if segment]
    return [segment for segment in path.split("/") if segment]


class Router:
    """The table, ready for looking up, and a count of what was looked up in vain."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = list(routes)
        self.answered: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._tree = _Tree()
        for route in self.routes:
            node, names = self._tree.node(route.pattern)
            table = node.methods if route.action is None else node.actions
            key = route.method if route.action is None else route.action
            if key in table:
                raise ValueError(f"two routes for {route.method} {route.pattern} {route.action or ''}")
            table[key] = (route, names)
        self._known = _Tree()
        for name, method, path, action in ENDPOINTS:
            if not path.startswith("/"):  # an address that an answer gave out
                continue
            marker = Route(method, path, _nowhere, action=action, id=name)
            node, names = self._known.node(path)
            table = node.methods if action is None else node.actions
            table.setdefault(method if action is None else action, (marker, names))

    def find(self, method: str, segments: list[str], query: Query) -> tuple[Route, dict[str, str]]:
        """Return the route and the values of its placeholders. Refuses with 400, 405 or 501."""
        found = self._tree.find(segments)
        if found is None:
            raise self._missing(method, segments, query)
        node, values = found
        if method == "HEAD":
            method = "GET"
        entry: tuple[Route, tuple[str, ...]] | None
        if method == "POST" and node.actions:
            do = query.get("do")
            entry = node.actions.get(do or "")
            if entry is None:
                raise self._no_action(segments, query)
        else:
            entry = node.methods.get(method)
            if entry is None:
                raise self._not_allowed(method, node, segments, query)
        route, names = entry
        return route, dict(zip(names, values, strict=True))

    def methods(self, segments: list[str]) -> list[str] | None:
        """Return the methods that a path knows, or None for an unknown path."""
        found = self._tree.find(segments)
        if found is None:
            return None
        return _methods(found[0])

    def coverage(self) -> dict[str, Any]:
        """Return which endpoints of the API answer, which do not, and what was asked for in vain."""
        built = {route.id for route in self.routes} | BESIDE_THE_TABLE
        names = [name for name, *_ in ENDPOINTS]
        return {
            "answered": [name for name in names if name in built],
            "missing": [name for name in names if name not in built],
            "beyond_the_catalogue": sorted(built - set(names)),
            "calls": dict(sorted(self.answered.items())),
            "unknown": dict(self.unknown.most_common()),
        }

    def _not_allowed(self, method: str, node: _Node, segments: list[str], query: Query) -> Refusal:
        if self._catalogued(method, segments, query):
            return self._missing(method, segments, query)
        allowed = ",".join(_methods(node))
        error = ErrorItem("validation", f"Method {method} is not allowed here, only {allowed}")
        return Refusal(405, error, headers=(("Allow", allowed),))

    def _no_action(self, segments: list[str], query: Query) -> Refusal:
        do = query.get("do")
        if do is not None and self._catalogued("POST", segments, query):
            return self._missing("POST", segments, query)
        return Refusal.validation(f"Unknown action {do}" if do else "No action is named: give it in do", "do")

    def _catalogued(self, method: str, segments: list[str], query: Query) -> str | None:
        found = self._known.find(segments)
        if found is None:
            return None
        node = found[0]
        entry = node.actions.get(query.get("do") or "") if node.actions else None
        entry = entry or node.methods.get(method)
        return entry[0].id if entry and entry[0].method == method else None

    def _missing(self, method: str, segments: list[str], query: Query) -> Refusal:
        do = query.get("do")
        name = self._catalogued(method, segments, query)
        what = f"{method} /{'/'.join(segments)}/" + (f"?do={do}" if do else "")
        self.unknown[name or what[:200]] += 1
        if len(self.unknown) > 1000:
            self.unknown = Counter(dict(self.unknown.most_common(500)))
        known = f"{name} ({what})" if name else what
        return Refusal(501, ErrorItem("backend", f"The emulator does not answer {known} yet"))


def _methods(node: _Node) -> list[str]:
    known = set(node.methods)
    if node.actions:
        known.add("POST")
    return [method for method in METHOD_ORDER if method in known]


def _nowhere(_: Any) -> Any:
    raise AssertionError("catalogue entries are not called")
