"""The serial port: opened for one exchange, locked against other readers, read in large pieces up to one deadline."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from .errors import DeviceUnavailable, NotAnswered, NotJson
from .protocol import EOT, Exchange

if sys.platform != "win32":
    from .posix_port import PosixPort

if TYPE_CHECKING:
    from .pyserial_port import PyserialPort

    Line: TypeAlias = PosixPort | PyserialPort

_LOCK_INTERVAL = 0.02  # seconds between two tries for a port that another program holds
_SLICE = 0.1  # longest wait before an abandoned exchange is noticed
_QUIET = 0.1  # seconds without a byte, after which an old answer is taken to be over
_SECOND_ANSWER = 1.0  # longest silence between an answer that may be an earlier reader's and the own one
_SMALL, _MANY, _GATHER = 1024, 8, 0.005
"""So many pieces in a row of fewer bytes mean a slow line: a real port hands out 16 at a time. Waiting so many seconds for
more saves a guest's processor most of the work; the system keeps what comes meanwhile."""
_LONGEST = 1e6  # seconds; systems cannot wait for much more

_TROUBLE = "https://docs.cloudsigma.com/en/latest/server_context.html"


def usual_port() -> str:
    """Return the name that the second serial port has on this system."""
    return "COM2" if os.name == "nt" else "/dev/ttyS1"


def default_port() -> str:
    """Return the port that ``CLOUDSIGMA_SERIAL_PORT`` of the environment names, else the second serial port."""
    return os.environ.get("CLOUDSIGMA_SERIAL_PORT") or usual_port()


class SerialDevice:
    """Carries out exchanges over a serial port; each opens the port, locks it and closes it again.

    Arguments: the port's name, or a URL of pyserial; ``timeout``, the seconds that a whole exchange may take, waiting
    for another reader included. Raises ``TypeError`` and ``ValueError`` for what is none of these.
    """

    def __init__(self, port: str | os.PathLike[str] | None = None, timeout: float = 10.0) -> None:
        self.port = _name(port) or default_port()
        self.timeout = _seconds(timeout)

    def carry_out(self, exchange: Exchange, abandoned: threading.Event | None = None) -> None:
        """Send the request and feed the exchange until it has its answer.

        Raises ``DeviceUnavailable``, ``NotAnswered`` or ``NotJson``.
        """
        deadline = time.monotonic() + min(self.timeout, _LONGEST)
        line = self._open(deadline, abandoned)
        try:
            owed = self._discard_old_bytes(line, deadline) + 1
            line.owe(owed)
            line.write(exchange.request, max(0.01, deadline - time.monotonic()))
            self._receive(line, exchange, owed, deadline, abandoned)
            line.owe(0)
        except OSError as failure:
            if isinstance(failure, (DeviceUnavailable, NotAnswered)):
                raise
            if isinstance(failure, TimeoutError):
                raise self._not_answered() from None
            raise DeviceUnavailable(
                failure.errno or errno.EIO,
                f"{self.port} failed while the server context was read: {failure.strerror or failure}",
            ) from failure
        finally:
            if exchange.payload is None and (exchange.silent or exchange.refused):
                with contextlib.suppress(OSError):
                    line.give_back()
            line.close()

    def _receive(
        self, line: Line, exchange: Exchange, owed: int, deadline: float, abandoned: threading.Event | None
    ) -> None:
        """Read until the own answer has come, which is the last of those that are owed to the readers of this port."""
        end = deadline
        complete = False
        small = 0  # pieces in a row
        while True:
            if abandoned is not None and abandoned.is_set():
                raise self._not_answered()
            settled = complete and exchange.ends >= owed
            remaining = 0.0 if settled else end - time.monotonic()
            data = line.receive(max(0.0, min(remaining, _SLICE)))
            if data:
                complete = exchange.feed(data)
                if exchange.payload is not None:
                    end = min(deadline, time.monotonic() + _SECOND_ANSWER)
                small = small + 1 if len(data) < _SMALL else 0
                if small > _MANY and not complete:
                    time.sleep(_GATHER)
            elif remaining <= 0:
                if exchange.payload is None:
                    self._give_up(exchange)
                return

    def _give_up(self, exchange: Exchange) -> NoReturn:
        if exchange.refused:
            raise NotJson(
                f"what answers on {self.port} does not send a JSON object; is it the second serial port of a "
                f"CloudSigma guest, and does no console or login run on it? See {_TROUBLE}"
            )
        if exchange.silent:
            raise self._not_answered()
        raise NotAnswered(
            f"the answer on {self.port} was not complete after {self.timeout:g} s; a longer timeout may help, unless "
            f"another program, such as a login, reads from the port too"
        )

    def _not_answered(self) -> NotAnswered:
        return NotAnswered(
            f"nothing answered on {self.port} within {self.timeout:g} s; is this a CloudSigma guest whose server has "
            f"'context' switched on? See {_TROUBLE}"
        )

    @staticmethod
    def _discard_old_bytes(line: Line, deadline: float) -> int:
        """Read what earlier readers have left; return how many answers to them are still to come, as far as known.

        A line that never falls silent takes at most half of the time.
        """
        now = time.monotonic()
        end = now + (deadline - now) / 2
        owed = line.owed
        last = EOT
        quiet = _QUIET if owed else 0.0
        while time.monotonic() < end and (data := line.receive(quiet)):
            owed -= data.count(EOT)
            last = data
            # More of an old answer may flow in from behind it.
            quiet = _QUIET
        return max(owed, 0 if last.endswith(EOT) else 1)

    def _open(self, deadline: float, abandoned: threading.Event | None) -> Line:
        while True:
            try:
                return _opened(self.port)
            except (OSError, ValueError) as failure:
                if _code(failure) not in _HELD:
                    raise self._unavailable(failure) from failure
            if time.monotonic() >= deadline or (abandoned is not None and abandoned.is_set()):
                raise DeviceUnavailable(
                    errno.EBUSY,
                    f"{self.port} was held by another program for {self.timeout:g} s; a longer timeout may help",
                )
            time.sleep(_LOCK_INTERVAL)

    def _unavailable(self, failure: Exception) -> DeviceUnavailable:
        code = _code(failure)
        if code == errno.ENOENT:
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
        reason = getattr(failure, "strerror", None) or failure
        if code in (errno.ENOTTY, errno.EISDIR):
            return DeviceUnavailable(
                code,
                f"{self.port} is no serial port ({reason}); a CloudSigma guest has the server context on its second "
                f"serial port, {usual_port()}. See {_TROUBLE}",
            )
        return DeviceUnavailable(
            code or errno.EIO,
            f"{self.port} cannot be used as a serial port ({reason}); is this a CloudSigma guest? See {_TROUBLE}",
        )


def _name(port: Any) -> str:
    if isinstance(port, os.PathLike):
        port = os.fspath(port)
    if port is not None and not isinstance(port, str):
        raise TypeError(f"port is the name of a serial port such as {usual_port()!r}, not {port!r}")
    return port or ""


def _seconds(timeout: Any) -> float:
    # Not-a-number is not above 0 either.
    if not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ValueError(f"timeout is a number of seconds above 0 (infinity for no limit), not {timeout!r}")
    return timeout


_HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY)


def _code(failure: Exception) -> int | None:
    code: int | None = getattr(failure, "errno", None)
    if code is None:
        # On Windows pyserial has the system's error only as words; a port is given to one program at a time there.
        words = str(failure)
        code = (
            errno.ENOENT
            if "FileNotFoundError" in words
            else errno.EBUSY
            if "PermissionError" in words
            else None
        )
    return code


def _opened(port: str) -> Line:
    if sys.platform != "win32" and "://" not in port:
        return PosixPort(port)
    from .pyserial_port import PyserialPort

    return PyserialPort(port)
