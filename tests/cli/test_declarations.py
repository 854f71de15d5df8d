"""A collection that the command line never heard of becomes commands by what it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, Literal, Required, TypedDict, TypeVar, Unpack

import click
import pytest
from click.testing import CliRunner

from cloudsigma.cli import declarations
from cloudsigma.cli.declarations import Kind
from cloudsigma.cli.resources import CollectionGroup
from cloudsigma.cli.session import Session
from cloudsigma.core.call import F, Faced, Sync, call
from cloudsigma.errors import InvalidArgument
from cloudsigma.records.record import Record


class Kite(Record):
    """A kite."""

    uuid: str
    name: str


class KiteChanges(TypedDict, total=False):
    name: str
    """Name of the kite."""
    size: int
    """Bytes of cloth."""
    colours: Sequence[str]
    """All its colours."""
    meta: Mapping[str, Any]
    """Keys and values."""
    tail: Sequence[Mapping[str, Any]]
    """Parts of the tail."""
    striped: bool
    """Whether it has stripes."""
    password: str
    """What the kite asks for."""


class KiteSpec(KiteChanges, total=False):
    name: Required[str]  # type: ignore[misc]
    """Name; it must be short."""


class KiteFilters(TypedDict, total=False):
    name: str | Sequence[str]
    """Whole name."""


R = TypeVar("R", bound=Record)


class Shared(Faced[F], Generic[F, R]):
    _blocking = True

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.objects = [
            Kite(uuid=f"0000000{n}-0000-4000-8000-000000000000", name=name) for n, name in enumerate("abb")
        ]

    @call
    async def get(self, ref: str | R) -> R:
        """Return one ``object``.

        More that only a programmer wants.
        """
        self.calls.append(("get", (ref,), {}))
        return self.objects[0]  # type: ignore[return-value]


class Kites(Shared[F, Kite]):
    """Things that fly."""

    @call
    async def list(self, **filters: Unpack[KiteFilters]) -> Sequence[Kite]:
        """Return all kites."""
        self.calls.append(("list", (), dict(filters)))
        return [each for each in self.objects if filters.get("name") in (None, each.name)]

    @call
    async def create(self, **fields: Unpack[KiteSpec]) -> Kite:
        """Make a kite."""
        self.calls.append(("create", (), dict(fields)))
        return Kite(fields, uuid="new")

    @call
    async def fly(
        self,
        ref: str | Kite,
        height: int,
        *,
        wind: Literal["low", "high"] = "low",
        wait: bool = False,
        timeout: float = 60,
    ) -> Kite:
        """Let it fly: with ``wait`` until it is up.

        ``height`` is in metres, and ``wind`` says how much of it there is; without one it falls.
        """
        self.calls.append(("fly", (ref, height), {"wind": wind, "wait": wait, "timeout": timeout}))
        return self.objects[0]

    @call
    async def label(self, **values: Any) -> dict[str, Any]:
        """Set some labels."""
        self.calls.append(("label", (), values))
        return values

    @call
    async def update(self, ref: str | Kite, **changes: Unpack[KiteChanges]) -> Kite:
        """Change a kite."""
        self.calls.append(("update", (ref,), dict(changes)))
        return Kite(changes, uuid=str(ref))

    @call
    async def watch(self, ref: str, listener: Callable[[], None]) -> None:
        """Cannot be typed in a shell."""

    async def not_a_verb(self) -> None:
        """Not a call."""


class Client:
    def __init__(self) -> None:
        self.kites: Kites[Sync] = Kites()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()

    @contextmanager
    def opened(self: Session) -> Iterator[Any]:
        yield made

    monkeypatch.setattr(Session, "client", opened)
    return made


def run(*arguments: str, error: type[Exception] | None = None) -> str:
    group = CollectionGroup("kites", Kites)
    result = CliRunner().invoke(group, arguments, obj=Session(), standalone_mode=False)
    if error is not None:
        assert isinstance(result.exception, error), result.output
        return str(result.exception)
    assert result.exception is None, result.output
    return result.output


def test_verbs_are_the_calls_of_the_class_and_of_its_bases() -> None:
    assert declarations.verb_names(Kites) == ["get", "list", "create", "fly", "label", "update", "watch"]
    listed = CollectionGroup("kites", Kites).list_commands(click.Context(click.Command("x")))
    assert listed == ["list", "show", "create", "update", "fly", "label"]


def test_kinds_come_from_annotations() -> None:
    found = {each.name: (each.kind, each.required) for each in declarations.verb(Kites, "create").parameters}
    assert found == {
        "name": (Kind.TEXT, True),
        "size": (Kind.INTEGER, False),
        "colours": (Kind.TEXTS, False),
        "meta": (Kind.PAIRS, False),
        "tail": (Kind.JSON, False),
        "striped": (Kind.BOOLEAN, False),
        "password": (Kind.TEXT, False),
    }
    fly = {each.name: each for each in declarations.verb(Kites, "fly").parameters}
    assert fly["ref"].kind is Kind.REFERENCE
    assert fly["ref"].positional
    assert fly["height"].positional
    assert fly["wind"].choices == ("low", "high")


def test_help_has_the_words_of_the_declaration() -> None:
    assert "Things that fly." in run("--help")
    text = run("create", "--help")
    for expected in (
        "Make a kite.",
        "Name; it must be short.",
        "[required]",
        "Bytes of cloth.",
        "--striped / --no-striped",
    ):
        assert expected in text
    assert "--password-file" in text
    assert "--password " not in text
    shown = run("show", "--help")
    assert "Return one object." in shown
    assert "programmer" not in shown


def test_parameters_have_the_words_of_the_docstring() -> None:
    text = " ".join(run("fly", "--help").split())
    assert "Let it fly: with --wait until it is up." in text
    assert "In metres, and wind says how much of it there is." in text
    assert "wind says" in declarations.words_about("wind", declarations.verb(Kites, "fly").text)
    assert declarations.words_about("absent", declarations.verb(Kites, "fly").text) == ""


def test_fields_become_a_body(client: Client, tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    run(
        "create", "--name", "k", "--size", "2K", "--colours", "red", "--colours", "blue", "--meta", "a=1",
        "--tail", '[{"n": 1}]', "--no-striped", "--password-file", str(secret),
    )  # fmt: skip
    assert client.kites.calls == [
        (
            "create",
            (),
            {
                "name": "k",
                "size": 2048,
                "colours": ["red", "blue"],
                "meta": {"a": "1"},
                "tail": [{"n": 1}],
                "striped": False,
                "password": "s3cret",
            },
        )
    ]


def test_options_win_over_data(client: Client) -> None:
    run("create", "--data", '{"name": "from data", "newer_field": 1}', "--name", "k")
    assert client.kites.calls == [("create", (), {"name": "k", "newer_field": 1})]


def test_a_missing_field_is_named(client: Client) -> None:
    assert "--name" in run("create", "--size", "1", error=click.UsageError)
    assert "JSON object" in run("create", "--data", "[]", error=click.UsageError)
    assert client.kites.calls == []


def test_a_filter_becomes_an_option(client: Client) -> None:
    assert run("list", "--name", "a").splitlines()[1].endswith("a")
    run("list", "--name", "a", "--name", "b")
    assert client.kites.calls == [("list", (), {"name": "a"}), ("list", (), {"name": ["a", "b"]})]


def test_an_action_waits_unless_told_otherwise(client: Client) -> None:
    uuid = client.kites.objects[2]["uuid"]
    run("fly", uuid, "--height", "100", "--wind", "high")
    run("fly", uuid, "--height", "100", "--no-wait", "--wait-timeout", "5")
    assert client.kites.calls == [
        ("fly", (uuid, 100), {"wind": "high", "wait": True, "timeout": 60}),
        ("fly", (uuid, 100), {"wind": "low", "wait": False, "timeout": 5.0}),
    ]


def test_a_name_stands_for_a_uuid_when_it_is_the_only_one(client: Client) -> None:
    run("show", "a")
    assert client.kites.calls[-1] == ("get", (client.kites.objects[0]["uuid"],), {})
    several = run("show", "b", error=InvalidArgument)
    assert all(each["uuid"] in several for each in client.kites.objects[1:])
    assert "'none'" in run("show", "none", error=Exception)


def test_a_uuid_or_a_uri_is_not_looked_up(client: Client) -> None:
    uuid = client.kites.objects[1]["uuid"]
    run("show", uuid)
    run("show", f"/api/2.0/kites/{uuid}/")
    assert client.kites.calls == [("get", (uuid,), {}), ("get", (f"/api/2.0/kites/{uuid}/",), {})]


def test_any_keys_with_values(client: Client) -> None:
    assert run("label", "a=1", "b=x=y").splitlines() == ["a: 1", "b: x=y"]
    assert client.kites.calls == [("label", (), {"a": "1", "b": "x=y"})]


def test_an_update_without_changes_is_refused(client: Client) -> None:
    uuid = client.kites.objects[0]["uuid"]
    assert "nothing to change" in run("update", uuid, error=click.UsageError)
    run("update", uuid, "--no-striped")
    assert client.kites.calls == [("update", (uuid,), {"striped": False})]
