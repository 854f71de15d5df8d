"""Attached drives of a server definition: devices, channels and their order.

An element of ``drives`` is stored as ``{"boot_order", "dev_channel", "device", "drive"}`` with the drive's uuid.
"""

from __future__ import annotations

import re
from typing import Any

from . import fields
from .refs import read_ref
from .refusal import Refusal

Attachment = dict[str, Any]

DEVICES = ("ide", "virtio", "scsi")
MAX_DRIVES = 1024

# device -> (highest controller, highest unit); scsi is undocumented and follows the virtio rule.
_CHANNELS = {"ide": (1, 1), "virtio": (170, 5), "scsi": (170, 5)}
_CHANNEL = re.compile(r"(\d{1,4}):(\d{1,4})", re.ASCII)
_POINT = "drives"


def read_attachments(value: Any, name: str = _POINT) -> list[Attachment]:
    """Read the ``drives`` list of a server body, sorted by device, controller and unit.

    :raises Refusal: 400 with error_point ``drives`` for a missing key, an unknown device, a channel that is
        malformed, out of range or taken twice, and a drive named twice.
    """
    attachments = fields.list_of(_read_attachment)(value, name)
    if len(attachments) > MAX_DRIVES:
        raise Refusal.validation(f"A server may have at most {MAX_DRIVES} drives", name)
    places = [(item["device"], item["dev_channel"]) for item in attachments]
    for place in places:
        if places.count(place) > 1:
            raise Refusal.validation(
                f"The {place[0]} channel {place[1]} is used by more than one drive", name
            )
    uuids = [item["drive"] for item in attachments]
    for uuid in uuids:
        if uuids.count(uuid) > 1:
            raise Refusal.validation(f"The drive {uuid} is attached more than once", name)
    return sorted(attachments, key=_place)


def _read_attachment(value: Any, name: str) -> Attachment:
    if not isinstance(value, dict):
        raise Refusal.validation(f"Each of {name} must be an object with device, dev_channel and drive", name)
    for key in ("device", "dev_channel", "drive"):
        if value.get(key) is None:
            raise Refusal.validation(f"Each of {name} must have {key}", name)
    device = value["device"]
    if device not in DEVICES:
        raise Refusal.validation(f"device of a drive must be one of: {', '.join(DEVICES)}", name)
    return {
        "boot_order": read_boot_order(value.get("boot_order"), name),
        "dev_channel": _read_channel(value["dev_channel"], device),
        "device": device,
        "drive": read_ref(value["drive"], name),
    }


def _read_channel(value: Any, device: str) -> str:
    controllers, units = _CHANNELS[device]
    match = _CHANNEL.fullmatch(value) if isinstance(value, str) else None
    if match and int(match[1]) <= controllers and int(match[2]) <= units:
        return f"{int(match[1])}:{int(match[2])}"
    raise Refusal.validation(
        f"dev_channel of an {device} drive must be controller:unit, from 0:0 to {controllers}:{units}", _POINT
    )


def read_boot_order(value: Any, name: str) -> int | None:
    """Read a boot order: a positive number, or null for something the server does not boot from."""
    if value is None:
        return None
    try:
        order = fields.whole_number(value, name)
    except Refusal:
        order = 0
    if not 1 <= order <= 2**31:
        raise Refusal.validation("boot_order must be a positive whole number or null", name)
    return order


def _place(attachment: Attachment) -> tuple[str, int, int]:
    controller, _, unit = attachment["dev_channel"].partition(":")
    return attachment["device"], int(controller), int(unit)
