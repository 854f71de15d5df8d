"""Who is calling: Basic, Digest, bearer token, cookie session with its CSRF token.

A password that was right is remembered under a keyed hash of its header, so that only the first request of a client
pays for the slow hash.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Any

from ..domain import digest
from ..domain.refusal import Refusal
from ..engine import credentials
from ..store.transaction import Transaction
from .request import Request

Doc = dict[str, Any]
_KEPT = 4096
_SAFE = ("GET", "HEAD", "OPTIONS")


class Access:
    """Finds the account behind a request."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, Doc] = {}

    def forget(self) -> None:
        """Forget remembered passwords: after a reset, or when an account changed."""
        self._seen.clear()

    def account(self, tx: Transaction, secret: bytes, request: Request) -> Doc:
        """Return the caller's account. Refuses with 401, or 403 for a missing CSRF token."""
        header = request.headers.get("authorization")
        if header:
            return self._by_header(tx, secret, request, header)
        account = self._by_session(tx, request)
        if account is None:
            raise Refusal.unauthenticated()
        return account

    def _by_header(self, tx: Transaction, secret: bytes, request: Request, header: str) -> Doc:
        scheme, _, value = header.partition(" ")
        scheme = scheme.lower()
        account: Doc | None = None
        if scheme == "basic":
            account = self._basic(tx, value.strip())
        elif scheme == "digest":
            account = self._digest(tx, secret, request, value)
        elif scheme in ("bearer", "token"):
            owner = credentials.token_account(tx, value.strip())
            account = tx.get("accounts", owner) if owner else None
        if account is None:
            raise Refusal.unauthenticated()
        return account

    def _basic(self, tx: Transaction, value: str) -> Doc | None:
        seal = hmac.digest(self._key, value.encode("utf-8", "replace"), "sha256")
        known = self._seen.get(seal)
        if known is not None:
            return known
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        email, colon, password = text.partition(":")
        account = credentials.check_password(tx, email, password) if colon else None
        if account is not None:
            if len(self._seen) >= _KEPT:
                self._seen.clear()
            self._seen[seal] = account
        return account

    def _digest(self, tx: Transaction, secret: bytes, request: Request, value: str) -> Doc | None:
        values = digest.parse(value)
        found = credentials.digest_of(tx, values.get("username", ""))
        target = request.path + (f"?{request.query}" if request.query else "")
        if found is None or values.get("realm") != digest.REALM or values.get("uri") != target:
            return None
        account, ha1 = found
        if not digest.same(digest.response(ha1, request.method, values), values.get("response", "")):
            return None
        state = digest.nonce_state(secret, values.get("nonce", ""), tx.now.timestamp())
        if state == "stale":
            raise StaleNonce
        return tx.get("accounts", account) if state == "good" else None

    def _by_session(self, tx: Transaction, request: Request) -> Doc | None:
        cookies = cookies_of(request)
        session = cookies.get("sessionid")
        found = credentials.session_of(tx, session) if session else None
        if found is None:
            return None
        account, csrf = found
        if request.method not in _SAFE:
            sent = request.headers.get("x-csrftoken", "")
            if not digest.same(csrf, sent) or not digest.same(csrf, cookies.get("csrftoken", "")):
                raise Refusal.permission(
                    "CSRF verification failed: X-CSRFToken is missing or not that of the session"
                )
        return tx.get("accounts", account)


class StaleNonce(Refusal):
    """401: right password, old nonce; the client repeats with a new one without asking its user."""

    def __init__(self) -> None:
        plain = Refusal.unauthenticated("The nonce is too old")
        super().__init__(plain.status, *plain.errors)


def cookies_of(request: Request) -> dict[str, str]:
    """Return the cookies of a request, values to the letter but for quotes around them."""
    found = {}
    for part in request.headers.get("cookie", "").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found[name] = value.strip('"')
    return found
