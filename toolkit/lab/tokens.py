"""Tokens of a lab: texts that only this lab can have made, and what an access token allows.

Access tokens are signed with HS256, which is this lab's choice: a client must not look into one, so nobody sees it, and
checking one takes microseconds and no `cryptography`. ID tokens are for clients to read, so they are signed with RS256
and the public key is published. Claims: Microsoft identity platform, access token (v1.0) and ID token (v2.0) references.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from toolkit.lab.grants import GRAPH_APP as GRAPH_APP
from toolkit.lab.grants import Grant, refused
from toolkit.lab.store import Store, guid

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.apps import App

GRAPH = "https://graph.microsoft.com"
LIFETIME = 3600
"""Seconds. The service chooses between 60 and 90 minutes; a fixed hour is easier to rehearse with."""

Claims = dict[str, Any]

_HEADER = b'{"typ":"JWT","alg":"HS256"}'
_ACCESS = "access"


def to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError for what is no base64url."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def tenant_id(store: Store) -> str:
    return str((store.meta("organization") or {}).get("id", ""))


def seal(store: Store, purpose: str, claims: Mapping[str, Any]) -> str:
    """The claims as a JWT that `unseal` of the same lab and purpose accepts. They can be read by everybody."""
    return _signed(_key(_made_secret(store), purpose), claims)


def unseal(store: Store, purpose: str, text: str, now: float) -> Claims | None:
    """The claims of a sealed text; None where it was not sealed here for this purpose, or its `exp` has passed."""
    secret = _secret(store)
    if secret is None or not _is_signed(_key(secret, purpose), text):
        return None
    claims: Claims = json.loads(from_base64url(text.split(".")[1]))
    return claims if now < claims["exp"] else None


def verify(lab: Lab, token: str) -> Grant:
    """What an access token allows. Raises RequestError 401 for one that is not good, or not good any more.

    The permissions are the token's alone: the roles that a person has in Intune are not modelled.
    """
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        raise refused(lab, "The access token is malformed: a JSON web token has three parts.")
    secret = _secret(lab.store)
    if secret is None or not _is_signed(_key(secret, _ACCESS), token):
        raise refused(lab, "The signature of the access token is not one of this tenant.")
    claims: Claims = json.loads(from_base64url(parts[1]))
    if claims["tid"] != tenant_id(lab.store):
        raise refused(lab, "The access token is for another tenant.")
    if claims["aud"].rstrip("/").lower() not in (lab.base_url.lower(), GRAPH, GRAPH_APP):
        raise refused(lab, "The audience of the access token is not this service.")
    if lab.seconds() >= claims["exp"]:
        raise refused(lab, "The access token has expired.")
    if "scp" in claims:
        return Grant(claims["appid"], claims["oid"], frozenset(claims["scp"].split()))
    return Grant(claims["appid"], None, frozenset(claims["roles"]))


def access_token(
    lab: Lab,
    app: App,
    user: Mapping[str, Any] | None,
    permissions: Collection[str],
    *,
    audience: str,
    proof: str = "0",
) -> str:
    """`user` is None for an app that acts by itself. `proof` is how the app proved who it is: 0 not, 1 secret, 2 certificate."""
    tid = tenant_id(lab.store)
    claims = {
        "aud": audience,
        "iss": f"{lab.base_url}/{tid}/",
        **_times(lab),
        "app_displayname": app.name,
        "appid": app.id,
        "appidacr": proof,
        "tid": tid,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    if user is None:
        oid = guid(f"servicePrincipal:{app.id}")
        claims |= {"idtyp": "app", "oid": oid, "sub": oid, "roles": sorted(permissions)}
    else:
        claims |= {
            "idtyp": "user",
            "oid": user["id"],
            "sub": _pairwise(GRAPH_APP, user["id"]),
            "name": user.get("displayName"),
            "upn": user["userPrincipalName"],
            "unique_name": user["userPrincipalName"],
            "scp": " ".join(sorted(permissions)),
        }
    return seal(lab.store, _ACCESS, claims)


def id_token(
    lab: Lab, app: App, user: Mapping[str, Any], scopes: Collection[str], nonce: str | None = None
) -> str:
    """`scopes` decide what it tells: profile the names, email the address."""
    tid = tenant_id(lab.store)
    claims = {
        "aud": app.id,
        "iss": f"{lab.base_url}/{tid}/v2.0",
        **_times(lab),
        "oid": user["id"],
        "sub": _pairwise(app.id, user["id"]),
        "tid": tid,
        "uti": secrets.token_urlsafe(16),
        "ver": "2.0",
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if "profile" in scopes:
        claims |= {"name": user.get("displayName"), "preferred_username": user["userPrincipalName"]}
    if "email" in scopes and user.get("mail"):
        claims["email"] = user["mail"]
    return _signed_by_key(lab.store, claims)


def key_set(store: Store) -> dict[str, Any]:
    """The public key that ID tokens are checked with, as a JSON Web Key Set."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    kid, pem = _signing_key(store)
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    numbers = key.public_key().public_numbers()
    return {
        "keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, **_public(numbers.n, numbers.e)}]
    }


def _times(lab: Lab) -> Claims:
    now = int(lab.seconds())
    return {"iat": now, "nbf": now, "exp": now + LIFETIME}


def _pairwise(app_id: str, user_id: str) -> str:
    return to_base64url(hashlib.sha256(f"{app_id}:{user_id}".encode()).digest())


def _secret(store: Store) -> bytes | None:
    """None in a lab that has issued nothing yet."""
    identity = store.meta("identity")
    return None if identity is None else identity["secret"].encode()


def _made_secret(store: Store) -> bytes:
    secret = _secret(store)
    if secret is None:
        with store.transaction():
            # Another process may have been first.
            secret = _secret(store)
            if secret is None:
                text = secrets.token_urlsafe(48)
                store.set_meta("identity", {"secret": text})
                secret = text.encode()
    return secret


def _key(secret: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that a refresh token is never an access token."""
    return hmac.digest(secret, purpose.encode(), "sha256")


def _signed(key: bytes, claims: Mapping[str, Any]) -> str:
    body = json.dumps(claims, separators=(",", ":")).encode()
    text = f"{to_base64url(_HEADER)}.{to_base64url(body)}"
    return f"{text}.{to_base64url(hmac.digest(key, text.encode(), 'sha256'))}"


def _is_signed(key: bytes, token: str) -> bool:
    """Whatever the token's header says: only one way of signing is ours, so none can be talked into."""
    text, _, signature = token.rpartition(".")
    expected = to_base64url(hmac.digest(key, text.encode("utf-8", "replace"), "sha256"))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _signing_key(store: Store) -> tuple[str, str]:
    """(key id, private key in PEM) for ID tokens, made on first use."""
    _made_secret(store)
    with store.transaction():
        identity = store.meta("identity")
        if "key" not in identity:
            identity |= _new_key()
            store.set_meta("identity", identity)
    return identity["kid"], identity["key"]


def _new_key() -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    numbers = key.public_key().public_numbers()
    # The thumbprint of RFC 7638: members in order, without blanks.
    shape = json.dumps({"kty": "RSA", **_public(numbers.n, numbers.e)}, separators=(",", ":"), sort_keys=True)
    return {"key": pem, "kid": to_base64url(hashlib.sha256(shape.encode()).digest())}


def _public(n: int, e: int) -> dict[str, str]:
    return {
        name: to_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        for name, number in (("n", n), ("e", e))
    }


def _signed_by_key(store: Store, claims: Mapping[str, Any]) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    kid, pem = _signing_key(store)
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    header = {"typ": "JWT", "alg": "RS256", "kid": kid}
    text = ".".join(
        to_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )
    return f"{text}.{to_base64url(key.sign(text.encode(), PKCS1v15(), SHA256()))}"
