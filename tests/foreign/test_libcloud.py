"""Apache Libcloud's CloudSigma 2.0 driver, from the package index and unmodified, at work on the emulator over https."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cloudsigma_emulator import Emulator

from .venvs import python_with

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

PRELUDE = """
import json, os, time
import libcloud.security
from libcloud.common.types import InvalidCredsError
from libcloud.compute.drivers.cloudsigma import CloudSigmaError, CloudSigma_2_0_NodeDriver
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

libcloud.security.CA_CERTS_PATH = os.environ['CA_FILE']

def connect(password='password', user='user@example.com'):
    cls = get_driver(Provider.CLOUDSIGMA)
    return cls(user, password, host='127.0.0.1', port=int(os.environ['PORT']), api_version='2.0')

driver = connect()
assert isinstance(driver, CloudSigma_2_0_NodeDriver)
driver.DRIVE_TRANSITION_SLEEP_INTERVAL = 0.05
seen = {}

def until(state, node):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = [each for each in driver.list_nodes() if each.id == node.id][0]
        if found.state == state:
            return found
        time.sleep(0.02)
    raise AssertionError('it never became ' + str(state))
"""

NODES = """
sizes, images = driver.list_sizes(), driver.list_images()
seen['sizes'] = len(sizes)
seen['images'] = [image.name for image in images]
seen['nodes before'] = len(driver.list_nodes())
key = driver.create_key_pair('deploy')
image = next(image for image in images if image.name.startswith('Debian'))
size = next(size for size in sizes if size.disk >= 10)
vlan = os.environ['VLAN']
node = driver.create_node('web', size, image, ex_metadata={'role': 'web'}, ex_vlan=vlan, public_keys=[key.extra['uuid']])
seen['created'] = [node.name, node.state in (NodeState.STOPPED, NodeState.PENDING)]
node = until(NodeState.RUNNING, node)
seen['public'] = len(node.public_ips)
seen['vlan'] = [nic['vlan']['uuid'] == vlan for nic in node.extra['nics'] if nic['vlan']]
seen['meta'] = node.extra['meta']
seen['disk'] = [node.size.disk == size.disk, node.size.ram == size.ram]
seen['keys'] = [each['uuid'] == key.extra['uuid'] for each in driver.ex_get_node(node.id, return_json=True)['pubkeys']]

url = driver.ex_open_vnc_tunnel(node)
import socket, urllib.parse
where = urllib.parse.urlsplit(url)
with socket.create_connection((where.hostname, where.port), 10) as screen:
    seen['vnc'] = [where.scheme, screen.recv(12).decode()]
seen['vnc closed'] = driver.ex_close_vnc_tunnel(node)

drive = driver.create_volume('data', 2)
driver._wait_for_drive_state_transition(drive, 'unmounted', timeout=30)
try:
    driver.ex_resize_drive(driver.ex_get_drive(node.extra['drives'][0]['drive']['uuid']), 60)
except CloudSigmaError as error:
    seen['resize of a running disk'] = error.http_code
seen['stop'] = driver.stop_node(node)
node = until(NodeState.STOPPED, node)
try:
    driver.stop_node(node)
except CloudSigmaError as error:
    seen['stop again'] = [error.http_code, error.error_type, error.error_msg]
seen['attach'] = driver.attach_volume(node, drive)
seen['attached'] = [each['dev_channel'] for each in driver.ex_get_node(node.id).extra['drives']]
seen['detach'] = driver.detach_volume(node, drive)
bigger = driver.ex_resize_drive(drive, 3)
driver._wait_for_drive_state_transition(bigger, 'unmounted', timeout=30)
seen['resized'] = driver.ex_get_drive(drive.id).size
copy = driver.ex_clone_drive(drive, name='copy')
copy = driver._wait_for_drive_state_transition(copy, 'unmounted', timeout=30)
seen['copied'] = [copy.name, copy.size]
edited = driver.ex_edit_node(driver.ex_get_node(node.id), {'name': 'www', 'cpu': 3000, 'mem': 2 * 1024 ** 3})
seen['edited'] = [edited.name, edited.extra['cpus'], edited.extra['memory']]
clone = driver.ex_clone_node(edited, name='twin', random_vnc_password=True)
clone = until(NodeState.STOPPED, clone)
seen['cloned'] = [clone.name, clone.extra['vnc_password'] != edited.extra['vnc_password'], clone.id != node.id]
seen['start'] = driver.start_node(node)
node = until(NodeState.RUNNING, node)
for volume in driver.list_volumes():
    driver._wait_for_drive_state_transition(volume, 'mounted' if 'web' in volume.name else 'unmounted', timeout=30)
seen['groups'] = [len(driver.ex_list_servers_availability_groups()), len(driver.ex_list_drives_availability_groups()) > 0]
driver.stop_node(node)
node = until(NodeState.STOPPED, node)
seen['destroyed'] = [driver.destroy_node(node, ex_delete_drives=True), driver.destroy_node(clone, ex_delete_drives=True)]
seen['destroyed drives'] = [driver.destroy_volume(drive), driver.destroy_volume(copy)]
seen['nodes after'] = len(driver.list_nodes())
end = time.monotonic() + 30
while len(driver.list_volumes()) > 1 and time.monotonic() < end:
    time.sleep(0.02)
seen['volumes after'] = [each.name for each in driver.list_volumes()]
seen['key gone'] = driver.delete_key_pair(key)
print(json.dumps(seen))
"""

TAGS = """
drive = driver.create_volume('d', 1)
tag = driver.ex_create_tag('blue')
other = driver.ex_create_tag('with', resource_uuids=[])
# The driver's own ex_tag_resource sends what the tag had before, without the new resource.
seen['tagged by the driver'] = driver.ex_tag_resource(drive, tag).resources
body = {'name': tag.name, 'resources': [drive.id]}
tagged = driver._to_tag(driver.connection.request('/tags/%s/' % tag.id, data=body, method='PUT').object)
seen['tagged'] = [each == drive.id for each in tagged.resources]
seen['read'] = [each == drive.id for each in driver.ex_get_tag(tag.id).resources]
seen['names'] = sorted(each.name for each in driver.ex_list_tags())
seen['nodes with tag'] = len(driver.list_nodes(ex_tag=tag))
seen['gone'] = [driver.ex_delete_tag(tag), driver.ex_delete_tag(other)]
seen['library'] = [each.media for each in driver.ex_list_library_drives()].count('cdrom')
print(json.dumps(seen))
"""

POLICIES = """
rules = [{'action': 'drop', 'direction': 'out', 'dst_ip': '23.0.0.0/32', 'comment': 'out'},
         {'action': 'accept', 'direction': 'in', 'ip_proto': 'tcp', 'dst_port': '22'}]
policy = driver.ex_create_firewall_policy('p', rules)
empty = driver.ex_create_firewall_policy('empty')
seen['rules'] = [[rule.action, rule.direction, rule.ip_proto, rule.dst_port, rule.dst_ip] for rule in policy.rules]
seen['names'] = sorted(each.name for each in driver.ex_list_firewall_policies())
size = driver.list_sizes()[0]
cdrom = next(each for each in driver.ex_list_library_drives() if each.media == 'cdrom')
node = driver.create_node('from cd', size, cdrom)
node = until(NodeState.RUNNING, node)
driver.stop_node(node)
node = until(NodeState.STOPPED, node)
nics = node.extra['nics']
nics[0]['firewall_policy'] = policy.id
changed = driver.ex_edit_node(node, {'nics': nics, 'cpu': 2000, 'mem': 1024 ** 3})
seen['attached'] = [nic['firewall_policy']['uuid'] == policy.id for nic in changed.extra['nics']]
driver.destroy_node(node)
seen['gone'] = [driver.ex_delete_firewall_policy(policy), driver.ex_delete_firewall_policy(empty)]
print(json.dumps(seen))
"""

MONEY = """
balance = driver.ex_get_balance()
seen['balance'] = [float(balance['balance']) > 0, balance['currency']]
seen['before'] = sorted(each.resource for each in driver.ex_list_subscriptions())
made = driver.ex_create_subscription(1, '1 month', 'vlan')
seen['made'] = [made.resource, made.amount, made.status, made.auto_renew, made.end_time > made.start_time]
seen['after'] = len(driver.ex_list_subscriptions(status='active', resources=['vlan']))
seen['toggled'] = driver.ex_toggle_subscription_auto_renew(made)
seen['renews'] = [each.auto_renew for each in driver.ex_list_subscriptions() if each.id == made.id]
seen['poorer'] = float(driver.ex_get_balance()['balance']) < float(balance['balance'])
seen['pricing'] = len(driver.ex_get_pricing()['objects']) > 0
seen['usage'] = sorted(driver.ex_get_usage())
seen['capabilities'] = 'servers' in driver.ex_list_capabilities()
print(json.dumps(seen))
"""

KEYS = """
made = driver.create_key_pair('made')
material = made.public_key
kept = driver.import_key_pair_from_string('mine', material)
seen['made'] = [made.private_key.startswith('-----BEGIN'), material.split()[0], bool(made.fingerprint)]
seen['kept'] = [kept.public_key.strip() == material.strip(), kept.fingerprint == made.fingerprint, kept.private_key or '']
seen['names'] = sorted(each.name for each in driver.list_key_pairs())
seen['one'] = driver.get_key_pair(kept.extra['uuid']).name
seen['gone'] = [driver.delete_key_pair(made), driver.delete_key_pair(kept), len(driver.list_key_pairs())]
print(json.dumps(seen))
"""

REFUSALS = """
def note(name, call):
    try:
        call()
    except (CloudSigmaError, InvalidCredsError) as error:
        seen[name] = [type(error).__name__, getattr(error, 'http_code', None), getattr(error, 'error_type', None)]

note('password', lambda: connect('wrong').list_nodes())
note('gone', lambda: driver.ex_get_node('11111111-2222-4333-8444-555555555555'))
note('size', lambda: driver.create_volume('d', 0))
volume = driver.create_volume('d', 1)
note('foreign', lambda: connect(user='other@example.com').destroy_volume(volume))
print(json.dumps(seen))
"""


@pytest.fixture(scope="session")
def libcloud_python() -> Path:
    """The interpreter of an environment with Libcloud."""
    return python_with("apache-libcloud-3.9.1", "apache-libcloud==3.9.1")


def run(python: Path, cloud: Emulator, script: str, **more: str) -> Any:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CLOUDSIGMA_", "PYTHON", "LIBCLOUD_"))
    }
    result = subprocess.run(
        [str(python), "-c", PRELUDE + script],
        env={**inherited, "CA_FILE": str(cloud.ca_file), "PORT": str(cloud.port), **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("speed", ["instant", 300.0])
def test_the_life_of_a_node(libcloud_python: Path, speed: str | float) -> None:
    with Emulator(tls=True, speed=speed) as cloud:
        with cloud.app.transaction() as tx:
            vlan = tx.find("vlans")[0]["uuid"]
        seen = run(libcloud_python, cloud, NODES, VLAN=vlan)
    assert seen["sizes"] == 10
    assert len(seen["images"]) >= 4
    assert not any("CD" in name for name in seen["images"])
    assert seen["nodes before"] == 0
    assert seen["created"] == ["web", True]
    assert seen["public"] == 1
    assert seen["vlan"] == [True]
    assert seen["meta"]["role"] == "web"
    assert seen["disk"] == [True, True]
    assert seen["keys"] == [True]
    assert seen["vnc"] == ["vnc", "RFB 003.008\n"]
    assert seen["vnc closed"] is True
    assert seen["stop"] is True
    assert seen["stop again"][:2] == [403, "permission"]
    assert seen["attach"] is seen["detach"] is seen["start"] is True
    assert seen["attached"] == ["0:0", "0:1"]
    assert seen["resized"] == 3
    assert seen["copied"] == ["copy", 3]
    assert seen["edited"] == ["www", 1.5, 2048]
    assert seen["cloned"] == ["twin", True, True]
    assert seen["groups"] == [1, True]
    assert seen["destroyed"] == [True, True]
    assert seen["destroyed drives"] == [True, True]
    assert seen["nodes after"] == 0
    assert seen["volumes after"] == ["persistent"]
    assert seen["key gone"] is True


def test_tags(libcloud_python: Path) -> None:
    with Emulator(tls=True) as cloud:
        seen = run(libcloud_python, cloud, TAGS)
    assert seen["tagged by the driver"] == []
    assert seen["tagged"] == seen["read"] == [True]
    assert seen["names"] == ["blue", "with"]
    assert seen["nodes with tag"] == 0
    assert seen["gone"] == [True, True]
    assert seen["library"] == 2


def test_firewall_policies(libcloud_python: Path) -> None:
    with Emulator(tls=True) as cloud:
        seen = run(libcloud_python, cloud, POLICIES)
    assert seen["rules"][0][:2] == ["drop", "out"]
    assert seen["rules"][1][:4] == ["accept", "in", "tcp", "22"]
    assert seen["names"] == ["empty", "p"]
    assert seen["attached"] == [True]
    assert seen["gone"] == [True, True]


def test_subscriptions_and_money(libcloud_python: Path) -> None:
    with Emulator(tls=True) as cloud:
        seen = run(libcloud_python, cloud, MONEY)
    assert seen["balance"][0] is True
    assert seen["before"] == ["ip", "ip", "vlan"]
    assert seen["made"] == ["vlan", 1, "active", False, True]
    assert seen["after"] == 2
    assert seen["toggled"] is True
    assert seen["renews"] == [True]
    assert seen["poorer"] is True
    assert seen["pricing"] is True
    assert seen["usage"] == ["balance", "usage"]
    assert seen["capabilities"] is True


def test_keys(libcloud_python: Path) -> None:
    with Emulator(tls=True) as cloud:
        seen = run(libcloud_python, cloud, KEYS)
    assert seen["made"] == [True, "ssh-rsa", True]
    assert seen["kept"] == [True, True, ""]
    assert seen["names"] == ["made", "mine"]
    assert seen["one"] == "mine"
    assert seen["gone"] == [True, True, 0]


def test_refusals(libcloud_python: Path) -> None:
    with Emulator(tls=True) as cloud:
        seen = run(libcloud_python, cloud, REFUSALS)
    assert seen["password"][0] == "InvalidCredsError"
    assert seen["gone"] == ["CloudSigmaError", 404, "notexist"]
    assert seen["size"] == ["CloudSigmaError", 400, "validation"]
    assert seen["foreign"] == ["CloudSigmaError", 403, "permission"]
