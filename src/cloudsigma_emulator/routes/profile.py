"""``/profile/``: the caller's own data."""

from __future__ import annotations

from ..domain.account_records import changed_profile, shown_profile
from .listing import single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the caller's profile."""
    doc = call.tx.get("profile", call.user_uuid)
    assert doc is not None
    return single_answer(call, shown_profile(doc))


def update(call: Call) -> Answer:
    """Merge a whole or partial profile into the caller's."""
    doc = call.tx.get("profile", call.user_uuid)
    assert doc is not None
    changed = changed_profile(doc, call.object())
    call.tx.update("profile", changed)
    call.tx.audit("Profile", "update", call.user_uuid, details=call.body)
    return Answer(200, shown_profile(changed))


ROUTES = [
    Route("GET", "/profile/", get, id="profile.get"),
    Route("PUT", "/profile/", update, id="profile.update"),
]
