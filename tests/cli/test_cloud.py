"""The main job of the command line, over real sockets."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COMMAND, Shell, environment

Keep = Callable[["subprocess.Popen[str]"], "subprocess.Popen[str]"]
GIB = 1024**3


def create_server(shell: Shell, name: str = "web") -> str:
    body = {"name": name, "cpu": 1000, "mem": GIB, "vnc_password": "s3cret"}
    uuid: str = shell.json("servers", "create", "--data", json.dumps(body))["uuid"]
    return uuid


def test_a_server_from_creation_to_deletion(shell: Shell) -> None:
    line = shell.out(
        "servers",
        "create",
        "--name",
        "web",
        "--cpu",
        "2000",
        "--mem",
        "2G",
        "--vnc-password-file",
        "-",
        stdin="s3cret\n",
    ).splitlines()
    assert line[0].split() == ["UUID", "NAME", "STATUS", "CPU", "MEM"]
    uuid, *rest = line[1].split()
    assert rest == ["web", "stopped", "2000", "2", "GiB"]

    _, row = shell.out("servers", "list").splitlines()
    assert row.startswith(uuid)
    assert "stopped" in row

    assert shell.json("servers", "start", "web")["status"] == "running"
    assert [each["status"] for each in shell.json("servers", "list")] == ["running"]
    assert shell.json("servers", "stop", uuid)["status"] == "stopped"
    assert shell.out("servers", "delete", f"/api/2.0/servers/{uuid}/") == ""
    assert shell.json("servers", "list") == []


def test_show_hides_the_password_that_json_has(shell: Shell) -> None:
    uuid = create_server(shell)
    outline = shell.out("servers", "show", uuid)
    assert re.search(r"^name: +web$", outline, re.MULTILINE)
    assert re.search(r"^mem: +1 GiB$", outline, re.MULTILINE)
    assert "s3cret" not in outline
    assert "s3cret" in shell.out("servers", "show", uuid, "--reveal")
    assert shell.json("servers", "show", uuid)["vnc_password"] == "s3cret"


def test_what_an_action_returns_is_shown(shell: Shell) -> None:
    create_server(shell)
    shell.out("servers", "start", "web")
    assert re.search(r"^vnc_url: +vnc://", shell.out("servers", "open-vnc", "web"), re.MULTILINE)
    assert "running" in shell.out("servers", "list")
    tag = shell.json(
        "tags", "create", "--name", "blue", "--resources", shell.json("servers", "show", "web")["uuid"]
    )
    head, row = shell.out("tags", "servers", tag["uuid"]).splitlines()
    assert head.split() == ["UUID", "NAME", "STATUS", "CPU", "MEM"]
    assert row.split()[1] == "web"


def test_a_drive_is_attached_by_name(shell: Shell) -> None:
    create_server(shell)
    drive = shell.json("drives", "create", "--name", "data", "--size", "1G", "--media", "disk")["uuid"]
    shell.out("servers", "attach-drive", "web", "data", "--boot-order", "1")
    attached = shell.json("servers", "show", "web")["drives"]
    assert [(each["boot_order"], each["drive"]["uuid"]) for each in attached] == [(1, drive)]
    assert "'absent'" in shell.refused(5, "servers", "attach-drive", "web", "absent")


def test_waiting_can_be_left_to_another_command(shell: Shell, started: Keep) -> None:
    uuid = create_server(shell)
    shell.cloud.clock.set_speed("realistic")
    shell.cloud.clock.stop()
    assert shell.json("servers", "start", "web", "--no-wait")["status"] == "starting"
    process = started(shell.start("servers", "wait", "web", "--status", "running", "-o", "json", "-v"))
    wait_until_connected(process)
    shell.cloud.clock.advance(60)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(output)["uuid"]) == (0, uuid)
    line = shell.refused(6, "servers", "stop", "web", "--wait-timeout", "2")
    assert "stopped" in line


def test_ctrl_c_ends_the_waiting_and_not_the_action(shell: Shell, started: Keep) -> None:
    create_server(shell)
    shell.cloud.clock.set_speed("realistic")
    shell.cloud.clock.stop()
    process = started(shell.start("servers", "start", "web", "-v"))
    wait_until_connected(process)
    process.send_signal(signal.SIGINT)
    output, words = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert "Traceback" not in words
    assert shell.json("servers", "show", "web")["status"] == "starting"


def test_binary_results_go_to_a_file_and_not_to_a_terminal(shell: Shell) -> None:
    shell.out("drives", "create", "--name", "data", "--size", "1G", "--media", "disk")
    arguments = ["drives", "download-range", "data", "--offset", "0", "--length", "16"]
    assert shell.out(*arguments) == "\0" * 16
    code, seen = on_a_terminal(shell, *arguments)
    assert code == 2
    assert "binary" in seen


def test_drives(shell: Shell) -> None:
    uuid = shell.json("drives", "create", "--name", "data", "--size", "1G", "--media", "disk")["uuid"]
    listed = shell.out("drives", "list")
    assert uuid in listed
    assert "1 GiB" in listed
    assert shell.json("drives", "show", "data")["size"] == GIB
    assert shell.json("drives", "list", "--name", "other") == []
    assert [each["uuid"] for each in shell.json("drives", "list", "--name", "data", "--name", "other")] == [
        uuid
    ]


def test_an_update_leaves_alone_what_it_does_not_name(shell: Shell) -> None:
    uuid = create_server(shell)
    changed = shell.json("servers", "update", "web", "--name", "new", "--meta", "role=db", "--meta", "x=y")
    assert changed["name"] == "new"
    assert changed["meta"] == {"role": "db", "x": "y"}
    assert changed["cpu"] == 1000
    assert shell.json("servers", "show", uuid)["vnc_password"] == "s3cret"


def test_chosen_fields_are_the_columns(shell: Shell) -> None:
    uuid = create_server(shell)
    assert shell.out("servers", "list", "--fields", "name,uuid").splitlines() == [
        "NAME  UUID",
        f"web   {uuid}",
    ]


def test_a_name_of_several_is_refused_and_of_none_not_found(shell: Shell) -> None:
    uuids = {create_server(shell, "twin"), create_server(shell, "twin")}
    line = shell.refused(2, "servers", "start", "twin")
    assert set(re.findall(r"[0-9a-f-]{36}", line)) == uuids
    assert "'nobody'" in shell.refused(5, "servers", "show", "nobody")
    assert {each["status"] for each in shell.json("servers", "list")} == {"stopped"}


def test_an_unknown_uuid_is_not_found_in_the_clouds_words(shell: Shell) -> None:
    uuid = "00000000-0000-4000-8000-000000000000"
    line = shell.refused(5, "drives", "show", uuid)
    assert f"Object with uuid {uuid} does not exist" in line
    assert "404" in line


def test_a_refusal_has_the_clouds_words(shell: Shell) -> None:
    create_server(shell)
    line = shell.refused(1, "servers", "stop", "web")
    assert "403" in line
    line = shell.refused(
        1, "servers", "create", "--data", '{"name": "x", "cpu": "fast", "mem": 1, "vnc_password": "s3cret"}'
    )
    assert "400" in line
    assert "cpu" in line
    assert "s3cret" not in line


def test_a_wrong_password_is_refused_and_not_repeated(shell: Shell) -> None:
    line = shell.refused(1, "servers", "list", CLOUDSIGMA_PASSWORD="wr0ng")
    assert "401" in line
    assert "password" in line
    assert "wr0ng" not in line


def test_options_may_stand_before_and_after_the_command(shell: Shell) -> None:
    create_server(shell)
    before = shell.run("-o", "json", "--username", "other@example.com", "servers", "list")
    after = shell.run("servers", "list", "-o", "json", "--username", "other@example.com")
    assert (before.stdout, before.returncode) == ("[]\n", 0)
    assert (after.stdout, after.returncode) == ("[]\n", 0)


def test_verbose_tells_each_request_without_secrets(shell: Shell) -> None:
    result = shell.run("--verbose", "servers", "list")
    assert result.returncode == 0
    assert "GET" in result.stderr
    assert "/servers/detail/" in result.stderr
    assert "password" not in result.stderr


def test_the_raw_api(shell: Shell) -> None:
    made = json.loads(shell.out("api", "post", "tags/", "--data", '{"objects": [{"name": "blue"}]}'))
    tag = made["objects"][0]
    found = json.loads(shell.out("api", "GET", tag["resource_uri"]))
    assert found["name"] == "blue"
    page = json.loads(
        shell.out("api", "GET", "libdrives", "--query", "limit=1", "--query", "fields=uuid,name")
    )
    assert len(page["objects"]) == 1
    assert page["objects"][0].keys() == {"uuid", "name"}
    assert tag["uuid"] in shell.out("api", "GET", "tags/", "-o", "table")
    assert shell.out("api", "DELETE", tag["resource_uri"]) == ""
    shell.refused(5, "api", "GET", tag["resource_uri"])


def test_the_raw_api_takes_a_body_from_a_file_and_from_a_pipe(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text('{"key": "from a file"}', encoding="utf-8")
    shell.out("api", "POST", "global_context/", "--data", f"@{path}")
    assert shell.json("global-context", "show") == {"key": "from a file"}
    shell.out("api", "POST", "global_context/", "--data", "-", stdin='{"key": "from a pipe"}')
    assert shell.json("global-context", "show") == {"key": "from a pipe"}


@pytest.mark.parametrize("path", ["https://example.com/api/2.0/servers/", "//example.com/servers/"])
def test_credentials_go_to_no_other_host(shell: Shell, path: str) -> None:
    result = shell.run("api", "GET", path)
    assert result.returncode != 0
    assert result.stdout == ""


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    body = [{"name": f"n{n}", "cpu": 1000, "mem": GIB, "vnc_password": "s3cret"} for n in range(60)]
    shell.out("api", "POST", "servers/", "--data", json.dumps({"objects": body}))
    process = shell.start("servers", "list", "-o", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 141


def test_events_are_told_as_they_happen(shell: Shell, started: Keep) -> None:
    process = started(shell.start("events", "--type", "servers", "-v"))
    wait_until_connected(process)
    uuid = create_server(shell)
    assert process.stdout is not None
    assert process.stdout.readline().split() == ["servers", f"/api/2.0/servers/{uuid}/"]
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in words
    assert "Aborted" not in words


def test_events_as_json_and_by_number(shell: Shell, started: Keep) -> None:
    process = started(shell.start("events", "--type", "drives,servers", "--count", "1", "-o", "json", "-v"))
    wait_until_connected(process)
    shell.json("tags", "create", "--name", "not asked for")
    uuid = create_server(shell)
    output, _ = process.communicate(timeout=60)
    (line,) = output.splitlines()
    assert json.loads(line)["resource_uri"] == f"/api/2.0/servers/{uuid}/"
    assert process.returncode == 0


def wait_until_connected(process: subprocess.Popen[str]) -> None:
    """Read what ``--verbose`` tells until the websocket is open."""
    assert process.stderr is not None
    for line in process.stderr:
        if "websocket" in line and "open" in line:
            return
    raise AssertionError("the events ended before they began")


def on_a_terminal(shell: Shell, *arguments: str, columns: int = 80, **env: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal and return its exit code and all that appeared there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(shell.env | {"TERM": "xterm", "COLUMNS": str(columns)} | env),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    while select.select([master], [], [], 60)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    return process.wait(60), seen.decode().replace("\r\n", "\n")


def test_a_table_on_a_terminal(shell: Shell) -> None:
    uuid = create_server(shell, "a name that is far too long for the narrow terminal of this test")
    code, seen = on_a_terminal(shell, "servers", "list")
    head, row = seen.splitlines()
    assert code == 0
    assert head.startswith("\x1b[1mUUID")
    assert row.startswith(uuid)
    assert "…" in row
    assert len(row) <= 80
    assert "\x1b" not in row
    _, seen = on_a_terminal(shell, "servers", "list", NO_COLOR="1")
    assert "\x1b" not in seen
    assert "far too long for the narrow terminal of this test" in shell.out("servers", "list")


def test_a_line_tells_of_the_waiting_on_a_terminal_only(shell: Shell) -> None:
    create_server(shell)
    code, seen = on_a_terminal(shell, "servers", "start", "web", NO_COLOR="1")
    assert code == 0
    assert seen.startswith("start web ...")
    assert seen.splitlines()[-1].split()[1:3] == ["web", "running"]
    shell.out("servers", "stop", "web")  # and not a word on standard error


def test_a_name_cannot_steer_the_terminal(shell: Shell) -> None:
    create_server(shell, "evil\x1b]0;title\x07")
    for arguments in (["servers", "list"], ["servers", "list", "-o", "json"]):
        _, seen = on_a_terminal(shell, *arguments, NO_COLOR="1")
        assert "\x1b" not in seen
        assert "evil" in seen
