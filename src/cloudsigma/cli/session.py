"""The options that every command shares, and the client made from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..client import CloudSigma


class Session:
    """What the shared options said; the library reads from environment and file what is None here."""

    profile: str | None = None
    location: str | None = None
    api_endpoint: str | None = None
    ws_endpoint: str | None = None
    username: str | None = None
    timeout: float | None = None
    config: str | None = None
    output: str | None = None
    verbose: bool = False

    @contextmanager
    def client(self) -> Iterator[CloudSigma]:
        """Open a client with these options."""
        from ..client import CloudSigma

        if self.config is not None:
            os.environ["CLOUDSIGMA_CONFIG"] = self.config
        if self.verbose:
            _log_requests()
        names = ("profile", "location", "api_endpoint", "ws_endpoint", "username", "timeout")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        with CloudSigma(**given) as client:
            yield client


def session() -> Session:
    """Return the session of the command that runs."""
    found = click.get_current_context().find_object(Session)
    assert found is not None
    return found


def _log_requests() -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("cloudsigma: %(message)s"))
    logger = logging.getLogger("cloudsigma")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None and value is not False:
        setattr(context.ensure_object(Session), str(parameter.name), value)


def shared_options(hidden: bool = False) -> list[click.Parameter]:
    """Return new options that set the session; those of single commands are hidden to keep their help short."""
    common: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden}
    return [
        click.Option(
            ["--profile"], metavar="NAME", help="Section of the configuration file to use.", **common
        ),
        click.Option(["--location"], metavar="CODE", help="Location of the cloud, such as zrh.", **common),
        click.Option(["--api-endpoint"], metavar="URL", help="Address of the API.", **common),
        click.Option(["--ws-endpoint"], metavar="URL", help="Address of the websocket.", **common),
        click.Option(
            ["--username"],
            metavar="EMAIL",
            help="User; the password comes from CLOUDSIGMA_PASSWORD or the file.",
            **common,
        ),
        click.Option(["--config"], metavar="FILE", help="Configuration file to use.", **common),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Longest time for one call.",
            **common,
        ),
        click.Option(
            ["-v", "--verbose"], is_flag=True, help="Tell each request on standard error.", **common
        ),
    ]


def output_option() -> click.Option:
    """Return the option that chooses how results are written."""
    return click.Option(
        ["-o", "--output"],
        type=click.Choice(["table", "json"]),
        expose_value=False,
        callback=_remember,
        help="How to write the result: for people (default) or for programs.",
    )


class Command(click.Command):
    """A command that takes the shared options too, wherever they stand, and ``-o``."""

    def __init__(
        self, name: str, callback: Callable[..., Any], *, output: bool = True, **keywords: Any
    ) -> None:
        parameters: list[click.Parameter] = [*keywords.pop("params", ())]
        taken = {option for parameter in parameters for option in parameter.opts}
        parameters += [output_option()] if output else []
        parameters += [each for each in shared_options(hidden=True) if not taken & set(each.opts)]
        super().__init__(name, callback=callback, params=parameters, **keywords)


class LazyGroup(click.Group):
    """A group that knows the names of its commands without having made them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and name near ones when there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as refusal:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"{refusal.message}{hint}", ctx) from None
