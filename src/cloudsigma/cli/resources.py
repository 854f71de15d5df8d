"""Commands made from declarations: a collection of the library becomes a group, each of its verbs a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from .declarations import Kind, Parameter, Verb, has_names, verb, verb_names, words
from .failures import NOT_FOUND, Failure, one_line
from .naming import is_name, uuid_by_name
from .options import arguments_of, explain_options, help_of, parameters_of
from .output import progress
from .presentation import HIDDEN_BY_COLLECTION, HIDDEN_VERBS, ORDER, VERB_NAMES
from .results import write_result
from .session import Command, LazyGroup, session

SHOW = "show"


class CollectionGroup(LazyGroup):
    """The commands of one collection; each is made when it is asked for."""

    def __init__(self, name: str, declared: type) -> None:
        super().__init__(name.replace("_", "-"), help=words(declared.__doc__), no_args_is_help=True)
        self.collection = name
        self.declared = declared

    def _verbs(self) -> dict[str, str]:
        names = verb_names(self.declared)
        hidden = HIDDEN_VERBS | HIDDEN_BY_COLLECTION.get(self.collection, frozenset())
        shown = {VERB_NAMES.get(name, name).replace("_", "-"): name for name in names if name not in hidden}
        if SHOW not in shown and "find" in names:  # what cannot be read one by one
            shown[SHOW] = "find"
        return shown

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        usable = [shown for shown, name in self._verbs().items() if verb(self.declared, name).usable]
        return sorted(usable, key=lambda name: (*ORDER, name).index(name) + (name == "schema"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one verb."""
        name = self._verbs().get(cmd_name)
        if name is None:
            return None
        if (self.collection, name) in (("drives", "upload"), ("drives", "download")):
            from . import transfers

            return transfers.upload_command() if name == "upload" else transfers.download_command()
        declared = verb(self.declared, name)
        return VerbCommand(cmd_name, self.collection, self.declared, declared) if declared.usable else None


class VerbCommand(Command):
    """One verb of a collection."""

    def __init__(self, name: str, collection: str, declared: type, spoken: Verb) -> None:
        self.collection = collection
        self.declared = declared
        self.verb = spoken
        parameters = parameters_of(spoken)
        if spoken.returns_record:
            parameters.append(
                click.Option(["--reveal"], is_flag=True, help="Show all fields, passwords too.")
            )
        super().__init__(name, self.carry_out, help=help_of(spoken), params=parameters)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options with their explanations, which are read only now."""
        explain_options(self.verb, self.params)
        super().format_options(ctx, formatter)

    def carry_out(self, *, reveal: bool = False, data: Any = None, **given: Any) -> None:
        """Call the library and write what it returns."""
        arguments = arguments_of(self.verb, given, data)
        with session().client() as client:
            collection = getattr(client, self.collection)
            positional = [
                self._resolved(client, collection, parameter, arguments.pop(parameter.name))
                for parameter in self.verb.parameters
                if parameter.positional
            ]
            waits = arguments.get("wait") or self.verb.name == "wait"
            done = progress(self._subject(given)) if waits else None
            try:
                result = getattr(collection, self.verb.name)(*positional, **arguments)
            finally:
                if done:
                    done()
        if result is None and self.name == SHOW:
            raise Failure(NOT_FOUND, f"there is no such object among the {self.collection}")
        fields = arguments.get("fields", ())
        write_result(
            result,
            self.collection,
            form=session().output,
            whole=self.name in (SHOW, "schema"),
            reveal=reveal,
            verb=self.verb.name,
            fields=fields.split(",") if isinstance(fields, str) else fields,
        )

    def _resolved(self, client: Any, collection: Any, parameter: Parameter, value: Any) -> Any:
        """Return what the argument names: for references the uuids, looked up where they are names."""
        if parameter.name == "refs":
            return [self._uuid(collection, self.collection, each) for each in value]
        if parameter.kind is not Kind.REFERENCE:
            return value
        if parameter.name == "ref":
            return self._uuid(collection, self.collection, value)
        # A reference to something else, such as the drive to attach: a parameter is called like its collection.
        other = getattr(client, f"{parameter.name}s", None)
        return value if other is None else self._uuid(other, f"{parameter.name}s", value)

    def _uuid(self, collection: Any, kind: str, value: str) -> str:
        return (
            uuid_by_name(collection, kind, value) if is_name(value) and has_names(type(collection)) else value
        )

    def _subject(self, given: Mapping[str, Any]) -> str:
        return f"{self.name} {one_line(str(given.get('ref', '')))} ..."
