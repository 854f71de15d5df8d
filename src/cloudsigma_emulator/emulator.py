"""A cloud of one's own in this process: ``with Emulator() as cloud: ...``."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import config_file
from .certificate import Certificate, made_in
from .engine import seeding
from .engine.faults import Faults
from .engine.options import ACCELERATORS, HYPERVISORS, SEEDS, Options

if TYPE_CHECKING:
    from .app import App
    from .faces.server import Server


class EmulatorClock:
    """The emulator's time, seen from a test."""

    def __init__(self, app: App) -> None:
        self._app = app

    def now(self) -> datetime:
        """Return the emulator's time, UTC."""
        return self._app.clock.now()

    def stop(self) -> None:
        """Let the clock stand still until it is moved."""
        self._app.clock.stop()
        self._app.wake()

    def run(self) -> None:
        """Let a clock that stands still run on."""
        self._app.clock.run()
        self._app.wake()

    def advance(self, seconds: float) -> None:
        """Move the time; what falls due on the way happens, in its order, before this returns."""
        self._app.move_clock(self._app.clock.timestamp() + seconds)

    def set(self, moment: datetime) -> None:
        """Set the time; a moment without a zone is UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._app.move_clock(aware.timestamp())

    def jump(self) -> bool:
        """Move the time to the next step of an operation under way, and let it happen; False when there is none.

        What comes round by the calendar is no such step: billing, backups, the ends of subscriptions.
        """
        return self._app.jump()

    def set_speed(self, speed: str | float) -> None:
        """Set how long transitions take from now on: ``realistic``, ``instant`` or a factor."""
        self._app.clock.set_speed(speed)


class Emulator:
    """A local CloudSigma cloud, listening on a TCP port of this machine while the ``with`` block runs.

    Arguments are those of the command: ``host``, ``port`` (0: a free one), ``data`` (a directory that keeps
    the cloud; None keeps nothing), ``config_out`` (a file to write the configuration to), ``hypervisor``
    (``simulated``, or ``qemu`` for real guests), ``speed`` (``instant``, ``realistic`` or a factor), ``seed`` (``standard`` or
    ``empty``). ``tls``: https and wss, with a certificate made for this machine, or with ``tls_cert`` and
    ``tls_key`` (PEM files; the key may stand in the certificate's) with one's own. Further ones: see
    ``cloudsigma_emulator.engine.options.Options``.

    Raises ValueError for an unknown hypervisor, seed or speed, or a certificate that cannot be used,
    NotImplementedError for a hypervisor that cannot be had here, OSError when the port is taken, StoreProblem when the
    data directory cannot be used.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data: str | Path | None = None,
        config_out: str | Path | None = None,
        hypervisor: str = "simulated",
        speed: str | float = "instant",
        seed: str = "standard",
        tls: bool = False,
        tls_cert: str | Path | None = None,
        tls_key: str | Path | None = None,
        rate_limits: bool | None = None,
        hotplug: bool = False,
        lenient_uploads: bool = False,
        virtual_clock: bool = False,
        remote_snapshot_interval: float = 1800.0,
        firewall_policies: bool = True,
        vpc: bool = True,
        host_availability_zones: bool = True,
        backfilling: bool = False,
        random_seed: int | None = None,
        accelerator: str = "auto",
    ) -> None:
        if hypervisor not in HYPERVISORS:
            raise ValueError(f"unknown hypervisor {hypervisor!r}; there are: {', '.join(HYPERVISORS)}")
        if accelerator not in ACCELERATORS:
            raise ValueError(f"unknown accelerator {accelerator!r}; there are: {', '.join(ACCELERATORS)}")
        if seed not in SEEDS:
            raise ValueError(f"unknown seed {seed!r}; there are: {', '.join(SEEDS)}")
        if tls_key is not None and tls_cert is None:
            raise ValueError("tls_key comes with tls_cert")
        self._host = host
        self._port = port
        self._tls = tls or tls_cert is not None
        self._own_certificate = (
            Certificate(Path(tls_cert), Path(tls_key) if tls_key is not None else None, None)
            if tls_cert is not None
            else None
        )
        self._certificate: Certificate | None = None
        self._certificate_folder: tempfile.TemporaryDirectory[str] | None = None
        self._config_out = Path(config_out) if config_out is not None else None
        self._config_folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: Server | None = None
        self._app: App | None = None
        self.options = Options(
            data=Path(data) if data is not None else None,
            hypervisor=hypervisor,
            speed=speed,
            seed=seed,
            rate_limits=rate_limits,
            hotplug=hotplug,
            lenient_uploads=lenient_uploads,
            virtual_clock=virtual_clock,
            remote_snapshot_interval=remote_snapshot_interval,
            firewall_policies=firewall_policies,
            vpc=vpc,
            host_availability_zones=host_availability_zones,
            backfilling=backfilling,
            random_seed=random_seed,
            accelerator=accelerator,
        )
        (self.username, self.password), (self.username2, self.password2) = seeding.USERS
        self.token = seeding.token_for(self.username)
        """A bearer token of the first account, good for ever."""
        self.token2 = seeding.token_for(self.username2)

    def start(self) -> Emulator:
        """Begin to listen; returns when requests are answered."""
        from .app import App
        from .faces.server import Server

        if self._server is not None:
            raise RuntimeError("this emulator runs already")
        app = App(self.options)
        try:
            shown = self._certificate = self._find_certificate()
            files = (shown.chain, shown.key) if shown is not None else (None, None)
            server = Server(app, self._host, self._port, *files)
            app.served_at(_reachable(self._host), server.port, tls=shown is not None)
            server.start()
        except BaseException:
            app.close()
            self._forget_certificate()
            raise
        self._app, self._server = app, server
        app.start()
        if self._config_out is not None:
            try:
                config_file.write(self._config_out, self.settings())
            except BaseException:
                self.stop()
                raise
        return self

    def _find_certificate(self) -> Certificate | None:
        if not self._tls:
            return None
        if self._own_certificate is not None:
            self._own_certificate.check()
            return self._own_certificate
        published = None
        if self._config_out is not None:
            published = self._config_out.absolute()
            published = published.with_name(f"{published.name}.ca.pem")
        if self.options.data is not None:
            return made_in(self.options.data.absolute() / "tls", self._host, published)
        self._certificate_folder = tempfile.TemporaryDirectory(prefix="cloudsigma-emulator-tls-")
        return made_in(Path(self._certificate_folder.name), self._host, published)

    def _forget_certificate(self) -> None:
        self._certificate = None
        if self._certificate_folder is not None:
            self._certificate_folder.cleanup()
            self._certificate_folder = None

    def stop(self) -> None:
        """End; with ``data`` everything is there again at the next start."""
        server, app = self._server, self._app
        self._server = self._app = None
        if server is not None:
            server.stop()
        if app is not None:
            app.close()
        self._forget_certificate()
        if self._config_folder is not None:
            self._config_folder.cleanup()
            self._config_folder = None

    def __enter__(self) -> Emulator:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def app(self) -> App:
        """The cloud itself, as one function. Raises RuntimeError when the emulator does not run."""
        if self._app is None:
            raise RuntimeError("the emulator does not run: use it in a with statement, or call start()")
        return self._app

    @property
    def api_endpoint(self) -> str:
        """The API's base, ending in a slash."""
        return self.app.api_endpoint

    @property
    def ws_endpoint(self) -> str:
        """The address of the websocket."""
        return self.app.websocket_url

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return self.app.base_url

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the emulator does not run")
        return self._server.port

    @property
    def config_path(self) -> Path:
        """A configuration file (mode 600) for this emulator, in the documented format."""
        if self._config_out is not None:
            return self._config_out
        if self._config_folder is None:
            self._config_folder = tempfile.TemporaryDirectory(prefix="cloudsigma-emulator-config-")
            config_file.write(Path(self._config_folder.name) / "cloudsigma.conf", self.settings())
        return Path(self._config_folder.name) / "cloudsigma.conf"

    def settings(self) -> Mapping[str, str]:
        """Return the keys and values of the configuration file."""
        return config_file.settings(self.app, self.ca_file)

    @property
    def ca_file(self) -> Path | None:
        """The authority that clients of https have to trust, in PEM; None without https or with one's own certificate."""
        return self._certificate.authority if self._certificate is not None else None

    @property
    def clock(self) -> EmulatorClock:
        """The emulator's time."""
        return EmulatorClock(self.app)

    @property
    def faults(self) -> Faults:
        """The faults that requests will meet; ``faults.add(status=503, path=..., count=1)``."""
        return self.app.faults

    def reset(self, seed: str | None = None) -> None:
        """Begin anew: fresh seed, no faults, no sessions, wall-clock time, the speed of the start."""
        self.app.reset(seed)

    def close_websockets(self) -> int:
        """Close every open websocket; returns how many."""
        return self.app.close_sockets(None)

    def set_money(self, email: str | None = None, **money: str | None) -> None:
        """Let an account have other money: ``balance``, ``credit_limit`` (None: no credit), ``currency``.

        :param email: of the account, by default the first one.
        :raises ValueError: for an unknown account or keyword, and for what is no amount or currency.
        """
        from .engine import books, credentials

        unknown = sorted(set(money) - {"balance", "credit_limit", "currency"})
        if unknown:
            raise ValueError(f"there is no {unknown[0]} to set")
        with self.app.transaction() as tx:
            books.set_money(tx, credentials.named_account(tx, email or self.username)["uuid"], money)

    def runtime(self) -> dict[str, Any]:
        """Return name, status, ``serial_port`` and ``ssh`` (host:port) of each server that is not stopped, by uuid."""
        from .engine.guests import machines

        return machines(self.app)

    def serial_port(self, server: str) -> str | None:
        """Return the path of the device that answers as a server's second serial port, None when it has none."""
        return self.app.hypervisor.serial_port(server)

    def let_happen(self, server: str, event: str) -> bool:
        """Let the platform do something to a server: ``power_off`` (from inside), ``host_crash``,
        ``illegal_operation``, ``outage``, ``recover``; or let its guest ``ignore_power_button`` or
        ``obey_power_button`` from now on. False when it means nothing in the server's state.
        """
        from .engine.guests import let_happen

        return let_happen(self.app, server, event)


def _reachable(host: str) -> str:
    if host in ("", "0.0.0.0"):  # noqa: S104 - compared, not listened on
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
