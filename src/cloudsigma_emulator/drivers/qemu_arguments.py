"""From the definition of a server to the words of a qemu command. No password is among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .hypervisor import DriveFile, Server

_MIB = 2**20
_TRANSLATED_CODE = 64
"""MiB of translated code that an emulated processor keeps; more makes guests of a few hundred MiB twice as big."""
_FIRST_BUS = 24
"""Cards on the first PCI bus, which also has the machine's own and the bridges; each bridge takes 31 more."""
_ON_BRIDGE = 31

_NIC_MODELS = {"virtio": "virtio-net-pci", "e1000": "e1000", "rtl8139": "rtl8139"}


@dataclass(frozen=True)
class Network:
    """What a network card is plugged into: a socket of ours (VLAN), or the user-mode network of qemu, or nothing.

    ``sent`` and ``received`` are sockets that get a copy of each frame on the user-mode network.
    """

    vlan_socket: int | None = None
    user: bool = False
    sent: int | None = None
    received: int | None = None
    ssh_at: tuple[str, int] | None = None
    address: str | None = None
    """The guest's address on the user-mode network, where it is not qemu's own choice."""


@dataclass(frozen=True)
class Wiring:
    """Open descriptors that the virtual machine gets, and the file where it writes its process number."""

    control: int
    console: int
    context: int | None
    pid_file: Path
    networks: Sequence[Network] = field(default_factory=tuple)


class _Slots:
    """Gives each card a place on a PCI bus, and the bridges that this takes."""

    def __init__(self) -> None:
        self._taken = 0

    def next(self) -> tuple[list[str], str]:
        """Return the words for a new bridge, if one is needed, and the place of the next card."""
        number, self._taken = self._taken, self._taken + 1
        if number < _FIRST_BUS:
            return [], "bus=pci.0"
        bridge, slot = divmod(number - _FIRST_BUS, _ON_BRIDGE)
        words = (
            ["-device", f"pci-bridge,id=bridge{bridge},chassis_nr={bridge + 1},bus=pci.0"]
            if slot == 0
            else []
        )
        return words, f"bus=bridge{bridge},addr={slot + 1:#x}"


def command(
    program: str, accelerator: str, server: Server, drives: Sequence[DriveFile], wiring: Wiring
) -> list[str]:
    """Return the words of the command that runs a server.

    :param accelerator: ``kvm`` or ``tcg``.
    :param drives: the server's drives with their files.
    """
    uuid = server["uuid"]
    slots = _Slots()
    words = [
        program, "-nodefaults", "-no-user-config", "-display", "none",
        "-name", f"cloudsigma-{uuid}", "-uuid", uuid, "-pidfile", str(wiring.pid_file),
        "-machine", "pc", "-accel", f"tcg,tb-size={_TRANSLATED_CODE}" if accelerator == "tcg" else accelerator,
        "-cpu", _cpu(server, accelerator), "-smp", _topology(server), "-m", f"{-(-server['mem'] // _MIB)}M",
        # What guests and cloud-init look for to know where they are.
        "-smbios", f"type=1,manufacturer=CloudSigma,product=CloudSigma,version=1.0,serial={uuid},uuid={uuid}",
        "-smbios", "type=3,manufacturer=CloudSigma",
        "-rtc", "base=utc", "-boot", "strict=on",
        "-chardev", f"socket,id=control,fd={wiring.control}", "-mon", "chardev=control,mode=control",
        "-chardev", f"socket,id=console,fd={wiring.console}", "-serial", "chardev:console",
    ]  # fmt: skip
    if wiring.context is not None:
        words += ["-chardev", f"socket,id=context,fd={wiring.context}", "-serial", "chardev:context"]
    # It listens nowhere: viewers are handed to it. None of them may shut out the others.
    words += ["-vga", "std", "-vnc", "none,password=on,share=ignore"]
    order = _boot_positions(server["nics"], drives)
    for number, (nic, network) in enumerate(zip(server["nics"], wiring.networks, strict=True)):
        words += _nic(number, nic, network, slots, order.get(("nic", number)))
    words += _drives(drives, slots, order)
    bridges, place = slots.next()
    return [*words, *bridges, "-device", f"virtio-rng-pci,{place}"]


def usual_cpu(accelerator: str) -> str:
    """Return the model of the processors of a server whose definition names none."""
    return "host" if accelerator == "kvm" else "max"


def _cpu(server: Server, accelerator: str) -> str:
    model = server["cpu_model"] or usual_cpu(accelerator)
    features = ""
    if accelerator == "kvm":
        features += ",hv-relaxed" if server["hv_relaxed"] else ""
        features += ",hv-time" if server["hv_tsc"] else ""
    return f"{model}{features}"


def _topology(server: Server) -> str:
    count = server["smp"]
    if server["cpus_instead_of_cores"]:
        return f"{count},sockets={count},cores=1,threads=1"
    return f"{count},sockets=1,cores={count},threads=1"


def _boot_positions(
    nics: Sequence[dict[str, Any]], drives: Sequence[DriveFile]
) -> dict[tuple[str, int], int]:
    """Return the place in the boot order of whatever has one; two with the same number follow each other."""
    wanted = [
        (drive.boot_order, 0, number) for number, drive in enumerate(drives) if drive.boot_order is not None
    ]
    wanted += [
        (nic["boot_order"], 1, number) for number, nic in enumerate(nics) if nic["boot_order"] is not None
    ]
    kinds = ("drive", "nic")
    return {(kinds[kind], number): place for place, (_, kind, number) in enumerate(sorted(wanted))}


def _nic(
    number: int, nic: dict[str, Any], network: Network, slots: _Slots, position: int | None
) -> Iterable[str]:
    name = f"net{number}"
    if network.vlan_socket is not None:
        yield from ("-netdev", f"socket,id={name},fd={network.vlan_socket}")
    elif network.user:
        yield from ("-netdev", f"user,id={name}{_user_network(network)}")
        for queue, descriptor in (("rx", network.sent), ("tx", network.received)):
            if descriptor is not None:
                copy = f"{name}{queue}"
                yield from ("-chardev", f"socket,id={copy},fd={descriptor}")
                yield from (
                    "-object",
                    f"filter-mirror,id={copy}filter,netdev={name},queue={queue},outdev={copy}",
                )
    bridges, place = slots.next()
    yield from bridges
    plug = f",netdev={name}" if network.vlan_socket is not None or network.user else ""
    boot = f",bootindex={position}" if position is not None else ",romfile="
    yield from ("-device", f"{_NIC_MODELS[nic['model']]},id=nic{number},mac={nic['mac']}{plug},{place}{boot}")


def _user_network(network: Network) -> str:
    words = ""
    if network.address is not None:
        prefix = network.address.rpartition(".")[0]
        words += f",net={prefix}.0/24,host={prefix}.1,dns={prefix}.3,dhcpstart={network.address}"
    if network.ssh_at is not None:
        host, port = network.ssh_at
        words += f",hostfwd=tcp:{host}:{port}-:22"
    return words


def _drives(drives: Sequence[DriveFile], slots: _Slots, order: dict[tuple[str, int], int]) -> Iterator[str]:
    controller = False
    for number, drive in enumerate(drives):
        node = f"drive{number}"
        # Nothing is lost when qemu dies, only when the whole machine does.
        options = {
            "driver": "raw", "node-name": node, "read-only": drive.cdrom, "discard": "unmap",
            "cache": {"direct": False, "no-flush": True},
            "file": {
                "driver": "file", "filename": str(drive.path), "read-only": drive.cdrom, "discard": "unmap",
                "locking": "off" if drive.shared or drive.cdrom else "auto",
                "cache": {"direct": False, "no-flush": True},
            },
        }  # fmt: skip
        yield from ("-blockdev", json.dumps(options))
        first, second = (int(part) for part in drive.dev_channel.split(":"))
        more = f"id=disk{number},drive={node}"
        position = order.get(("drive", number))
        more += f",bootindex={position}" if position is not None else ""
        more += ",share-rw=on" if drive.shared and not drive.cdrom else ""
        if drive.device == "ide":
            yield from (
                "-device",
                f"{'ide-cd' if drive.cdrom else 'ide-hd'},bus=ide.{first},unit={second},{more}",
            )
        elif drive.device == "scsi":
            if not controller:
                bridges, place = slots.next()
                yield from (*bridges, "-device", f"virtio-scsi-pci,id=scsi0,{place}")
                controller = True
            kind = "scsi-cd" if drive.cdrom else "scsi-hd"
            yield from ("-device", f"{kind},bus=scsi0.0,scsi-id={first},lun={second},{more}")
        else:
            bridges, place = slots.next()
            yield from (*bridges, "-device", f"virtio-blk-pci,{more},{place}")
