"""A program in place of qemu that speaks its control protocol and runs no guest: machines that behave as they are told.

What it is to do stands in the environment variable BEHAVIOUR, words separated by blanks.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import time
from pathlib import Path
from typing import Any

NAME = "qemu-system-x86_64"


class Machine:
    """The far end of a control connection."""

    def __init__(self, behaviour: list[str]) -> None:
        self._behaviour = behaviour
        (words,) = (word for word in sys.argv if word.startswith("socket,id=control,"))
        self._peer = socket.socket(fileno=int(words.rpartition("fd=")[2]))
        self._taken = -1
        self._viewers: list[socket.socket] = []

    def run(self) -> None:
        self._say(QMP={})
        rest = b""
        while True:
            data, descriptors, _, _ = socket.recv_fds(self._peer, 65536, 4)
            if not data:
                return
            self._taken = next(iter(descriptors), self._taken)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                request = json.loads(line)
                with Path(os.environ["QMP_LOG"]).open("a", encoding="utf-8") as log:
                    log.write(request["execute"] + "\n")
                self._say(**self._answer(request["execute"]), id=request["id"])

    def _answer(self, command: str) -> dict[str, Any]:
        if command == "query-blockstats":
            return {"return": []}
        if command == "system_reset" and "refuses" in self._behaviour:
            return {"error": {"class": "GenericError", "desc": "no"}}
        if command == "system_reset" and "fragile" in self._behaviour:
            os._exit(1)
        if command == "system_reset" and "busy" in self._behaviour:
            time.sleep(2)
        if command == "system_powerdown" and "deaf" not in self._behaviour:
            self._say(event="SHUTDOWN", data={"guest": True, "reason": "guest-shutdown"})
            if "hasty" in self._behaviour:  # gone before it has answered
                os._exit(0)
        if command == "add_client":
            self._viewers.append(socket.socket(fileno=self._taken))
            self._viewers[-1].sendall(b"RFB 003.008\n")
        return {"return": {}}

    def _say(self, **message: Any) -> None:
        self._peer.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    behaviour = os.environ.get("BEHAVIOUR", "").split()
    if "broken" in behaviour:
        sys.exit(f"{NAME}: no good")
    if "aborts" in behaviour:
        sys.stderr.write(f"{NAME}: kvm.c: no good\n")
        sys.stderr.flush()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.abort()
    if "locked" in behaviour and not (once := Path(os.environ["ONCE"])).exists():
        once.touch()
        sys.exit(f'{NAME}: Failed to get "write" lock')
    Machine(behaviour).run()


if __name__ == "__main__":
    main()
