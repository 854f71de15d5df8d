"""The size of pieces follows how fast they move, within its limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.core.pieces import FAST_SECONDS, FIRST, SLOW_SECONDS, SMALLEST, PieceSize

LARGEST = 4 * FIRST


def sizes(largest: int, times: list[float]) -> list[int]:
    """Return the sizes of pieces that take these seconds."""
    size, now = PieceSize(largest), 0.0
    found = [size.next(now)]
    for seconds in times:
        now += seconds
        found.append(size.next(now))
    return found


@given(st.integers(1, 2**40), st.lists(st.floats(0, 1000), max_size=50))
def test_sizes_stay_within_their_limits(largest: int, times: list[float]) -> None:
    for size in sizes(largest, times):
        assert min(SMALLEST, largest) <= size <= largest


@given(st.lists(st.floats(0, 10), max_size=50))
def test_they_grow_only_after_fast_ones_and_shrink_only_after_slow_ones(times: list[float]) -> None:
    found = sizes(LARGEST, times)
    now = 0.0
    for seconds, before, after in zip(times, found, found[1:], strict=False):
        taken = (now + seconds) - now  # as it can be told from the clock
        now += seconds
        if after > before:
            assert taken < FAST_SECONDS
        if after < before:
            assert taken > SLOW_SECONDS


def test_they_reach_both_ends() -> None:
    assert sizes(LARGEST, [0.0] * 10)[-1] == LARGEST
    assert sizes(LARGEST, [1.0] * 10)[-1] == SMALLEST
    assert sizes(1000, [1.0] * 10)[-1] == 1000


def test_a_pause_between_two_bodies_says_nothing() -> None:
    size = PieceSize(LARGEST)
    assert size.next(0.0) == FIRST
    size.restart()
    assert size.next(100.0) == FIRST
