"""A field that cannot be changed, because it is misspelt."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.servers.update("aaaa", vnc_pasword="x")  # rejected
