"""How nested records get their type: a function made from an annotation, or None when nothing is to be done."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

Shape: TypeAlias = Callable[[Any], Any]


def shape_of(annotation: Any, base: type[dict[str, Any]]) -> Shape | None:
    """Return the function that types a value of this annotation in place, where it holds records.

    Arguments: the resolved annotation of a field, and the base class of records. Values of another kind than the
    annotation says (an older deployment, a newer API) are returned as they are.
    """
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        shapes = [shape_of(part, base) for part in get_args(annotation) if part is not NoneType]
        found = [shape for shape in shapes if shape is not None]
        return found[0] if len(found) == 1 else None
    if origin is list:
        return _list_shape(shape_of(get_args(annotation)[0], base))
    if origin is dict:
        return _dict_shape(shape_of(get_args(annotation)[1], base))
    if isinstance(annotation, type) and issubclass(annotation, base):
        record = annotation
        return lambda value: record(value) if type(value) is dict else value
    return None


def _list_shape(item_shape: Shape | None) -> Shape | None:
    if item_shape is None:
        return None

    def type_items(value: Any) -> Any:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if type(item) is dict:
                    value[index] = item_shape(item)
        return value

    return type_items


def _dict_shape(value_shape: Shape | None) -> Shape | None:
    if value_shape is None:
        return None

    def type_values(value: Any) -> Any:
        if isinstance(value, dict):
            for key, item in value.items():
                if type(item) is dict:
                    value[key] = value_shape(item)
        return value

    return type_values
