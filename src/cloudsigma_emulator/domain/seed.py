"""The standard seed: what programs written against the real cloud take for granted in an account.

A library with disks, cdroms and licensed images, and for the first account a small persistent drive, one VLAN and
two addresses by subscription. No servers, snapshots, tags or policies: programs count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from . import drives, ips, vlans
from .jobs import timestamp
from .licenses import LICENSES, bound
from .placement import STORAGE_HOSTS
from .refs import resource_uri

Doc = dict[str, Any]

PERSISTENT_DRIVE_NAME = "persistent"
"""Name of the drive that programs copy to have something to boot; the configuration file names it too."""

_MIB, _GIB = 2**20, 2**30
_FIRST_SUBSCRIPTION = 11
_TERM = timedelta(days=365)


def standard(
    first: str, second: str, now: datetime, new_uuid: Callable[[], str]
) -> Iterator[tuple[str, Doc]]:
    """Give the documents of the seed, each with its kind, in the order in which lists show them.

    :param first: uuid of the account that gets everything.
    :param second: uuid of the account that is granted nothing.
    :param now: the time at which the cloud begins, UTC.
    :param new_uuid: gives a new uuid.
    """
    for license_ in LICENSES:
        number = license_["resource_uri"].rstrip("/").rpartition("/")[2]
        yield "licenses", {**license_, "uuid": number, "owner": None}
    for image in _library():
        yield "libdrives", _library_drive(new_uuid(), image)
    yield "drives", _persistent_drive(new_uuid(), first)
    number = _FIRST_SUBSCRIPTION
    vlan = vlans.new_vlan(new_uuid(), first, number)
    yield "vlans", vlan
    yield "subscriptions", _subscription(new_uuid(), first, number, "vlan", vlan["uuid"], now)
    for place in range(2):
        number += 1
        ip = ips.new_ip(ips.owned_address(place), first, number)
        yield "ips", ip
        yield "subscriptions", _subscription(new_uuid(), first, number, "ip", ip["uuid"], now)


def _persistent_drive(uuid: str, owner: str) -> Doc:
    values = {
        "name": PERSISTENT_DRIVE_NAME,
        "size": 768 * _MIB,
        "media": "disk",
        "affinities": [],
        "allow_multimount": False,
        "iops": None,
        "meta": {},
        "tags": [],
        "storage_type": "dssd",
    }
    return drives.new_drive(uuid, owner, values, "unmounted", STORAGE_HOSTS[0])


def _subscription(uuid: str, owner: str, number: int, resource: str, bought: str, now: datetime) -> Doc:
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    end = noon + _TERM if noon + _TERM >= now + _TERM else noon + _TERM + timedelta(days=1)
    return {
        "owner": owner,
        "amount": "1",
        "auto_renew": True,
        "descendants": [],
        "discount_amount": None,
        "discount_percent": None,
        "discounts": {},
        "end_time": timestamp(end),
        "free_tier": False,
        "id": str(number),
        "period": str(end - now),
        "price": "0E-20",
        "remaining": "1",
        "resource": resource,
        "resource_uri": resource_uri("subscriptions", str(number)),
        "start_time": timestamp(now),
        "status": "active",
        "subscribed_object": bought,
        "uuid": uuid,
        "was_billed": True,
    }


def _image(name: str, size: int, os: str, distribution: str | None, version: str | None, **more: Any) -> Doc:
    return {
        "name": name,
        "size": size,
        "media": "disk",
        "image_type": "preinst",
        "os": os,
        "distribution": distribution,
        "version": version,
        "arch": "64",
        "category": ["general"],
        "description": f"{name}, 64 bit.",
        "install_notes": "Clone the image, then attach the copy to a server.",
        "paid": False,
        "favourite": False,
        "url": "",
        "licenses": [],
        **more,
    }


def _cdrom(name: str, size: int, os: str, distribution: str | None, version: str | None, **more: Any) -> Doc:
    return _image(
        name,
        size,
        os,
        distribution,
        version,
        media="cdrom",
        image_type="install",
        install_notes="Attach the cdrom to a server and boot from it.",
        **more,
    )


def _library() -> Iterable[Doc]:
    return (
        _image("Debian 12 Server", 10 * _GIB, "linux", "Debian", "12", category=["general", "webserver"]),
        _image("Ubuntu 24.04 LTS", 10 * _GIB, "linux", "Ubuntu", "24.04", favourite=True),
        _cdrom("Debian 12 Install CD", 700 * _MIB, "linux", "Debian", "12"),
        _image(
            "Windows Server 2022 Standard",
            40 * _GIB,
            "windows",
            None,
            "2022",
            paid=True,
            url="https://www.microsoft.com/",
            licenses=[bound("msft_p73_04837_core")],
        ),
        _image(
            "Windows Server 2022 with SQL Server Standard",
            60 * _GIB,
            "windows",
            None,
            "2022",
            paid=True,
            category=["dbserver"],
            url="https://www.microsoft.com/",
            licenses=[bound("msft_p73_04837_core"), bound("msft_7nq_00302")],
        ),
        _image("FreeBSD 14", 10 * _GIB, "freebsd", "FreeBSD", "14"),
        _cdrom("VirtIO Drivers for Windows", 612 * _MIB, "windows", None, None, category=["other"]),
    )


def _library_drive(uuid: str, image: Doc) -> Doc:
    values = {
        "affinities": [],
        "allow_multimount": False,
        "iops": None,
        "meta": {},
        "tags": [],
        "storage_type": "dssd",
        **image,
    }
    licenses = values.pop("licenses")
    return drives.new_drive(uuid, None, values, "unmounted", STORAGE_HOSTS[0], licenses)
