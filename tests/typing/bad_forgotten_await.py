"""A call that never happens."""

from cloudsigma import AsyncCloudSigma


async def program(cs: AsyncCloudSigma) -> None:
    cs.servers.delete("aaaa")  # rejected
