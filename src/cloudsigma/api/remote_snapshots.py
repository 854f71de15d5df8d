"""Remote snapshots: the state of a drive at one moment, kept in another location."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..core.pages import objects_in, typed
from ..records.snapshot import RemoteSnapshot
from ..records.snapshot_body import RemoteSnapshotSpec
from .collection import DEFAULT_WAIT
from .snapshot_verbs import SnapshotVerbs, snapshot_body


class RemoteSnapshots(SnapshotVerbs[F, RemoteSnapshot]):
    """The remote snapshots (``/remotesnapshots/``). They outlive their drives."""

    _path = "remotesnapshots"
    _list_path = "remotesnapshots/detail/"
    _record = RemoteSnapshot

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        idempotency_key: str | None = None,
        **fields: Unpack[RemoteSnapshotSpec],
    ) -> RemoteSnapshot:
        """Take a snapshot of a drive in another location and return it: with ``wait`` when it is ``available``.

        ``fields`` are the keys of ``cloudsigma.records.RemoteSnapshotSpec``; ``drive`` and ``location`` (one of
        ``remote_snapshots.remote_locations`` of the capabilities) are required. ``timeout`` is in seconds and holds
        for the waiting; copying many bytes takes long. With ``idempotency_key`` (any text) it is taken at most once:
        the key is kept in ``meta["idempotency_key"]``, and one of that name which already has it is returned instead,
        also by a later run of the program.

        Raises ``cloudsigma.errors.PermissionError`` while another remote snapshot of the drive is being taken, and
        within half an hour of the last one; ``cloudsigma.errors.ValidationError`` for another location;
        ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /remotesnapshots/``.
        """
        body = snapshot_body(fields)
        return await self._take(body, body, wait, timeout, idempotency_key)

    @call
    async def create_many(self, specs: Sequence[RemoteSnapshotSpec]) -> List[RemoteSnapshot]:
        """Take remote snapshots of several drives in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [snapshot_body(spec) for spec in specs]}
        answer = await self._requests.request("POST", "remotesnapshots/", body=body)
        return typed(objects_in(answer), RemoteSnapshot)
