"""The error tree, and what each refusal of the API becomes."""

from __future__ import annotations

import copy
import pickle

import pytest

from cloudsigma import errors
from cloudsigma.core.refusals import refusal

OLD = ("ClientError", "ServerError", "AuthError", "PermissionError")


def classes() -> list[type[errors.ApiClientError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [cls for cls in found if issubclass(cls, errors.ApiClientError)]


def refuse(status: int, body: bytes = b"", method: str = "POST", **headers: str) -> errors.ApiClientError:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(
        status,
        lines,
        body,
        method=method,
        path="/api/2.0/servers/",
        repeatable=method in ("GET", "PUT", "DELETE"),
    )


def listed(kind: str, message: str = "words", point: str | None = None) -> bytes:
    import json

    return json.dumps([{"error_type": kind, "error_message": message, "error_point": point}]).encode()


def test_the_docstring_draws_every_class() -> None:
    drawing = errors.__doc__ or ""
    assert [cls.__name__ for cls in classes() if cls.__name__ not in drawing] == []


def test_the_old_names_do_not_derive_from_one_another() -> None:
    for name in OLD:
        cls = getattr(errors, name)
        assert cls.__bases__ == (errors.ApiClientError,)
        for other in OLD:
            assert name == other or not issubclass(cls, getattr(errors, other))


def test_a_star_import_leaves_the_builtin_permission_error_alone() -> None:
    names: dict[str, object] = {}
    exec("from cloudsigma.errors import *", names)
    assert "PermissionError" not in names
    assert names["NotFound"] is errors.NotFound


def test_the_old_constructor() -> None:
    error = errors.ClientError("no such thing", 404, "req-1")
    assert (error.args[0], error.status_code, error.request_id) == ("no such thing", 404, "req-1")
    assert errors.ApiClientError("x").status_code is None
    assert errors.ApiClientError("x", status_code=500, request_id="r").request_id == "r"
    with pytest.raises(TypeError):
        errors.ApiClientError()  # type: ignore[call-arg]


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_errors_survive_pickle_and_copy(cls: type[errors.ApiClientError]) -> None:
    error = cls("words", 400, "req-1", errors=[{"error_type": "validation"}], method="PUT", path="/x/")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is cls
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


@pytest.mark.parametrize(
    ("status", "body", "cls", "old"),
    [
        (400, listed("validation", point="name"), errors.ValidationError, errors.ClientError),
        (401, listed("permission"), errors.AuthError, errors.AuthError),
        (401, b"", errors.AuthError, errors.AuthError),
        (402, listed("billing"), errors.PaymentRequired, errors.ClientError),
        (
            403,
            listed("permission", 'Cannot start guest in state "started". Guest should be in state "stopped"'),
            errors.IllegalState,
            errors.PermissionError,
        ),
        (
            403,
            listed("permission", "Cannot resize drive mounted on a running guest"),
            errors.IllegalState,
            errors.PermissionError,
        ),
        (
            403,
            listed("permission", "User a does not have all of the permissions [LIST] in order to complete"),
            errors.NotPermitted,
            errors.PermissionError,
        ),
        (403, b"", errors.PermissionError, errors.PermissionError),
        (404, listed("notexist"), errors.NotFound, errors.ClientError),
        (405, b"", errors.ClientError, errors.ClientError),
        (409, b"", errors.Conflict, errors.ClientError),
        (
            416,
            listed("validation", "Chunk 3 already uploaded"),
            errors.ChunkAlreadyUploaded,
            errors.ClientError,
        ),
        (429, b"", errors.RateLimited, errors.ClientError),
        (500, listed("backend", "unknown error"), errors.ServerError, errors.ServerError),
        (503, listed("concurrency"), errors.Concurrency, errors.ServerError),
        (503, listed("backend"), errors.Unavailable, errors.ServerError),
        (502, b"<html>bad gateway</html>", errors.GatewayOutcomeUnknown, errors.ServerError),
        (302, b"", errors.BadAnswer, errors.ServerError),
        (599, b"", errors.ServerError, errors.ServerError),
    ],
)
def test_each_refusal_has_its_class(
    status: int, body: bytes, cls: type[Exception], old: type[errors.ApiClientError]
) -> None:
    error = refuse(status, body, x_request_id="req-9")
    assert type(error) is cls
    assert isinstance(error, old)
    assert error.status_code == status
    assert error.request_id == "req-9"
    assert (error.method, error.path) == ("POST", "/api/2.0/servers/")


def test_the_api_s_words_and_field_are_carried() -> None:
    error = refuse(400, listed("validation", "This field is required", "resource"))
    assert error.error_type == "validation"
    assert error.error_message == "This field is required"
    assert error.error_point == "resource"
    assert "This field is required [resource]" in str(error)
    assert "HTTP 400, POST /api/2.0/servers/" in str(error)


def test_all_items_of_the_list_are_kept() -> None:
    body = b'[{"error_type":"validation","error_message":"one","error_point":"a"},{"error_type":"validation","error_message":"two","error_point":null}]'
    error = refuse(400, body)
    assert [item["error_message"] for item in error.errors] == ["one", "two"]
    assert error.message == "one [a]; two"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html>nope</html>",
        b"plain words",
        b'{"detail": 1}',
        b"[1, 2]",
        b"null",
        b"\xff\xfe",
        b'"text"',
    ],
)
def test_a_body_that_is_no_error_list_is_survived(body: bytes) -> None:
    error = refuse(500, body, method="GET")
    assert type(error) is errors.ServerError
    assert error.errors == []
    assert error.error_type is None
    assert error.message


def test_a_bare_error_object_is_taken_for_a_list_of_one() -> None:
    assert (
        refuse(404, b'{"error_type":"notexist","error_message":"gone","error_point":null}').error_message
        == "gone"
    )


def test_rate_limits_carry_the_pause() -> None:
    error = refuse(429, retry_after="7")
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 7.0


def test_an_unknown_outcome_says_how_to_find_out() -> None:
    assert "list /api/2.0/servers/" in str(refuse(504))
    action = refusal(
        504, {}, b"", method="POST", path="/api/2.0/servers/x/action/?do=start", repeatable=False
    )
    assert "read /api/2.0/servers/x/" in str(action)
    assert isinstance(action, errors.OutcomeUnknown)
