"""Every public name of the old library exists, is of its kind, and is called as it was."""

from __future__ import annotations

import ast
import builtins
import inspect
from importlib import import_module
from typing import Any

import pytest

import cloudsigma
from cloudsigma import resource

from .names import CLASSES, FUNCTIONS, VALUES, VERBS, OldClass


def found(name: str) -> Any:
    module, _, rest = name.partition(".")
    assert getattr(cloudsigma, module) is import_module(f"cloudsigma.{module}")
    return getattr(import_module(f"cloudsigma.{module}"), rest)


def old_signature(arguments: str) -> inspect.Signature:
    """Return the signature that the old arguments stand for."""
    tree = ast.parse(f"lambda {arguments}: 0", mode="eval")
    return inspect.signature(eval(compile(tree, "<old>", "eval")))


def takes_the_same(new: Any, arguments: str, bound: bool) -> None:
    """Check that whatever the old callable was given, the new one takes: by place and by name, with equal defaults."""
    old = list(old_signature(arguments).parameters.values())
    has = list(inspect.signature(new).parameters.values())[1 if bound else 0 :]
    for before, now in zip(old, has, strict=False):
        assert (now.name, now.kind) == (before.name, before.kind)
        if before.default is not ...:
            assert now.default == before.default
        else:
            assert now.default is not inspect.Parameter.empty
    assert len(has) >= len(old)
    for added in has[len(old) :]:
        assert added.default is not inspect.Parameter.empty, f"{added} is new and must be given"


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    takes_the_same(found(name), FUNCTIONS[name], bound=False)


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    old, new = CLASSES[name], found(name)
    assert inspect.isclass(new)
    assert issubclass(new, base_of(name, old))
    if old.root is not None:
        assert new.resource_name == old.root
    for attribute in old.attributes:
        assert hasattr(new, attribute), attribute
    for method, arguments in old.methods.items():
        takes_the_same(getattr(new, method), arguments, bound=True)


def base_of(name: str, old: OldClass) -> type:
    same = f"{name.split('.')[0]}.{old.base}"
    for candidate in (same, f"resource.{old.base}"):
        if candidate in CLASSES:
            base = found(candidate)
            break
    else:
        base = getattr(builtins, old.base)
    assert isinstance(base, type)
    return base


def test_the_table_is_whole() -> None:
    """How many names the old library had: 10 modules, 61 classes with 115 methods, 15 functions, 9 values."""
    modules = {name.split(".")[0] for name in [*VALUES, *FUNCTIONS, *CLASSES]}
    assert len(modules) == 10
    assert (len(CLASSES), len(FUNCTIONS), len(VALUES)) == (61, 15, 9)
    assert sum(len(old.methods) for old in CLASSES.values()) == 115


def test_every_class_of_resource_has_its_verbs() -> None:
    """``Usage`` is the one that only the old documentation had."""
    speaking = {
        name.split(".")[1] for name, old in CLASSES.items() if name.startswith("resource.") and old.root
    }
    assert set(VERBS) == speaking | {"Usage"}
    for name, verbs in VERBS.items():
        for verb in verbs.split():
            assert callable(getattr(getattr(resource, name), verb))


@pytest.mark.parametrize("name", sorted({name.split(".")[0] for name in [*VALUES, *FUNCTIONS, *CLASSES]}))
def test_every_name_has_documentation(name: str) -> None:
    module = import_module(f"cloudsigma.{name}")
    assert module.__doc__
    own = [each for each in [*FUNCTIONS, *CLASSES] if each.startswith(f"{name}.")]
    silent = [each for each in own if not inspect.getdoc(found(each))]
    for each in own:
        if each in CLASSES:
            methods = [method for method in CLASSES[each].methods if not method.startswith("_")]
            silent += [
                f"{each}.{method}" for method in methods if not inspect.getdoc(getattr(found(each), method))
            ]
    assert silent == []
