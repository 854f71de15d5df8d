"""A permission that there is not."""

from cloudsigma import CloudSigma

with CloudSigma() as cs:
    cs.acls.create(name="a", rules=["LIST"])
    cs.acls.create(name="a", rules=["READ"])  # rejected
