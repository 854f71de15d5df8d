"""The one function by which a server or a drive changes its state.

Row, audit entry, follow-up task and (through the store) the websocket frame become visible in one commit.
A new transition takes the place of whatever was still waiting to happen to the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..domain.audit import CATEGORIES
from ..store.transaction import Transaction

Doc = dict[str, Any]


@dataclass(frozen=True)
class FollowUp:
    """What happens to the object by itself, and when.

    seconds: how long the real cloud takes; at_speed off: seconds of the emulator's clock whatever its speed.
    """

    task: str
    seconds: float
    at_speed: bool = True


def move(
    tx: Transaction,
    kind: str,
    document: Doc,
    status: str,
    *,
    action: str | None = None,
    then: FollowUp | None = None,
    **changes: Any,
) -> None:
    """Bring an object into a state.

    :param kind: ``servers`` or ``drives``.
    :param document: the stored object, changed in place and written back.
    :param status: the new state.
    :param action: the audit log's name for what happens, None to write no entry.
    :param then: what follows by itself.
    :param changes: other keys of the document that change with the state.
    """
    uuid = document["uuid"]
    tx.cancel(about=uuid)
    document.update(changes, status=status)
    tx.update(kind, document)
    if action is not None:
        owner = document["owner"]
        tx.audit(CATEGORIES[kind], action, uuid, actor=tx.actor or owner, owner=owner)
    if then is not None:
        follow(tx, uuid, then)


def follow(tx: Transaction, uuid: str, then: FollowUp) -> None:
    """Let a task about an object follow by itself."""
    tx.later(then.seconds, then.task, about=uuid, at_speed=then.at_speed, uuid=uuid)
