"""An awaited result used before it is awaited."""

from cloudsigma import AsyncCloudSigma


async def program(cs: AsyncCloudSigma) -> str:
    server = cs.servers.get("aaaa")
    return server.name  # rejected
