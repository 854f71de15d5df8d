"""Keypairs: SSH keys, private halves included."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..records.keypair import KeyFilters, Keypair, KeypairChanges, KeypairSpec
from ..records.page import Page
from ..records.reference import Ref
from .bodies import body_of
from .collection import Deletable, Readable
from .editing import required
from .narrowing import Narrowed
from .tagging import Tagged


class Keypairs(Narrowed[F, Keypair], Readable[F, Keypair], Tagged[F, Keypair], Deletable[F, Keypair]):
    """The SSH keypairs (``/keypairs/``); ``pubkeys`` has the same keys without their private halves.

    Accounts with two-factor authentication are refused here.
    """

    _path = "keypairs"
    _list_path = "keypairs/"
    _record = Keypair
    _filters = KeyFilters

    @call
    async def list(self, **filters: Unpack[KeyFilters]) -> List[Keypair]:
        """Return every keypair that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.KeyFilters``; all given must hold, a sequence of
        values means any of them. The API filters none, so all are read. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /keypairs/``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Keypair, None]:
        """Yield every keypair, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Keypair]:
        """Return one page of the keypairs: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[KeyFilters]) -> Keypair | None:
        """Return the only keypair that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match: names need not be unique.
        """
        return await self._only_matching(filters)

    @call
    async def create(self, **fields: Unpack[KeypairSpec]) -> Keypair:
        """Store a keypair, or let the cloud make one, and return it.

        ``fields`` are the keys of ``cloudsigma.records.KeypairSpec``; ``name`` is required. Without both keys the
        cloud makes a pair of the kind ``algorithm_type``, and the private one is in the answer. Raises
        ``cloudsigma.errors.ValidationError`` for a key that is none, and for RSA of more than 4096 bits.

        Sends ``POST /keypairs/``.
        """
        return await self._send("POST", "keypairs/", Keypair, {"objects": [body_of(fields)]})

    @call
    async def create_many(self, specs: Sequence[KeypairSpec]) -> List[Keypair]:
        """Create several keypairs in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [body_of(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", "keypairs/", body=body)), Keypair)

    @call
    async def update(self, ref: Ref[Keypair], **changes: Unpack[KeypairChanges]) -> Keypair:
        """Change a keypair and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.KeypairChanges``; a list or ``meta`` that is named is
        replaced as a whole. The keypair is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value, and
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record and a list or ``meta`` to be replaced has
        changed since it was read.

        Sends ``PUT /keypairs/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))
