"""Snapshots: the state of a drive at one moment, on the storage of the drive."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..core.pages import objects_in, typed
from ..records.snapshot import Snapshot
from ..records.snapshot_body import SnapshotSpec
from .collection import DEFAULT_WAIT
from .snapshot_verbs import SnapshotVerbs, snapshot_body


class Snapshots(SnapshotVerbs[F, Snapshot]):
    """The local snapshots (``/snapshots/``)."""

    _path = "snapshots"
    _list_path = "snapshots/detail/"
    _record = Snapshot

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        idempotency_key: str | None = None,
        **fields: Unpack[SnapshotSpec],
    ) -> Snapshot:
        """Take a snapshot of a drive and return it: with ``wait`` when it is ``available``.

        ``fields`` are the keys of ``cloudsigma.records.SnapshotSpec``; ``drive`` is required. The drive may be
        in use. ``timeout`` is in seconds and holds for the waiting. With ``idempotency_key`` (any text) it is taken
        at most once: the key is kept in ``meta["idempotency_key"]``, and a snapshot of that name which already has it
        is returned instead, also by a later run of the program.

        Raises ``cloudsigma.errors.NotFound`` for a drive that there is not,
        ``cloudsigma.errors.PermissionError`` above ``snapshots.max_per_drive`` or ``snapshots.max`` of the
        capabilities, ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /snapshots/``.
        """
        body = snapshot_body(fields)
        return await self._take(body, {"objects": [body]}, wait, timeout, idempotency_key)

    @call
    async def create_many(self, specs: Sequence[SnapshotSpec]) -> List[Snapshot]:
        """Take several snapshots in one request, all or none, and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [snapshot_body(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", "snapshots/", body=body)), Snapshot)
