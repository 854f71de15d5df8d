"""How servers start, run and stop: the user's operations, the ends of transitions, and what guests do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ..domain import drive_states, server_states
from ..domain.placement import COMPUTE_HOSTS, choose_host
from ..domain.refusal import Refusal
from ..domain.server_states import PAUSED, RUNNING, STARTING, STOPPED, STOPPING, UNAVAILABLE, require_legal
from ..store.transaction import Transaction
from . import addresses
from .bought import forget_ended_vlans
from .funds import licenses_of, require_funds
from .transition import FollowUp, follow, move
from .world import World

Doc = dict[str, Any]

SHUTDOWN_PATIENCE = 60.0
"""Seconds of the clock for which a guest gets power events before the server counts as running again."""
GUEST_OFF_NOTICED = 5.0
"""Seconds of the real cloud until it notices that a guest powered itself off."""


def start(tx: Transaction, world: World, server: Doc, avoid: Sequence[str] = ()) -> None:
    """Begin to start a server.

    :param avoid: uuids of servers to keep away from, the most important first.
    :raises Refusal: 403 when it is not stopped or a drive cannot be used, 402 without funds or a licence.
    """
    status = require_legal("start", server)
    drives = attached_drives(tx, server)
    for drive in drives:
        drive_states.require_legal("start", drive)
    require_funds(tx, server, drives)
    near = {other["uuid"]: other["host"] for other in tx.find("servers", uuids=list(avoid))}
    host = choose_host(
        COMPUTE_HOSTS, [near[uuid] for uuid in avoid if uuid in near], tx.random.randrange(2**16)
    )
    move(
        tx,
        "servers",
        server,
        status,
        action="start_send",
        then=FollowUp("server.boot", tx.random.uniform(2, 5)),
        host=host,
        licensed=licenses_of(drives),
    )
    _use_ephemeral(tx, drives, powered=True)


def _use_ephemeral(tx: Transaction, drives: Sequence[Doc], *, powered: bool) -> None:
    """Let ephemeral drives count as used while their server has power."""
    for drive in drives:
        if drive_states.is_ephemeral(drive):
            tx.update("drives", {**drive, "powered": powered})


def attached_drives(tx: Transaction, server: Doc) -> list[Doc]:
    """Return the stored drives that a server has, library drives among them."""
    uuids = [item["drive"] for item in server["drives"]]
    if not uuids:
        return []
    own = tx.find("drives", uuids=uuids)
    return own if len(own) == len(uuids) else own + tx.find("libdrives", uuids=uuids)


def boot(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a server begins to run, unless a drive of it is still being made; then that drive calls again."""
    server, status = _after(tx, payload, "boot")
    if server is None or status is None:
        return
    if any(drive["status"] in drive_states.COMING for drive in attached_drives(tx, server)):
        return
    if not addresses.lend(tx, server):
        refused = Refusal.backend(addresses.POOL_EMPTY).body()[0]
        move(tx, "servers", server, STOPPED)
        tx.audit(
            "Servers", "boot", server["uuid"], owner=server["owner"], actor=server["owner"], error=refused
        )
        tx.after_commit(partial(world.hypervisor.power_off, server["uuid"]))
        return
    # Not before: its drives had to be there, and its addresses lent. Whoever sees it running finds its serial port open.
    world.hypervisor.power_on(dict(server))
    move(tx, "servers", server, status, action="boot", active_since=_since(tx.now))


def stop(tx: Transaction, world: World, server: Doc) -> None:
    """Begin to stop a server by cutting its power."""
    status = require_legal("stop", server)
    _begin_to_stop(tx, server, status, "stop_send", by_guest=False)


def _begin_to_stop(tx: Transaction, server: Doc, status: str, action: str | None, *, by_guest: bool) -> None:
    then = FollowUp("server.power_off", tx.random.uniform(1, 3))
    move(tx, "servers", server, status, action=action, then=then, stopping_by_guest=by_guest)


def _after(tx: Transaction, payload: Doc, event: str) -> tuple[Doc | None, str | None]:
    """Return the server that a task is about, and the state that an event leads it to, if any."""
    server = tx.get("servers", payload["uuid"])
    return server, server_states.after(event, server["status"]) if server is not None else None


def stop_unpaid(tx: Transaction, world: World, owner: str) -> None:
    """Begin to stop every server of an account that has no money left."""
    for server in tx.find("servers", owner=owner):
        status = server_states.after("unpaid", server["status"])
        if status is not None:
            _begin_to_stop(tx, server, status, None, by_guest=False)


def power_off(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a server has stopped; its addresses are free and its ephemeral drives are empty."""
    server, status = _after(tx, payload, "power_off")
    if server is None or status is None:
        return
    _has_stopped(tx, world, server, "stop")


def could_not_run(tx: Transaction, world: World, server: Doc, why: str) -> None:
    """Take note that there is no way to run a server: it is stopped again, and the log says why.

    Its machine is gone already.
    """
    _has_stopped(tx, world, server, None, gone=True)
    error = Refusal.backend(f"The server could not be run: {why}" if why else "The server could not be run")
    tx.audit(
        "Servers", "boot", server["uuid"], owner=server["owner"], actor=server["owner"], error=error.body()[0]
    )


def _has_stopped(
    tx: Transaction, world: World, server: Doc, action: str | None, *, gone: bool = False
) -> None:
    addresses.give_back(tx, server)
    forget_ended_vlans(tx, server)
    move(tx, "servers", server, STOPPED, action=action, active_since=None, stopping_by_guest=False)
    if not gone:
        tx.after_commit(partial(world.hypervisor.power_off, server["uuid"]))
    drives = attached_drives(tx, server)
    _use_ephemeral(tx, drives, powered=False)
    for drive in drives:
        if drive_states.is_ephemeral(drive):
            tx.after_commit(partial(world.images.clear, drive["uuid"], drive["size"]))


def shutdown(tx: Transaction, world: World, server: Doc) -> None:
    """Press the power button: the guest has a minute to obey, then the server counts as running again."""
    status = require_legal("shutdown", server)
    then = FollowUp("server.power_button_ignored", SHUTDOWN_PATIENCE, at_speed=False)
    move(tx, "servers", server, status, action="shutdown_ACPI_send", then=then, stopping_by_guest=True)
    if not server["ignores_power_button"]:
        tx.after_commit(partial(world.hypervisor.press_power_button, server["uuid"]))


def power_button_ignored(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a minute of power events went by and the guest is still there."""
    server, status = _after(tx, payload, "ignore_power_button")
    if server is not None and status is not None and server["stopping_by_guest"]:
        move(tx, "servers", server, status, stopping_by_guest=False)


def restart(tx: Transaction, world: World, server: Doc) -> None:
    """Press the reset button: the server runs on, with a new start time."""
    status = require_legal("restart", server)
    move(tx, "servers", server, status, action="restart", active_since=_since(tx.now))
    tx.after_commit(partial(world.hypervisor.reset, server["uuid"]))


def guest_powered_off(tx: Transaction, uuid: str) -> bool:
    """Take note that a guest has powered itself off, by a power event or on its own.

    :returns: False when the server is in no state in which that means anything.
    """
    server = tx.get("servers", uuid)
    if server is None:
        return False
    if server["status"] == STOPPING and server["stopping_by_guest"]:
        tx.cancel(about=uuid, task="server.power_button_ignored")
        if not tx.waiting(uuid):
            follow(tx, uuid, FollowUp("server.power_off", tx.random.uniform(1, 3)))
        return True
    if server["status"] == RUNNING and not tx.waiting(uuid):
        follow(tx, uuid, FollowUp("server.guest_off", GUEST_OFF_NOTICED))
        return True
    return False


def guest_off(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: the platform notices that a guest is off."""
    server, status = _after(tx, payload, "guest_off")
    if server is not None and status is not None:
        _begin_to_stop(tx, server, status, None, by_guest=True)


def happen(tx: Transaction, world: World, server: Doc, event: str, *, gone: bool = False) -> bool:
    """Let the platform do something to a server.

    :param event: ``power_off`` (inside the guest), ``host_crash``, ``illegal_operation``, ``outage``, ``recover``;
        ``ignore_power_button`` and ``obey_power_button`` say what its guest does with an ACPI event from now on.
    :param gone: the server's machine is no more. To cut its power too could meet the one that is started in its place,
        should that be quicker than what others want done after their commits.
    :returns: False when it means nothing in the server's state.
    """
    if event == "power_off":
        return guest_powered_off(tx, server["uuid"])
    if event in ("ignore_power_button", "obey_power_button"):
        server["ignores_power_button"] = event == "ignore_power_button"
        tx.update("servers", server)
        pressed = server["status"] == STOPPING and server["stopping_by_guest"]
        if pressed and not server["ignores_power_button"]:
            tx.after_commit(partial(world.hypervisor.press_power_button, server["uuid"]))
        return True
    status = server_states.after(event, server["status"], server["recovered_status"])
    if status is None:
        return False
    if status == UNAVAILABLE:
        move(tx, "servers", server, status, recovered_status=server["status"])
    elif status == PAUSED:
        move(tx, "servers", server, status)
    elif status == STARTING:
        addresses.give_back(tx, server)
        then = FollowUp("server.boot", tx.random.uniform(2, 5))
        move(tx, "servers", server, status, then=then, active_since=None, recovered_status=None)
        if not gone:
            tx.after_commit(partial(world.hypervisor.power_off, server["uuid"]))
    else:
        move(tx, "servers", server, status, action="heal", recovered_status=None)
        if status == RUNNING:  # its guest may have ended while nobody was looking
            tx.after_commit(partial(world.hypervisor.power_on, dict(server)))
    return True


def _since(now: datetime) -> str:
    return now.isoformat(timespec="seconds")
