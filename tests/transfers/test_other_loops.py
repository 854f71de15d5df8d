"""Transfers in event loops that are not the system's own: they know fewer arguments, as uvloop does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import AsyncCloudSigma
from cloudsigma_emulator import Emulator

from .conftest import MIB, image_of, options
from .hard_ways import begins_with, trusting
from .hard_ways import no_proxies as no_proxies
from .hard_ways import small_drives as small_drives
from .hard_ways import tls_cloud as tls_cloud
from .proxy import Proxy

pytestmark = pytest.mark.usefixtures("no_proxies", "small_drives")

KNOWN = {
    "ssl", "family", "proto", "flags", "sock", "local_addr", "server_hostname", "ssl_handshake_timeout",
    "ssl_shutdown_timeout",
}  # fmt: skip
"""What ``create_connection`` of uvloop can be given by name."""


class Narrow(asyncio.SelectorEventLoop):
    """An event loop that takes what uvloop takes."""

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:
        if more.keys() - KNOWN:
            raise TypeError(f"unexpected arguments {more.keys() - KNOWN}")
        return await super().create_connection(factory, host, port, **more)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("proxied", [False, True])
def test_up_and_down(
    tls_cloud: Emulator, tmp_path: Path, host: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls_cloud.reset()
    tls_cloud.app.served_at(host, tls_cloud.port, tls=True)
    image = image_of(tmp_path, 5 * MIB)

    async def main() -> None:
        async with AsyncCloudSigma(**options(tls_cloud)) as cs:
            drive = await cs.drives.upload(image, chunk_size=MIB, verify=True)
            await cs.drives.download(drive, tmp_path / "target.raw", chunk_size=MIB)

    try:
        with trusting(tls_cloud.ca_file), Proxy() as proxy, asyncio.Runner(loop_factory=Narrow) as runner:
            if proxied:
                monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            runner.run(main())
            assert bool(proxy.connections) == proxied
    finally:
        tls_cloud.app.served_at("127.0.0.1", tls_cloud.port, tls=True)
    assert begins_with(tmp_path / "target.raw", image)
