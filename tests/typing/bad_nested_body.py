"""A misspelt key inside a body."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.servers.update(
        "aaaa",
        nics=[{"ip_v4_conf": {"conf": "dchp"}}],  # rejected
    )
