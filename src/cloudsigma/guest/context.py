"""The server context: what a guest may know of itself, asked of the cloud over the second serial port.

Nothing is cached: name, meta and global context change while the guest runs, and each call sees the latest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Coroutine
from typing import Any, TypeAlias

from ..core.call import Async, F, Faced, Sync, call
from .contents import NicAddress, nic_addresses_of, ssh_public_keys_of, user_data_of
from .device import SerialDevice
from .protocol import Exchange, json_value, text_of

Document: TypeAlias = dict[str, Any]

# Top-level keys that always hold an object or a list, so that an answer like {...} is not somebody's text.
_CONTAINERS = frozenset(
    {"drives", "global_context", "meta", "nics", "pubkeys", "requirements", "tags", "vendor_data"}
)


class _Context(Faced[F]):
    def __init__(self, port: str | os.PathLike[str] | None = None, timeout: float = 10.0) -> None:
        self._device = SerialDevice(port, timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(port={self._device.port!r}, timeout={self._device.timeout!r})"

    @call
    async def get(self, path: str = "") -> Any:
        """Return the JSON value at a path of the context, or the whole context.

        Arguments: ``path``, keys and list indexes separated by ``/``, such as ``nics/0`` or ``/meta/ssh_public_key``;
        a slash at either end is allowed; indexes count from 0. Returns a dict, list, string, number, boolean, or None
        for a path that does not exist. A path that the protocol answers ambiguously (is ``1000`` a number or a name?)
        costs a second question.

        Raises ``DeviceUnavailable``, ``NotAnswered`` or ``NotJson``, and :class:`ValueError` for a path with control
        characters, ``<`` or ``>``. See the API's page on the server context.
        """
        return await self._get(path)

    @call
    async def text(self, path: str) -> str:
        """Return what the cloud says at a path as text: strings without quotes, everything else in JSON spelling.

        A path that does not exist, and null, give the empty string. Arguments and errors are those of ``get``.
        """
        keys = _keys(path)
        payload = await self._ask(keys)
        if not payload and len(keys) > 2:
            # A key may hold slashes, and the protocol has no way to ask for it.
            found, exact = _walk(await self._whole(), keys)
            return exact if found and isinstance(exact, str) else ""
        if b"\\" in payload and json_value(payload)[0]:
            # A document keeps its escapes, a string that looks like one does not.
            found, exact = _walk(await self._whole(), keys)
            return exact if found and isinstance(exact, str) else payload.decode("utf-8", "replace")
        return text_of(payload)

    @call
    async def user_data(self) -> bytes | None:
        """Return the user data that the server was given for cloud-init, or None.

        It is the ``meta`` field ``cloudinit-user-data``, decoded when the field ``base64_fields`` lists it. Raises what
        :meth:`get` raises, and :class:`ValueError` for user data that is said to be base64 and is not.
        """
        return user_data_of(await self._object("meta"))

    @call
    async def ssh_public_keys(self) -> list[str]:
        """Return the SSH keys that may log in: those in the ``meta`` field ``ssh_public_key``, then the attached ones.

        Each is a line as ``authorized_keys`` has it, and comes once. Raises what :meth:`get` raises.
        """
        return ssh_public_keys_of(await self._whole())

    @call
    async def nic_addresses(self) -> list[NicAddress]:
        """Return the addresses of the network cards, in the order of the cards; a private card has an entry without one.

        Addresses that dhcp has lent for this run are among them. Raises what :meth:`get` raises.
        """
        return nic_addresses_of(await self._get("nics"))

    async def _get(self, path: str) -> Any:
        keys = _keys(path)
        if not keys:
            return await self._whole()
        payload = await self._ask(keys)
        is_json, value = json_value(payload)
        if payload and not is_json and b"\\" not in payload:
            return text_of(payload)
        if isinstance(value, (dict, list)) and len(keys) == 1 and keys[0] in _CONTAINERS:
            return value
        found, exact = _walk(await self._whole(), keys)
        if found:
            return exact
        if is_json:
            return value
        return text_of(payload) if payload else None

    async def _object(self, key: str) -> Document:
        value = await self._get(key)
        return value if isinstance(value, dict) else {}

    async def _whole(self) -> Document:
        exchange = Exchange()
        await self._carry_out(exchange)
        assert exchange.document is not None
        return exchange.document

    async def _ask(self, keys: list[str]) -> bytes:
        exchange = Exchange("/".join(keys))
        await self._carry_out(exchange)
        assert exchange.payload is not None
        return exchange.payload

    async def _carry_out(self, exchange: Exchange) -> None:
        if self._blocking:
            self._device.carry_out(exchange)
            return
        import asyncio
        import threading

        abandoned = threading.Event()
        try:
            await asyncio.to_thread(self._device.carry_out, exchange, abandoned)
        finally:
            abandoned.set()


class ServerContext(_Context[Sync]):
    """Read the server context of the machine that this program runs on.

        from cloudsigma.guest import ServerContext
        context = ServerContext()
        context.get()["name"]
        context.meta.get("ssh_public_key")

    Arguments: ``port``, the serial port; by default what the environment's ``CLOUDSIGMA_SERIAL_PORT`` names, else
    ``/dev/ttyS1`` (Windows: ``COM2``). ``timeout``, the seconds that one question may take altogether, waiting for
    other programs that ask included. Raises :class:`ValueError` for a timeout that is not above 0.

    No credentials and no configuration are needed. The port is locked while a question is open, so that several
    programs may ask at once. A context may be shared by threads.
    """

    _blocking = True

    @property
    def meta(self) -> Document:
        """The server's ``meta``, read anew each time."""
        return self._read("meta")

    @property
    def global_context(self) -> Document:
        """The account's global context, read anew each time."""
        return self._read("global_context")

    @call
    async def _read(self, key: str) -> Document:
        return await self._object(key)


class AsyncServerContext(_Context[Async]):
    """The same as ``ServerContext``, awaited; the port is used in a thread of its own."""

    _blocking = False

    @property
    def meta(self) -> Coroutine[Any, Any, Document]:
        """The server's ``meta``, read anew each time it is awaited."""
        return self._object("meta")

    @property
    def global_context(self) -> Coroutine[Any, Any, Document]:
        """The account's global context, read anew each time it is awaited."""
        return self._object("global_context")


def _keys(path: Any) -> list[str]:
    if not isinstance(path, str):
        raise TypeError(f"a context path is a text such as 'nics/0', not {path!r}")
    return [key for key in path.split("/") if key]


def _walk(value: Any, keys: list[str]) -> tuple[bool, Any]:
    if not keys:
        return True, value
    if isinstance(value, list):
        index = keys[0]
        if re.fullmatch("[0-9]{1,9}", index) and int(index) < len(value):
            return _walk(value[int(index)], keys[1:])
    elif isinstance(value, dict):
        for count in range(1, len(keys) + 1):
            # Keys of meta may hold slashes themselves.
            key = "/".join(keys[:count])
            if key in value and (found := _walk(value[key], keys[count:]))[0]:
                return found
    return False, None
