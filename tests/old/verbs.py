"""What the lives of ``lives_*.py`` have in common: the class that speaks, and the world around its objects.

A life is what a program does with an old class: it uses every verb that the cloud has an endpoint for. The modules of
lives run with either library, ours in the process of the tests and the old one in an environment of its own: they
import nothing but the standard library and the ``cloudsigma`` that is there, and name nothing that only ours has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from cloudsigma import errors, resource

from .names import SHORTCUTS, VERBS

GIB = 2**30
DISK: dict[str, Any] = {"name": "disk", "size": GIB, "media": "disk"}
SERVER: dict[str, Any] = {"name": "web", "cpu": 1000, "mem": GIB, "vnc_password": "s3cret"}


class Spoken:
    """An object of an old class that notes which of its verbs were used."""

    def __init__(self, name: str) -> None:
        self._speaker = getattr(resource, name)()
        self.used: set[str] = set()
        self.verbs = set(f"{VERBS[name]} {SHORTCUTS.get(name, '')}".split())
        self.root: str = self._speaker.resource_name

    def response(self) -> Any:
        """Return the last answer."""
        return self._speaker.c.resp

    def from_url(self, url: str) -> Any:
        """Return what is at an address of the API; not a verb of the class's own."""
        return self._speaker.get_from_url(url)

    def __getattr__(self, verb: str) -> Any:
        self.used.add(verb)
        return getattr(self._speaker, verb)


def until(read: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 60) -> Any:
    """Read until it is enough, and return what was read."""
    ends = time.monotonic() + seconds
    while not enough(found := read()):
        assert time.monotonic() < ends, found
        time.sleep(0.01)
    return found


class World:
    """What lives need besides their own class."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drives = resource.Drive()
        self.servers = resource.Server()

    def disk(self, **more: Any) -> Any:
        return self.settled("drives", self.drives.create({**DISK, **more})["uuid"])

    def server(self, **more: Any) -> Any:
        return self.servers.create({**SERVER, **more})

    def settled(self, root: str, uuid: str, *states: str) -> Any:
        """Return an object once it is in a state in which it can be worked with."""
        cls = {"drives": resource.Drive, "servers": resource.Server, "bservers": resource.BServer}
        cls |= {"snapshots": resource.Snapshot, "remotesnapshots": resource.RemoteSnapshot}
        wanted = states or ("unmounted", "mounted", "available")
        return until(lambda: cls[root]().get(uuid), lambda found: found["status"] in wanted)

    def email(self) -> str:
        """Return the address of the account that the library is configured for."""
        return str(self.drives.c.username)

    def endpoint(self) -> str:
        """Return the base of the API that the library is configured for."""
        return str(self.drives.c.api_endpoint)

    def bought(self, name: str, amount: int = 1) -> Any:
        return resource.Subscriptions().create({"resource": name, "amount": amount, "period": "1 year"})


Life: TypeAlias = Callable[[Spoken, World], None]
LIVES: dict[str, Life] = {}


def life(*names: str) -> Callable[[Life], Life]:
    def note(function: Life) -> Life:
        LIVES.update(dict.fromkeys(names, function))
        return function

    return note


def reads(old: Spoken, one: Any = None, key: str = "uuid") -> Any:
    """Use the reading verbs that the class has; ``one`` is an object that must be among those listed.

    Return the object as ``get`` told it.
    """
    if "get_schema" in old.verbs:
        assert old.get_schema()["fields"]
    for verb in sorted({"list", "list_detail"} & old.verbs):
        listed = getattr(old, verb)()
        assert isinstance(listed, list)
        assert one is None or [each[key] for each in listed].count(one[key]) == 1
    if "get" not in old.verbs or one is None:
        return None
    found = old.get(one[key])
    assert found[key] == one[key]
    if "resource_uri" in found:
        again = old.from_url(found["resource_uri"])
        # Not the values: a job goes on and a router's clock ticks between two looks.
        assert (again["resource_uri"], set(again)) == (found["resource_uri"], set(found))
    return found


def refused(status: int, call: Callable[..., Any], *arguments: Any) -> Any:
    """Check that a call is refused with a status, as the old exceptions tell it."""
    kinds = {401: errors.AuthError, 403: errors.PermissionError}
    try:
        answer = call(*arguments)
    except errors.ApiClientError as problem:
        if problem.status_code == status and isinstance(problem, kinds.get(status, errors.ClientError)):
            return problem
        raise
    raise AssertionError(f"not refused: {answer}")


def gone(old: Spoken, uuid: str) -> None:
    refused(404, old.get, uuid)
    if "list" in old.verbs:
        assert uuid not in [each["uuid"] for each in old.list()]


def at(root: str, name: str) -> str:
    """Return the address of an object."""
    return f"/api/2.0/{root}/{name}/"


def whole_life(
    old: Spoken, definition: dict[str, Any], *, shown: dict[str, Any] | None = None, **changed: Any
) -> Any:
    """Create, read, change, delete one object; return it as it was made.

    :param shown: what is not answered as it was given, as it is answered; None for what may be anything.
    """
    made = old.create(definition)
    told = {**definition, **(shown or {})}
    for name, value in told.items():
        if value is not None or name not in (shown or {}):
            assert made[name] == value, (name, made[name], value)
    assert made["resource_uri"] == at(old.root, made["uuid"])
    assert reads(old, made) == made
    if "update" in old.verbs:
        updated = old.update(made["uuid"], {**definition, **changed})
        assert _lasting(updated) == {**_lasting(made), **changed}
        assert _lasting(old.get(made["uuid"])) == _lasting(updated)
    deletes(old, made["uuid"])
    return made


def deletes(old: Spoken, uuid: str) -> None:
    """Delete an object: nothing is answered, or by a router's parts the job that does it."""
    answer = old.delete(uuid)
    assert answer is None or (answer["uuid"], set(answer)) == (uuid, {"uuid", "job"})
    gone(old, uuid)


def _lasting(one: dict[str, Any]) -> dict[str, Any]:
    """Each change of a router's part leaves a job with it; ``pk`` is in the answer to a contact's change alone."""
    return {name: value for name, value in one.items() if name not in ("jobs", "pk")}
