"""App registrations of a lab: the client for people that every lab has, and apps that act by themselves."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.errors import BadFile, NotFound, UsageProblem
from toolkit.lab.store import Store

if TYPE_CHECKING:
    from cryptography import x509

READ_ONLY = (
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "Group.ReadBasic.All",
    "GroupMember.ReadBasic.All",
    "Policy.Read.All",
)
"""What Grace needs to read (graph-contract 10)."""

SMALLEST_KEY = 2048
LONGEST_NAME = 120


class Certificate(NamedTuple):
    pem: str
    """The certificate alone; the key never comes here."""
    sha1: str
    """Thumbprints of the DER form in upper-case hex, as the portal shows them."""
    sha256: str


class App(NamedTuple):
    id: str
    name: str
    permissions: tuple[str, ...]
    """Delegated ones of a public client, application ones of an app that acts by itself."""
    is_public: bool = False
    """People sign in through it, and it has no credential of its own."""
    redirect_uris: tuple[str, ...] = ()
    secret_hash: str | None = None
    certificate: Certificate | None = None

    def has_secret(self, secret: str) -> bool:
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, _hash(secret))


CLIENT_ID = "67726163-655f-4c61-8f63-6c69656e7401"
"""The public client that is there from the start, the same in every lab."""


DELEGATED_ONLY = frozenset(("User.Read",))
"""What a person's own sign-in gives, and no app by itself can have (graph-contract 10)."""


@cache
def known_permissions() -> tuple[str, ...]:
    """Every permission that some call of the contract needs or takes, in the order of the alphabet."""
    from toolkit.model.data.permissions import PERMISSIONS

    return tuple(sorted({name for row in PERMISSIONS for name in (*row.least, *row.others)} | DELEGATED_ONLY))


def apps(store: Store) -> tuple[App, ...]:
    """The public client first, then what was registered, oldest first."""
    redirects = ("http://localhost", "http://127.0.0.1")
    client = App(CLIENT_ID, "Grace lab client", known_permissions(), is_public=True, redirect_uris=redirects)
    return (client, *(_read(row) for row in store.meta("apps") or ()))


def find_app(store: Store, id: str) -> App | None:
    return next((app for app in apps(store) if app.id == id.lower()), None)


def register(
    store: Store,
    name: str,
    *,
    permissions: Iterable[str] = (),
    certificate: str | None = None,
    with_secret: bool = False,
) -> tuple[App, str | None]:
    """A new app that acts by itself, and its secret where it gets one: only a hash of that is kept.

    `certificate` is PEM text. Without permissions it gets READ_ONLY. Raises UsageProblem and BadFile.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageProblem(
            f"An app's name has 1 to {LONGEST_NAME} characters, and none that cannot be printed."
        )
    if certificate is None and not with_secret:
        raise UsageProblem(
            "An app that acts by itself proves who it is.", hint="Give --secret, --certificate FILE or both."
        )
    granted = tuple(dict.fromkeys(map(_permission, permissions))) or READ_ONLY
    secret = secrets.token_hex(30) if with_secret else None
    app = App(
        str(uuid.uuid4()),
        name,
        granted,
        secret_hash=None if secret is None else _hash(secret),
        certificate=None if certificate is None else read_certificate(certificate),
    )
    with store.transaction():
        if any(other.name.casefold() == name.casefold() for other in apps(store)):
            raise UsageProblem(
                f'There is an app called "{name}" already.', hint="See them all: grace lab app list"
            )
        store.set_meta("apps", [*(store.meta("apps") or ()), _written(app)])
    return app, secret


def remove(store: Store, ref: str) -> App:
    """Takes an app away, by client id or name: no new tokens; those that it has are good until they expire.

    Raises NotFound, and UsageProblem for the client that every lab has.
    """
    with store.transaction():
        wanted = ref.strip().casefold()
        app = next((app for app in apps(store) if wanted in (app.id, app.name.casefold())), None)
        if app is None:
            raise NotFound(f'The lab has no app "{ref}".', hint="See them all: grace lab app list")
        if app.id == CLIENT_ID:
            raise UsageProblem(f'"{app.name}" belongs to every lab and stays.')
        store.set_meta("apps", [row for row in store.meta("apps") if row["id"] != app.id])
    return app


def read_certificate(text: str) -> Certificate:
    """The first certificate of a PEM text. Raises BadFile."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificate

    try:
        found: x509.Certificate = load_pem_x509_certificate(text.encode())
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise BadFile(
            "The file holds no certificate in PEM.",
            hint="It begins with -----BEGIN CERTIFICATE-----; the private key is not needed.",
        ) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise BadFile(f"The certificate needs an RSA key of at least {SMALLEST_KEY} bits.")
    return Certificate(
        found.public_bytes(Encoding.PEM).decode(),
        # Clients name a certificate by its SHA-1 thumbprint; nothing is trusted for it.
        found.fingerprint(SHA1()).hex().upper(),  # noqa: S303
        found.fingerprint(SHA256()).hex().upper(),
    )


def _permission(name: str) -> str:
    """As the table spells it. Raises UsageProblem."""
    from toolkit.model.refs import did_you_mean, nearest

    bare = re.sub(r"^https://graph\.microsoft\.com/", "", name.strip(), flags=re.IGNORECASE)
    known = {one.casefold(): one for one in known_permissions() if one not in DELEGATED_ONLY}
    found = known.get(bare.casefold())
    if found is None:
        near = nearest(bare, known.values())
        raise UsageProblem(
            f'"{bare}" is no application permission that the lab knows.',
            hint=did_you_mean(near) + "Names are those of Microsoft Graph, such as " + READ_ONLY[0] + ".",
        )
    return found


def _hash(secret: str) -> str:
    # A secret is 240 random bits, so a slow hash would protect nothing.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _written(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "permissions": app.permissions,
        "secretHash": app.secret_hash,
        "certificate": None if app.certificate is None else app.certificate._asdict(),
    }


def _read(row: dict[str, Any]) -> App:
    certificate = row["certificate"]
    return App(
        row["id"],
        row["name"],
        tuple(row["permissions"]),
        secret_hash=row["secretHash"],
        certificate=None if certificate is None else Certificate(**certificate),
    )
