"""The profile of the caller's account."""

from __future__ import annotations

from typing import Unpack

from ..core.call import F, call
from ..records.profile import Profile, ProfileChanges
from .collection import Schemed
from .editing import Editable, required


class UserProfile(Editable[F, Profile], Schemed[F]):
    """The profile (``/profile/``): one object, which is never created or deleted here."""

    _path = "profile"
    _record = Profile

    @call
    async def get(self) -> Profile:
        """Return the profile. Raises ``cloudsigma.errors.AuthError`` for wrong credentials."""
        return await self._fetch_one("profile/", Profile)

    @call
    async def update(self, **changes: Unpack[ProfileChanges]) -> Profile:
        """Change the profile and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.ProfileChanges``. The profile is read, changed and
        written back. Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value.
        """
        required(changes)
        return (await self._edit_path("profile/", lambda _: changes))[1]
