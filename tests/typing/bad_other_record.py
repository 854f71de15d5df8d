"""A drive where a server must be."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    drive = cs.drives.get("aaaa")
    cs.servers.start(drive)  # rejected
