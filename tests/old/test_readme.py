"""Every example of the old library's README, as a script of its own with a real ``~/.cloudsigma.conf``.

Only ``print`` is Python 3. Between start and stop, where a reader of the README pauses, the script waits.
"""

from __future__ import annotations

import ast
import signal
import subprocess
from collections.abc import Iterator

import pytest

from cloudsigma_emulator import Emulator

from .conftest import Home

CREATE_DRIVE = """
import cloudsigma
drive = cloudsigma.resource.Drive()
test_disk = { 'name': 'test_drive', 'size': 1024000000, 'media': 'disk'}
my_test_disk = drive.create(test_disk)
print(my_test_disk)
"""

CREATE_SERVER = """
server = cloudsigma.resource.Server()
test_server = { 'name': 'My Test Server', 'cpu': 1000, 'mem': 512 * 1024 ** 2, 'vnc_password': 'test_server' }
my_test_server = server.create(test_server)
print(my_test_server)
"""

ATTACH = """
test_server['drives'] = [ { 'boot_order': 1, 'dev_channel': '0:0', 'device': 'virtio', 'drive': my_test_disk['uuid'] } ]
server.update(my_test_server['uuid'], test_server)
"""

START = """
server.start(my_test_server['uuid'])
"""

STOP = """
server.stop(my_test_server['uuid'])
"""

METADATA = """
import cloudsigma
metadata = cloudsigma.metadata.GetServerMetadata().get()

from pprint import pprint
pprint(metadata)
"""

MONITOR = r"""
from cloudsigma.generic import GenericClient
from cloudsigma.resource import Websocket
from cloudsigma.errors import ClientError

ws = Websocket(timeout=None)
client = GenericClient()

print("Display Websocket activity.\nExit with ^C.")

while True:
    try:
        get_action = ws.ws.recv()
        action_uri = get_action['resource_uri']
        print('Received Action: %s' % get_action)
        print('Result:\n%s' % client.get(action_uri))
    except ClientError as e:
        print('Error retrieving: %s' % e)
"""

UNTIL_RUNNING = """
cloudsigma.resource.Websocket().wait_for_status(
    my_test_server['resource_uri'], cloudsigma.resource.Server, 'running')
"""


def test_create_a_drive(home: Home, cloud: Emulator) -> None:
    printed = ast.literal_eval(home.run(CREATE_DRIVE))
    assert printed["name"] == "test_drive"
    assert printed["size"] == 1024000000
    assert printed["status"] == "creating"


def test_create_a_server_without_a_drive(home: Home, cloud: Emulator) -> None:
    printed = ast.literal_eval(home.run("import cloudsigma" + CREATE_SERVER))
    assert printed["name"] == "My Test Server"
    assert printed["mem"] == 512 * 1024**2
    assert printed["status"] == "stopped"
    assert printed["drives"] == []


def test_attach_a_drive_to_the_server(home: Home, cloud: Emulator) -> None:
    show = "print(repr(server.get(my_test_server['uuid'])['drives']))"
    drive, _, drives = home.run(CREATE_DRIVE + CREATE_SERVER + ATTACH + show).splitlines()
    (attached,) = ast.literal_eval(drives)
    assert attached["drive"]["uuid"] == ast.literal_eval(drive)["uuid"]
    assert (attached["boot_order"], attached["dev_channel"], attached["device"]) == (1, "0:0", "virtio")


def test_start_and_stop(home: Home, cloud: Emulator) -> None:
    show = "print(server.get(my_test_server['uuid'])['status'])"
    wait = UNTIL_RUNNING.replace("'running'", "'stopped'")
    script = CREATE_DRIVE + CREATE_SERVER + ATTACH + START + UNTIL_RUNNING + show + STOP + wait + show
    assert home.run(script).splitlines()[2:] == ["running", "stopped"]


def test_metadata_of_a_running_server(home: Home, cloud: Emulator) -> None:
    show = "print(my_test_server['uuid'])"
    started = home.run(CREATE_DRIVE + CREATE_SERVER + ATTACH + START + UNTIL_RUNNING + show)
    drive, uuid = ast.literal_eval(started.splitlines()[0]), started.splitlines()[-1]
    port = cloud.runtime()[uuid]["serial_port"]
    home.config.unlink()
    context = ast.literal_eval(home.run(METADATA, CLOUDSIGMA_SERIAL_PORT=port))
    assert (context["uuid"], context["name"], context["cpu"]) == (uuid, "My Test Server", 1000)
    assert context["vnc_password"] == "test_server"
    assert context["drives"][0]["drive"]["uuid"] == drive["uuid"]
    assert context["drives"][0]["drive"]["name"] == "test_drive"


@pytest.fixture
def monitor(home: Home) -> Iterator[subprocess.Popen[str]]:
    process = home.start(MONITOR)
    assert process.stdout is not None
    assert process.stdout.readline() == "Display Websocket activity.\n"
    assert process.stdout.readline() == "Exit with ^C.\n"
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def heard(monitor: subprocess.Popen[str], wanted: str) -> str:
    """Return the monitor's next line that has ``wanted`` in it."""
    assert monitor.stdout is not None
    for line in monitor.stdout:
        if wanted in line:
            return line
    raise AssertionError(f"the monitor ended without {wanted!r}: {monitor.communicate()[1]}")


def test_monitor_websocket_activity(home: Home, monitor: subprocess.Popen[str]) -> None:
    created = ast.literal_eval(home.run(CREATE_DRIVE))
    action = ast.literal_eval(heard(monitor, created["resource_uri"]).removeprefix("Received Action: "))
    assert action["resource_type"] == "drives"
    assert action["resource_uri"] == created["resource_uri"]
    assert "'test_drive'" in heard(monitor, "'test_drive'")
    # A drive that was deleted gives 404, which the monitor survives.
    home.run(f"import cloudsigma; cloudsigma.resource.Drive().delete({created['uuid']!r})")
    error = heard(monitor, "Error retrieving")
    assert created["uuid"] in error
    assert "404" in error
    home.run("import cloudsigma" + CREATE_SERVER)
    heard(monitor, "'My Test Server'")
    monitor.send_signal(signal.SIGINT)
    _, errors = monitor.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt")
