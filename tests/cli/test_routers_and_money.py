"""Virtual routers by name, the lines of their logs, subscriptions and prices, by commands over real sockets."""

from __future__ import annotations

import json

from .conftest import Shell


def test_a_router_is_known_by_its_name(shell: Shell) -> None:
    vlan = shell.json("vlans", "list")[0]["uuid"]
    lan = {"name": "LAN 1", "vlan": vlan, "ipv4_enabled": True, "ip_address": "10.0.1.1/24"}
    vpn = {"vpn_type": "ikev2", "username": "me", "password": "s3cret"}
    configuration = {"name": "edge", "lan_interface": [lan], "upstream": {"vpn": vpn}}
    made = shell.out("virtual-routers", "create", "--configuration", json.dumps(configuration), "--wait")
    uuid = made.splitlines()[1].split()[0]
    assert made.splitlines()[1].split()[1:] == ["edge", "running", "created", "basic"]
    outline = shell.out("virtual-routers", "show", "edge")
    assert uuid in outline
    assert "s3cret" not in outline
    log = shell.out("virtual-routers", "get-log", "edge").splitlines()
    assert log[0].split() == ["INDEX", "DATETIME", "MESSAGE"]
    assert log[1].split()[0] == "1"
    assert shell.json("virtual-routers", "get-log", uuid, "--log-name", "firewall") == []
    result = shell.json("virtual-routers", "enable-nat", "edge", "--wait")
    assert (result["action"], result["uuid"]) == ("enable_nat", uuid)
    assert shell.json("lans", "show", "LAN 1")["virtual_router"] == uuid
    assert shell.out("virtual-routers", "delete", "edge", "--wait") == ""
    assert "none of the virtual_routers" in shell.refused(5, "virtual-routers", "show", "edge")


def test_money(shell: Shell) -> None:
    bought = shell.json(
        "subscriptions", "create", "--resource", "mem", "--amount", "1024", "--period", "1 day"
    )
    assert shell.json("subscriptions", "show", bought["id"])["uuid"] == bought["uuid"]
    assert shell.json("subscriptions", "auto-renew", bought["id"], "--no-wanted")["auto_renew"] is False
    heading, *rows = shell.out("ledger", "list", "--time-gt", "2020-01-01").splitlines()
    assert heading.split() == ["TIME", "AMOUNT", "END", "REASON"]
    assert any(bought["id"] in row for row in rows)
    assert {row["level"] for row in shell.json("pricing", "list", "--level", "0")} == {0}
    shown = shell.json("licenses", "show", "msft_tfa_00523")
    assert shown["resource_uri"].startswith("/api/2.0/licenses/")
