"""What may be typed on the command line for a value: JSON, numbers of bytes with a unit, keys with values."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

_UNITS: dict[str, int] = {letter: 1024**power for power, letter in enumerate(["", "K", "M", "G", "T", "P"])}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?\Z", re.IGNORECASE)


class Json(click.ParamType[Any]):
    """JSON itself, ``@file`` or ``-`` for standard input."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value that the text stands for."""
        if not isinstance(value, str):
            return value
        import orjson

        try:
            return orjson.loads(read_text(value))
        except OSError as failure:
            self.fail(f"cannot read {value.removeprefix('@')}: {failure.strerror}", param, ctx)
        except ValueError as flaw:
            # The text may hold a password, so only the place is told.
            self.fail(f"not JSON: {_place(flaw)}", param, ctx)


class Bytes(click.ParamType[int]):
    """A number of bytes, such as 1073741824, 512M or 20GiB; units are powers of 1024."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        match = _AMOUNT.match(str(value).strip())
        if not match:
            self.fail(f"{value!r} is not a number of bytes such as 1073741824, 512M or 20G", param, ctx)
        number = int(match[1]) if match[1].isdecimal() else float(match[1])
        return round(number * _UNITS[match[2].upper()])


class Pair(click.ParamType[tuple[str, str]]):
    """A key and its value with ``=`` between them."""

    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return key and value."""
        if isinstance(value, tuple):
            return value[0], value[1]
        key, sign, rest = str(value).partition("=")
        if not sign or not key:
            self.fail(f"{value!r} is not of the form key=value", param, ctx)
        return key, rest


class SecretFile(click.ParamType[str]):
    """The name of a file that holds a secret, ``-`` for standard input; a secret itself does not belong in a command line."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the first line of the file."""
        try:
            text = sys.stdin.readline() if value == "-" else Path(value).read_text(encoding="utf-8")
        except OSError as failure:
            self.fail(f"cannot read {value}: {failure.strerror}", param, ctx)
        return text.partition("\n")[0].rstrip("\r")


def read_text(value: str) -> str:
    """Return ``value``, or what it points to when it is ``@file`` or ``-``."""
    if value == "-":
        return sys.stdin.read()
    if value.startswith("@"):
        return Path(value[1:]).read_text(encoding="utf-8")
    return value


def _place(flaw: ValueError) -> str:
    line, column = getattr(flaw, "lineno", None), getattr(flaw, "colno", None)
    reason = str(flaw).partition(":")[0]
    return f"{reason} in line {line}, column {column}" if line else reason
