"""The server context under the old library's name; ``cloudsigma.guest`` is the place for new programs."""

from __future__ import annotations

import os
from typing import Any

from .guest import DeviceUnavailable, NotAnswered, ServerContext


class GetServerMetadata:
    """Read the whole server context when made, and hand it out with ``get``.

    Arguments: ``port``, the serial port (by default ``CLOUDSIGMA_SERIAL_PORT`` of the environment, else ``/dev/ttyS1``
    or ``COM2``); ``timeout``, the seconds that the reading may take. Neither credentials nor a configuration are
    needed.

    Raises ``serial.SerialException`` when the port cannot be used or nobody answers, and ``ValueError`` when the
    answer is not JSON or the timeout is not above 0, as the old library did.
    """

    result: dict[str, Any] | None = None

    def __init__(self, port: str | os.PathLike[str] | None = None, timeout: float = 10.0) -> None:
        try:
            self.result = ServerContext(port, timeout).get()
        except (DeviceUnavailable, NotAnswered) as failure:
            import serial

            raise serial.SerialException(*failure.args) from failure

    def get(self) -> dict[str, Any] | None:
        """Return the server context as a dictionary."""
        return self.result
