"""The serial port: opened for one exchange, locked against other readers, read in large pieces up to one deadline."""

from __future__ import annotations

import errno
import os
import select
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from .errors import DeviceUnavailable, NotAnswered, NotJson
from .protocol import Exchange

if TYPE_CHECKING:
    import serial

    from .posix_port import PosixPort

    Line: TypeAlias = serial.SerialBase | PosixPort

_PIECE = 65536
_LOCK_INTERVAL = 0.02  # seconds between two tries for a port that another program holds
_SLICE = 0.25  # longest wait before an abandoned exchange is noticed
_QUIET = 0.1  # seconds without a byte, after which an old answer is taken to be over
_SECOND_ANSWER = 1.0  # seconds that bytes after an answer have to become an answer themselves

_TROUBLE = "https://docs.cloudsigma.com/en/latest/server_context.html"


def default_port() -> str:
    """Return the second serial port: ``CLOUDSIGMA_SERIAL_PORT`` of the environment, else ``COM2`` or ``/dev/ttyS1``."""
    return os.environ.get("CLOUDSIGMA_SERIAL_PORT") or ("COM2" if os.name == "nt" else "/dev/ttyS1")


class SerialDevice:
    """Carries out exchanges over a serial port; each opens the port, locks it and closes it again.

    Arguments: the port's name, or a URL of pyserial; ``timeout``, the seconds that a whole exchange may take, waiting
    for another reader included.
    """

    def __init__(self, port: str | None = None, timeout: float = 10.0) -> None:
        self.port = port or default_port()
        self.timeout = timeout

    def carry_out(self, exchange: Exchange, abandoned: threading.Event | None = None) -> None:
        """Send the request and feed the exchange until it has its answer.

        Raises ``DeviceUnavailable``, ``NotAnswered`` or ``NotJson``.
        """
        deadline = time.monotonic() + self.timeout
        line = self._open(deadline, abandoned)
        try:
            self._discard_old_bytes(line, deadline)
            line.write_timeout = max(0.01, deadline - time.monotonic())
            line.write(exchange.request)
            self._receive(line, exchange, deadline, abandoned)
        except OSError as failure:
            if isinstance(failure, (DeviceUnavailable, NotAnswered)):
                raise
            if isinstance(failure, TimeoutError) or type(failure).__name__ == "SerialTimeoutException":
                raise self._not_answered() from None
            raise DeviceUnavailable(
                f"{self.port} failed while the server context was read: {failure}"
            ) from failure
        finally:
            line.close()

    def _receive(
        self, line: Line, exchange: Exchange, deadline: float, abandoned: threading.Event | None
    ) -> None:
        complete = False
        while True:
            remaining = 0.0 if complete else deadline - time.monotonic()
            if remaining <= 0 and not complete:
                if exchange.payload is not None:
                    return
                self._give_up(exchange)
            data = _read(line, min(remaining, _SLICE))
            if data:
                was_answered = exchange.payload is not None
                complete = exchange.feed(data)
                if was_answered and not complete:
                    deadline = min(deadline, time.monotonic() + _SECOND_ANSWER)
            elif complete:
                return
            elif abandoned is not None and abandoned.is_set():
                raise self._not_answered()

    def _give_up(self, exchange: Exchange) -> NoReturn:
        if exchange.refused:
            raise NotJson(
                f"what answers on {self.port} does not send a JSON object; is it the second serial port of a "
                f"CloudSigma guest, and does no console or login run on it? See {_TROUBLE}"
            )
        if exchange.silent:
            raise self._not_answered()
        raise NotAnswered(f"the answer on {self.port} was not complete after {self.timeout:g} s")

    def _not_answered(self) -> NotAnswered:
        return NotAnswered(
            f"nothing answered on {self.port} within {self.timeout:g} s; is this a CloudSigma guest whose server has "
            f"'context' switched on? See {_TROUBLE}"
        )

    def _discard_old_bytes(self, line: Line, deadline: float) -> None:
        # Opening has emptied the buffer; where it was not empty, more of an old answer may flow in from behind it.
        quiet = _QUIET if getattr(line, "held_old_bytes", False) else 0.0
        while _read(line, quiet) and time.monotonic() < deadline:
            quiet = _QUIET

    def _open(self, deadline: float, abandoned: threading.Event | None) -> Line:
        while True:
            try:
                return _opened(self.port)
            except (OSError, ValueError) as failure:
                if getattr(failure, "errno", None) not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    raise self._unavailable(failure) from failure
            if time.monotonic() >= deadline or (abandoned is not None and abandoned.is_set()):
                raise DeviceUnavailable(
                    errno.EBUSY, f"{self.port} was held by another program for {self.timeout:g} s"
                )
            time.sleep(_LOCK_INTERVAL)

    def _unavailable(self, failure: Exception) -> DeviceUnavailable:
        code = getattr(failure, "errno", None)
        if code == errno.ENOENT or isinstance(failure.__context__, FileNotFoundError):
            return DeviceUnavailable(
                errno.ENOENT,
                f"there is no serial port {self.port}; a CloudSigma guest has the server context on its second serial "
                f"port. CLOUDSIGMA_SERIAL_PORT names another one. See {_TROUBLE}",
            )
        if code in (errno.EACCES, errno.EPERM):
            return DeviceUnavailable(
                code,
                f"no permission to use {self.port}; be root, or add the user to the group that owns the port "
                f"(usually 'dialout': usermod -aG dialout USER) and log in again",
            )
        if code == errno.EBUSY:
            return DeviceUnavailable(code, f"{self.port} is held by another program")
        return DeviceUnavailable(
            code or errno.EIO,
            f"{self.port} cannot be used as a serial port ({failure}); is this a CloudSigma guest? See {_TROUBLE}",
        )


def _opened(port: str) -> Line:
    if "://" not in port and os.name == "posix":
        from .posix_port import PosixPort

        return PosixPort(port)
    import serial

    if "://" in port:
        return serial.serial_for_url(port, timeout=0)
    return serial.Serial(port, timeout=0, exclusive=True)


def _read(any_line: Line, wait: float) -> bytes:
    """Return what is there, in one piece, after waiting at most ``wait`` seconds for a first byte."""
    line: Any = any_line
    try:
        descriptor = line.fileno()
    except (AttributeError, OSError):
        descriptor = -1
    if descriptor >= 0 and os.name == "posix":
        if not select.select([descriptor], [], [], wait)[0]:
            return b""
        data = os.read(descriptor, _PIECE)
        if not data:
            raise OSError(errno.EIO, "the other side was closed")
        return data
    waiting: int = line.in_waiting
    if not waiting and wait > 0:
        line.timeout = wait
        return bytes(line.read(1))
    return bytes(line.read(waiting)) if waiting else b""
