"""Commands made from declarations: a collection of the library becomes a group, each of its verbs a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .declarations import Kind, Parameter, Verb, field_words, has_names, verb, verb_names, words
from .failures import one_line
from .naming import is_name, uuid_by_name
from .output import progress, write, write_json, write_outline, write_table
from .presentation import (
    BYTES,
    HIDDEN_VERBS,
    PARAMETER_NAMES,
    PARAMETER_WORDS,
    SECRETS,
    VERB_NAMES,
    columns_of,
)
from .session import Command, Session, session
from .values import Bytes, Json, Pair, SecretFile


class CollectionGroup(click.Group):
    """The commands of one collection; each is made when it is asked for."""

    def __init__(self, name: str, declared: type) -> None:
        super().__init__(name, help=words(declared.__doc__), no_args_is_help=True)
        self.declared = declared

    def _verbs(self) -> dict[str, str]:
        return {
            VERB_NAMES.get(name, name).replace("_", "-"): name
            for name in verb_names(self.declared)
            if name not in HIDDEN_VERBS
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [shown for shown, name in self._verbs().items() if verb(self.declared, name).usable]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one verb."""
        name = self._verbs().get(cmd_name)
        if name is None:
            return None
        declared = verb(self.declared, name)
        return VerbCommand(cmd_name, str(self.name), self.declared, declared) if declared.usable else None


class VerbCommand(Command):
    """One verb of a collection."""

    def __init__(self, name: str, collection: str, declared: type, spoken: Verb) -> None:
        self.collection = collection
        self.declared = declared
        self.verb = spoken
        self.filters = spoken.name == "list"
        super().__init__(name, self.carry_out, help=spoken.words, params=list(self._parameters()))

    def _parameters(self) -> list[click.Parameter]:
        parameters = sorted(self.verb.parameters, key=lambda each: not each.required)
        made: list[click.Parameter] = [
            self._argument(each) if each.positional else self._option(each)
            for each in parameters
            if each.kind is not Kind.NONE
        ]
        if self.verb.spec and not self.filters:
            made.append(
                click.Option(
                    ["--data"],
                    type=Json(),
                    metavar="JSON",
                    help="Fields as a JSON object, @file or - (standard input); options win over it.",
                )
            )
        if not self.filters:
            made.append(click.Option(["--reveal"], is_flag=True, help="Show passwords in the outline too."))
        return made

    def _argument(self, parameter: Parameter) -> click.Parameter:
        kind: Any = {
            Kind.JSON: Json(),
            Kind.PAIRS: Json(),
            Kind.INTEGER: click.INT,
            Kind.NUMBER: click.FLOAT,
        }.get(parameter.kind, click.STRING)
        many = parameter.kind is Kind.TEXTS
        return click.Argument(
            [parameter.name],
            type=kind,
            required=True,
            nargs=-1 if many else 1,
            metavar=parameter.name.upper(),
        )

    def _option(self, parameter: Parameter) -> click.Parameter:
        spelt = PARAMETER_NAMES.get(parameter.name, parameter.name).replace("_", "-")
        option = f"--{spelt}"
        if parameter.name in SECRETS:
            return click.Option([f"{option}-file", parameter.name], type=SecretFile(), metavar="FILE")
        if parameter.kind is Kind.BOOLEAN:
            default = True if parameter.name == "wait" else None
            return click.Option([f"{option}/--no-{spelt}", parameter.name], default=default)
        keywords: dict[str, Any] = {}
        if parameter.kind in (Kind.TEXTS, Kind.PAIRS):
            keywords["multiple"] = True
        if parameter.kind is Kind.PAIRS:
            keywords.update(type=Pair(), metavar="KEY=VALUE")
        elif parameter.kind is Kind.JSON:
            keywords.update(type=Json(), metavar="JSON")
        elif parameter.kind is Kind.CHOICE:
            keywords["type"] = click.Choice(parameter.choices)
        elif parameter.name in BYTES and parameter.kind is Kind.INTEGER:
            keywords.update(type=Bytes(), metavar="BYTES")
        elif parameter.kind is Kind.INTEGER:
            keywords["type"] = click.INT
        elif parameter.kind is Kind.NUMBER:
            keywords["type"] = click.FLOAT
        # A required field may also come with --data; a required parameter may not.
        return click.Option(
            [option, parameter.name], required=parameter.required and not parameter.field, **keywords
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, with the words that the library's bodies have for each field."""
        known = field_words(self.verb.spec) if self.verb.spec else {}
        required = {each.name for each in self.verb.parameters if each.required and each.field}
        for parameter in self.params:
            if isinstance(parameter, click.Option) and parameter.help is None and parameter.name:
                text = known.get(parameter.name) or PARAMETER_WORDS.get(parameter.name, "")
                if parameter.type.name == "file":
                    text = f"{text.rstrip('.')}: file that holds it, or - for standard input."
                parameter.help = text
                if parameter.name in required and not self.filters:
                    parameter.help = f"{text}  [required]"
        super().format_options(ctx, formatter)

    def carry_out(self, *, reveal: bool = False, **given: Any) -> None:
        """Call the library and write what it returns."""
        data = given.pop("data", None)
        arguments = self._arguments(given, data)
        with session().client() as client:
            collection = getattr(client, self.collection)
            positional = [
                self._resolved(client, collection, parameter, arguments.pop(parameter.name))
                for parameter in self.verb.parameters
                if parameter.positional
            ]
            done = progress(self._waiting(given)) if arguments.get("wait") else None
            try:
                result = getattr(collection, self.verb.name)(*positional, **arguments)
            finally:
                if done:
                    done()
            self._write(result, session(), reveal)

    def _arguments(self, given: Mapping[str, Any], data: Any) -> dict[str, Any]:
        if data is not None and not isinstance(data, Mapping):
            raise click.UsageError("--data must be a JSON object")
        arguments: dict[str, Any] = dict(data or {})
        for parameter in self.verb.parameters:
            value = given.get(parameter.name)
            if value is None or value == ():
                continue
            if parameter.kind is Kind.PAIRS and isinstance(value, tuple):
                value = dict(value)
            elif parameter.kind is Kind.TEXTS:
                value = list(value) if len(value) > 1 or not self.filters else value[0]
            arguments[parameter.name] = value
        missing = [
            parameter.name
            for parameter in self.verb.parameters
            if parameter.required and parameter.field and parameter.name not in arguments
        ]
        if missing and not self.filters:
            spelt = ", ".join(
                f"--{name.replace('_', '-')}" + ("-file" if name in SECRETS else "") for name in missing
            )
            raise click.UsageError(f"missing: {spelt} (or the same in --data)")
        return arguments

    def _resolved(self, client: Any, collection: Any, parameter: Parameter, value: Any) -> Any:
        """Return what the argument names: for a reference the uuid, looked up when it is a name."""
        if parameter.kind is not Kind.REFERENCE or not is_name(value):
            return value
        if parameter.name == "ref":
            return uuid_by_name(collection, self.collection, value) if has_names(self.declared) else value
        other = getattr(client, f"{parameter.name}s", None)
        return value if other is None else uuid_by_name(other, f"{parameter.name}s", value)

    def _waiting(self, given: Mapping[str, Any]) -> str:
        return f"{self.name} {one_line(str(given.get('ref', '')))} ..."

    def _write(self, result: Any, shared: Session, reveal: bool) -> None:
        if result is None:
            return
        if shared.output == "json":
            write_json(result)
        elif isinstance(result, Mapping):
            if self.verb.name in ("get", "schema") or "uuid" not in result or reveal:
                write_outline(result, reveal=reveal)
            else:
                write_table([result], columns_of(self.collection, [result]))
        elif isinstance(result, Sequence) and not isinstance(result, (str, bytes)):
            rows = [row for row in result if isinstance(row, Mapping)]
            if len(rows) == len(result):
                write_table(rows, columns_of(self.collection, rows))
            else:
                for item in result:
                    write(str(item))
        else:
            write(str(result))
