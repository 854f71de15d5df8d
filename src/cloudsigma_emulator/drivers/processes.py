"""Programs that end with the emulator."""

from __future__ import annotations

import shutil


def dies_with_parent() -> list[str]:
    """Return the words before a command that let it be killed when the thread that started it is gone.

    Where the system cannot do that there are none; what a killed emulator leaves is then removed by the next one.
    """
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL", "--"] if program is not None else []
