"""Of which events each contact is told. The rows are there from the beginning; they can only be switched."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from ..core.call import F, call
from ..core.pages import fetch_all, objects_in, typed
from ..core.references import uuid_of
from ..records.notification import (
    NotificationPreference,
    NotificationPreferenceFilters,
    NotificationPreferenceSpec,
)
from .collection import Collection
from .given_filters import known

_CONTACTS = "notification_contacts"


class NotificationPreferences(Collection[F]):
    """The preferences (``/notification_preferences/``): one for each contact, medium and type of event."""

    _path = "notification_preferences"

    @call
    async def list(self, **filters: Unpack[NotificationPreferenceFilters]) -> List[NotificationPreference]:
        """Return every preference that matches.

        ``filters`` are the keys of ``cloudsigma.records.NotificationPreferenceFilters``; all given must hold. The
        API filters no preferences, so all are read. Raises ``TypeError`` for a filter that there is not.
        """
        tests = _tests(filters)
        found = await fetch_all(self._requests, "notification_preferences/", NotificationPreference)
        return [row for row in found if all(test(row) for test in tests)]

    @call
    async def update(self, **fields: Unpack[NotificationPreferenceSpec]) -> NotificationPreference:
        """Say whether a contact is told of one type of event, and return the preference.

        ``fields`` are the keys of ``cloudsigma.records.NotificationPreferenceSpec``, all of them required.
        Sends ``PUT /notification_preferences/``. Raises ``cloudsigma.errors.ValidationError`` for a contact,
        medium or type that there is not.
        """
        body = _row(fields)
        answer = await self._requests.request("PUT", "notification_preferences/", body=body)
        changed = typed(objects_in(answer), NotificationPreference)
        # The answer holds the rows that changed; one that was so already need not be among them.
        return changed[0] if changed else NotificationPreference(body)

    @call
    async def update_many(self, specs: Sequence[NotificationPreferenceSpec]) -> List[NotificationPreference]:
        """Set several preferences in one request and return those that the cloud says it changed."""
        if not specs:
            return []
        body = [_row(spec) for spec in specs]
        answer = await self._requests.request("PUT", "notification_preferences/", body=body)
        return typed(objects_in(answer), NotificationPreference)


def _row(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "contact": _contact_uri(fields["contact"])}


def _contact_uri(ref: Any) -> str:
    """Return the path of a contact, which is what a preference names it by."""
    return f"/api/2.0/{_CONTACTS}/{uuid_of(ref, _CONTACTS, 'contact')}/"


def _tests(filters: Mapping[str, Any]) -> List[Callable[[NotificationPreference], bool]]:
    """Return one test for each filter."""
    tests: List[Callable[[NotificationPreference], bool]] = []
    for name, value in known(filters, NotificationPreferenceFilters, "notification preferences").items():
        if name == "contact":
            uuid = uuid_of(value, _CONTACTS, "contact")
            tests.append(partial(_concerns, uuid))
        else:
            tests.append(partial(_has, name, [value] if isinstance(value, str) else List(value)))
    return tests


def _concerns(uuid: str, row: NotificationPreference) -> bool:
    return uuid_of(row.contact, _CONTACTS) == uuid


def _has(name: str, values: List[str], row: NotificationPreference) -> bool:
    return row.get(name) in values
