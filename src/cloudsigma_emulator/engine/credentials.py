"""Accounts and what proves to be them: passwords, sessions, bearer tokens. Only hashes are stored."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from typing import Any

from ..domain import digest
from ..store.transaction import Transaction

Doc = dict[str, Any]

SESSION_SECONDS = 1209600
CSRF_SECONDS = 31449600


@functools.lru_cache(maxsize=256)
def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=4096, r=8, p=1)


@functools.lru_cache(maxsize=64)
def _salt_for(password_key: bytes) -> bytes:
    # One salt for a password within one process, so that a fresh seed does not hash again.
    return secrets.token_bytes(16)


_PROCESS_KEY = secrets.token_bytes(32)


def _sealed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def add_account(tx: Transaction, uuid: str, email: str, password: str) -> Doc:
    """Make an account with a password; returns its document."""
    salt = _salt_for(hmac.digest(_PROCESS_KEY, password.encode(), "sha256"))
    doc = {"uuid": uuid, "owner": uuid, "name": email, "email": email}
    tx.insert("accounts", doc)
    tx.execute(
        "INSERT INTO credentials(account, email, password, salt, digest) VALUES(?,?,?,?,?)",
        (uuid, email, _hash(password, salt), salt, digest.ha1(email, password)),
    )
    return doc


def check_password(tx: Transaction, email: str, password: str) -> Doc | None:
    """Return the account if the password is its own."""
    rows = tx.execute("SELECT account, password, salt FROM credentials WHERE email=?", (email,))
    if not rows:
        return None
    account, stored, salt = rows[0]
    return tx.get("accounts", account) if hmac.compare_digest(_hash(password, salt), stored) else None


def digest_of(tx: Transaction, email: str) -> tuple[str, str] | None:
    """Return (account, HA1) for Digest authentication."""
    rows = tx.execute("SELECT account, digest FROM credentials WHERE email=?", (email,))
    return (rows[0][0], rows[0][1]) if rows else None


def account_by_email(tx: Transaction, email: str) -> Doc | None:
    """Return the account with this login name, whether or not it has a password yet."""
    found = tx.find("accounts", name=email, limit=1)
    return found[0] if found else None


def named_account(tx: Transaction, email: object) -> Doc:
    """Return the account with a login name. Raises ValueError when there is none."""
    account = account_by_email(tx, str(email))
    if account is None:
        raise ValueError("email names no account")
    return account


def open_session(tx: Transaction, account: str) -> tuple[str, str]:
    """Begin a session; returns the values of the cookies ``sessionid`` and ``csrftoken``."""
    session, csrf = secrets.token_hex(16), secrets.token_hex(16)
    tx.execute("DELETE FROM sessions WHERE expires<=?", (tx.now.timestamp(),))
    expires = tx.now.timestamp() + SESSION_SECONDS
    tx.execute(
        "INSERT INTO sessions(id, csrf, account, expires) VALUES(?,?,?,?)",
        (_sealed(session), csrf, account, expires),
    )
    return session, csrf


def session_of(tx: Transaction, session: str) -> tuple[str, str] | None:
    """Return (account, csrf token) of a session that has not ended."""
    rows = tx.execute("SELECT account, csrf, expires FROM sessions WHERE id=?", (_sealed(session),))
    if not rows or rows[0][2] <= tx.now.timestamp():
        return None
    return rows[0][0], rows[0][1]


def close_session(tx: Transaction, session: str) -> None:
    """End a session."""
    tx.execute("DELETE FROM sessions WHERE id=?", (_sealed(session),))


def add_token(tx: Transaction, account: str, token: str | None = None, seconds: float | None = None) -> str:
    """Make a bearer token for an account, for ``seconds`` of the emulator's clock (None: for ever)."""
    token = token or secrets.token_urlsafe(32)
    expires = None if seconds is None else tx.now.timestamp() + seconds
    tx.execute(
        "INSERT OR REPLACE INTO tokens(id, account, expires) VALUES(?,?,?)",
        (_sealed(token), account, expires),
    )
    return token


def token_account(tx: Transaction, token: str) -> str | None:
    """Return the account of a token that has not ended."""
    rows = tx.execute("SELECT account, expires FROM tokens WHERE id=?", (_sealed(token),))
    if not rows or (rows[0][1] is not None and rows[0][1] <= tx.now.timestamp()):
        return None
    return str(rows[0][0])
