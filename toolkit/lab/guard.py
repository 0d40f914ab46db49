"""Who may ask for what: bearer tokens, permissions and quotas of a lab that is served."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from toolkit.lab.contract import RequestError, strict_json
from toolkit.lab.exchange import Asked
from toolkit.lab.grants import Grant, refused

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.throttle import Throttle
    from toolkit.model.data.permissions import Permission

OWNER = "00000000-0000-0000-0000-000000000001"
"""The app of the token that `lab serve` printed: quotas count it like any other."""

TOKENS_KEPT = 1000


class Guard:
    """The checks of one served lab. `token` is the owner's; `throttle` is None where nothing is counted.

    Called under the lab's lock, so it needs none of its own.
    """

    def __init__(self, lab: Lab, token: str, throttle: Throttle | None = None) -> None:
        self._lab = lab
        self._token = token.encode()
        self._throttle = throttle
        # /me of the one who serves the lab is its administrator, as it is in process.
        self._owner = Grant(OWNER, lab.store.meta("signedIn"), frozenset(), is_owner=True)
        self._known: dict[str, tuple[Grant, float]] = {}

    def admit(self, headers: Mapping[str, str]) -> Grant:
        """What the bearer token allows. `headers` by lower-case name. Raises RequestError 401."""
        scheme, _, token = headers.get("authorization", "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise refused(
                self._lab, "The request has no access token: send the header Authorization: Bearer TOKEN."
            )
        if hmac.compare_digest(token.encode("utf-8", "replace"), self._token):
            return self._owner
        grant, expires = self._known.get(token, (None, 0.0))
        if grant is not None and self._lab.seconds() < expires:
            return grant
        return self._verified(token)

    def allow_steering(self, grant: Grant | None) -> None:
        """Raises RequestError 403 for whoever is not the lab's owner."""
        if grant is None or not grant.is_owner:
            raise RequestError(
                403, "Forbidden", "Only the token that grace lab serve printed steers the lab."
            )

    def allow(self, grant: Grant, asked: Asked) -> None:
        """Raises RequestError 403 where the token's permissions do not do for the call.

        An address that the lab does not have is let through: its answer is a 501. What no row of the table tells of
        may be read with any token and written by the owner only; that is our choice.
        """
        if grant.is_owner:
            return
        from toolkit.lab.routes import find

        found = find(asked.method, asked.path)
        if found is None or found.route is None:
            return
        # The row is looked up by the route that will answer, so no spelling of an address gets around it.
        row = row_of(found.route.method, found.route.pattern)
        if is_enough(row, grant.permissions) if row is not None else asked.method == "GET":
            return
        # Entra's code for all that is not Intune is our choice for Conditional Access.
        is_intune = found.route.pattern.startswith("deviceManagement")
        raise RequestError(
            403,
            "Forbidden" if is_intune else "Authorization_RequestDenied",
            f"The access token lacks a permission for {asked.method} /{found.route.pattern}:"
            f" it needs {' and '.join(row.least) if row is not None else 'the owner of the lab'}.",
        )

    def count(self, grant: Grant, asked: Asked) -> dict[str, str]:
        """Headers that tell of the quota. Raises RequestError 429."""
        return {} if self._throttle is None else self._throttle.take(grant.app_id, asked)

    def _verified(self, token: str) -> Grant:
        from toolkit.lab.identity import verify

        grant = verify(self._lab, token)
        if len(self._known) >= TOKENS_KEPT:
            self._known.clear()
        self._known[token] = (grant, _expiry(token))
        return grant


@cache
def row_of(method: str, pattern: str) -> Permission | None:
    """The row of permissions of a route, whose keys are `{}`."""
    from toolkit.model.data.permissions import permission

    return permission(method, "/" + pattern)


def is_enough(row: Permission, permissions: frozenset[str]) -> bool:
    return permissions.issuperset(row.least) or not permissions.isdisjoint(row.others)


def _expiry(token: str) -> float:
    """`exp` of a token that was verified, in seconds of Unix time; 0 where it cannot be read."""
    try:
        part = token.split(".")[1]
        claims = strict_json(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0
