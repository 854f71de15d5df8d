"""What was measured at each poll, read off the times since and until which things were held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from ..domain.burst import CYCLE
from ..domain.jobs import timestamp
from ..domain.ledger import moment
from ..domain.ranges import Comparison, narrowed
from ..store.transaction import Transaction
from .billing import last_poll

Doc = dict[str, Any]

_SPANS = (
    "SELECT since, NULL, uuid, resource, amount FROM holdings"
    " WHERE owner=? AND kind IN ('servers', 'drives') UNION ALL "
    "SELECT since, until, uuid, resource, amount FROM past_holdings"
    " WHERE owner=? AND kind IN ('servers', 'drives') AND until>?"
)


def page(
    tx: Transaction, owner: str, bounds: Sequence[Comparison], offset: int, limit: int
) -> tuple[list[Doc], int]:
    """Return a page of samples, the oldest first, and how many there are.

    :param bounds: on the time of the poll.
    :param limit: 0 has no end.
    """
    runs = list(_runs(tx, owner, bounds))
    count = sum(len(polls) * len(held) for polls, held in runs)
    found: list[Doc] = []
    for polls, held in runs:
        if offset >= len(polls) * len(held):
            offset -= len(polls) * len(held)
            continue
        for number in range(offset, len(polls) * len(held)):
            if limit and len(found) >= limit:
                return found, count
            poll, place = divmod(number, len(held))
            uuid, resource, amount = held[place]
            polled = timestamp(moment(polls[poll]))
            found.append({"amount": str(amount), "poll_time": polled, "resource": resource, "uuid": uuid})
        offset = 0
    return found, count


def _runs(
    tx: Transaction, owner: str, bounds: Sequence[Comparison]
) -> Iterator[tuple[range, list[tuple[str, str, int]]]]:
    """Give stretches of polls between which nothing changed, with what was held."""
    now, cycle = last_poll(tx)
    first = now - (cycle - 1) * CYCLE
    polls = narrowed(range(cycle), bounds, lambda number: first + number * CYCLE)
    if not polls:
        return
    spans = tx.execute(_SPANS, (owner, owner, first + polls.start * CYCLE))
    # The polls at which each is measured, as numbers: those from since on, before until.
    measured = []
    for since, until, *thing in spans:
        begin = max(polls.start, -int((first - since) // CYCLE))
        end = polls.stop if until is None else min(polls.stop, -int((first - until) // CYCLE))
        if begin < end:
            measured.append((begin, end, tuple(thing)))
    measured.sort()
    edges = sorted({edge for begin, end, _ in measured for edge in (begin, end)})
    for begin, end in pairwise(edges):
        held = [thing for starts, ends, thing in measured if starts <= begin and end <= ends]
        if held:
            yield range(first + begin * CYCLE, first + end * CYCLE, CYCLE), held
