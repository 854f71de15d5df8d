"""A router without a private network."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.virtual_routers.create(configuration={"name": "r"})  # rejected
