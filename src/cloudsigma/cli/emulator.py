"""``cloudsigma emulator``: hand over to the emulator's own entry point.

The library knows the emulator by name only; they share no code.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from .failures import REFUSED, Failure

ENTRY_MODULE = "cloudsigma_emulator.command"
REMEDY = "install it with: pip install 'cloudsigma[emulator]'"


@click.command(
    "emulator",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run a CloudSigma cloud on this machine (cloudsigma emulator --help tells more)."""
    try:
        entry = import_module(ENTRY_MODULE).main
        result = entry(list(arguments))
    except ModuleNotFoundError as missing:
        raise Failure(REFUSED, f"the emulator needs {missing.name}; {REMEDY}") from missing
    if result:
        sys.exit(result)
