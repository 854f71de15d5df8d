"""The chunk plan covers every image exactly once, by the cloud's arithmetic; the form around a chunk can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.core import retry
from cloudsigma.core.chunks import FIRST_BY_LINK, FIRST_RESUMABLE, Chunk, ChunkPlan, chunk_seconds
from cloudsigma.core.resumable_form import form_edges, resumable_fields
from cloudsigma.errors import InvalidArgument

SIZES = st.integers(1, 2**63)
FIRSTS = st.sampled_from([FIRST_BY_LINK, FIRST_RESUMABLE])


@given(st.integers(1, 10**6), st.integers(1, 10**6), FIRSTS)
def test_every_byte_is_in_exactly_one_chunk(size: int, chunk_size: int, first: int) -> None:
    chunk_size = max(chunk_size, size // 1000)
    end = 0
    for number, chunk in enumerate(ChunkPlan(size, chunk_size, first), first):
        assert chunk.number == number
        assert chunk.offset == end
        assert chunk.length > 0
        end += chunk.length
    assert end == size


@given(SIZES, SIZES, FIRSTS, st.data())
def test_any_chunk_of_any_image(size: int, chunk_size: int, first: int, data: st.DataObject) -> None:
    """Without listing them: an image may have more chunks than fit into memory."""
    chunk_size = max(chunk_size, size // 2**40)
    plan = ChunkPlan(size, chunk_size, first)
    index = data.draw(st.integers(0, len(plan) - 1))
    chunk = plan[index]
    assert plan.numbered(chunk.number) == chunk
    assert plan[index - len(plan)] == chunk
    if index < len(plan) - 1:
        assert chunk == (first + index, index * chunk_size, chunk_size)
        assert plan[index + 1].offset == chunk.offset + chunk.length
    else:
        assert chunk.offset + chunk.length == size
        assert len(plan) == 1 or chunk_size <= chunk.length < 2 * chunk_size
    for wrong in (first - 1, first + len(plan), -1 - first):
        with pytest.raises(InvalidArgument, match="does not exist"):
            plan.numbered(wrong)
    for beyond in (len(plan), -len(plan) - 1):
        with pytest.raises(IndexError):
            plan[beyond]


def test_the_documented_example() -> None:
    mib = 2**20
    assert list(ChunkPlan(5 * mib, 2 * mib)) == [(0, 0, 2 * mib), (1, 2 * mib, 3 * mib)]
    assert list(ChunkPlan(5 * mib, 2 * mib, FIRST_RESUMABLE)) == [(1, 0, 2 * mib), (2, 2 * mib, 3 * mib)]
    assert list(ChunkPlan(5, 10)) == [Chunk(0, 0, 5)]
    assert ChunkPlan(40, 10)[1:3] == [Chunk(1, 10, 10), Chunk(2, 20, 10)]


@pytest.mark.parametrize(("size", "chunk_size"), [(0, 1), (-1, 1), (1, 0), (1, -5)])
def test_sizes_that_make_no_sense(size: int, chunk_size: int) -> None:
    with pytest.raises(InvalidArgument, match=r"empty|chunk_size"):
        ChunkPlan(size, chunk_size)


def test_a_big_chunk_may_take_longer() -> None:
    assert chunk_seconds(0, 60.0) == 60.0
    assert chunk_seconds(16 * 1024 * 100, 60.0) == 160.0
    assert chunk_seconds(10**9, None) is None


@pytest.mark.parametrize(
    ("status", "again"),
    [(None, True), (500, True), (503, True), (429, True), (408, True)]
    + [(status, False) for status in (301, 302, 400, 401, 403, 404, 416)],
)
def test_which_failed_chunks_are_sent_again(status: int | None, again: bool) -> None:
    assert retry.may_send_chunk_again(status) is again


@given(
    st.binary(max_size=2000).filter(lambda data: b"boundary0123" not in data),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
)
def test_the_form_gives_back_what_went_into_it(data: bytes, filename: str) -> None:
    """Read as RFC 7578 says: parts between boundaries, each with its header lines, an empty line and its content."""
    fields = resumable_fields(3, 1024, 5000, filename)
    before, after = form_edges("boundary0123", fields, filename)
    parts = (b"\r\n" + before + data + after).split(b"\r\n--boundary0123")
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    read = {}
    for part in parts[1:-1]:
        header, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        described, *more = header.decode().split("\r\n")
        name = described.removeprefix('Content-Disposition: form-data; name="').partition('"')[0]
        read[name] = content
        if name == "file":
            shown = described.partition('; filename="')[2]
            assert shown.endswith('"')
            assert '"' not in shown[:-1]
            assert more == ["Content-Type: application/octet-stream"]
        else:
            assert more == []
    assert read == {
        "resumableChunkNumber": b"3",
        "resumableChunkSize": b"1024",
        "resumableTotalSize": b"5000",
        "resumableIdentifier": filename.encode(),
        "resumableFilename": filename.encode(),
        "file": data,
    }
