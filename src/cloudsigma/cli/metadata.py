"""``cloudsigma metadata``: what a server may know of itself, read inside it over the serial port."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from .failures import NO_ANSWER, NOT_FOUND, REFUSED, Failure, one_line
from .output import write, write_json
from .session import session

INSTALL = "install-ssh-keys"


class MetadataCommand(click.Command):
    """Reads at a path, unless the first word is the name of the command below it: no context has such a path."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the words for this command, or for ``install-ssh-keys``."""
        if args[:1] == [INSTALL]:
            return install_ssh_keys.make_context(f"{info_name} {INSTALL}", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


def port_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which serial port is read, and for how long."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            metavar="SECONDS",
            help="Longest time to wait for the answer (default 10).",
        ),
        click.option(
            "--port",
            metavar="DEVICE",
            help="Serial port; by default CLOUDSIGMA_SERIAL_PORT, or else /dev/ttyS1 (COM2).",
        ),
    ):
        command = option(command)
    return command


@click.command(
    "metadata",
    cls=MetadataCommand,
    epilog=f"'cloudsigma metadata {INSTALL}' lets the keys of the server context log in as the user who runs it.",
)
@click.argument("path", default="", metavar="[PATH]")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["json", "yaml", "text"]),
    help="json, yaml, or the text that the cloud sends; by default text for a string and json for the rest.",
)
@port_option
def command(path: str, output: str | None, port: str | None, timeout: float) -> None:
    """Read the server context inside a server: all of it, or the value at PATH such as meta/ssh_public_key.

    Needs no credentials. The exit code is 5 when there is nothing at PATH.
    """
    from ..guest import ServerContext

    if output is None and session().output == "json":
        output = "json"
    context = ServerContext(port=port, timeout=timeout)
    with _failures():
        value = context.get(path)
        if value is None:
            raise Failure(NOT_FOUND, f"the server context has nothing at {one_line(path)!r}")
        if output == "yaml":
            from .yaml import lines

            for line in lines(value):
                write(line)
        elif output == "json" or (output is None and not isinstance(value, str)):
            write_json(value)
        else:
            # As it is, line breaks included: it may be a key or a script for another program.
            write(value if isinstance(value, str) else context.text(path))


@click.command(INSTALL)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Another file than .ssh/authorized_keys in the home directory of the user.",
)
@port_option
def install_ssh_keys(file: Path | None, port: str | None, timeout: float) -> None:
    """Let the SSH keys of the server context log in as the user who runs this command.

    They are added to the user's authorized_keys: no key twice, nothing else changed, the file replaced as a whole,
    modes 0700 and 0600. Can be run at every boot.
    """
    from ..guest import ServerContext
    from ..guest.authorized_keys import default_file, install

    with _failures():
        keys = ServerContext(port=port, timeout=timeout).ssh_public_keys()
    if not keys:
        raise Failure(NOT_FOUND, "the server context has no SSH key")
    target = file or default_file()
    try:
        added = install(keys, target)
    except (OSError, ValueError) as failure:
        raise Failure(REFUSED, one_line(str(failure))) from failure
    write(f"{target}: {added} added, {len(keys) - added} there already")


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    from ..guest.errors import ContextError, NotJson

    try:
        yield
    except ContextError as failure:
        raise Failure(REFUSED if isinstance(failure, NotJson) else NO_ANSWER, str(failure)) from failure
