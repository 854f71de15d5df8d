"""The library for the CloudSigma cloud: ``CloudSigma`` and ``AsyncCloudSigma``, beside the names of the old library.

Importing it loads nothing else; each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module

from .version import __version__

TYPE_CHECKING = (
    False  # checkers take it for true; importing typing would double the time that importing takes
)
if TYPE_CHECKING:
    from . import (
        bulk,
        conf,
        config,
        credentials,
        errors,
        generic,
        guest,
        metadata,
        records,
        resource,
        resumable_upload,
        scenarios,
        upload_client,
        version,
    )
    from .client import AsyncCloudSigma, CloudSigma

__all__ = [
    "AsyncCloudSigma",
    "CloudSigma",
    "__version__",
    "bulk",
    "conf",
    "config",
    "credentials",
    "errors",
    "generic",
    "guest",
    "metadata",
    "records",
    "resource",
    "resumable_upload",
    "scenarios",
    "upload_client",
    "version",
]


_CLIENTS = ("AsyncCloudSigma", "CloudSigma")


def __getattr__(name: str) -> object:
    found = getattr(import_module(".client", __name__), name) if name in _CLIENTS else _submodule(name)
    globals()[name] = found
    return found


def _submodule(name: str) -> object:
    """Return a submodule that was not imported yet: old programs import only the package."""
    if not name.startswith("_"):
        try:
            return import_module(f".{name}", __name__)
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
