"""Free channels for drives, by the rules of the virtual devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from ..errors import InvalidArgument

IDE_CHANNELS = ("0:0", "0:1", "1:0", "1:1")
CONTROLLERS = range(171)
SAFE_UNITS = range(3)
"""Virtio and SCSI controllers have six units by the documentation, of which programs in the field leave out the upper ones."""


def free_channel(device: str, attached: Iterable[Mapping[str, Any]]) -> str:
    """Return the first free ``controller:unit`` of a device (``virtio``, ``ide``, ``scsi``).

    ``attached`` are the drives of the server; channels are taken per device. Raises
    ``cloudsigma.errors.InvalidArgument`` when all are taken, and for another device.
    """
    if device == "ide":
        channels: Iterable[str] = IDE_CHANNELS
    elif device in ("virtio", "scsi"):
        channels = (f"{controller}:{unit}" for controller, unit in product(CONTROLLERS, SAFE_UNITS))
    else:
        raise InvalidArgument(f"device must be virtio, ide or scsi, not {device!r}")
    taken = {item.get("dev_channel") for item in attached if item.get("device") == device}
    for channel in channels:
        if channel not in taken:
            return channel
    raise InvalidArgument(f"all {device} channels of the server are taken")
