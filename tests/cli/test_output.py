"""What the command line writes: aligned columns, outlines, JSON, and nothing that could steer a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.cli import output

SERVERS = [
    {"uuid": "a" * 36, "name": "web", "cpu": 1000, "mem": 2 * 1024**3, "status": "running"},
    {
        "uuid": "b" * 36,
        "name": "a much longer name",
        "cpu": 64000,
        "mem": 1536 * 1024**2,
        "status": "stopped",
    },
]

names = st.text(max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


def test_columns_are_aligned_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(SERVERS, ("uuid", "name", "status", "cpu", "mem"))
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["UUID", "NAME", "STATUS", "CPU", "MEM"]
    assert first.index("running") == second.index("stopped") == head.index("STATUS")
    assert first.startswith("a" * 36 + "  web ")
    assert first.endswith("2 GiB")
    assert second.endswith("1.5 GiB")
    assert len(first) == len(second)  # numbers end in the same column


def test_an_empty_table_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table([], ("uuid", "name"))
    assert capsys.readouterr().out == "UUID  NAME\n"


def test_dotted_columns_reach_into_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table([{"data": {"progress": 40}}, {"data": None}, {}], ("data.progress",))
    assert capsys.readouterr().out.split() == ["PROGRESS", "40", "-", "-"]


def test_the_outline_shows_every_field_and_hides_secrets() -> None:
    server = {
        "name": "web",
        "vnc_password": "s3cret",
        "tags": [{"uuid": "t1", "name": "blue", "resource_uri": "/api/2.0/tags/t1/"}],
        "drives": [{"boot_order": 1, "drive": {"uuid": "d1", "name": "disk"}}],
        "meta": {},
        "context": True,
        "runtime": {"active_nics": []},
    }
    text = "\n".join(output.outline(server, reveal=False))
    assert "s3cret" not in text
    assert "--reveal" in text
    for expected in ("blue t1", "- boot_order: 1", "disk d1", "yes"):
        assert expected in text
    assert "s3cret" in "\n".join(output.outline(server, reveal=True))


def test_nested_secrets_are_hidden_too() -> None:
    assert "s3cret" not in "\n".join(
        output.outline({"a": [{"b": {"password": "s3cret", "c": 1}}]}, reveal=False)
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (10 * 1024**3, "10 GiB"), (1024**3 + 1024**2, "1 GiB")],
)
def test_bytes_have_units(count: int, text: str) -> None:
    assert output.size(count) == text


@given(names)
def test_nothing_printed_steers_a_terminal(name: str) -> None:
    assert output.printable(name).isprintable()
    assert output.cell("name", name).isprintable()


@given(st.dictionaries(names, values, max_size=4))
def test_any_record_has_an_outline_without_control_letters(record: dict[str, object]) -> None:
    assert all(line.isprintable() for line in output.outline(record, reveal=False))


@given(st.lists(st.fixed_dictionaries({"uuid": names, "name": values}), max_size=4))
def test_any_rows_make_a_table_of_one_line_each(rows: list[dict[str, object]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr(output, "write", lines.append)
        output.write_table(rows, ("uuid", "name"))
    assert len(lines) == len(rows) + 1
    assert all(line.isprintable() for line in lines)


@given(st.lists(st.integers(1, 80), min_size=1, max_size=6), st.integers(20, 120))
def test_narrowing_never_widens_and_keeps_what_must_be_whole(widths: list[int], limit: int) -> None:
    whole = [index == 0 for index in range(len(widths))]
    result = output.narrowed(widths, limit, whole)
    assert result[0] == widths[0]
    assert all(after <= before for after, before in zip(result, widths, strict=True))
    total = sum(result) + 2 * (len(result) - 1)
    assert total <= max(limit, widths[0] + 2 * (len(result) - 1) + sum(min(8, each) for each in widths[1:]))


def test_wide_letters_take_two_columns() -> None:
    assert output.width("名前") == 4
    assert output.width("name") == 4
    assert output.width("e\u0301") == 1


def test_json_is_what_the_api_gave(capsys: pytest.CaptureFixture[str]) -> None:
    from cloudsigma.records.record import Record

    output.write_json([Record(name="ü", unknown_field={"x": [1, None]}, size=2**62)])
    assert json.loads(capsys.readouterr().out) == [
        {"name": "ü", "unknown_field": {"x": [1, None]}, "size": 2**62}
    ]


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_no_control_codes_where_none_are_wanted(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert output.bold("x") == "\x1b[1mx\x1b[0m"
    monkeypatch.setenv(variable, "1" if variable == "NO_COLOR" else "dumb")
    assert output.bold("x") == "x"
