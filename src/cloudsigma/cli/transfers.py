"""``cloudsigma drives upload`` and ``drives download``: whole images, with a bar for people and lines for logs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..core.progress import Progress
from ..errors import ServerError, TransportError
from .naming import is_name, uuid_by_name
from .output import size as shown_size
from .results import write_result
from .session import Command, session
from .values import Bytes

LINE_SECONDS = 10.0
BAR_LETTERS = 30
FEWEST_LETTERS = 8
TEXT_LETTERS = 62
"""What the text may need at most; a bar that changed its length with it would look like one that moves."""


class Bar:
    """Shows how far a transfer is on standard error: a bar on a terminal, else a line every ten seconds."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._drawn = 0
        self._told_at: float | None = None
        self._last = ""
        self.moved = False
        """Whether anything was moved yet."""

    def __call__(self, progress: Progress) -> None:
        """Show ``progress``."""
        self.moved = self.moved or progress.done > 0
        text = words_of(progress)
        if self._live:
            line = _fitted(progress, text, _columns() - 1)
            sys.stderr.write("\r" + line.ljust(self._drawn))
            sys.stderr.flush()
            self._drawn = len(line)
            return
        now = time.monotonic()
        over = progress.done == progress.total
        if (self._told_at is None or over or now - self._told_at >= LINE_SECONDS) and text != self._last:
            self._told_at, self._last = now, text
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the bar as it stands."""
        if self._live and self._drawn:
            sys.stderr.write("\n")
            sys.stderr.flush()
            self._drawn = 0


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _fitted(progress: Progress, text: str, width: int) -> str:
    """Return a bar and a text on one line; a line that is too long would stay on the screen at each step."""
    letters = min(BAR_LETTERS, width - TEXT_LETTERS - 3)
    if letters < FEWEST_LETTERS:
        return text[:width]
    share = progress.done / progress.total if progress.total else 1.0
    full = int(share * letters)
    return f"[{'#' * full}{'.' * (letters - full)}] {text}"[:width]


def words_of(progress: Progress) -> str:
    """Say how far a transfer is, on one line."""
    share = progress.done / progress.total if progress.total else 1.0
    text = f"{share:4.0%}  {shown_size(progress.done)} of {shown_size(progress.total)}  {shown_size(progress.rate)}/s"
    if progress.done < progress.total and progress.seconds_left is not None:
        text += f"  {duration(progress.seconds_left)} left"
    return text


def duration(seconds: float) -> str:
    """Return a number of seconds as people read it."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02} h"


@contextmanager
def _shown(quiet: bool, hint: str) -> Iterator[Callable[[Progress], None] | None]:
    bar = Bar()
    try:
        yield None if quiet else bar
    except KeyboardInterrupt:
        bar.end()
        sys.stderr.write(f"cloudsigma: stopped; {hint}\n")
        raise
    except (TransportError, ServerError, OSError):
        bar.end()
        if bar.moved:
            sys.stderr.write(f"cloudsigma: {hint}\n")
        raise
    finally:
        bar.end()


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None and value != ()}


_SHARED: tuple[Callable[[], click.Option], ...] = (
    lambda: click.Option(
        ["--parallel"], type=click.IntRange(1), metavar="N", help="How many chunks are under way at once (4)."
    ),
    lambda: click.Option(
        ["--bandwidth"], type=Bytes(), metavar="BYTES", help="Most bytes a second, such as 10M."
    ),
    lambda: click.Option(["--quiet"], is_flag=True, help="Show no progress."),
)


def _hint(resume: bool) -> str:
    """Say how to go on with a transfer that was broken off."""
    return f"the same command {'again' if resume else 'without --no-resume'} goes on from here"


def _upload(path: str, resume: bool, resume_drive: str | None, quiet: bool, **given: Any) -> None:
    """Upload an image: a file, or - for standard input with --size. The same command again goes on where it stopped."""
    if path == "-" and given["size"] is None:
        raise click.UsageError(
            "the cloud must know beforehand how many bytes standard input gives: say --size"
        )
    source: Any = sys.stdin.buffer if path == "-" else path
    goes_on = path != "-" and not Path(path).is_fifo() and given.get("protocol") != "direct"
    hint = _hint(resume) if goes_on else "nothing of it is kept"
    arguments = _arguments(given)
    with _shown(quiet, hint) as progress, session().client() as client:
        chosen = _uuid(client, resume_drive) if resume_drive else resume
        drive = client.drives.upload(source, progress=progress, resume=chosen, **arguments)
    write_result(drive, "drives", form=session().output, whole=False, verb="upload")


def _download(drive: str, path: str, resume: bool, sparse: bool, quiet: bool, **given: Any) -> None:
    """Download a drive to a raw image file. The same command again goes on where it stopped."""
    with _shown(quiet, _hint(resume)) as progress, session().client() as client:
        record = client.drives.download(
            _uuid(client, drive), path, progress=progress, resume=resume, sparse=sparse, **_arguments(given)
        )
    write_result(record, "drives", form=session().output, whole=False, verb="download")


def _uuid(client: Any, text: str) -> str:
    return uuid_by_name(client.drives, "drives", text) if is_name(text) else text


def upload_command() -> click.Command:
    """Return the command ``upload``."""
    return Command(
        "upload",
        _upload,
        help=_upload.__doc__,
        params=[
            click.Argument(["path"], metavar="PATH"),
            click.Option(["--name"], help="Name of the drive; by default the file's."),
            click.Option(["--media"], type=click.Choice(["disk", "cdrom"]), help="What the drive is (disk)."),
            click.Option(["--storage-type"], help="Storage to lie on."),
            click.Option(
                ["--avoid"],
                multiple=True,
                metavar="UUID",
                help="Drives whose hosts to keep away from, if possible.",
            ),
            click.Option(["--size"], type=Bytes(), help="Bytes that come from standard input."),
            click.Option(
                ["--form"],
                type=click.Choice(["raw", "gz", "xz", "zst", "qcow2", "vmdk", "vdi"]),
                help="What the file is, where its name does not say; all but raw are turned to raw on the way.",
            ),
            click.Option(
                ["--protocol"],
                type=click.Choice(["link", "resumable", "direct"]),
                help="A link for each chunk (default), forms of resumable.js, or all in one request.",
            ),
            click.Option(["--chunk-size"], type=Bytes(), help="Bytes of a chunk (10M, from 1G on 32M)."),
            click.Option(
                ["--resume/--no-resume"], default=True, help="Go on with what was broken off, or begin anew."
            ),
            click.Option(
                ["--resume-drive"],
                metavar="DRIVE",
                help="Go on with this drive although there is no journal.",
            ),
            click.Option(
                ["--verify"], is_flag=True, help="Read the drive back and compare it with the file."
            ),
            *(make() for make in _SHARED),
        ],
    )


def download_command() -> click.Command:
    """Return the command ``download``."""
    return Command(
        "download",
        _download,
        help=_download.__doc__,
        params=[
            click.Argument(["drive"], metavar="DRIVE"),
            click.Argument(["path"], metavar="PATH"),
            click.Option(["--sparse"], is_flag=True, help="Leave holes in the file where the image is zero."),
            click.Option(["--chunk-size"], type=Bytes(), help="Bytes that are asked for at once (32M)."),
            click.Option(
                ["--resume/--no-resume"], default=True, help="Go on with what was broken off, or begin anew."
            ),
            *(make() for make in _SHARED),
        ],
    )
