"""Money is text, so that nobody reckons with a rounded number by accident."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> float:
    return cs.subscriptions.get("1").price * 2.0  # rejected
