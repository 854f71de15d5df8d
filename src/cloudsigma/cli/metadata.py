"""``cloudsigma metadata``: what a server may know of itself, read inside it over the serial port."""

from __future__ import annotations

import click

from .failures import NO_ANSWER, NOT_FOUND, REFUSED, Failure, one_line
from .output import write, write_json
from .session import session


@click.command("metadata")
@click.argument("path", default="", metavar="[PATH]")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["json", "text"]),
    help="json, or the text that the cloud sends; by default text for a string and json for the rest.",
)
@click.option(
    "--port",
    metavar="DEVICE",
    help="Serial port; by default CLOUDSIGMA_SERIAL_PORT, or else /dev/ttyS1 (COM2).",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    metavar="SECONDS",
    help="Longest time to wait for the answer (default 10).",
)
def command(path: str, output: str | None, port: str | None, timeout: float) -> None:
    """Read the server context inside a server: all of it, or the value at PATH such as meta/ssh_public_key.

    Needs no credentials. The exit code is 5 when there is nothing at PATH.
    """
    from ..guest import ServerContext
    from ..guest.errors import ContextError, NotJson

    if output is None and session().output == "json":
        output = "json"
    context = ServerContext(port=port, timeout=timeout)
    try:
        value = context.get(path)
        if value is None:
            raise Failure(NOT_FOUND, f"the server context has nothing at {one_line(path)!r}")
        if output == "json" or (output is None and not isinstance(value, str)):
            write_json(value)
        else:
            # As it is, line breaks included: it may be a key or a script for another program.
            write(value if isinstance(value, str) else context.text(path))
    except ContextError as failure:
        raise Failure(REFUSED if isinstance(failure, NotJson) else NO_ANSWER, str(failure)) from failure
