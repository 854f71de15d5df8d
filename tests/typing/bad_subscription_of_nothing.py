"""A subscription that does not say of what."""

from cloudsigma import CloudSigma


def program(cs: CloudSigma) -> None:
    cs.subscriptions.create(period="1 month")  # rejected
