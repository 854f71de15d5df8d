"""Fills an empty store: accounts with money, and with ``standard`` what programs expect of an account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ..domain import account_records
from ..domain.seed import PERSISTENT_DRIVE_NAME, standard
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
