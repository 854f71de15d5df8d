"""How long it takes from a state being reached to ``wait`` returning, and how many requests the wait sends."""

from __future__ import annotations

import statistics
import threading
import time

from cloudsigma import CloudSigma
from cloudsigma.core.port import HttpRequest, HttpResponse
from cloudsigma.ports.blocking import BlockingPort
from cloudsigma_emulator import Emulator

ROUNDS = 30


class Counting(BlockingPort):
    """A port that counts; ``looked`` is set by each answer to a GET."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.looked = threading.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent += 1
        answer = await super().send(request)
        if request.method == "GET":
            self.looked.set()
        return answer


def rows() -> list[tuple[str, float, str]]:
    """Return what was done, what was measured, and the target."""
    delays: list[float] = []
    requests: list[int] = []
    port = Counting()
    with (
        Emulator(speed="realistic", virtual_clock=True) as emulator,
        CloudSigma(
            api_endpoint=emulator.api_endpoint,
            ws_endpoint=emulator.ws_endpoint,
            username=emulator.username,
            password=emulator.password,
            port=port,
        ) as cs,
    ):
        emulator.clock.stop()

        def pass_time() -> None:
            port.looked.wait(10)
            time.sleep(0.01)
            reached.append(time.perf_counter())
            while emulator.clock.jump():
                pass

        server = cs.servers.create(name="bench", cpu=1000, mem=512 * 1024**2, vnc_password="x")
        for _ in range(ROUNDS):
            reached: list[float] = []
            cs.servers.start(server)
            port.sent = 0
            port.looked.clear()
            thread = threading.Thread(target=pass_time)
            thread.start()
            cs.servers.wait(server, status="running", timeout=30)
            delays.append(time.perf_counter() - reached[0])
            requests.append(port.sent)
            thread.join()
            cs.servers.stop(server)
            while emulator.clock.jump():
                pass
    return [
        ("from state reached to wait returning, median", statistics.median(delays) * 1000, "<= 50 ms"),
        ("requests of such a wait, at most", float(max(requests)), "<= 3 requests"),
    ]


if __name__ == "__main__":
    for name, value, target in rows():
        print(f"{name:<60} {value:8.2f}  {target}")
