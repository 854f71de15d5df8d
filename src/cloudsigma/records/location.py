"""Locations of the cloud, as ``/locations/`` answers them."""

from __future__ import annotations

from .record import Record


class Location(Record):
    """One location, with the addresses of its services. Locations have no uuid."""

    alternative_frontend_url: str | None
    """Older web interface."""
    api_endpoint: str | None
    """Base of the API, ending ``/api/2.0/``."""
    country_code: str | None
    """ISO 3166 code of two letters."""
    default_frontend_signup_url: str | None
    """Where accounts are opened."""
    default_frontend_url: str | None
    """Web interface."""
    display_name: str | None
    """Name for people."""
    documentation_url: str | None
    """Documentation."""
    id: str
    """Code in capitals, such as ``ZRH``."""
    upload_url: str | None
    """Base of the API on the host for big transfers."""
    websocket_url: str | None
    """Where events are told."""
