"""``cloudsigma events``: what happens in the account, as it happens."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from .output import printable, write, write_json
from .session import Command, session


def _follow(types: Sequence[str], count: int | None) -> None:
    wanted = [name for each in types for name in each.split(",") if name]
    left = count
    with session().client() as client:
        for event in client.events(wanted or None):
            if session().output == "json":
                write_json(event, indent=False)
            else:
                write(f"{printable(event.resource_type):<14} {printable(event.resource_uri)}")
            # Each line is for somebody who waits for it, also behind a pipe.
            sys.stdout.flush()
            if left is not None:
                left -= 1
                if left <= 0:
                    break


command = Command(
    "events",
    _follow,
    help="""Write a line for each change of a resource until Ctrl-C (exit code 130), or one JSON object a line with
    -o json. The connection is renewed when it is lost; what happens meanwhile is not told again.""",
    params=[
        click.Option(
            ["--type", "types"],
            multiple=True,
            metavar="TYPE",
            help="Only these collections, such as servers or drives; may be repeated or hold commas.",
        ),
        click.Option(["--count"], type=click.IntRange(min=1), metavar="N", help="End after so many events."),
    ],
)
