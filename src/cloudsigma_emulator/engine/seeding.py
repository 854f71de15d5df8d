"""Fills an empty store: accounts with money, and with ``standard`` what programs expect of an account."""

from __future__ import annotations

from ..domain import account_records
from ..domain.seed import standard
from ..store.transaction import Transaction
from . import credentials, subscribing

USERS = (("user@example.com", "password"), ("other@example.com", "password"))
"""Login names and passwords of the two accounts, in every seed."""


def token_for(email: str) -> str:
    """Return the bearer token that the seed gives to an account."""
    return f"token-of-{email}"


def sow(tx: Transaction, seed: str) -> None:
    """Write the seed's documents."""
    accounts: list[str] = []
    for email, password in USERS:
        uuid = tx.new_uuid()
        credentials.add_account(tx, uuid, email, password)
        credentials.add_token(tx, uuid, token_for(email))
        for kind, doc in account_records.documents(uuid, email, tx.now):
            tx.insert(kind, doc)
        accounts.append(uuid)
    if seed == "standard":
        for kind, doc in standard(accounts[0], accounts[1], tx.now, tx.new_uuid):
            if kind == subscribing.KIND:
                tx.insert(kind, doc, rank=-int(doc["id"]))
                subscribing.schedule(tx, doc)
            else:
                tx.insert(kind, doc)
