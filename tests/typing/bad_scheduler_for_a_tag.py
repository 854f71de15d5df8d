"""A record of another kind in place of a tag."""

from cloudsigma import CloudSigma
from cloudsigma.records import BackupScheduler


def mark(cs: CloudSigma, plan: BackupScheduler) -> None:
    cs.drives.set_scheduler("u", plan)
    cs.drives.add_tag("u", plan)  # rejected
