"""The public keys that a server's guest is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.call import F, call
from ..core.references import path_of, uuid_of
from ..errors import IllegalState
from ..records.keypair import Keypair, Pubkey
from ..records.reference import Ref
from ..records.server import Server
from .editing import Editable


class ServerKeys(Editable[F, Server]):
    """The verbs of a server's public keys."""

    _record = Server

    @call
    async def attach_pubkey(self, ref: Ref[Server], key: Ref[Pubkey] | Keypair) -> Server:
        """Give the guest of a stopped server one more public ``key`` and return the server.

        ``key`` is a public key or its keypair; the private half stays in the cloud. One that the server has already is
        no error. Images of the library take the keys over when they boot.

        Raises ``cloudsigma.errors.IllegalState`` when the server is not stopped, and
        ``cloudsigma.errors.ValidationError`` for a key that there is not.

        Sends ``PUT /servers/{uuid}/``.
        """
        return await self._set_key(ref, key, wanted=True)

    @call
    async def detach_pubkey(self, ref: Ref[Server], key: Ref[Pubkey] | Keypair) -> Server:
        """Take a public ``key`` off a stopped server and return the server; one that it does not have is no error.

        A guest that has taken the key over keeps it. Raises ``cloudsigma.errors.IllegalState`` when the server
        is not stopped.

        Sends ``PUT /servers/{uuid}/``.
        """
        return await self._set_key(ref, key, wanted=False)

    async def _set_key(self, ref: Any, key: Any, *, wanted: bool) -> Server:
        uuid, path = uuid_of(key, "pubkeys", "key"), path_of(ref, self._path)

        def change(server: Server) -> Mapping[str, Any]:
            have: list[str] = _keys(server)
            if (uuid in have) == wanted:
                return {}
            return {"pubkeys": [*have, uuid] if wanted else [item for item in have if item != uuid]}

        _, after = await self._edit_path(path, change)
        if (uuid in _keys(after)) != wanted:
            verb = "attach" if wanted else "detach"
            raise IllegalState(
                f"the cloud did not {verb} key {uuid}: the server is {after.get('status')}, and its keys can be "
                f"changed only while it is stopped",
                method="PUT",
                path=f"/{path}",
            )
        return after


def _keys(server: Mapping[str, Any]) -> list[str]:
    return [uuid_of(item, "pubkeys", "pubkeys") for item in server.get("pubkeys") or ()]
