"""What the library declares, read for the command line: a collection's verbs, their parameters and their words.

Nothing here knows click, and nothing knows a particular collection: a method with ``@call`` is a verb, its signature
says what it takes, and the keys of a TypedDict after ``**`` are parameters of their own.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    TypeVar,
    Union,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from ..core.call import call
from ..records.record import Field, Record


class Kind(Enum):
    """What a value of a parameter is made of, as far as a shell is concerned."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    REFERENCE = "reference"
    TEXTS = "texts"
    PAIRS = "pairs"
    JSON = "json"
    NONE = "none"
    """Nothing that can be typed in a shell, such as a function."""


class Parameter(NamedTuple):
    """One thing that a verb takes; ``field``: a key of the body or a filter; ``spread``: any keys with values."""

    name: str
    kind: Kind
    required: bool
    positional: bool = False
    field: bool = False
    spread: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    spec: type | None = None


class Verb(NamedTuple):
    """A method of a collection that users may call."""

    name: str
    text: str
    """The docstring."""
    parameters: tuple[Parameter, ...]
    returns_record: bool

    @property
    def usable(self) -> bool:
        """Whether all that the verb needs can be typed in a shell."""
        return all(parameter.kind is not Kind.NONE for parameter in self.parameters if parameter.required)

    @property
    def spec(self) -> type | None:
        """The TypedDict whose keys are parameters of this verb."""
        return next((parameter.spec for parameter in self.parameters if parameter.spec), None)

    @property
    def has_body(self) -> bool:
        """Whether those keys are sent, and do not choose what is listed."""
        return self.spec is not None and self.name not in ("list", "find")


def verb_names(collection: type) -> list[str]:
    """Return the names of the verbs of a collection class, in the order they are written, shared ones first."""
    found: dict[str, None] = {}
    for base in reversed(collection.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, call) and not name.startswith("_"):
                found.setdefault(name)
    return [name for name in found if isinstance(inspect.getattr_static(collection, name), call)]


def verb(collection: type, name: str) -> Verb:
    """Return what the class ``collection`` declares of its verb ``name``."""
    function = inspect.unwrap(getattr(collection, name))
    hints = get_type_hints(function, include_extras=True)
    returned = hints.get("return")
    return Verb(
        name,
        inspect.cleandoc(function.__doc__ or ""),
        tuple(_parameters(function, hints)),
        isinstance(returned, TypeVar) or _is(returned, Record),
    )


def has_names(collection: type) -> bool:
    """Say whether the objects of a collection class have a name and can be listed by it."""
    if not {"get", "list"} <= set(verb_names(collection)):
        return False
    record = _result(collection, "get")
    return _is(record, Record) and isinstance(inspect.getattr_static(record, "name", None), Field)


def _result(collection: type, name: str) -> Any:
    annotation = get_type_hints(inspect.unwrap(getattr(collection, name))).get("return")
    if not isinstance(annotation, TypeVar):
        return annotation
    # A shared verb returns the record that the collection was declared with.
    for base in collection.__mro__:
        for declared in getattr(base, "__orig_bases__", ()):
            for given in get_args(declared):
                if _is(given, Record):
                    return given
    return None


def words(docstring: str | None) -> str:
    """Return the first paragraph of a docstring as plain text."""
    return plain(first_paragraph(inspect.cleandoc(docstring or "")))


def first_paragraph(text: str) -> str:
    """Return the first paragraph of a text on one line, without the errors that it raises in Python."""
    return re.sub(r" Raises .*", "", " ".join(text.split("\n\n", 1)[0].split()))


def words_about(name: str, text: str) -> str:
    """Return what a docstring says of a parameter: the part of a sentence that begins with its name, or has it."""
    mark = f"``{name}``"
    clauses = [
        clause.strip()
        for paragraph in reversed(text.split("\n\n"))  # the first one speaks of the verb itself
        for clause in re.split(r"(?<=[.;:]) ", " ".join(paragraph.split()))
        if mark in clause
    ]
    found = next((clause for clause in clauses if clause.startswith(mark)), clauses[0] if clauses else "")
    about = plain(found.removeprefix(f"{mark} is ")).rstrip(".;:")
    return about[:1].upper() + about[1:] + "." if found.startswith(f"{mark} is ") else about


def plain(text: str) -> str:
    """Return text without the marks that documentation tools read."""
    return re.sub(r"(?::\w+)?:?(`{1,2})~?(.+?)\1", r"\2", text)


def _parameters(function: Callable[..., Any], hints: Mapping[str, Any]) -> Iterator[Parameter]:
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        annotation = hints.get(parameter.name, Any)
        if parameter.kind is parameter.VAR_KEYWORD:
            if get_origin(annotation) is Unpack:
                yield from _fields(get_args(annotation)[0])
            else:
                yield Parameter(parameter.name, Kind.PAIRS, required=True, spread=True)
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        kind, choices = classify(annotation)
        required = parameter.default is parameter.empty
        yield Parameter(
            parameter.name,
            kind,
            required,
            positional=required and parameter.kind is not parameter.KEYWORD_ONLY,
            default=None if required else parameter.default,
            choices=choices,
        )


def _fields(spec: Any) -> Iterator[Parameter]:
    spec = get_origin(spec) or spec
    for name, annotation in get_type_hints(spec, include_extras=True).items():
        # Under postponed annotations __required_keys__ does not see Required[] and NotRequired[].
        marker = get_origin(annotation)
        required = marker is Required or (marker is not NotRequired and name in spec.__required_keys__)
        kind, choices = classify(annotation)
        yield Parameter(name, kind, required, field=True, choices=choices, spec=spec)


def classify(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of values that ``annotation`` allows, and the allowed words when they are listed."""
    origin = get_origin(annotation)
    if origin in (Required, NotRequired):
        return classify(get_args(annotation)[0])
    if isinstance(annotation, TypeVar):
        return classify(annotation.__bound__)
    if origin in (Union, UnionType):
        return _classify_union([part for part in get_args(annotation) if part is not NoneType])
    if origin is Literal:
        return Kind.CHOICE, tuple(str(value) for value in get_args(annotation))
    if origin in (list, tuple, set, frozenset) or _is(origin, Sequence):
        kind, choices = classify(get_args(annotation)[0])
        if kind in (Kind.TEXT, Kind.REFERENCE, Kind.CHOICE):
            return Kind.TEXTS, choices
        return Kind.JSON, ()
    if is_typeddict(annotation) or is_typeddict(origin) or _is(annotation, Record):
        return Kind.JSON, ()
    if _is(origin, Mapping) or _is(annotation, Mapping):
        return Kind.PAIRS, ()
    simple = {
        str: Kind.TEXT,
        bool: Kind.BOOLEAN,
        int: Kind.INTEGER,
        float: Kind.NUMBER,
        object: Kind.JSON,
        Any: Kind.JSON,
    }
    return simple.get(annotation, Kind.NONE), ()


def _classify_union(parts: Sequence[Any]) -> tuple[Kind, tuple[str, ...]]:
    if len(parts) == 1:
        return classify(parts[0])
    kinds: dict[Kind, tuple[str, ...]] = {}
    for part in parts:
        kind, choices = classify(part)
        kinds[kind] = (*kinds.get(kind, ()), *choices)
    if Kind.TEXTS in kinds:
        return Kind.TEXTS, ()
    if Kind.TEXT in kinds and (Kind.JSON in kinds or Kind.PAIRS in kinds) and not _has_lists(parts):
        return Kind.REFERENCE, ()
    if Kind.CHOICE in kinds and Kind.JSON in kinds:  # a word, or an object that says it
        return Kind.CHOICE, kinds[Kind.CHOICE]
    for kind in (Kind.TEXT, Kind.JSON, Kind.PAIRS, Kind.NUMBER, Kind.INTEGER, Kind.CHOICE, Kind.BOOLEAN):
        if kind in kinds:
            return kind, kinds[kind]
    return Kind.NONE, ()


def _has_lists(parts: Sequence[Any]) -> bool:
    return any(_is(get_origin(part), Sequence) for part in parts)


def _is(candidate: Any, base: type) -> bool:
    return isinstance(candidate, type) and candidate is not str and issubclass(candidate, base)


def field_words(spec: type) -> dict[str, str]:
    """Return the line of documentation under each key of a TypedDict and of those it extends."""
    found: dict[str, str] = {}
    module = sys.modules.get(spec.__module__)
    path = getattr(module, "__file__", None)
    if not path:
        return found
    with open(path, encoding="utf-8") as source:  # noqa: PTH123  (a module less to load)
        tree = ast.parse(source.read())
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == spec.__name__:
            for base in node.bases:  # at run time a TypedDict has forgotten them
                extended: Any = getattr(module, base.id, None) if isinstance(base, ast.Name) else None
                if is_typeddict(extended):
                    found.update(field_words(extended))
            found.update(_attribute_words(node))
    return found


def _attribute_words(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, following in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            yield statement.target.id, words(following.value.value)
