"""The guest's side: what a program inside a virtual machine can ask of the cloud over its second serial port."""

from __future__ import annotations

from .contents import NicAddress
from .context import AsyncServerContext, ServerContext
from .errors import ContextError, DeviceUnavailable, NotAnswered, NotJson

__all__ = [
    "AsyncServerContext",
    "ContextError",
    "DeviceUnavailable",
    "NicAddress",
    "NotAnswered",
    "NotJson",
    "ServerContext",
]
