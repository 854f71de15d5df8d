"""Real SSH keys: made, read and checked. The library that does it is loaded when the first key comes up."""

from __future__ import annotations

import base64
import binascii
import hashlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..domain.refusal import Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

RSA_BITS = 2048
MOST_RSA_BITS = 4096
_LONGEST = 64 * 1024


@dataclass(frozen=True)
class KeyMaterial:
    """A key as it is kept: texts as they came, and the MD5 fingerprint of the public part."""

    public_key: str
    private_key: str | None
    fingerprint: str


def generate(algorithm: str) -> KeyMaterial:
    """Return a new pair: ``rsa`` of 2048 bits in PEM, or ``ed25519`` in OpenSSH's form."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    key: Any
    if algorithm == "ed25519":
        key, form = ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.OpenSSH
    else:
        key = rsa.generate_private_key(65537, RSA_BITS)
        form = serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    public = _public_text(key)
    return KeyMaterial(public, text, _fingerprint(_blob(public)))


def accept(public_key: str | None, private_key: str | None) -> KeyMaterial:
    """Return the material of an imported key; a missing public key is derived from the private one.

    :raises Refusal: 400 naming ``public_key`` or ``private_key``, whichever is no key, too big, or not the other's.
    """
    if private_key is None:
        blob = _checked_public(public_key or "")
        return KeyMaterial(public_key or "", None, _fingerprint(blob))
    derived = _public_text(_checked_private(private_key))
    if public_key is None:
        return KeyMaterial(derived, private_key, _fingerprint(_blob(derived)))
    blob = _checked_public(public_key)
    if blob != _blob(derived):
        raise Refusal.validation("public_key does not belong to private_key", "public_key")
    return KeyMaterial(public_key, private_key, _fingerprint(blob))


def _checked_public(text: str) -> bytes:
    from cryptography.hazmat.primitives import serialization

    parts = text.split(None, 2)
    if len(parts) < 2 or len(text) > _LONGEST:
        raise _no_key("public_key")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            key = serialization.load_ssh_public_key(f"{parts[0]} {parts[1]}".encode("ascii"))
        except Exception:  # noqa: BLE001 - whatever the parser makes of it, it is no key
            raise _no_key("public_key") from None
    _check_size(key, "public_key")
    return _blob(text)


def _checked_private(text: str) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives import serialization

    if len(text) > _LONGEST:
        raise _no_key("private_key")
    data = text.strip().encode() + b"\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if "OPENSSH PRIVATE KEY" in text[:200]:
                key: Any = serialization.load_ssh_private_key(data, None)
            else:
                key = serialization.load_pem_private_key(data, None)
        except Exception:  # noqa: BLE001 - also an encrypted key, which nobody here can read
            raise _no_key("private_key") from None
    _check_size(key, "private_key")
    return key  # type: ignore[no-any-return]


def _check_size(key: Any, point: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey) and key.key_size > MOST_RSA_BITS:
        raise Refusal.validation(
            f"{point} has {key.key_size} bits; at most {MOST_RSA_BITS} are allowed", point
        )


def _public_text(key: Any) -> str:
    from cryptography.hazmat.primitives import serialization

    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    try:
        text: bytes = key.public_key().public_bytes(*form)
    except Exception:  # noqa: BLE001 - a kind of key that SSH does not know
        raise _no_key("private_key") from None
    return text.decode()


def _blob(public_key: str) -> bytes:
    try:
        return base64.b64decode(public_key.split(None, 2)[1], validate=True)
    except (binascii.Error, ValueError, IndexError):
        raise _no_key("public_key") from None


def _fingerprint(blob: bytes) -> str:
    # MD5 names the key here, as SSH's old fingerprints do; it protects nothing.
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2))


def _no_key(point: str) -> Refusal:
    return Refusal.validation(f"{point} is not an SSH key that can be read", point)
