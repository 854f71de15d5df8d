"""Delegated tokens: the identity service and the service that impersonates, which lie beside the API.

Any client id and secret is taken. The first two tokens are of no account, so that they open nothing of the API.
"""

from __future__ import annotations

import json
from typing import Any, TypeGuard
from urllib.parse import parse_qs

from ..domain.refusal import Refusal
from ..engine import credentials
from ..store.transaction import Transaction
from .route import Answer, Call, Route

SERVICE_SECONDS = 3600
TICKET_SECONDS = 3600
USER_SECONDS = 900

UMA_TICKET = "urn:ietf:params:oauth:grant-type:uma-ticket"
AUDIENCE = "service_provider_api"

# What stands in place of an account with tokens that belong to none.
_SERVICE = "oauth service token"
_TICKET = "oauth ticket"
_LONGEST_BODY = 1 << 16


def token(call: Call) -> Answer:
    """Give a service's token for its id and secret, or a ticket for that token."""
    try:
        form = {name: values[-1] for name, values in parse_qs(_text(call), max_num_fields=100).items()}
    except ValueError:
        return _refused(400, "invalid_request")
    grant = form.get("grant_type")
    with call.transaction() as tx:
        if grant == "client_credentials":
            if not form.get("client_id") or not form.get("client_secret"):
                return _refused(401, "invalid_client")
            return _given(tx, _SERVICE, SERVICE_SECONDS)
        if grant != UMA_TICKET:
            return _refused(400, "unsupported_grant_type")
        if _bearer_of(call, tx) != _SERVICE:
            return _refused(401, "invalid_token")
        if form.get("audience") != AUDIENCE:
            return _refused(400, "invalid_request")
        return _given(tx, _TICKET, TICKET_SECONDS)


def impersonate(call: Call) -> Answer:
    """Give a token of a user's account, to who holds a ticket and a service's token."""
    try:
        body = json.loads(_text(call) or "null")
    except (ValueError, RecursionError):
        body = None
    email = body.get("user_email") if isinstance(body, dict) else None
    subject = body.get("subject_token") if isinstance(body, dict) else None
    with call.transaction() as tx:
        if _bearer_of(call, tx) != _TICKET:
            return _refused(401, "invalid_token")
        if not _is_text(email) or not _is_text(subject):
            return _refused(400, "invalid_request")
        if credentials.token_account(tx, subject) != _SERVICE:
            return _refused(401, "invalid_token")
        account = credentials.account_by_email(tx, email)
        if account is None:
            return _refused(404, "unknown_user")
        return _given(tx, account["uuid"], USER_SECONDS)


def _given(tx: Transaction, account: str, seconds: int) -> Answer:
    value = credentials.add_token(tx, account, seconds=seconds)
    return Answer(200, {"access_token": value, "expires_in": seconds, "token_type": "Bearer"})


def _refused(status: int, error: str) -> Answer:
    return Answer(status, {"error": error})


def _bearer_of(call: Call, tx: Transaction) -> str | None:
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    return credentials.token_account(tx, value.strip()) if scheme.lower() == "bearer" else None


def _is_text(value: Any) -> TypeGuard[str]:
    # Half a surrogate pair is JSON, but nothing that could be looked up.
    return isinstance(value, str) and value.encode("utf-8", "ignore").decode() == value


def _text(call: Call) -> str:
    assert call.raw_body is not None
    content = bytearray()
    while piece := call.raw_body.read(_LONGEST_BODY):
        content += piece
        if len(content) > _LONGEST_BODY:
            raise Refusal.validation("The request body is too long")
    return content.decode("utf-8", "replace")


ROUTES = [
    Route(
        "POST",
        "/realms/cloudsigma/protocol/openid-connect/token/",
        token,
        auth=False,
        id="oauth.token",
        binary=True,
    ),
    Route(
        "POST",
        "/service_provider/api/v1/user/impersonate/",
        impersonate,
        auth=False,
        id="oauth.impersonate",
        binary=True,
    ),
]
