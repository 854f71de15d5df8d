"""The states of a drive as tables: what is legal in which, and where each transition ends."""

from __future__ import annotations

from typing import Any

from .refusal import Refusal

CREATING, UNMOUNTED, MOUNTED, RESIZING = "creating", "unmounted", "mounted", "resizing"
CLONING_DST, CLONING_SRC, UPLOADING = "cloning_dst", "cloning_src", "uploading"
UNAVAILABLE, STAGING = "unavailable", "staging"

STATES = (CREATING, UNMOUNTED, MOUNTED, RESIZING, CLONING_DST, CLONING_SRC, UPLOADING, UNAVAILABLE, STAGING)

READY = frozenset({UNMOUNTED, MOUNTED})
COMING = frozenset({CREATING, CLONING_DST, RESIZING})
"""States that end in a ready drive by themselves: a server may be started and then waits for them."""

OPERATIONS: dict[str, frozenset[str]] = {
    "edit": READY,
    "resize": READY,
    "clone": frozenset({UNMOUNTED, MOUNTED, CLONING_SRC}),
    "snapshot": READY,
    "download": READY,
    "delete": frozenset({UNMOUNTED, MOUNTED, UPLOADING, CREATING}),
    "attach": frozenset(STATES) - {UNAVAILABLE},
    "upload": frozenset({UPLOADING}),
    # cloning_src stands for a ready drive that is being read: a server may use it meanwhile.
    "start": READY | COMING | {CLONING_SRC},
}

EPHEMERAL_MAY = frozenset({"edit", "resize", "delete", "attach", "start"})
"""What a drive of local_nvme allows; anything else is refused in every state."""

EPHEMERAL_RESIZABLE = READY | {STAGING}

STORAGE_OF_EPHEMERAL = "local_nvme"


def is_ephemeral(drive: dict[str, Any]) -> bool:
    """Tell whether a drive's data vanishes when its server stops."""
    return bool(drive["storage_type"] == STORAGE_OF_EPHEMERAL)


def require_legal(operation: str, drive: dict[str, Any], *, in_use: bool = False) -> None:
    """Refuse with 403 what a drive's state does not allow.

    :param operation: a key of `OPERATIONS`.
    :param drive: the stored drive.
    :param in_use: a server that is not stopped has it.
    """
    status = drive["status"]
    if is_ephemeral(drive) and operation not in EPHEMERAL_MAY:
        raise Refusal.permission(f"Cannot {operation} an ephemeral drive")
    legal = OPERATIONS[operation]
    if is_ephemeral(drive) and operation == "resize":
        legal = EPHEMERAL_RESIZABLE
    elif in_use and operation in ("resize", "delete"):
        raise Refusal.permission(f"Cannot {operation} drive mounted on a running guest")
    if status not in legal:
        wanted = ", ".join(state for state in STATES if state in legal)
        raise Refusal.permission(
            f"Cannot {operation} drive in state '{status}'. Drive should be in state: {wanted}"
        )


def resting_status(*, mounted: bool) -> str:
    """Return the state in which a drive rests when no transition is going on."""
    return MOUNTED if mounted else UNMOUNTED


def settled_status(drive: dict[str, Any], *, mounted: bool) -> str:
    """Return the state after an attachment was made or undone: transitions go on, ready drives follow it.

    :param drive: the stored drive with its state so far.
    :param mounted: some server definition has it now.
    """
    if drive["status"] in READY:
        return resting_status(mounted=mounted)
    status: str = drive["status"]
    return status
