"""Private networks between guests, and that names on them resolve (mDNS)."""

from __future__ import annotations

import pytest

from cloudsigma import CloudSigma

from .conftest import Boot, Guest, clone_of, wait_until

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


def with_address(guest: Guest, address: str) -> None:
    guest.run(f"ip link set eth1 up; ip addr add {address}/24 dev eth1")


def reaches(guest: Guest, what: str, count: int = 3) -> bool:
    return guest.run(f"ping -c {count} -i 0.3 -W 3 {what}", check=False, seconds=60).returncode == 0


@pytest.fixture(scope="module")
def three(client: CloudSigma, boot: Boot) -> list[Guest]:
    """Two guests on a VLAN, and one that is on another; all have a public card first."""
    home = client.vlans.list()[0]
    client.subscriptions.create(resource="vlan", amount=1, period="1 month", auto_renew=False)
    away = next(vlan for vlan in client.vlans.list() if vlan["uuid"] != home["uuid"])
    guests = []
    owned = next(ip for ip in client.ips.list() if ip["subscription"] is not None and ip["server"] is None)
    dhcp, static = {"conf": "dhcp"}, {"conf": "static", "ip": owned["uuid"]}
    for number, (vlan, conf) in enumerate(((home, dhcp), (home, dhcp), (away, static))):
        drive = clone_of(client, "Debian 12 Guest", f"copy {number}")
        nics = [{"ip_v4_conf": conf}, {"vlan": vlan["uuid"]}]
        guests.append(boot(drive, f"guest-{number}", nics=nics))
    for number, guest in enumerate(guests):
        guest.wait_for_ssh()
        with_address(guest, f"192.168.77.{number + 1}")
    return guests


def test_mac_addresses_are_those_of_the_api(three: list[Guest]) -> None:
    for guest in three:
        inside = guest.out("cat /sys/class/net/eth0/address /sys/class/net/eth1/address").split()
        assert inside == [nic["mac"] for nic in guest.server["nics"]]


def test_a_static_address_is_handed_out_by_dhcp(three: list[Guest]) -> None:
    guest = three[2]
    address = guest.server["runtime"]["nics"][0]["ip_v4"]["uuid"]
    assert address.startswith("203.0.113.")
    assert f"inet {address}/24" in guest.out("ip -4 addr show dev eth0")
    said = guest.out("cloudsigma metadata nics/0/ip_v4_conf/ip/gateway; ip route show default")
    gateway, route = said.splitlines()[:2]
    assert f"via {gateway} " in route
    assert guest.place[0] == "127.0.0.1"


def test_guests_of_one_vlan_reach_each_other_and_no_one_else(three: list[Guest]) -> None:
    one, two, outside = three
    assert reaches(one, "192.168.77.2")
    assert reaches(two, "192.168.77.1")
    assert not reaches(one, "192.168.77.3")
    assert not reaches(outside, "192.168.77.1")
    # Nor does a frame for everybody get across.
    heard = "ip -4 neigh show dev eth1 | grep -c lladdr; true"
    assert outside.out(heard).strip() == "0"


def test_private_traffic_is_counted(three: list[Guest]) -> None:
    one = three[0]
    before = [nic["runtime"]["io"] for nic in one.server["nics"]]
    one.run("ping -c 5 -i 0.2 -s 1000 192.168.77.2")
    after = [nic["runtime"]["io"] for nic in one.server["nics"]]
    for way in ("sent", "recv"):
        assert after[1][f"packets_{way}"] - before[1][f"packets_{way}"] >= 5
        assert 5000 <= after[1][f"bytes_{way}"] - before[1][f"bytes_{way}"] < 20_000
    kinds = [nic["interface_type"] for nic in one.server["runtime"]["nics"]]
    assert kinds == ["public", "private"]


def test_names_resolve_on_the_vlan(three: list[Guest]) -> None:
    one, two, _ = three
    one.run("hostname alpha; service avahi-daemon restart")
    two.run("hostname beta; service avahi-daemon restart")
    wait_until(lambda: reaches(one, "beta.local", 1), 60)
    wait_until(lambda: reaches(two, "alpha.local", 1), 60)
