"""The configuration file that programs read to find this emulator."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .domain.seed import PERSISTENT_DRIVE_NAME, PERSISTENT_PASSWORD
from .engine import seeding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .app import App


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
    """Write the file as a whole, readable by its owner only. Raises OSError."""
    text = "".join(f"{key} = {value}\n" for key, value in values.items())
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
