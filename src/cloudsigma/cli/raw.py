"""``cloudsigma api``: any call of the API, with the client's credentials, retries and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .output import write_json
from .results import write_result
from .session import Command, session
from .values import Json, Pair


def _call(method: str, path: str, data: Any, query: Sequence[tuple[str, str]]) -> None:
    params: dict[str, Any] = {}
    for key, value in query:
        params[key] = [*params[key], value] if key in params else [value]
    with session().client() as client:
        answer = client.request(
            method.upper(),
            path,
            params={key: values if len(values) > 1 else values[0] for key, values in params.items()} or None,
            body=data,
        )
    if answer is None:
        return
    if session().output == "table":
        rows = answer.get("objects", answer) if isinstance(answer, Mapping) else answer
        write_result(rows, "", form="table", whole=True)
    else:
        write_json(answer)


command = Command(
    "api",
    _call,
    help="""Call the API as it is: METHOD is GET, POST, PUT, DELETE or OPTIONS; PATH is relative to the API's root, such as
    servers/detail/, or a resource_uri. The answer is written as JSON unless -o table asks otherwise.""",
    params=[
        click.Argument(["method"], metavar="METHOD"),
        click.Argument(["path"], metavar="PATH"),
        click.Option(
            ["--data"], type=Json(), metavar="JSON", help="Body: JSON, @file, or - for standard input."
        ),
        click.Option(
            ["--query"],
            type=Pair(),
            multiple=True,
            metavar="KEY=VALUE",
            help="Query parameter; may be repeated.",
        ),
    ],
)
