"""``cloudsigma metadata``: what a server may know of itself, read inside it over the serial port."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .failures import NO_ANSWER, NOT_FOUND, REFUSED, USAGE, Failure, one_line
from .output import printable, write
from .session import session

if TYPE_CHECKING:
    from ..guest import ServerContext

INSTALL = "install-ssh-keys"


class MetadataCommand(click.Command):
    """Reads at a path, unless one of the words is the name of the command below it: no context has such a path."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the words for this command, or for ``install-ssh-keys``."""
        if INSTALL in args:
            at = args.index(INSTALL)
            words = args[:at] + args[at + 1 :]
            return install_ssh_keys.make_context(f"{info_name} {INSTALL}", words, parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


def port_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which serial port is read, and for how long."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Longest time for one question, waiting for other programs that ask included (default 10).",
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
def command(path: str, output: str | None, port: str | None, timeout: float | None) -> None:
    """Read the server context inside a server: all of it, or the value at PATH such as meta/ssh_public_key or nics/0.

    Needs no credentials. The exit code is 5 when there is nothing at PATH, 4 when nobody answers.
    """
    if output is None and session().output == "json":
        output = "json"
    with _failures():
        context = _context(port, timeout)
        value = context.get(path)
        if value is None:
            raise Failure(
                NOT_FOUND, f"the server context has nothing at {one_line(path)!r}{_near(context, path)}"
            )
        if output == "yaml":
            from .yaml import lines

            for line in lines(value):
                write(line)
        elif output == "json" or (output is None and not isinstance(value, str)):
            _write_json(value)
        else:
            _write_text(value if isinstance(value, str) else context.text(path))


def _context(port: str | None, timeout: float | None) -> ServerContext:
    from ..guest import ServerContext

    seconds = timeout if timeout is not None else session().timeout
    return ServerContext(port) if seconds is None else ServerContext(port, seconds)


def _near(context: ServerContext, path: str) -> str:
    """Return what there is instead, as the end of a sentence about a path that leads to nothing."""
    above, _, last = path.strip("/").rpartition("/")
    value = context.get(above)
    where = f" of {one_line(above)!r}" if above else ""
    if isinstance(value, dict) and last in value:
        return ": it is null"
    if isinstance(value, dict) and value:
        return f"; the keys{where} are {', '.join(map(one_line, value))}"
    if isinstance(value, list):
        return f"; the list {one_line(above)!r} has {len(value)} item{'' if len(value) == 1 else 's'}, counted from 0"
    return ""


def _write_json(value: Any) -> None:
    # Not as other commands do it: users put into meta what a strict encoder refuses, such as half a character.
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    write(text)


def _write_text(text: str) -> None:
    """Write a text as it is: it may be a key or a script for another program. A terminal is not steered by it."""
    if sys.stdout.isatty():
        text = "\n".join(printable(line) for line in text.split("\n"))
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


@click.command(INSTALL)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Another file than .ssh/authorized_keys in the home directory of the user.",
)
@port_option
def install_ssh_keys(file: Path | None, port: str | None, timeout: float | None) -> None:
    """Let the SSH keys of the server context log in as the user who runs this command.

    They are added to the user's authorized_keys: no key twice, nothing else changed, the file replaced as a whole,
    modes 0700 and 0600. With sudo the user is root; for another user, root names the file with --file, which keeps its
    owner, and does no more than that user may. Only plain public keys are taken. Can be run at every boot.
    """
    from ..guest.authorized_keys import default_file, install, objection

    with _failures():
        keys = _context(port, timeout).ssh_public_keys()
    if not keys:
        raise Failure(
            NOT_FOUND,
            "the server context has no SSH key: attach a public key to the server, or put one into the field "
            "ssh_public_key of its meta",
        )
    refused = {number: reason for number, key in enumerate(keys, 1) if (reason := objection(key))}
    good = [key for number, key in enumerate(keys, 1) if number not in refused]
    if good:
        try:
            target = file or default_file()
        except OSError as failure:
            raise Failure(REFUSED, f"{failure.strerror}; name the file with --file") from failure
        try:
            added = install(good, target)
        except OSError as failure:
            raise Failure(REFUSED, one_line(_of_file(failure, target))) from failure
        write(f"{target}: {added} added, {len(good) - added} there already")
    if refused:
        words = "; ".join(f"key {number} of {len(keys)}: {reason}" for number, reason in refused.items())
        raise Failure(
            REFUSED,
            f"not installed: {words}; correct it in the field ssh_public_key of the server's meta, or among the "
            f"public keys attached to the server",
        )


def _of_file(failure: OSError, target: Path) -> str:
    """Return what went wrong with the file of keys, and what helps."""
    folder = target.parent
    if isinstance(failure, FileNotFoundError):
        return f"{folder.parent} does not exist, so there is no place for {target}; --file names another file"
    if isinstance(failure, NotADirectoryError):
        return f"{failure.filename or folder} is no folder, so {target} cannot be written; move it away first"
    reason = failure.strerror or str(failure)
    if isinstance(failure, PermissionError):
        # Root has all rights, but in other users' folders it does without.
        remedy = (
            "in another user's folder root does only what that user may; --file names another file"
            if hasattr(os, "geteuid") and os.geteuid() == 0
            else "run this as its owner or as root"
        )
        return f"{target}: {reason}{_owner(target, folder, folder.parent)}; {remedy}; nothing was installed"
    return f"{target}: {reason}; nothing was installed"


def _owner(*paths: Path) -> str:
    """Return whom the first of these belongs to that can be looked at, in brackets."""
    for path in paths:
        with contextlib.suppress(OSError, NotImplementedError):  # Windows tells no owners
            try:
                return f" ({path} belongs to {path.owner()})"
            except KeyError:
                return f" ({path} belongs to user {path.stat().st_uid})"
    return ""


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    from ..guest.errors import ContextError, NotJson

    try:
        yield
    except ContextError as failure:
        raise Failure(REFUSED if isinstance(failure, NotJson) else NO_ANSWER, str(failure)) from failure
    except ValueError as failure:
        raise Failure(USAGE, str(failure)) from failure
