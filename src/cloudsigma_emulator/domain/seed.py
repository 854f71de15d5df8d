"""The standard seed: what programs written against the real cloud take for granted in an account.

A library with disks, cdroms and licensed images, and for the first account a small persistent drive, one VLAN and
two addresses by subscription. No servers, snapshots, tags or policies: programs count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from . import drives, ips, vlans, vmware_servers
from .jobs import timestamp
from .licenses import LICENSES, bound
from .money import ZERO
from .periods import read_term
from .placement import STORAGE_HOSTS
from .prices import Quote
from .subscriptions import Wish, new_subscription

Doc = dict[str, Any]

PERSISTENT_DRIVE_NAME = "persistent"
"""Name of the drive that programs copy to have something to boot; the configuration file names it too."""
PERSISTENT_PASSWORD = "persistent-password"  # noqa: S105 - of guests that are there for tests
"""Root's password on that drive, for SSH."""

_MIB, _GIB = 2**20, 2**30
_FIRST_SUBSCRIPTION = 11
_TERM = timedelta(days=365)


def standard(
    first: str,
    second: str,
    now: datetime,
    new_uuid: Callable[[], str],
    guests: Sequence[tuple[str, int]] = (),
) -> Iterator[tuple[str, Doc]]:
    """Give the documents of the seed, each with its kind, in the order in which lists show them.

    :param first: uuid of the account that gets everything.
    :param second: uuid of the account that is granted nothing.
    :param now: the time at which the cloud begins, UTC.
    :param new_uuid: gives a new uuid.
    :param guests: names and sizes of images that boot; the first of them is what the persistent drive has.
    """
    for license_ in LICENSES:
        number = license_["resource_uri"].rstrip("/").rpartition("/")[2]
        yield "licenses", {**license_, "uuid": number, "owner": None}
    for image in _library():
        yield "libdrives", _library_drive(new_uuid(), image)
    for name, size in guests:
        yield "libdrives", guest_drive(new_uuid(), name, size)
    yield "drives", _persistent_drive(new_uuid(), first, guests[0][1] if guests else 768 * _MIB)
    yield (
        vmware_servers.KIND,
        vmware_servers.new_vmware_server(
            new_uuid(), first, new_uuid(), "appliance", cpus=2, memory=4096, disks=[16 * _GIB]
        ),
    )
    number = _FIRST_SUBSCRIPTION
    vlan = vlans.new_vlan(new_uuid(), first, number)
    yield "vlans", vlan
    yield "subscriptions", _subscription(new_uuid(), first, number, "vlan", vlan["uuid"], now)
    for place in range(2):
        number += 1
        ip = ips.new_ip(ips.owned_address(place), first, number)
        yield "ips", ip
        yield "subscriptions", _subscription(new_uuid(), first, number, "ip", ip["uuid"], now)


def guest_drive(uuid: str, name: str, size: int) -> Doc:
    """Return the library drive of an image that boots, by its name and size in bytes."""
    return _library_drive(uuid, _image(name, size, "linux", "Debian", "12"))


def _persistent_drive(uuid: str, owner: str, size: int) -> Doc:
    values = {
        "name": PERSISTENT_DRIVE_NAME,
        "size": size,
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
    term = read_term({"end_time": timestamp(now + _TERM)}, now)
    nothing = Quote(ZERO, Decimal(0), ZERO)
    document = new_subscription(
        uuid, owner, number, Wish(resource, 1, term, auto_renew=True, quote=nothing), now, bought
    )
    return {**document, "discount_amount": None, "discount_percent": None, "discounts": None}


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
