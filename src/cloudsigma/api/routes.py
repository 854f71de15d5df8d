"""Routes of virtual routers."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..records.reference import Ref
from ..records.route import Route, RouteChanges, RouteSpec
from .collection import DEFAULT_WAIT
from .editing import Editable, required
from .router_parts import CreatablePart, DeletablePart, RouterPart, done, with_uuids

_KINDS = {"virtual_router": "virtualrouters"}


class Routes(RouterPart[F, Route], CreatablePart[F, Route], Editable[F, Route], DeletablePart[F, Route]):
    """The routes of virtual routers (``/routes/``)."""

    _path = "routes"
    _list_path = "routes/"
    _record = Route

    @call
    async def create(
        self, *, wait: bool = False, timeout: float | None = DEFAULT_WAIT, **fields: Unpack[RouteSpec]
    ) -> Route:
        """Create a route and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.RouteSpec``. ``timeout`` is in seconds and holds for the
        waiting. Sends ``POST /routes/``. Raises ``cloudsigma.errors.ValidationError``,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(with_uuids(fields, _KINDS), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[RouteSpec]) -> List[Route]:
        """Create several routes in one request and return them in the order given."""
        return await self._create_many([with_uuids(spec, _KINDS) for spec in specs])

    @call
    async def update(
        self,
        ref: Ref[Route],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **changes: Unpack[RouteChanges],
    ) -> Route:
        """Change a route and return it: with ``wait`` when its jobs are done, in ``timeout`` seconds at most.

        ``changes`` are the keys of ``cloudsigma.records.RouteChanges``. The route is read, changed and written
        back. Sends ``PUT /routes/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        return await done(self._requests, await self._update(ref, changes), wait, timeout)
