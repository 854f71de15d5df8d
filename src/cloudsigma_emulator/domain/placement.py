"""On which host something goes: best effort away from what it shall avoid, the leftmost first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

COMPUTE_HOSTS = tuple(f"compute-{number}" for number in range(1, 9))
STORAGE_HOSTS = tuple(f"storage-{number}" for number in range(1, 9))


def choose_host(hosts: Sequence[str], avoid: Sequence[str], pick: int) -> str:
    """Return a host.

    :param hosts: all hosts of the kind.
    :param avoid: hosts of the things to keep away from, the most important first, repetitions allowed. As many
        of them are kept clear of as leave a host to choose.
    :param pick: any number; decides among the hosts that are left.
    """
    left = list(hosts)
    for host in dict.fromkeys(avoid):
        if host in left and len(left) > 1:
            left.remove(host)
    return left[pick % len(left)]


def groups(placed: Iterable[Mapping[str, str]]) -> list[list[str]]:
    """Return the uuids of things host by host, as the availability groups show them."""
    by_host: dict[str, list[str]] = {}
    for thing in placed:
        by_host.setdefault(thing["host"], []).append(thing["uuid"])
    return list(by_host.values())
