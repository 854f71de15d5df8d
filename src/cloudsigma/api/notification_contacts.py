"""The people who are told of events."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..records.notification import (
    NotificationContact,
    NotificationContactChanges,
    NotificationContactFilters,
    NotificationContactSpec,
)
from ..records.page import Page
from ..records.reference import Ref
from .collection import Deletable, Readable
from .editing import Editable, required
from .narrowing import Narrowed


class NotificationContacts(
    Narrowed[F, NotificationContact],
    Readable[F, NotificationContact],
    Editable[F, NotificationContact],
    Deletable[F, NotificationContact],
):
    """The contacts (``/notification_contacts/``). The account's own is ``main`` and cannot be deleted."""

    _path = "notification_contacts"
    _list_path = "notification_contacts/"
    _record = NotificationContact
    _filters = NotificationContactFilters

    @call
    async def list(self, **filters: Unpack[NotificationContactFilters]) -> List[NotificationContact]:
        """Return every contact that matches.

        ``filters`` are the keys of ``cloudsigma.records.NotificationContactFilters``; all given must hold, a
        sequence of values means any of them. The API filters no contacts, so all are read.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[NotificationContact, None]:
        """Yield every contact, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[NotificationContact]:
        """Return one page of the contacts: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[NotificationContactFilters]) -> NotificationContact | None:
        """Return the only contact that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only_matching(filters)

    @call
    async def create(self, **fields: Unpack[NotificationContactSpec]) -> NotificationContact:
        """Create a contact and return it.

        ``fields`` are the keys of ``cloudsigma.records.NotificationContactSpec``; ``email`` is required.
        Sends ``POST /notification_contacts/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        body = {"objects": [fields]}
        return await self._send("POST", "notification_contacts/", NotificationContact, body)

    @call
    async def create_many(self, specs: Sequence[NotificationContactSpec]) -> List[NotificationContact]:
        """Create several contacts in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [dict(spec) for spec in specs]}
        answer = await self._requests.request("POST", "notification_contacts/", body=body)
        return typed(objects_in(answer), NotificationContact)

    @call
    async def update(
        self, ref: Ref[NotificationContact], **changes: Unpack[NotificationContactChanges]
    ) -> NotificationContact:
        """Change a contact and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.NotificationContactChanges``. The contact is read, changed
        and written back. Sends ``PUT /notification_contacts/{uuid}/``. Raises
        ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        return await self._update(ref, changes)
