"""Settings: where they come from, what is refused, and what never shows."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest
from configobj import ConfigObj
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cloudsigma.config import Settings, config_path, load_settings, parse_config
from cloudsigma.errors import ConfigurationError, ConfigurationWarning

FILE = """\
api_endpoint = https://zrh.cloudsigma.com/api/2.0/
ws_endpoint = wss://direct.zrh.cloudsigma.com/websocket
username = file@example.com
password = from file

# Only needed for the integration tests.
persistent_drive_name=foobar

[test]
location = fra
username = test@example.com
password = from profile

[robot]
token = abc123
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cloudsigma.conf"
    write(path, FILE)
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def load(path: Path | None, environment: dict[str, str] | None = None, **options: Any) -> Settings:
    environ = {"CLOUDSIGMA_CONFIG": str(path)} if path else {}
    return load_settings(environ={**environ, **(environment or {})}, **options)


def test_the_documented_file(file: Path) -> None:
    found = load(file)
    assert found.api_endpoint == "https://zrh.cloudsigma.com/api/2.0/"
    assert found.ws_endpoint == "wss://direct.zrh.cloudsigma.com/websocket"
    assert (found.username, found.password, found.token) == ("file@example.com", "from file", None)
    assert (found.timeout, found.retries, found.login_method) == (60.0, 4, "basic")
    assert found.source == str(file)


def test_argument_goes_before_environment_before_profile_before_file(file: Path) -> None:
    environment = {"CLOUDSIGMA_USERNAME": "env@example.com"}
    assert load(file).username == "file@example.com"
    assert load(file, profile="test").username == "test@example.com"
    assert load(file, {"CLOUDSIGMA_PROFILE": "test"}).username == "test@example.com"
    assert load(file, environment, profile="test").username == "env@example.com"
    assert load(file, environment, profile="test", username="arg@example.com").username == "arg@example.com"
    # What the higher place does not say comes from the lower.
    assert load(file, environment).password == "from file"


def test_a_profile_with_a_location_is_another_cloud(file: Path) -> None:
    found = load(file, profile="test")
    assert found.api_endpoint == "https://fra.cloudsigma.com/api/2.0/"
    assert found.ws_endpoint == "wss://direct.fra.cloudsigma.com/websocket"


def test_an_endpoint_and_a_location_of_the_same_place(file: Path) -> None:
    found = load(file, location="lvs", api_endpoint="https://mine.example/api/2.0")
    assert found.api_endpoint == "https://mine.example/api/2.0/"
    assert found.ws_endpoint == "wss://direct.mine.example/websocket"
    assert load(file, {"CLOUDSIGMA_API_ENDPOINT": "https://e.example/x/"}, location="LVS").api_endpoint == (
        "https://lvs.cloudsigma.com/api/2.0/"
    )


def test_a_websocket_endpoint_is_never_that_of_another_cloud(file: Path) -> None:
    assert load(file, {"CLOUDSIGMA_WS_ENDPOINT": "ws://127.0.0.1:1/websocket"}).ws_endpoint == (
        "ws://127.0.0.1:1/websocket"
    )
    assert load(file, location="fra").ws_endpoint == "wss://direct.fra.cloudsigma.com/websocket"


def test_a_token_goes_before_a_password_of_a_lower_place_and_not_of_a_higher_one(file: Path) -> None:
    found = load(file, profile="robot")
    assert (found.token, found.username) == ("abc123", None)
    assert load(file, profile="robot", username="u", password="p").token is None
    assert load(file, {"CLOUDSIGMA_TOKEN": "t"}).token == "t"


def test_the_file_s_other_settings(tmp_path: Path) -> None:
    path = tmp_path / "c"
    write(path, FILE.replace("[test]", "login_method = session\ntimeout = 5\nretries = 0\n[test]", 1))
    found = load(path)
    assert (found.login_method, found.timeout, found.retries) == ("session", 5.0, 0)
    assert load(path, timeout=float("inf")).timeout is None
    assert load(path, timeout=1).timeout == 1.0


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://zrh.cloudsigma.com/api/2.0", "https://zrh.cloudsigma.com/api/2.0/"),
        (" HTTPS://ZRH.CloudSigma.com/api/2.0/ ", "https://zrh.cloudsigma.com/api/2.0/"),
        ("https://zrh.cloudsigma.com:443/api/2.0/", "https://zrh.cloudsigma.com/api/2.0/"),
        ("http://127.0.0.1:8100/api/2.0/", "http://127.0.0.1:8100/api/2.0/"),
        ("http://[::1]:8100/api/2.0/", "http://[::1]:8100/api/2.0/"),
        ("http://localhost:8100", "http://localhost:8100/"),
    ],
)
def test_endpoints_are_made_alike(given: str, normal: str) -> None:
    assert load(None, api_endpoint=given, username="u", password="p").api_endpoint == normal


@pytest.mark.parametrize(
    ("endpoint", "websocket"),
    [
        ("https://zrh.cloudsigma.com/api/2.0/", "wss://direct.zrh.cloudsigma.com/websocket"),
        ("https://direct.zrh.cloudsigma.com/api/2.0/", "wss://direct.zrh.cloudsigma.com/websocket"),
        ("http://127.0.0.1:8100/api/2.0/", "ws://127.0.0.1:8100/websocket"),
        ("http://[::1]:8100/api/2.0/", "ws://[::1]:8100/websocket"),
        ("http://localhost:8100/api/2.0/", "ws://localhost:8100/websocket"),
    ],
)
def test_the_websocket_endpoint_is_derived(endpoint: str, websocket: str) -> None:
    assert load(None, api_endpoint=endpoint, username="u", password="p").ws_endpoint == websocket


@pytest.mark.parametrize(
    "endpoint",
    [
        "zrh.cloudsigma.com/api/2.0/",
        "ftp://zrh.cloudsigma.com/",
        "https://",
        "https:///api/2.0/",
        "https://host:port/",
        "https://host:99999/",
        "https://user:TOPSECRET@host/",
        "https://ho st/",
        "https://host/api/?a=b",
        "https://host/#x",
        "https://[::1/",
        "x",
    ],
)
def test_a_malformed_endpoint_is_named_with_an_example(endpoint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(None, {"CLOUDSIGMA_API_ENDPOINT": endpoint}, username="u", password="p")
    assert "CLOUDSIGMA_API_ENDPOINT" in str(caught.value)
    assert caught.value.key == "api_endpoint"
    assert "TOPSECRET" not in str(caught.value)


@given(st.text(max_size=40))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_is_an_endpoint_or_a_clear_error(text: str) -> None:
    for value in (text, f"https://{text}", f"http://host/{text}"):
        try:
            found = load(None, api_endpoint=value, username="u", password="p")
        except ConfigurationError:
            continue
        assert found.api_endpoint.startswith(("http://", "https://"))
        assert found.api_endpoint.endswith("/")


def test_no_configuration_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="there is no configuration") as caught:
        load(None)
    assert str(tmp_path / ".cloudsigma.conf") in str(caught.value)
    assert "CLOUDSIGMA_API_ENDPOINT" in str(caught.value)


@pytest.mark.parametrize("key", ["username", "password", "api_endpoint"])
def test_a_missing_key_is_named_with_the_file(tmp_path: Path, key: str) -> None:
    path = tmp_path / "c"
    write(path, "\n".join(line for line in FILE.split("[test]")[0].splitlines() if not line.startswith(key)))
    with pytest.raises(ConfigurationError, match=f"{key} is missing") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert caught.value.key == key


def test_an_empty_value_counts_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "c"
    write(path, FILE.split("[test]")[0].replace("from file", ""))
    with pytest.raises(ConfigurationError, match="password is missing"):
        load(path)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load(tmp_path / "absent", location="zrh", username="u", password="p")


def test_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs a user who may not read everything"
)
def test_a_file_that_may_not_be_read(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        load(file)


@pytest.mark.parametrize(
    "text",
    [
        "username\npassword = TOPSECRET x",
        'password = "TOPSECRET',
        "[a\npassword = TOPSECRET",
        "password = ,TOPSECRET",
    ],
)
def test_a_malformed_file_shows_the_line_s_number_and_not_the_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c"
    write(path, text)
    with pytest.raises(ConfigurationError, match=r"line [12] cannot be understood") as caught:
        load(path)
    assert "TOPSECRET" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes("password = pässwort".encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(path)


def test_an_unknown_profile_lists_those_there_are(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="no profile 'nope'; its profiles are robot, test"):
        load(file, profile="nope")
    with pytest.raises(ConfigurationError, match="no profile 'username'"):
        load(file, profile="username")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout"),
        ({"retries": -1}, "retries must be a whole number"),
        ({"login_method": "magic"}, "login_method is 'magic'"),
        ({"location": "http://x"}, "location must be a short code"),
        ({"location": "a/b"}, "location"),
        ({"token": "a b"}, "token"),
        ({"token": "é"}, "token"),
        ({"username": "a:b"}, "colon"),
    ],
)
def test_other_bad_values(file: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(file, **options)


def test_a_setting_that_does_not_exist_is_a_programming_error(file: Path) -> None:
    with pytest.raises(TypeError, match="user_name"):
        load(file, user_name="x")


def test_login_method_none_needs_no_credentials() -> None:
    found = load(None, location="zrh", login_method="none")
    assert (found.username, found.password, found.token) == (None, None, None)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_others_can_read_is_warned_about(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.warns(ConfigurationWarning, match="chmod 600"):
        assert load(file).password == "from file"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("simple", "simple"),
        ("with blanks inside", "with blanks inside"),
        ('"quo#ted, comma"', "quo#ted, comma"),
        ("'single \"double\"'", 'single "double"'),
        ("a'b", "a'b"),
        ('a"b', 'a"b'),
        ("pa%%ss", "pa%%ss"),
        ("pa$s", "pa$s"),
        ("a = b", "a = b"),
        ("secret # a comment", "secret"),
        ("pässwörd€", "pässwörd€"),
        ('"""triple"""', "triple"),
    ],
)
def test_passwords_read_as_the_old_library_reads_them(written: str, read: str) -> None:
    line = f"password = {written}"
    assert parse_config(line.encode(), "f")["password"] == read
    assert ConfigObj([line])["password"] == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # The old library reads a list here, which no login survives; the text that stands there is meant.
        ("a,b", "a,b"),
        ("a, b,", "a, b,"),
        # Here it raises an error of configobj.
        ("pass%(word)s", "pass%(word)s"),
    ],
)
def test_passwords_on_which_the_old_library_fails(written: str, read: str) -> None:
    assert parse_config(f"password = {written}".encode(), "f")["password"] == read


def test_a_password_cut_at_a_hash_is_warned_about() -> None:
    with pytest.warns(ConfigurationWarning, match="password ends before the '#'"):
        assert parse_config(b"password = abc#def", "f")["password"] == "abc"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_config(b'password = "abc#def"\n# password = x#y\nusername = a # b', "f")


def test_interpolation_works_as_in_the_old_library() -> None:
    text = b"loc = zrh\napi_endpoint = https://%(loc)s.cloudsigma.com/api/2.0/"
    assert parse_config(text, "f")["api_endpoint"] == "https://zrh.cloudsigma.com/api/2.0/"


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    assert parse_config("\ufeffusername = u\r\npassword = p\r\n".encode(), "f") == {
        "username": "u",
        "password": "p",
    }


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20))
def test_any_quoted_password_without_that_quote_reads_back(password: str) -> None:
    for quote in "\"'":
        if quote not in password:
            assert parse_config(f"password = {quote}{password}{quote}".encode(), "f")["password"] == password


def test_secrets_do_not_show(file: Path) -> None:
    shown = repr(load(file)) + str(load(file, profile="robot"))
    assert "from file" not in shown
    assert "abc123" not in shown


def test_the_path_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert config_path({}) == tmp_path / ".cloudsigma.conf"
    assert config_path({"CLOUDSIGMA_CONFIG": "~/x.conf"}) == tmp_path / "x.conf"
    assert config_path({"CLOUDSIGMA_CONFIG": ""}) == tmp_path / ".cloudsigma.conf"
