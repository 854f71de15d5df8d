"""The old library itself, from the package index, at work on the emulator: the emulator is right, not only our client."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator

from .old_library import run

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

MAIN_JOB = """
import json
import cloudsigma
from cloudsigma.resource import Drive, Server, Websocket

assert cloudsigma.version.__version__ == '2.0.0'
drive, server = Drive(), Server()
ws = Websocket(timeout=60)

disk = drive.create({'name': 'test_drive', 'size': 1024000000, 'media': 'disk'})
definition = {'name': 'My Test Server', 'cpu': 1000, 'mem': 512 * 1024 ** 2, 'vnc_password': 'test_server'}
web = server.create(definition)
definition['drives'] = [{'boot_order': 1, 'dev_channel': '0:0', 'device': 'virtio', 'drive': disk['uuid']}]
attached = server.update(web['uuid'], definition)

start = server.start(web['uuid'])
running = ws.wait_for_status(web['resource_uri'], Server, 'running')
mounted = drive.get(disk['uuid'])
stop = server.stop(web['uuid'])
stopped = ws.wait_for_status(web['resource_uri'], Server, 'stopped')

server.delete(web['uuid'])
frames = ws.wait({'resource_uri': web['resource_uri']})
drive.delete(disk['uuid'])
frames += ws.wait({'resource_uri': disk['resource_uri']})
print(json.dumps({
    'disk': disk, 'web': web, 'attached': attached, 'start': start, 'running': running, 'mounted': mounted,
    'stop': stop, 'stopped': stopped, 'frames': frames, 'left': [drive.list(), server.list_detail()],
}))
"""

REFUSALS = """
import json
from cloudsigma import errors
from cloudsigma.generic import GenericClient
from cloudsigma.resource import Drive, Server

seen = {}
def note(name, call):
    try:
        call()
    except errors.ApiClientError as e:
        seen[name] = [type(e).__name__, e.status_code, e.message, bool(e.request_id or e.message)]

server = Server()
web = server.create({'name': 'test', 'cpu': 1000, 'mem': 512 * 1024 ** 2, 'vnc_password': 'test_server'})
note('stop', lambda: server.stop(web['uuid']))
note('field', lambda: server.create({'name': 'test', 'cpu': 'many', 'mem': 512 * 1024 ** 2, 'vnc_password': 'x'}))
note('gone', lambda: Drive().get('11111111-2222-4333-8444-555555555555'))
note('password', lambda: Drive(password='wrong').list())
print(json.dumps(seen))
"""

SESSION = """
import json
from cloudsigma.resource import Drive, Profile

drive = Drive(login_method='session')
made = drive.create([{'name': 'test_%d' % i, 'size': 1024000000, 'media': 'disk'} for i in range(3)])
names = [each['name'] for each in drive.list_detail()]
for each in made:
    drive.delete(each['uuid'])
print(json.dumps({'made': [each['name'] for each in made], 'names': names, 'email': Profile().get()['email']}))
"""


MONEY = """
import json
from cloudsigma.resource import Balance, BurstUsage, CurrentUsage, Ledger

print(json.dumps({
    'balance': Balance().get()['balance'], 'burst': BurstUsage().list(), 'ledger': Ledger().list(),
    'usage': CurrentUsage().get()['usage']['dssd']}))
"""

BURST = """
from cloudsigma.resource import Drive
print(Drive().create({'name': 'disk', 'size': 10 * 1024 ** 3, 'media': 'disk'})['size'])
"""


@pytest.mark.parametrize("speed", ["instant", 5.0])
def test_the_main_job(old_python: Path, speed: str | float) -> None:
    with Emulator(speed=speed) as cloud:
        done = run(old_python, cloud, MAIN_JOB)
    web, disk = done["web"], done["disk"]
    assert disk["status"] == "creating"
    assert web["status"] == "stopped"
    assert [each["drive"]["uuid"] for each in done["attached"]["drives"]] == [disk["uuid"]]
    assert done["start"] == {"action": "start", "result": "success", "uuid": web["uuid"]}
    assert done["stop"] == {"action": "stop", "result": "success", "uuid": web["uuid"]}
    assert done["running"]["status"] == "running"
    assert done["mounted"]["status"] == "mounted"
    assert [each["uuid"] for each in done["mounted"]["mounted_on"]] == [web["uuid"]]
    assert done["stopped"]["status"] == "stopped"
    assert {frame["resource_type"] for frame in done["frames"]} >= {"servers", "drives"}
    assert {frame["resource_uri"] for frame in done["frames"]} >= {web["resource_uri"], disk["resource_uri"]}
    assert done["left"][1] == []


def test_refusals_arrive_as_the_old_exceptions(old_python: Path) -> None:
    with Emulator() as cloud:
        seen = run(old_python, cloud, REFUSALS)
    assert {name: found[:2] for name, found in seen.items()} == {
        "stop": ["PermissionError", 403],
        "field": ["ClientError", 400],
        "gone": ["ClientError", 404],
        "password": ["AuthError", 401],
    }
    assert 'Cannot stop guest in state "stopped"' in json.loads(seen["stop"][2])[0]["error_message"]
    assert json.loads(seen["field"][2])[0]["error_point"] == "cpu"


def test_session_login(old_python: Path) -> None:
    with Emulator() as cloud:
        done = run(old_python, cloud, SESSION)
    assert done["made"] == ["test_0", "test_1", "test_2"]
    assert set(done["made"]) <= set(done["names"])
    assert done["email"] == cloud.username


def test_a_day_of_burst(old_python: Path) -> None:
    with Emulator(virtual_clock=True) as cloud:
        before = run(old_python, cloud, MONEY)
        size = run(old_python, cloud, BURST)
        cloud.clock.advance(86400)
        after = run(old_python, cloud, MONEY)
    assert (before["burst"], before["ledger"]) == ([], [])
    used = before["usage"]["using"] + size
    assert (after["usage"]["using"], after["usage"]["burst"]) == (used, used)
    # A line for every five minutes, the newest first, each going on where the last one ended.
    lines = after["ledger"]
    assert {line["resource_amount"] for line in lines} == {str(used)}
    assert {line["interval"] for line in lines[:-1]} == {300}
    # The drive was not there yet when the first cycle began.
    assert lines[-1]["interval"] in (299, 300)
    assert len(lines) == 288
    assert [line["initial"] for line in lines] == [*(line["end"] for line in lines[1:]), before["balance"]]
    spent = sum(Decimal(line["amount"]) for line in lines)
    assert lines[0]["end"] == after["balance"]
    assert spent == Decimal(before["balance"]) - Decimal(after["balance"]) > 0
    [burst] = after["burst"]
    assert (burst["resource_type"], burst["usage"]) == ("dssd", 288 * used)
    assert Decimal(burst["amount"]) == spent
