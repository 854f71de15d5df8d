"""Fills an empty store: accounts with money, and with ``standard`` what programs expect of an account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ..domain import account_records
from ..domain.seed import PERSISTENT_DRIVE_NAME, guest_drive, standard
from ..store.transaction import Transaction
from . import credentials, subscribing

USERS = (("user@example.com", "password"), ("other@example.com", "password"))
"""Login names and passwords of the two accounts, in every seed."""


def token_for(email: str) -> str:
    """Return the bearer token that the seed gives to an account."""
    return f"token-of-{email}"


class GuestImage(Protocol):
    """A raw disk that boots, to be a drive of the seed."""

    @property
    def title(self) -> str: ...

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...


def sow(tx: Transaction, seed: str, guests: Sequence[GuestImage] = ()) -> list[tuple[str, Path]]:
    """Write the seed's documents; return which drives are to have a copy of which file.

    :param guests: images to be found in the library; the first of them is the persistent drive too.
    """
    files: list[tuple[str, Path]] = []
    accounts: list[str] = []
    for email, password in USERS:
        uuid = tx.new_uuid()
        credentials.add_account(tx, uuid, email, password)
        credentials.add_token(tx, uuid, token_for(email))
        for kind, doc in account_records.documents(uuid, email, tx.now):
            tx.insert(kind, doc)
        accounts.append(uuid)
    if seed == "standard":
        sizes = [(guest.title, guest.size) for guest in guests]
        by_name = {guest.title: guest.path for guest in guests}
        if guests:
            by_name[PERSISTENT_DRIVE_NAME] = guests[0].path
        for kind, doc in standard(accounts[0], accounts[1], tx.now, tx.new_uuid, sizes):
            if kind in ("drives", "libdrives") and doc["name"] in by_name:
                files.append((doc["uuid"], by_name[doc["name"]]))
            if kind == subscribing.KIND:
                tx.insert(kind, doc, rank=-int(doc["id"]))
                subscribing.schedule(tx, doc)
            else:
                tx.insert(kind, doc)
    return files


def add_guests(
    tx: Transaction, guests: Sequence[GuestImage], has_bytes: Callable[[str], object]
) -> list[tuple[str, Path]]:
    """Let a cloud that was made before its guest images have them; return which drives get a copy of which file.

    :param guests: as for :func:`sow`. The persistent drive gets the first one unless it has been written to.
    :param has_bytes: tells of the uuid of a drive whether it has a file.
    """
    library = {drive["name"]: drive["uuid"] for drive in tx.find("libdrives")}
    if not library:
        return []  # the seed without a library
    wanted = []
    for guest in guests:
        if guest.title not in library:
            library[guest.title] = tx.new_uuid()
            tx.insert("libdrives", guest_drive(library[guest.title], guest.title, guest.size))
        wanted.append((library[guest.title], guest.path))
    if guests:
        persistent = tx.find("drives", name=PERSISTENT_DRIVE_NAME, status="unmounted", limit=1)
        wanted += [(drive["uuid"], guests[0].path) for drive in persistent if drive["size"] >= guests[0].size]
    return [(uuid, path) for uuid, path in wanted if not has_bytes(uuid)]
