"""The configuration file that programs read to find this emulator."""

from __future__ import annotations

import itertools
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .domain.seed import PERSISTENT_DRIVE_NAME, PERSISTENT_PASSWORD
from .engine import seeding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .app import App

log = logging.getLogger("cloudsigma_emulator")


def settings(app: App, ca_file: Path | None = None) -> dict[str, str]:
    """Return the keys and values, in the order of the file; ``ca_file`` is what clients of https have to trust."""
    (username, password), (username2, password2) = seeding.USERS
    values = {
        "api_endpoint": app.api_endpoint,
        "ws_endpoint": app.websocket_url,
        "username": username,
        "password": password,
        "username2": username2,
        "password2": password2,
        "curl_upload_endpoint": app.api_endpoint.rstrip("/"),
        "persistent_drive_name": PERSISTENT_DRIVE_NAME,
        "persistent_drive_ssh_password": PERSISTENT_PASSWORD,
    }
    if ca_file is not None:
        values["ca_file"] = str(ca_file)
    return values


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the file as a whole, readable by its owner only; somebody else's file is set aside. Raises OSError."""
    _set_aside(path)
    text = "".join(f"{key} = {value}\n" for key, value in values.items())
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _set_aside(path: Path) -> None:
    """Keep a file that no emulator wrote, such as the user's own configuration, under another name."""
    if not path.is_file() or path.stat().st_size == 0 or _is_an_emulators(path.read_bytes()):
        return
    names = (path.with_name(f"{path.name}.saved{number or ''}") for number in itertools.count())
    kept = next(name for name in names if not name.exists())
    os.link(path, kept)
    log.warning("%s was there before; it is kept as %s", path, kept)


def _is_an_emulators(text: bytes) -> bool:
    (username, _), (username2, _) = seeding.USERS
    own = (
        f"username = {username}",
        f"username2 = {username2}",
        f"persistent_drive_name = {PERSISTENT_DRIVE_NAME}",
    )
    return set(own) <= set(text.decode("utf-8", "replace").splitlines())
