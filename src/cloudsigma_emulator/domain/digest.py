"""HTTP Digest authentication, RFC 2617, as the cloud offers it: MD5, qop ``auth``, stateless nonces."""

from __future__ import annotations

import hashlib
import hmac
import re

REALM = "users"
NONCE_SECONDS = 300.0
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def ha1(user: str, password: str) -> str:
    """Return the digest of user, realm and password that stands for the password in RFC 2617."""
    return _md5(f"{user}:{REALM}:{password}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def new_nonce(secret: bytes, now: float) -> str:
    """Return a nonce: time, four hex digits, and a signature by which it is known again."""
    stamp = f"{now:.2f}"
    mark = _md5(stamp + secret.hex())[:4]
    return f"{stamp}:{mark}:{_sign(secret, stamp, mark)}"


def _sign(secret: bytes, stamp: str, mark: str) -> str:
    return hmac.new(secret, f"{stamp}:{mark}".encode(), "md5").hexdigest()


def nonce_state(secret: bytes, nonce: str, now: float) -> str:
    """Return ``good``, ``stale`` (ours, but old) or ``foreign``."""
    parts = nonce.split(":")
    if len(parts) != 3 or not same(_sign(secret, parts[0], parts[1]), parts[2]):
        return "foreign"
    return "good" if -NONCE_SECONDS <= now - float(parts[0]) <= NONCE_SECONDS else "stale"


def same(ours: str, theirs: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))


def challenge(secret: bytes, now: float, *, stale: bool = False) -> str:
    """Return the value of ``WWW-Authenticate``."""
    opaque = hashlib.sha1(secret, usedforsecurity=False).hexdigest()
    text = f'Digest nonce="{new_nonce(secret, now)}", realm="{REALM}", algorithm="MD5", opaque="{opaque}", qop="auth"'
    return text + ', stale="true"' if stale else text


def parse(header: str) -> dict[str, str]:
    """Read the parameters after the word Digest; names are lower-case."""
    found = {}
    for name, quoted, bare in _PAIR.findall(header):
        found[name.lower()] = bare or re.sub(r"\\(.)", r"\1", quoted)
    return found


def response(digest: str, method: str, values: dict[str, str]) -> str:
    """Return the response that a client with the right password computes.

    Arguments: HA1, the request's method, and the parameters of its header. Without ``qop`` the older form
    of RFC 2069 is computed.
    """
    ha2 = _md5(f"{method}:{values.get('uri', '')}")
    nonce = values.get("nonce", "")
    if "qop" not in values:
        return _md5(f"{digest}:{nonce}:{ha2}")
    return _md5(f"{digest}:{nonce}:{values.get('nc', '')}:{values.get('cnonce', '')}:{values['qop']}:{ha2}")
