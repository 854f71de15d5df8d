"""Updating by reading, changing and writing back, so that nothing that was there gets lost.

The API's PUT wants the required fields each time and replaces every list it is given. So a change is applied to what
the cloud says now, not to a copy that the caller may have held for an hour; and when the cloud answers that somebody
else's change came between, it is applied anew to the new state instead of being sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from ..core import retry
from ..core.call import F
from ..core.references import path_of
from ..errors import ApiClientError, ConnectionFailed, IllegalState, OutcomeUnknown
from .collection import Collection as Part
from .collection import T, object_in
from .staleness import plain, refuse_stale

if TYPE_CHECKING:
    from ..core.requests import Requests

STRIPES = 16


class Editable(Part[F], Generic[F, T]):
    """A collection whose resources can be changed. ``update`` itself stands in each, for what can be changed differs."""

    _record: type[T]
    _list_path: ClassVar[str]

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests)
        # Calls of one client that change the same resource go one after another; a few locks serve all resources.
        self._edit_locks = tuple(requests.port.lock() for _ in range(STRIPES))

    def _resent(self, present: T) -> Mapping[str, Any]:
        """Return what of the present state is written back with a change: all of it, unknown fields too."""
        return present

    async def _update(self, ref: Any, body: Mapping[str, Any]) -> T:
        """Write the fields of ``body`` into the present state and return the answer.

        Refuses to overwrite a list or meta that changed since the record ``ref`` was read.
        """
        return (await self._update_path(path_of(ref, self._path), ref, body))[1]

    async def _update_path(self, path: str, ref: Any, body: Mapping[str, Any]) -> tuple[T, T]:
        """The same for a path; returns the state before and the state after."""
        return await self._edit_path(
            path, lambda _: body, lambda present: refuse_stale(ref, present, body, path)
        )

    async def _edit(self, ref: Any, change: Callable[[T], Mapping[str, Any]]) -> T:
        """Write what ``change`` makes of the present state, and return the answer; nothing is written for ``{}``."""
        return (await self._edit_path(path_of(ref, self._path), change))[1]

    async def _edit_path(
        self,
        path: str,
        change: Callable[[T], Mapping[str, Any]],
        check: Callable[[T], None] | None = None,
        done: Callable[[T, T], bool] | None = None,
    ) -> tuple[T, T]:
        """The same for a path; returns the state before and the state after.

        ``check`` looks at each state that is read, as long as it cannot be the work of this very call. ``done`` tells,
        of the state before and the present one, whether a write without an answer shows to have been carried out; for
        changes that must not be made twice.
        """
        requests, port = self._requests, self._requests.port
        timeout = requests.settings.timeout
        deadline = port.now() + (inf if timeout is None else timeout)
        attempt = 0
        origin: T | None = None  # the last state that is surely not the work of this call
        perhaps_written = False
        async with self._edit_locks[hash(path) % STRIPES]:
            while True:
                before = object_in(await requests.request("GET", path, deadline=deadline), self._record)
                if origin is None or not perhaps_written:
                    origin = before
                    if check is not None:
                        check(before)
                elif done is not None and done(origin, before):
                    return origin, before
                changes = change(before)
                if not changes:
                    return before, before
                body = {**self._resent(before), **changes}
                try:
                    answer = await requests.request("PUT", path, body=body, deadline=deadline, retries=0)
                    return before, object_in(answer, self._record)
                except ApiClientError as error:
                    pause = retry.pause(attempt, getattr(error, "retry_after", None), port.random())
                    over = attempt >= requests.settings.retries or port.now() + pause >= deadline
                    if over or not worth_another_look(error):
                        raise
                    perhaps_written |= isinstance(error, (OutcomeUnknown, ConnectionFailed))
                attempt += 1
                await port.sleep(pause)


def worth_another_look(error: ApiClientError) -> bool:
    """Tell whether a write that failed this way may be made again, after reading again."""
    return isinstance(error, (OutcomeUnknown, ConnectionFailed)) or error.status_code in retry.BUSY


def required(changes: Mapping[str, Any]) -> None:
    """Refuse an update that changes nothing: a record that was altered in place is not what gets written."""
    if not changes:
        raise TypeError(
            "update() was given no changes; pass them by name, as in update(ref, name=…): what was altered in a "
            "record itself is not written, so that an old copy cannot undo the changes of others"
        )


def require_applied(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    wanted: Mapping[str, Any],
    always: Collection[str],
    path: str,
    what: str,
) -> None:
    """Raise ``cloudsigma.errors.IllegalState`` when the cloud answered success but left fields as they were.

    ``always`` are the fields that ``what`` takes in any state.
    """
    ignored = [
        name
        for name, value in wanted.items()
        if name not in always
        and plain(after.get(name)) == plain(before.get(name))
        and plain(value) != plain(before.get(name))
    ]
    if ignored:
        raise IllegalState(
            f"the cloud left {', '.join(ignored)} unchanged: {what} takes only {', '.join(sorted(always))}",
            method="PUT",
            path=f"/{path}",
        )
