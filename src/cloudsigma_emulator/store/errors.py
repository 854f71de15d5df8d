"""What can be wrong with a data directory, said to the person who started the emulator."""

from __future__ import annotations


class StoreProblem(Exception):
    """The data directory cannot be used; the message says why and what to do."""
