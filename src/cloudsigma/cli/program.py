"""The command ``cloudsigma``: its fixed commands, and one group for each collection that the client has.

Nothing is loaded before it is needed: a command of one collection loads that collection only.
"""

from __future__ import annotations

from importlib import import_module

import click

from ..version import __version__
from .session import LazyGroup, Session, output_option, shared_options

# The commands that are not made from a collection, by the module that has them as ``command``.
FIXED = {"api": "raw", "emulator": "emulator", "events": "events", "metadata": "metadata"}


class Program(LazyGroup):
    """The root of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        from ..client import collections

        return sorted([*FIXED, *(name.replace("_", "-") for name in collections())])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return one command."""
        if cmd_name in FIXED:
            command: click.Command = import_module(f".{FIXED[cmd_name]}", __package__).command
            return command
        from ..client import collections

        load = collections().get(cmd_name.replace("-", "_"))
        if load is None:
            return None
        from .resources import CollectionGroup

        return CollectionGroup(cmd_name.replace("-", "_"), load())


@click.command(cls=Program, params=[*shared_options(), output_option()], no_args_is_help=True)
@click.version_option(__version__, prog_name="cloudsigma", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Talk to the CloudSigma cloud, or to one on this machine.

    Credentials come from ~/.cloudsigma.conf, from CLOUDSIGMA_USERNAME and CLOUDSIGMA_PASSWORD, or from CLOUDSIGMA_TOKEN.
    The options below may also stand after a command. Exit codes: 0 done, 1 refused, 2 usage, 3 configuration,
    4 no answer, 5 not found, 6 waited in vain, 130 interrupted.
    """
    context.ensure_object(Session)
