"""Virtual private clouds. They come and go with their subscriptions, so none is created or deleted here."""

from __future__ import annotations

from typing import Unpack

from ..core.call import F, call
from ..core.references import uuid_of
from ..records.reference import Ref
from ..records.vpc import Vpc, VpcChanges
from .bodies import body_of
from .collection import Readable, Schemed
from .editing import required
from .named_lists import Named
from .tagging import Tagged


class Vpcs(Named[F, Vpc], Readable[F, Vpc], Tagged[F, Vpc], Schemed[F]):
    """The private clouds (``/vpc/``)."""

    _path = "vpc"
    _list_path = "vpc/"
    _record = Vpc

    @call
    async def update(self, ref: Ref[Vpc], **changes: Unpack[VpcChanges]) -> Vpc:
        """Change a private cloud and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.VpcChanges``; ``nodes`` replaces all of them. It is read,
        changed and written back. Sends ``PUT /vpc/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        body = body_of(changes)
        if body.get("nodes") is not None:
            body["nodes"] = [uuid_of(node, "nodes", "nodes") for node in body["nodes"]]
        return await self._update(ref, body)
