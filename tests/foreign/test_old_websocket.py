"""The old library's ways to wait for events, as its own samples and tests use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator

from .old_library import run

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

WAITS = """
import json
from cloudsigma.resource import Drive, Server, VLAN, Websocket

ws = Websocket(timeout=60)
disk = Drive().create({'name': 'disk', 'size': 1024000000, 'media': 'disk'})
by_type = ws.wait_obj_type('drives', Drive)
web = Server().create({'name': 'web', 'cpu': 1000, 'mem': 512 * 1024 ** 2, 'vnc_password': 'secret', 'drives': [
    {'boot_order': 1, 'dev_channel': '0:0', 'device': 'virtio', 'drive': disk['uuid']}]})
uri = web['resource_uri']
by_uri = ws.wait_obj_uri(uri, Server)
Server().start(web['uuid'])
running = ws.wait_for_status(uri, Server, 'running')
Server().stop(web['uuid'])
stopped = ws.wait_obj_wrapper(
    ws.wait_obj_uri, (uri, Server), timeout=60, extra_filter=lambda found: found['status'] == 'stopped')
vlan = VLAN().list()[0]
VLAN().update(vlan['uuid'], {'meta': {'name': 'mine'}})
frames = ws.wait({'resource_type': ['ips', 'subscriptions'], 'resource_uri': vlan['resource_uri']})
print(json.dumps({
    'disk': disk, 'by_type': by_type, 'web': web, 'by_uri': by_uri, 'running': running, 'stopped': stopped,
    'vlan': vlan, 'frames': frames}))
"""

SILENCE = """
import json, time
from cloudsigma.resource import Drive, Websocket

ws = Websocket(timeout=100)
began = time.monotonic()
try:
    ws.wait({'resource_type': 'drives'}, timeout=0.2)
    problem = None
except Exception as e:
    problem = type(e).__name__
took = time.monotonic() - began
# A wait that ended without a frame has lost none of the later ones.
disk = Drive().create({'name': 'disk', 'size': 1024000000, 'media': 'disk'})
print(json.dumps({'problem': problem, 'took': took, 'disk': disk, 'later': ws.wait_obj_type('drives', Drive)}))
"""

MONITOR = """
import json
from cloudsigma.errors import ClientError
from cloudsigma.generic import GenericClient
from cloudsigma.resource import Server, Websocket

ws = Websocket(timeout=None)
client = GenericClient()
definition = {'name': 'web', 'cpu': 1000, 'mem': 512 * 1024 ** 2, 'vnc_password': 'secret'}
web = Server().create(definition)
Server().update(web['uuid'], dict(definition, name='renamed'))
seen = []
while not any(found and found.get('name') == 'renamed' for _, found in seen):
    get_action = ws.ws.recv()
    try:
        seen.append((get_action, client.get(get_action['resource_uri'])))
    except ClientError as e:
        seen.append((get_action, None))
print(json.dumps({'web': web, 'seen': seen}))
"""


@pytest.mark.parametrize("speed", ["instant", 5.0])
def test_waiting_for_objects(old_python: Path, speed: str | float) -> None:
    with Emulator(speed=speed) as cloud:
        done = run(old_python, cloud, WAITS)
    assert (done["by_type"]["uuid"], done["by_type"]["name"]) == (done["disk"]["uuid"], "disk")
    assert (done["by_uri"]["uuid"], done["by_uri"]["status"]) == (done["web"]["uuid"], "stopped")
    assert (done["running"]["uuid"], done["running"]["status"]) == (done["web"]["uuid"], "running")
    assert done["running"]["runtime"]["active_since"]
    assert (done["stopped"]["status"], done["stopped"]["runtime"]) == ("stopped", None)
    last = done["frames"][-1]
    assert (last["resource_type"], last["resource_uri"]) == ("vlans", done["vlan"]["resource_uri"])


def test_silence_ends_a_wait(old_python: Path) -> None:
    with Emulator() as cloud:
        done = run(old_python, cloud, SILENCE)
    # The name depends on the websocket client below the old library, which does not catch its newer exception.
    assert done["problem"] in ("WebsocketTimeoutError", "WebSocketTimeoutException")
    assert 0.1 < done["took"] < 60
    assert done["later"]["uuid"] == done["disk"]["uuid"]


def test_the_monitor_of_its_readme(old_python: Path) -> None:
    with Emulator() as cloud:
        done = run(old_python, cloud, MONITOR)
    uri = done["web"]["resource_uri"]
    about = [(frame, found) for frame, found in done["seen"] if frame["resource_uri"] == uri]
    assert {frame["resource_type"] for frame, _ in about} == {"servers"}
    assert about[-1][1]["name"] == "renamed"
    assert all(frame["resource_uri"].startswith("/api/2.0/") for frame, _ in done["seen"])
