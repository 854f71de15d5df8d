"""Parameters of a verb as arguments and options, and back: what was typed as arguments of the call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from .declarations import Kind, Parameter, Verb, field_words, first_paragraph, plain, words_about
from .presentation import ALWAYS_OPTIONS, BYTES, PARAMETER_NAMES, PARAMETER_WORDS, SECRETS
from .values import Bytes, Json, Pair, SecretFile


def parameters_of(spoken: Verb) -> list[click.Parameter]:
    """Return what the command of this verb takes: required things first, then in the order of the declaration."""
    made: list[click.Parameter] = [
        _argument(each) if _is_argument(each) else _option(each)
        for each in sorted(spoken.parameters, key=lambda each: not each.required)
        if each.kind is not Kind.NONE
    ]
    if spoken.has_body and not any(each.name == "data" for each in made):
        made.append(
            click.Option(
                ["--data"],
                type=Json(),
                metavar="JSON",
                help="Fields as a JSON object, @file or - (standard input); options win over it.",
            )
        )
    return made


def _is_argument(parameter: Parameter) -> bool:
    """Say whether a parameter stands without a name: what a verb is about does, a bare number would say nothing."""
    if parameter.kind in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN) or parameter.name in ALWAYS_OPTIONS:
        return False
    return parameter.positional or parameter.spread


def _argument(parameter: Parameter) -> click.Argument:
    spelt = parameter.name.upper()
    if parameter.spread:
        return click.Argument([parameter.name], type=Pair(), nargs=-1, required=True, metavar="KEY=VALUE...")
    if parameter.kind is Kind.TEXTS:
        return click.Argument([parameter.name], nargs=-1, required=True, metavar=f"{spelt}...")
    return click.Argument([parameter.name], type=_type_of(parameter), metavar=_metavar(parameter) or spelt)


def _option(parameter: Parameter) -> click.Option:
    spelt = _spelt(parameter.name)
    if parameter.name in SECRETS:
        return click.Option([f"--{spelt}-file", parameter.name], type=SecretFile(), metavar="FILE")
    if parameter.kind is Kind.BOOLEAN:
        # In a shell the next command usually needs what this one brings about.
        default = True if parameter.name == "wait" else None
        return click.Option([f"--{spelt}/--no-{spelt}", parameter.name], default=default)
    return click.Option(
        [f"--{spelt}", parameter.name],
        type=_type_of(parameter),
        metavar=_metavar(parameter),
        multiple=parameter.kind in (Kind.TEXTS, Kind.PAIRS),
        # A required field may also come with --data; a required parameter may not.
        required=parameter.required and not parameter.field,
    )


def _type_of(parameter: Parameter) -> click.ParamType[Any]:
    if parameter.kind is Kind.INTEGER:
        return Bytes() if parameter.name in BYTES else click.INT
    if parameter.kind is Kind.NUMBER:
        return click.FLOAT
    if parameter.kind is Kind.CHOICE:
        return click.Choice(parameter.choices)
    if parameter.kind is Kind.JSON or (parameter.kind is Kind.PAIRS and parameter.positional):
        return Json()
    return Pair() if parameter.kind is Kind.PAIRS else click.STRING


def _metavar(parameter: Parameter) -> str | None:
    kind = _type_of(parameter)
    if isinstance(kind, Json):
        return "JSON"
    return {"bytes": "BYTES", "key=value": "KEY=VALUE"}.get(kind.name)


def _spelt(name: str) -> str:
    return PARAMETER_NAMES.get(name, name).replace("__", "-").replace("_", "-")


def help_of(spoken: Verb) -> str:
    """Return what the verb does, with its parameters as the command line spells them."""
    options = {each.name for each in spoken.parameters if not _is_argument(each)}
    return plain(
        re.sub(
            r"``(\w+)``",
            lambda match: f"--{_spelt(match[1])}" if match[1] in options else match[0],
            first_paragraph(spoken.text),
        )
    )


def explain_options(spoken: Verb, parameters: list[click.Parameter]) -> None:
    """Give each option the words that the library's bodies and filters have for it."""
    known = field_words(spoken.spec) if spoken.spec else {}
    needed = {each.name for each in spoken.parameters if each.required and each.field}
    for parameter in parameters:
        if not isinstance(parameter, click.Option) or parameter.help is not None or not parameter.name:
            continue
        text = (
            known.get(parameter.name)
            or PARAMETER_WORDS.get(parameter.name)
            or words_about(parameter.name, spoken.text)
        )
        if isinstance(parameter.type, SecretFile):
            text = f"{text.rstrip('.')}: a file that holds it, or - for standard input."
        parameter.help = f"{text}  [required]" if parameter.name in needed else text


def arguments_of(spoken: Verb, given: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """Return the arguments of the call for what was typed. Raises ``click.UsageError``."""
    if data is not None and not isinstance(data, Mapping):
        raise click.UsageError("--data must be a JSON object")
    arguments: dict[str, Any] = dict(data or {})
    for parameter in spoken.parameters:
        value = given.get(parameter.name)
        if value is None or value == ():
            continue
        if parameter.name == "fields" and "" in value:
            raise click.UsageError("--fields is empty")
        if parameter.spread:
            arguments.update(value)
            continue
        if parameter.kind is Kind.PAIRS and isinstance(value, tuple):
            value = dict(value)
        elif parameter.kind is Kind.TEXTS:
            value = value[0] if len(value) == 1 and not spoken.has_body else list(value)
        arguments[parameter.name] = value
    fields = [each for each in spoken.parameters if each.field]
    missing = [each.name for each in fields if each.required and each.name not in arguments]
    if missing:
        options = (f"--{_spelt(name)}{'-file' if name in SECRETS else ''}" for name in missing)
        raise click.UsageError(f"missing: {', '.join(options)} (or the same in --data)")
    if (
        spoken.name == "update"
        and fields
        and len(arguments) == sum(each.positional for each in spoken.parameters)
    ):
        raise click.UsageError("nothing to change was given; see --help for the fields")
    return arguments
