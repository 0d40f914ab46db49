"""How an app proves who it is: with its secret, or with an assertion signed by its certificate's key."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from toolkit.lab.identity.protocol import ANY_TENANT, SignInError, Visit, needed, registered
from toolkit.lab.tokens import from_base64url, tenant_id

if TYPE_CHECKING:
    from toolkit.lab.apps import App, Certificate

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCKS_DIFFER = 300
"""Seconds by which two machines' clocks may differ."""


def authenticated(visit: Visit) -> tuple[App, str]:
    """(the app, how it proved who it is: "0" not at all, "1" by secret, "2" by certificate). Raises SignInError."""
    form = visit.form
    basic_id, basic_secret = _basic(visit.headers.get("authorization", ""))
    client_id = form.get("client_id") or basic_id
    app = registered(visit.lab, needed({"client_id": client_id}, "client_id"))
    secret = form.get("client_secret") or basic_secret
    assertion = form.get("client_assertion")
    if basic_id and basic_id.lower() != app.id:
        raise SignInError("invalid_request", "The header and the body name two different clients.", 9002313)
    if secret and assertion:
        raise SignInError("invalid_request", "A client proves who it is in one way only.", 9002313)
    if app.is_public:
        if secret or assertion:
            raise _refused(f"{app.name} is a public client: it sends no secret and no assertion.", 700025)
        return app, "0"
    if secret:
        if not app.has_secret(secret):
            raise _refused(f"That is not the secret of {app.name}.", 7000215)
        return app, "1"
    if assertion:
        if form.get("client_assertion_type") != ASSERTION:
            raise SignInError("invalid_request", "client_assertion_type is missing or unknown.", 900144)
        _check_assertion(visit, app, assertion)
        return app, "2"
    raise _refused(f"{app.name} has to send client_secret or client_assertion.", 7000218)


def _refused(sentence: str, number: int) -> SignInError:
    return SignInError("invalid_client", sentence, number, status=401)


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of the Basic scheme, each form-encoded before it was put in (RFC 6749 2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        id, _, secret = b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise SignInError("invalid_request", "The Authorization header cannot be read.", 9002313) from None
    return unquote_plus(id), unquote_plus(secret)


def _check_assertion(visit: Visit, app: App, assertion: str) -> None:
    """Certificate credentials of the Microsoft identity platform. Raises SignInError.

    An assertion may be sent again until it expires: Microsoft's libraries keep one for minutes, and no refusal of a
    `jti` that was seen before is documented.
    """
    head, claims = _parts(assertion)
    certificate = app.certificate
    if certificate is None or not _names(head, certificate):
        raise _refused(f"{app.name} has not registered the certificate that the assertion names.", 700027)
    if not _is_signed(certificate, str(head.get("alg")), assertion):
        raise _refused("The signature of the assertion is not of the registered certificate's key.", 700027)
    if not _is_valid(certificate, visit.now):
        raise _refused("The registered certificate has expired, or is not valid yet.", 700027)
    if claims.get("iss") != claims.get("sub"):
        raise _refused("iss and sub of the assertion differ.", 50048)
    if str(claims.get("iss")).lower() != app.id:
        raise _refused("The issuer of the assertion is not the client id.", 50027)
    if not _audiences(visit).intersection(_texts(claims.get("aud"))):
        raise _refused("The audience of the assertion is not the token endpoint of this tenant.", 50027)
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, (int, float)) or not isinstance(begins, (int, float)):
        raise _refused("exp and nbf of the assertion are seconds since 1970.", 50027)
    if not begins - CLOCKS_DIFFER <= visit.now < expires + CLOCKS_DIFFER:
        raise _refused("The assertion has expired, or is not valid yet.", 50027)


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from toolkit.lab.contract import strict_json

    try:
        head_part, claims_part, signature = assertion.split(".")
        head, claims = (strict_json(from_base64url(part)) for part in (head_part, claims_part))
        from_base64url(signature)
    except (ValueError, RecursionError):
        head = claims = None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise _refused("The assertion is no JSON web token.", 50027)
    return head, claims


def _names(head: Mapping[str, Any], certificate: Certificate) -> bool:
    """Whether the header names the certificate by a thumbprint: x5t#S256 (PS256) or x5t (RS256)."""
    given = [(head[key], known) for key, known in _thumbprints(certificate).items() if key in head]
    return bool(given) and all(_same(text, known) for text, known in given)


def _thumbprints(certificate: Certificate) -> dict[str, bytes]:
    return {"x5t": bytes.fromhex(certificate.sha1), "x5t#S256": bytes.fromhex(certificate.sha256)}


def _same(text: object, known: bytes) -> bool:
    try:
        return isinstance(text, str) and from_base64url(text) == known
    except ValueError:
        return False


def _is_signed(certificate: Certificate, algorithm: str, assertion: str) -> bool:
    """RS256 and PS256 only: what the service takes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import load_pem_x509_certificate

    key = load_pem_x509_certificate(certificate.pem.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    schemes: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH),
    }
    if algorithm not in schemes:
        return False
    text, _, signature = assertion.rpartition(".")
    try:
        key.verify(from_base64url(signature), text.encode(), schemes[algorithm], SHA256())
    except InvalidSignature:
        return False
    return True


def _is_valid(certificate: Certificate, now: float) -> bool:
    from cryptography.x509 import load_pem_x509_certificate

    found = load_pem_x509_certificate(certificate.pem.encode())
    return found.not_valid_before_utc.timestamp() <= now < found.not_valid_after_utc.timestamp()


def _audiences(visit: Visit) -> set[str]:
    """The tenant's token endpoint under each of its names, and the issuer."""
    base, tid = visit.lab.base_url, tenant_id(visit.lab.store)
    names = {visit.tenant, tid, *ANY_TENANT}
    return {f"{base}/{name}/oauth2/v2.0/token" for name in names} | {f"{base}/{tid}/v2.0"}


def _texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
