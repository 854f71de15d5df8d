"""A certificate for https on this machine, made at first use and kept where the cloud is kept.

The authority that signs it signs nothing else: its key is forgotten at once, so that trusting it is safe.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_ALWAYS = ("localhost", "127.0.0.1", "::1")
_DAYS = 397  # clients of some systems refuse longer ones
_RENEWED_BEFORE = timedelta(days=30)
REMEDY = "https needs the package cryptography: pip install 'cloudsigma[emulator]'"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM: what the server shows, its key (None: in the same file), what clients have to trust.

    ``authority`` is None for a certificate of the user's own.
    """

    chain: Path
    key: Path | None
    authority: Path | None

    def check(self) -> None:
        """Raise ValueError, naming the file, when the server could not use the files."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.chain, self.key, _no_password)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            missing = error.filename if isinstance(error, OSError) else None
            absent = missing or next((p for p in (self.chain, self.key) if p and not p.exists()), None)
            if absent is not None:
                raise ValueError(f"{absent}: there is no such file") from None
            reason = getattr(error, "reason", None) or str(error)
            raise ValueError(f"{self.chain}: not a certificate with its key in PEM ({reason})") from None


def _no_password() -> str:
    raise ValueError("the key is protected by a password")


def made_in(folder: Path, host: str, published: Path | None = None) -> Certificate:
    """Return the certificate of a folder for localhost and ``host``; a new one when there is none that will do.

    :param published: where to put a copy of the authority for clients; None: in the folder only.
    :raises ValueError: when ``cryptography`` is not installed.
    :raises OSError: when the folder cannot be written.
    """
    names = [*_ALWAYS, *([host] if host not in (*_ALWAYS, "", "0.0.0.0", "::") else [])]  # noqa: S104
    chain, authority = folder / "server.pem", folder / "ca.pem"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _still_good(chain, authority, names):
        ca, pem = _made(names)
        _write(authority, ca, 0o644)
        _write(chain, pem, 0o600)
    if published is not None:
        _write(published, authority.read_bytes(), 0o644)
    return Certificate(chain, None, published or authority)


def _still_good(chain: Path, authority: Path, names: list[str]) -> bool:
    x509 = _library()
    try:
        shown = x509.load_pem_x509_certificate(chain.read_bytes())
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
        shown.verify_directly_issued_by(issuer)
        Certificate(chain, None, None).check()
    except Exception:  # noqa: BLE001 - whatever is wrong with the files, new ones put it right
        return False
    found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    listed = {str(entry.value) for entry in found}
    return set(names) <= listed and shown.not_valid_after_utc - datetime.now(UTC) > _RENEWED_BEFORE


def _made(names: list[str]) -> tuple[bytes, bytes]:
    """Return the authority, and the certificate with its key."""
    _library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _signed(signer, signer, names=None)
    shown = _signed(key, signer, names=[_general_name(name) for name in names])
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return ca.public_bytes(pem), shown.public_bytes(pem) + private


def _library() -> ModuleType:
    try:
        from cryptography import x509
    except ImportError:
        raise ValueError(REMEDY) from None
    return x509


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _signed(
    key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName] | None
) -> x509.Certificate:
    """Return a certificate for a key; without names the authority's own."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    own = names is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(named("CloudSigma emulator CA" if own else "CloudSigma emulator"))
        .issuer_name(named("CloudSigma emulator CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS - 1))
        .add_extension(x509.BasicConstraints(ca=own, path_length=0 if own else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not own,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=own,
                crl_sign=own,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _write(path: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
