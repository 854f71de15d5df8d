"""The cloud's locations. Here each of them is this emulator, so that no program is sent to the real cloud."""

from __future__ import annotations

from typing import Any

NAMES: tuple[tuple[str, str, str], ...] = (
    ("ZRH", "CH", "Zurich, Switzerland"),
    ("PER", "AU", "Perth, Australia"),
    ("FRA", "DE", "Frankfurt, Germany"),
    ("DUB", "IE", "Dublin, Ireland"),
    ("TYO", "JP", "Tokyo, Japan"),
    ("CRK", "PH", "Clark, Philippines"),
    ("MNL2", "PH", "Manila-2, Philippines"),
    ("RUH", "SA", "Riyadh, Saudi Arabia"),
    ("LLA", "SE", "Boden, Sweden"),
    ("GVA", "CH", "Geneva, Switzerland"),
    ("HNL", "US", "Honolulu, United States"),
    ("WDC", "US", "Washington DC, United States"),
    ("CWL", "GB", "Newport, Wales"),
    ("MNL", "PH", "Manila, Philippines"),
    ("DUS", "DE", "Dusseldorf, Germany"),
    ("MTY", "MX", "Monterrey, Mexico"),
    ("ADB", "TR", "Izmir, Turkey"),
)


def locations(base_url: str, websocket_url: str) -> list[dict[str, Any]]:
    """Return the locations, reached at this emulator."""
    api = f"{base_url}/api/2.0/"
    return [
        {
            "alternative_frontend_url": None,
            "api_endpoint": api,
            "country_code": country,
            "default_frontend_signup_url": None,
            "default_frontend_url": None,
            "display_name": name,
            "documentation_url": "https://docs.cloudsigma.com",
            "id": code,
            "upload_url": api,
            "websocket_url": websocket_url,
        }
        for code, country, name in NAMES
    ]
