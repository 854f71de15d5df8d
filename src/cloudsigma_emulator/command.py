"""``cloudsigma emulator``: a local cloud in the foreground, until Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from .engine.clock import parse_speed
from .engine.options import ACCELERATORS, HYPERVISORS, SEEDS
from .image import cache as image_cache

if TYPE_CHECKING:
    from .emulator import Emulator

log = logging.getLogger("cloudsigma_emulator")


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[], None]]:
    """Take SIGINT and SIGTERM; give what waits for one of them, or returns at once if there was one.

    They come as bytes on a socket. A handler that sets an event would wait for ever for the lock that a second signal
    finds taken, and may not be run at all when the signal comes just before the wait.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    near, far = socket.socketpair()
    with near, far:
        far.setblocking(False)
        waker = signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
        before = [signal.signal(number, lambda _number, _frame: None) for number in numbers]

        def wait() -> None:
            while near.recv(1)[0] not in numbers:
                pass

        try:
            yield wait
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
            signal.set_wakeup_fd(waker)


class _NotHere(click.ClickException):
    exit_code = 2


class _Speed(click.ParamType[str]):
    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            parse_speed(value)
        except ValueError:
            self.fail(f"{value!r} is not realistic, instant or a positive number", param, ctx)
        return str(value)


class _Archive(click.ParamType[str]):
    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if re.fullmatch(r"[a-z][a-z0-9+.-]*:/+[^\s/]\S*", text) is None:
            self.fail(
                f"{text!r} is no address of a Debian archive; it begins with a scheme and a host", param, ctx
            )
        return text


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory that keeps the cloud; else nothing is.",
)
@click.option(
    "--config-out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a configuration file (mode 600) for clients, once ready.",
)
@click.option("--hypervisor", default="simulated", show_default=True, type=click.Choice(HYPERVISORS))
@click.option(
    "--accelerator",
    default="auto",
    show_default=True,
    type=click.Choice(ACCELERATORS),
    help="How qemu gets at a processor; auto takes kvm where a machine boots with it.",
)
@click.option(
    "--speed", default="realistic", show_default=True, type=_Speed(), help="realistic, instant or a factor."
)
@click.option("--seed", default="standard", show_default=True, type=click.Choice(SEEDS))
@click.option("--tls", is_flag=True, help="Serve https and wss, with a certificate made for this machine.")
@click.option(
    "--tls-cert",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Serve https with this certificate (PEM).",
)
@click.option(
    "--tls-key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Its key, where that is a file of its own.",
)
@click.option("--verbose", is_flag=True, help="Write a line about each request.")
@click.pass_context
def emulator(
    context: click.Context,
    host: str,
    port: int,
    data: Path | None,
    config_out: Path | None,
    hypervisor: str,
    accelerator: str,
    speed: str,
    seed: str,
    tls: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    verbose: bool,
) -> None:
    """Run a local CloudSigma cloud in the foreground. Ends on SIGINT or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    from .emulator import Emulator
    from .store.errors import StoreProblem

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    if tls_key is not None and tls_cert is None:
        raise click.UsageError("--tls-key comes with --tls-cert")
    cloud = Emulator(
        host=host,
        port=port,
        data=data,
        config_out=config_out,
        hypervisor=hypervisor,
        accelerator=accelerator,
        speed=speed,
        seed=seed,
        tls=tls,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    # Before the start, so that a signal that comes early ends it cleanly too.
    with _signals() as wait_for_end:
        try:
            cloud.start()
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        except NotImplementedError as error:
            raise _NotHere(str(error)) from None
        except StoreProblem as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            where = error.filename or f"{host}:{port}"
            raise click.ClickException(f"{where}: {error.strerror or error}") from None
        try:
            _introduce(cloud)
            if config_out is not None:
                log.info("configuration in %s", config_out)
            wait_for_end()
        finally:
            cloud.stop()


def _introduce(cloud: Emulator) -> None:
    log.info("CloudSigma emulator at %s", cloud.api_endpoint)
    if cloud.options.hypervisor == "qemu" and not image_cache.current():
        log.warning(
            "there is no guest image, so servers boot only what is uploaded: cloudsigma emulator build-image "
            "makes one, which this cloud has from its next start"
        )
    log.info("accounts %s and %s, password %s", cloud.username, cloud.username2, cloud.password)
    if cloud.ca_file is not None:
        log.info("clients have to trust %s", cloud.ca_file)


@emulator.command("build-image")
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=click.Choice(image_cache.ORDER),
    help="small: boots in seconds (the default). cloud-init: systemd and cloud-init. May be given twice.",
)
@click.option("--fresh", is_flag=True, help="Build anew, of the packages of today, what is there already.")
@click.option(
    "--mirror",
    type=_Archive(),
    metavar="URL",
    help="The Debian archive to take packages from, where this machine's own sources have none.",
)
def build_image(variants: tuple[str, ...], fresh: bool, mirror: str | None) -> None:
    """Build the Debian disks that the guests of --hypervisor qemu boot, unless they are there already.

    Takes root, on Debian or a relative of it, and about a minute. What programs are missing is said. A cloud has the
    disks in its library from its next start, and the small one as its persistent drive. They are kept in
    ~/.cache/cloudsigma-emulator (less than 1 GB each), or where $CLOUDSIGMA_EMULATOR_CACHE says.
    """
    from .domain.seed import PERSISTENT_DRIVE_NAME, PERSISTENT_PASSWORD
    from .image.build import build
    from .image.programs import BuildFailed

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    chosen = list(dict.fromkeys(variants or image_cache.ORDER[:1]))
    try:
        for variant in chosen:
            image = build(variant, click.echo, mirror=mirror, fresh=fresh)
            click.echo(f'{variant}: library drive "{image.title}", {image.path}')
    except BuildFailed as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        where = error.filename or image_cache.folder()
        raise click.ClickException(f"{where}: {error.strerror or error}") from None
    except KeyboardInterrupt:
        click.echo("given up; what was complete is kept for the next time", err=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    if image_cache.ORDER[0] in chosen:
        click.echo(
            f'The drive "{PERSISTENT_DRIVE_NAME}" has it too; root\'s password is {PERSISTENT_PASSWORD}'
        )
    click.echo("Next: cloudsigma emulator --hypervisor qemu")


def main(argv: list[str] | None = None) -> int:
    """Run the command with these arguments (default: the process's own); returns the exit status."""
    try:
        emulator.main(args=argv, prog_name="cloudsigma emulator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        return 130
    return 0
