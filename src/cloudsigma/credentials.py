"""Credentials that are more than a user name, a password or a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class DelegatedCredentials:
    """A service's own credentials, with which it acts for a user: ``CloudSigma(token=DelegatedCredentials(…))``.

    The client exchanges them for a token in three steps (OAuth 2.0 client credentials, RFC 6749 section 4.4; a UMA 2.0
    ticket; impersonation), and each token for a new one five minutes before its end. The token is good on the ``direct.``
    host of the location, so that the client sends its requests there.

    ``oauth_endpoint`` is the address of the identity service, ``https://host``. ``client_id`` and ``client_secret`` are
    the service's; ``user_email`` is the login name of the user. ``service_endpoint`` is the address that impersonates;
    when None it is the ``direct.`` host. Raises ``cloudsigma.errors.ConfigurationError`` for a value that cannot be.
    """

    oauth_endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    user_email: str
    service_endpoint: str | None = None

    def __post_init__(self) -> None:
        for name in ("client_id", "client_secret", "user_email"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ConfigurationError(f"{name} of delegated credentials must be a text that is not empty")
        _require_origin("oauth_endpoint", self.oauth_endpoint)
        if self.service_endpoint is not None:
            _require_origin("service_endpoint", self.service_endpoint)


def _require_origin(name: str, value: object) -> None:
    if not isinstance(value, str) or not _is_origin(value):
        raise ConfigurationError(
            f"{name} of delegated credentials must be an address with nothing after the host: https://host"
        )


def _is_origin(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError for what is no number
    except ValueError:
        return False
    plain = not (parts.username or parts.query or parts.fragment) and parts.path in ("", "/")
    return plain and parts.scheme in ("https", "http") and bool(parts.hostname)
