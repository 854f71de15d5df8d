"""``/accounts/action/``: sign up, log in and out, and the ticket for the websocket."""

from __future__ import annotations

from ..domain import account_records, tickets
from ..domain.refusal import Refusal
from ..engine import credentials
from .access import cookies_of
from .request import Request
from .route import Answer, Call, Route


def _cookie(name: str, value: str, max_age: int, *, http_only: bool = False) -> tuple[str, str]:
    # No Domain and no Secure: a cookie jar would drop or withhold the cookie on 127.0.0.1.
    text = f"{name}={value}; Max-Age={max_age}; Path=/"
    return ("Set-Cookie", f"{text}; HttpOnly" if http_only else text)


def login(call: Call) -> Answer:
    """Open a session for the e-mail and password in the body."""
    uuid = _by_body(call)
    session, csrf = credentials.open_session(call.tx, uuid)
    cookies = [
        _cookie("sessionid", session, credentials.SESSION_SECONDS, http_only=True),
        _cookie("csrftoken", csrf, credentials.CSRF_SECONDS),
    ]
    return Answer(200, {"uuid": uuid}, cookies)


def logout(call: Call) -> Answer:
    """End the session of the cookie, if there is one."""
    session = cookies_of(Request("POST", "", headers=call.headers)).get("sessionid")
    if session:
        credentials.close_session(call.tx, session)
    gone = [_cookie("sessionid", "", 0, http_only=True), _cookie("csrftoken", "", 0)]
    return Answer(200, {}, gone)


def check_login(call: Call) -> Answer:
    """Tell who is logged in."""
    return Answer(200, {"uuid": call.user_uuid})


def check_login_with_return_uuid(call: Call) -> Answer:
    """Tell who is logged in, by session or by the e-mail and password in the body."""
    user = call.app.who(call.tx, call.headers, "GET")
    return Answer(200, {"uuid": user["uuid"] if user else _by_body(call)})


def authenticate_asynchronous(call: Call) -> Answer:
    """Give the ticket that opens the websocket."""
    ticket = tickets.issue(call.app.secret, call.user_uuid, call.tx.now.timestamp())
    return Answer(200, {}, [_cookie("async_auth", ticket, tickets.SECONDS)])


def create(call: Call) -> Answer:
    """Sign up: an account without a password yet, as before the mail is answered."""
    body = call.object()
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email.strip("@"):
        raise Refusal.validation("An e-mail address is required", "email")
    if credentials.account_by_email(call.tx, email) is not None:
        raise Refusal.validation("There is an account with this e-mail address already", "email")
    uuid = call.tx.new_uuid()
    call.tx.insert("accounts", {"uuid": uuid, "owner": uuid, "name": email, "email": email})
    for kind, doc in account_records.documents(uuid, email, call.tx.now):
        if kind == "profile":
            doc["state"] = "NEW_USER"
        if kind == "balance":
            doc["balance"] = "0E-20"
        call.tx.insert(kind, doc)
    return Answer(200, {"success": True, "uuid": uuid})


def _by_body(call: Call) -> str:
    body = call.object()
    email, password = body.get("username"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        raise Refusal.unauthenticated("username and password are required")
    account = credentials.check_password(call.tx, email, password)
    if account is None:
        raise Refusal.unauthenticated("Wrong username or password")
    return str(account["uuid"])


_PATH = "/accounts/action/"
ROUTES = [
    Route("POST", _PATH, create, action="create", auth=False, id="accounts.create"),
    Route("POST", _PATH, login, action="login", auth=False, id="accounts.login"),
    Route("POST", _PATH, logout, action="logout", id="accounts.logout"),
    Route("POST", _PATH, check_login, action="check_login", id="accounts.check_login"),
    Route(
        "POST",
        _PATH,
        check_login_with_return_uuid,
        action="check_login_with_return_uuid",
        auth=False,
        id="accounts.check_login_with_return_uuid",
    ),
    Route(
        "POST",
        _PATH,
        authenticate_asynchronous,
        action="authenticate_asynchronous",
        id="accounts.authenticate_asynchronous",
    ),
]
