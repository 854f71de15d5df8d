"""A filter that there is not."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.servers.list(nam="web")  # rejected
