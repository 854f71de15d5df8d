"""What may be null used as if it could not."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> str | None:
    return cs.servers.get("aaaa").runtime.active_since  # rejected
