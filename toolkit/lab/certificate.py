"""The certificate of a lab that is served over TLS: self-signed, for this computer only, made once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.errors import StorageProblem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

CERTIFICATE = "localhost.pem"
KEY = "localhost.key"
LIFETIME = timedelta(days=365)
RENEWED_BEFORE = timedelta(days=30)


def make_certificate(folder: str, *, now: datetime | None = None) -> tuple[str, str]:
    """(certificate file, key file) in PEM, for localhost, 127.0.0.1 and ::1. `now` is real time.

    What the folder holds is kept while it has more than 30 days to go. The key's file is for its owner only. The
    certificate is no authority: whoever trusts it trusts these three names and nothing that its key could sign.

    Raises StorageProblem.
    """
    now = now if now is not None else datetime.now(UTC)
    certificate, key = os.path.join(folder, CERTIFICATE), os.path.join(folder, KEY)
    try:
        if not _is_good(certificate, key, now):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            made, private = _made(now)
            _write(key, private, 0o600)
            _write(certificate, made, 0o644)
    except OSError as problem:
        raise StorageProblem(
            f"Cannot keep the lab's certificate in {folder}: {problem.strerror or problem}.",
            hint="GRACE_HOME names the folder where Grace keeps its state.",
        ) from None
    return certificate, key


def _is_good(certificate: str, key: str, now: datetime) -> bool:
    """Whether both files are there, belong together and last for a while."""
    if not (os.path.exists(certificate) and os.path.exists(key)):
        return False
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    try:
        with open(certificate, "rb") as handle:
            found = load_pem_x509_certificate(handle.read())
        with open(key, "rb") as handle:
            private = load_pem_private_key(handle.read(), None)
    except (ValueError, TypeError):
        return False
    lasts = found.not_valid_before_utc <= now and now + RENEWED_BEFORE < found.not_valid_after_utc
    return lasts and found.public_key() == private.public_key()


def _made(now: datetime) -> tuple[bytes, bytes]:
    """A certificate and its key, both in PEM."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _signed(key, now).public_bytes(Encoding.PEM), private


def _signed(key: EllipticCurvePrivateKey, now: datetime) -> Certificate:
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Grace lab on this computer")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    usage = {
        "key_encipherment": False,
        "content_commitment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of two machines that share a home may differ a little.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _write(path: str, content: bytes, mode: int) -> None:
    """Replaces a file at once; its mode is right from its first byte on."""
    fresh = f"{path}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        os.replace(fresh, path)
    finally:
        if os.path.exists(fresh):
            os.unlink(fresh)
