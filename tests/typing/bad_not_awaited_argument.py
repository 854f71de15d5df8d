"""An awaited result passed on before it is awaited."""

from cloudsigma import AsyncCloudSigma


async def program(cs: AsyncCloudSigma) -> None:
    await cs.servers.start(cs.servers.get("aaaa"))  # rejected
