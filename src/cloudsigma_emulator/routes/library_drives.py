"""``/libdrives/``: the library, to be read and to be copied from."""

from __future__ import annotations

from ..domain.filters import FilterSpec
from ..domain.permissions import LIST
from .drives import clone_drive
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import render_library_drives
from .route import Answer, Call, Route

_KEYS = ("arch", "category", "distribution", "image_type", "name", "os", "uuid", "version")
FILTERS = FilterSpec(exact={key: key for key in _KEYS}, contains={"name": "name"}, tagged=False)


def list_library_drives(call: Call) -> Answer:
    """Answer the library; its plain list has every key already."""
    return list_answer(call, "libdrives", render_library_drives, owner=None, filters=FILTERS)


def get_library_drive(call: Call) -> Answer:
    """Answer one library drive."""
    drive = fetch(call, "libdrives", LIST)
    return single_answer(call, render_library_drives(call.tx, [drive], call)[0])


def clone_library_drive(call: Call) -> Answer:
    """Begin to copy a library drive into the caller's account."""
    fetch(call, "libdrives", LIST)
    return clone_drive(call)


ROUTES: list[Route] = [
    Route("GET", "/libdrives/", list_library_drives, id="libdrives.list"),
    Route("GET", "/libdrives/detail/", list_library_drives, id="libdrives.list_detail"),
    Route("GET", "/libdrives/{uuid}/", get_library_drive, id="libdrives.get"),
    Route("POST", "/libdrives/{uuid}/action/", clone_library_drive, action="clone", id="libdrives.clone"),
]
