"""A blocking call awaited."""

from cloudsigma import CloudSigma


async def program(cs: CloudSigma) -> None:
    await cs.servers.start("aaaa")  # rejected
