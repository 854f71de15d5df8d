"""Every command has help and stands in docs/command-line.md; the list there is made, not written.

``CLOUDSIGMA_WRITE_DOCS=1 pytest tests/cli/test_documentation.py`` renews the list.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cloudsigma.cli.program import FIXED, program
from cloudsigma.cli.session import Session
from cloudsigma.client import collections

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"
BEGIN = "<!-- commands: kept by tests/cli/test_documentation.py -->\n"
END = "<!-- end of commands -->\n"


def commands() -> Iterator[tuple[str, click.Context]]:
    """Yield every command below the root with its full name."""
    with click.Context(program, info_name="cloudsigma", obj=Session()) as root:
        yield from below("cloudsigma", program, root)


def below(name: str, group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Context]]:
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=word)
        yield f"{name} {word}", inner
        if isinstance(command, click.Group):
            yield from below(f"{name} {word}", command, inner)


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    context = COMMANDS[name]
    if name == "cloudsigma emulator":  # its help is the emulator's own
        return
    text = context.get_help()
    assert f"Usage: {name}" in text
    assert context.command.help
    assert len(context.command.help) > 10


@pytest.mark.parametrize("name", COMMANDS)
def test_options_of_a_command_are_explained(name: str) -> None:
    context = COMMANDS[name]
    context.get_help()
    silent = [
        option.opts[0]
        for option in context.command.params
        if isinstance(option, click.Option) and not (option.help or "").strip()
    ]
    assert silent == []


def test_every_collection_of_the_client_is_a_command() -> None:
    words = program.list_commands(click.Context(program))
    assert set(words) == {name.replace("_", "-") for name in collections()} | set(FIXED)


def test_the_page_names_every_command() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in FIXED:
        assert f"### cloudsigma {word}\n" in text
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    fresh = head + BEGIN + listing() + END + tail
    if os.environ.get("CLOUDSIGMA_WRITE_DOCS"):
        PAGE.write_text(fresh, encoding="utf-8")
    else:
        assert text == fresh, "renew the list: CLOUDSIGMA_WRITE_DOCS=1 pytest tests/cli/test_documentation.py"


def listing() -> str:
    """Return the section of the page that lists the collections' commands."""
    lines: list[str] = []
    for name, context in COMMANDS.items():
        words = (context.command.help or "").replace("|", "\\|")
        if name.removeprefix("cloudsigma ") in FIXED:
            continue
        if isinstance(context.command, click.Group):
            lines += ["", f"### {name}", "", words, "", "| command | |", "|---|---|"]
        else:
            arguments = [
                each.make_metavar(context)
                for each in context.command.params
                if isinstance(each, click.Argument)
            ]
            usage = " ".join([name, *arguments]).replace("|", "\\|")
            lines.append(f"| `{usage}` | {words} |")
    return "\n".join([*lines, "", ""])
