"""Network cards of a server: the records, and what a body says of them."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from .ip import Ip
from .record import Record
from .reference import Ref, Reference
from .vlan import Vlan

IpMode: TypeAlias = Literal["dhcp", "static", "manual"]
"""How a public card gets its address."""


class IpConf(Record):
    """The public address configuration of a card, of one IP version."""

    conf: str
    """``dhcp`` (an address lent at boot), ``static`` (the owned address in ``ip``) or ``manual``."""
    ip: Reference | None
    """The address, for ``static`` only; its uuid is the address itself."""


class NicIo(Record):
    """Traffic of a card since the server was started."""

    bytes_recv: int
    """Bytes received."""
    bytes_sent: int
    """Bytes sent."""
    packets_recv: int
    """Packets received."""
    packets_sent: int
    """Packets sent."""
    rx_local: int | None
    """Bytes received from inside the location; not reported everywhere."""
    rx_foreign: int | None
    """Bytes received from outside; not reported everywhere."""
    tx_local: int | None
    """Bytes sent inside the location; not reported everywhere."""
    tx_foreign: int | None
    """Bytes sent outside; not reported everywhere."""


class NicRuntime(Record):
    """What a card of a running server does."""

    interface_type: str
    """``public`` or ``private``."""
    io: NicIo
    """Traffic counters."""
    ip_v4: Reference | None
    """The IPv4 address in use."""
    ip_v6: Reference | None
    """The IPv6 address in use."""


class ServerNicRuntime(NicRuntime):
    """The same, as the runtime of the server lists it."""

    mac: str
    """Address of the card that this is about."""


class Nic(Record):
    """A network card. Its identity is the ``mac``: a body that leaves it out asks for a new card."""

    boot_order: int | None
    """Place in the order of network boot, from 1; null does not boot from it."""
    firewall_policy: Reference | None
    """Firewall policy; only where the location still has them."""
    ip_v4_conf: IpConf | None
    """Public IPv4; null for a private card."""
    ip_v6_conf: IpConf | None
    """Public IPv6; null for a private card."""
    mac: str
    """Hardware address, lower case."""
    model: str
    """Emulated device: ``virtio``, ``e1000`` or ``rtl8139``."""
    runtime: NicRuntime | None
    """Addresses and traffic while the server runs."""
    vlan: Reference | None
    """The private network; null for a public card."""


class IpConfSpec(TypedDict, total=False):
    """The public address configuration in a body."""

    conf: IpMode
    """``dhcp`` is the default."""
    ip: Ref[Ip] | None
    """The address; required with ``static``, refused with the others."""


class NicSpec(TypedDict, total=False):
    """A network card in a body. What is left out gets its default, also for a card that exists."""

    boot_order: int | None
    """Place in the order of network boot, from 1."""
    firewall_policy: Ref[Record] | None
    """Firewall policy."""
    ip_v4_conf: IpConfSpec | IpConf | None
    """Public IPv4; not together with ``vlan``."""
    ip_v6_conf: IpConfSpec | IpConf | None
    """Public IPv6; not together with ``vlan``."""
    mac: str
    """Address of the card to keep; leave it out for a new one."""
    model: str
    """``virtio`` (default), ``e1000`` or ``rtl8139``."""
    vlan: Ref[Vlan] | None
    """The private network."""
