"""The base of all records: a dict whose annotated keys are typed attributes.

``server.name`` is always ``server["name"]``. Nested records get their type when they are first read, in place;
keys that no annotation names stay in the dict, so that a record written back loses nothing. A record holds no
client and does no I/O.
"""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from .shapes import Shape, shape_of


class Record(dict[str, Any]):
    """A JSON object of the API, as a dict with typed attributes.

    Reading an attribute whose key is absent gives None where the annotation allows it, and otherwise raises
    ``AttributeError`` with the call that has the key.
    """

    __slots__ = ("_partial",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in inspect.get_annotations(cls):
            if name.startswith("_"):
                continue
            if hasattr(dict, name):
                raise TypeError(f"{cls.__name__}.{name} would hide dict.{name}; read it as record[{name!r}]")
            setattr(cls, name, Field(name))

    def _mark_partial(self) -> None:
        """Remember that only chosen fields were asked for, so that a missing one is not taken for null."""
        self._partial = True

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Only fields that no annotation names come here; checkers do not see it, so misspellings stay errors.
            if name.startswith("_"):
                raise AttributeError(name)
            try:
                return self[name]
            except KeyError:
                raise AttributeError(_missing(self, name)) from None

        def __setattr__(self, name: str, value: Any) -> None:
            if name.startswith("_") or name in _fields(type(self)):
                super().__setattr__(name, value)
            else:
                self[name] = value


class Field:
    """The attribute of one annotated key."""

    __slots__ = ("_name", "_nullable", "_shape")

    def __init__(self, name: str) -> None:
        self._name = name
        self._shape: Shape | bool | None = False
        self._nullable = False

    def __get__(self, record: Record | None, owner: type[Record]) -> Any:
        if record is None:
            return self
        try:
            value = record[self._name]
        except KeyError:
            if self._shape is False:
                self._resolve(type(record))
            if self._nullable and not getattr(record, "_partial", False):
                return None
            raise AttributeError(_missing(record, self._name)) from None
        shape = self._shape
        if shape is False:
            shape = self._resolve(type(record))
        if not shape or not value:
            return value
        typed = shape(value)  # type: ignore[operator]
        if typed is not value:
            record[self._name] = typed
        return typed

    def __set__(self, record: Record, value: Any) -> None:
        record[self._name] = value

    def __delete__(self, record: Record) -> None:
        try:
            del record[self._name]
        except KeyError:
            raise AttributeError(_missing(record, self._name)) from None

    def _resolve(self, owner: type[Record]) -> Shape | None:
        annotation = get_type_hints(owner)[self._name]
        if get_origin(annotation) in (Union, UnionType):
            self._nullable = NoneType in get_args(annotation)
        self._shape = shape_of(annotation, Record)
        return self._shape


def _fields(cls: type[Record]) -> frozenset[str]:
    return frozenset(
        name for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, Field)
    )


def _missing(record: Record, name: str) -> str:
    return (
        f"this {type(record).__name__} has no field {name!r}; a record read with fields=… or by a plain list "
        f"carries only some: get(ref) of its collection reads all that the API has"
    )
