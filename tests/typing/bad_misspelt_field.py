"""A field that there is not."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> str:
    server = cs.servers.get("aaaa")
    return server.nmae  # rejected
