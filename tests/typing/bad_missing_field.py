"""A server without its password."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.servers.create(name="web", cpu=2000, mem=2**30)  # rejected
