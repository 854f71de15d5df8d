"""The asyncio port: jobs at once, cancellation, and loops that come and go."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from cloudsigma.core.requests import Requests
from cloudsigma.ports import network
from cloudsigma.ports.asyncio import AsyncioPort

from .faces import settings
from .scripted import Scripted, Seen, Silence, http


def gather(jobs: list[Any], limit: int = 8) -> list[Any]:
    return asyncio.run(AsyncioPort().gather(jobs, limit))


def test_results_come_in_order_and_never_more_at_once_than_the_limit() -> None:
    running = most = 0

    async def job(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number

    assert gather([lambda number=number: job(number) for number in range(100)]) == list(range(100))
    assert most == 8
    assert gather([]) == []


def test_the_first_failure_is_raised_once_those_begun_have_ended() -> None:
    ended: list[int] = []

    async def job(number: int) -> None:
        if number == 1:
            raise ValueError("first")
        await asyncio.sleep(0.01)
        ended.append(number)

    with pytest.raises(ValueError, match="first"):
        gather([lambda number=number: job(number) for number in range(100)], 3)
    assert ended == [0, 2]


def test_a_cancelled_gathering_cancels_its_jobs() -> None:
    begun: list[int] = []
    cancelled: list[int] = []

    async def job(number: int) -> None:
        begun.append(number)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def main() -> None:
        task = asyncio.create_task(
            AsyncioPort().gather([lambda number=number: job(number) for number in range(9)], 3)
        )
        while len(begun) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert sorted(cancelled) == [0, 1, 2]


def test_a_cancelled_request_frees_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "CONNECTIONS", 1)
    silence = Silence()
    with Scripted(silence, http(200, {"fine": True})) as server:

        async def main() -> Any:
            requests = Requests(AsyncioPort(), settings(server.endpoint))
            task = asyncio.create_task(requests.request("GET", "x/"))
            while not silence.begun.is_set():
                await asyncio.sleep(0.01)
            waiting = asyncio.create_task(requests.request("GET", "y/"))
            await asyncio.sleep(0.01)
            waiting.cancel()
            task.cancel()
            for each in (task, waiting):
                with pytest.raises(asyncio.CancelledError):
                    await each
            answer = await requests.request("GET", "z/")
            await requests.close()
            return answer.data

        assert asyncio.run(main()) == {"fine": True}
        assert server.targets() == ["GET /x/", "GET /z/"]


def test_a_timeout_of_the_caller_s_own_is_his() -> None:
    silence = Silence()
    with Scripted(silence) as server:

        async def main() -> None:
            requests = Requests(AsyncioPort(), settings(server.endpoint))
            try:
                async with asyncio.timeout(None) as limit:

                    async def end_it() -> None:
                        await asyncio.to_thread(silence.begun.wait)
                        limit.reschedule(0)

                    ending = asyncio.create_task(end_it())
                    await requests.request("GET", "x/")
            finally:
                await ending
                await requests.close()

        with pytest.raises(TimeoutError) as caught:
            asyncio.run(main())
        assert type(caught.value) is TimeoutError
        assert len(server.seen) == 1


def test_fifty_at_once_on_as_many_connections() -> None:
    def echo(connection: Any, seen: Seen) -> bool:
        connection.sendall(http(200, {"target": seen.target}))
        return True

    with Scripted(echo) as server:

        async def main() -> None:
            requests = Requests(AsyncioPort(), settings(server.endpoint))

            async def job(number: int) -> None:
                answer = await requests.request("GET", f"servers/{number}/")
                assert answer.data == {"target": f"/api/2.0/servers/{number}/"}

            await requests.port.gather([lambda number=number: job(number) for number in range(500)], 50)
            await requests.close()

        asyncio.run(main())
        assert len(server.seen) == 500
        assert server.connections <= 50
        assert server.all_closed.wait(60)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_port_may_be_used_in_one_loop_after_another() -> None:
    with Scripted(http(200, {})) as server:
        requests = Requests(AsyncioPort(), settings(server.endpoint))
        for _ in range(2):
            assert asyncio.run(requests.request("GET", "x/")).data == {}
        asyncio.run(requests.close())
        assert server.connections == 2
        del requests
        gc.collect()  # what the first loop left open is found here and not in another test
