"""A snapshot of no drive."""

from cloudsigma import CloudSigma

with CloudSigma() as cs:
    cs.snapshots.create(name="a", drive="u")
    cs.snapshots.create(name="a")  # rejected
