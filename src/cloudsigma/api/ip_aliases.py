"""More addresses of virtual routers in their LANs."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..records.ip_alias import IpAlias, IpAliasSpec
from .collection import DEFAULT_WAIT
from .router_parts import CreatablePart, DeletablePart, RouterPart, with_uuids

_KINDS = {"interface": "lans"}


class IpAliases(RouterPart[F, IpAlias], CreatablePart[F, IpAlias], DeletablePart[F, IpAlias]):
    """The aliases of virtual routers (``/ipaliases/``)."""

    _path = "ipaliases"
    _list_path = "ipaliases/"
    _record = IpAlias

    @call
    async def create(
        self, *, wait: bool = False, timeout: float | None = DEFAULT_WAIT, **fields: Unpack[IpAliasSpec]
    ) -> IpAlias:
        """Create an alias and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.IpAliasSpec``. ``timeout`` is in seconds and holds for the
        waiting. Sends ``POST /ipaliases/``. Raises ``cloudsigma.errors.ValidationError``,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(with_uuids(fields, _KINDS), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[IpAliasSpec]) -> List[IpAlias]:
        """Create several aliases in one request and return them in the order given."""
        return await self._create_many([with_uuids(spec, _KINDS) for spec in specs])
