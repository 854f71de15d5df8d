"""The entry point of the command ``cloudsigma``: run one command and turn whatever ends it into an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from ..version import __version__

if TYPE_CHECKING:
    import click

PROGRAM = "cloudsigma"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line ``arguments`` (those of the process by default) and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        gc.set_threshold(100_000)  # a life too short for most collections
    _replace_closed_streams()
    try:
        return _run(words)
    except KeyboardInterrupt:
        return 130  # as a program that SIGINT stops, and without a word
    except BrokenPipeError:
        return 141  # as a program that SIGPIPE stops: whoever reads the output has seen enough
    except OSError as error:
        return _failed(error, None)
    finally:
        _settle_output()
        if arguments is None:
            gc.freeze()  # what is left goes with the process, and need not be walked once more


def _replace_closed_streams() -> None:
    """Put the null device where a standard stream was closed, whose number the next file would get otherwise."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def _run(words: list[str]) -> int:
    if words == ["--version"]:  # answered without loading the command line's library
        print(f"{PROGRAM} {__version__}", flush=True)  # noqa: T201
        return 0
    warnings.showwarning = _show_warning
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may not fit the terminal's encoding

    import click

    from .program import program

    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        program.main(words, prog_name=PROGRAM)
    context: click.Context | None = None
    try:
        # Not click's own main(): it takes a closed pipe and Ctrl-C for failures.
        with program.make_context(PROGRAM, words) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        sys.stdout.flush()
        return end.exit_code
    except click.Abort as end:
        raise KeyboardInterrupt from end
    except click.ClickException as refusal:
        refusal.show()
        return refusal.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  (the last place to turn an error into words)
        return _failed(error, context)
    return 0


def _failed(error: Exception, context: click.Context | None) -> int:
    from .failures import explain

    code, line = explain(error)
    print(f"{PROGRAM}: {line}", file=sys.stderr)  # noqa: T201
    if context is not None and getattr(context.obj, "verbose", False):
        import traceback

        traceback.print_exception(error)
    return code


def _settle_output() -> None:
    """Write what is buffered, or give it up: the interpreter must not fail on it once more when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    text = " ".join(str(message).split())
    print(f"{PROGRAM}: warning: {text}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
