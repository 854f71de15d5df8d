"""Lives lived by the library of another environment: ``python -m old.speak FOLDER``, with the tests on the path.

Told the name of a class, a line, it answers what came of its life, a line of JSON. The first line that it says is about
the library itself: its version, and each class that speaks for a resource with the verbs that are the class's own.
"""

from __future__ import annotations

import inspect
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import cloudsigma
from cloudsigma import resource

from .lives import LIVES
from .verbs import Spoken, World


def resource_classes() -> dict[str, dict[str, Any]]:
    """Return each class of ``resource`` that speaks for a part of the API: its root, and the verbs of its own."""
    return {
        name: {
            "root": cls.resource_name,
            "own": sorted(
                verb for verb, value in vars(cls).items() if callable(value) and not verb.startswith("_")
            ),
        }
        for name, cls in inspect.getmembers(resource, inspect.isclass)
        if issubclass(cls, resource.ResourceBase) and cls.resource_name
    }


def live(name: str, folder: Path) -> dict[str, Any]:
    """Live a class's life; return the verbs that were used, and where it failed."""
    try:
        old = Spoken(name)
        LIVES[name](old, World(folder))
    except Exception:
        return {"used": [], "failure": traceback.format_exc()}
    return {"used": sorted(old.used), "failure": None}


def main(folder: Path) -> None:
    """Say who speaks, then live the lives that are asked for until there is no more line."""

    def say(what: dict[str, Any]) -> None:
        print(json.dumps(what), flush=True)

    say({"version": cloudsigma.version.__version__, "classes": resource_classes()})
    for line in sys.stdin:
        say(live(line.strip(), folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
