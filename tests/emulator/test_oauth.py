"""Delegated tokens: three steps beside the API, and tokens that end."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.routes.request import Request

from .cloud_in_process import Cloud
from .wire import Reply, Wire

TOKEN = "/realms/cloudsigma/protocol/openid-connect/token"
IMPERSONATE = "/service_provider/api/v1/user/impersonate"
SERVICE = {"grant_type": "client_credentials", "client_id": "any", "client_secret": "thing"}
TICKET = {
    "grant_type": "urn:ietf:params:oauth:grant-type:uma-ticket",
    "audience": "service_provider_api",
}


BODIES = st.binary(max_size=200) | st.builds(
    lambda fields: urlencode(fields).encode(),
    st.dictionaries(st.sampled_from(["grant_type", "audience"]), st.sampled_from([*TICKET.values(), "x"])),
) | st.builds(
    lambda fields: json.dumps(fields).encode(),
    st.dictionaries(st.sampled_from(["user_email", "subject_token"]), st.text() | st.none() | st.integers()),
)  # fmt: skip


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def form(nobody: Wire, fields: dict[str, str], token: str | None = None) -> Reply:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **(bearer(token) if token else {})}
    return nobody("POST", TOKEN, raw=urlencode(fields).encode(), headers=headers, base="")


def impersonate(nobody: Wire, body: Any, token: str | None = None) -> Reply:
    return nobody("POST", IMPERSONATE, body, headers=bearer(token) if token else None, base="")


def steps(nobody: Wire, email: str = "user@example.com") -> tuple[str, str, Reply]:
    service = form(nobody, SERVICE).json()["access_token"]
    ticket = form(nobody, TICKET, service).json()["access_token"]
    return service, ticket, impersonate(nobody, {"user_email": email, "subject_token": service}, ticket)


@pytest.mark.parametrize("email", ["user@example.com", "other@example.com"])
def test_three_steps_lead_to_the_user(nobody: Wire, email: str) -> None:
    service, ticket, reply = steps(nobody, email)
    assert reply.status == 200
    given_token = reply.json()
    assert given_token["expires_in"] > 0
    profile = nobody("GET", "/profile/", headers=bearer(given_token["access_token"]))
    assert profile.json()["email"] == email
    for token in (service, ticket):
        assert nobody("GET", "/profile/", headers=bearer(token)).status == 401


def test_a_token_ends(cloudsigma_emulator: Emulator, nobody: Wire) -> None:
    *_, reply = steps(nobody)
    token = reply.json()["access_token"]
    cloudsigma_emulator.clock.advance(reply.json()["expires_in"] - 1)
    assert nobody("GET", "/profile/", headers=bearer(token)).status == 200
    cloudsigma_emulator.clock.advance(2)
    assert nobody("GET", "/profile/", headers=bearer(token)).status == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"grant_type": "password"}, 400),
        ({**SERVICE, "client_secret": ""}, 401),
        ({**SERVICE, "client_id": ""}, 401),
        (TICKET, 401),
    ],
)
def test_incomplete_requests_get_no_token(nobody: Wire, fields: dict[str, str], status: int) -> None:
    reply = form(nobody, fields)
    assert reply.status == status
    assert "access_token" not in reply.json()


def test_each_step_needs_the_one_before(nobody: Wire) -> None:
    service, ticket, _ = steps(nobody)
    body = {"user_email": "user@example.com", "subject_token": service}
    assert form(nobody, TICKET, ticket).status == 401
    assert form(nobody, {**TICKET, "audience": "another"}, service).status == 400
    assert impersonate(nobody, body).status == 401
    assert impersonate(nobody, body, service).status == 401
    assert impersonate(nobody, {**body, "subject_token": ticket}, ticket).status == 401
    assert impersonate(nobody, {**body, "user_email": "nobody@example.com"}, ticket).status == 404
    assert impersonate(nobody, {"user_email": "user@example.com"}, ticket).status == 400
    assert impersonate(nobody, [], ticket).status == 400


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from([TOKEN, IMPERSONATE]), body=BODIES, known=st.booleans())
def test_no_body_makes_a_500(cloud: Cloud, path: str, body: bytes, known: bool) -> None:
    headers = {"content-type": "application/json"}
    if known:
        given_token = cloud.app.handle(Request("POST", TOKEN, "", {}, urlencode(SERVICE).encode()))
        headers |= {"authorization": f"Bearer {json.loads(given_token.body)['access_token']}"}
    response = cloud.app.handle(Request("POST", path, "", headers, body))
    assert response.status < 500
    if response.status == 200:  # the one body among them that asks for a ticket as it must
        assert known
        assert path == TOKEN
        assert sorted(parse_qsl(body.decode())) == sorted(TICKET.items())
