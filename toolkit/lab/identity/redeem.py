"""The token endpoint: codes, refresh tokens and credentials become access tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.lab.exchange import Response
from toolkit.lab.identity import pending
from toolkit.lab.identity.authorize import client_info
from toolkit.lab.identity.clients import authenticated
from toolkit.lab.identity.device import poll
from toolkit.lab.identity.protocol import ANY_TENANT, SignInError, Visit, json_answer, needed, signing_in
from toolkit.lab.identity.scopes import as_answered, granted, read_scopes
from toolkit.lab.tokens import LIFETIME, access_token, id_token, seal, tenant_id, to_base64url, unseal

if TYPE_CHECKING:
    from toolkit.lab.apps import App

REFRESH_LIFETIME = 90 * 24 * 3600
"""Seconds: the service's default for all but single-page apps."""

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def token(visit: Visit) -> Response:
    kind = needed(visit.form, "grant_type")
    if kind == "password":
        raise SignInError(
            "unsupported_grant_type",
            "A lab has no passwords: sign in with the browser or a device code, or let an app act by itself.",
        )
    if kind not in ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE):
        raise SignInError("unsupported_grant_type", f"There is no grant type '{kind}' here.", 70003)
    app, proof = authenticated(visit)
    if kind == "client_credentials":
        return _for_itself(visit, app, proof)
    if not app.is_public:
        raise SignInError("unauthorized_client", f"{app.name} acts by itself; nobody signs in through it.")
    if kind == "authorization_code":
        # What fails behind it leaves the code to be tried again.
        with visit.lab.store.transaction():
            return _for_person(visit, app, _redeemed(visit, app))
    facts: Mapping[str, Any]
    if kind == "refresh_token":
        facts = _refreshed(visit, app)
    else:
        facts = poll(visit, needed(visit.form, "device_code"), app.id)
    return _for_person(visit, app, facts)


def _for_itself(visit: Visit, app: App, proof: str) -> Response:
    """Client credentials. No refresh token: the app can always ask again."""
    if app.is_public:
        raise SignInError(
            "invalid_client", f"{app.name} cannot act by itself: it has no credential.", 7000218, status=401
        )
    if visit.tenant in ANY_TENANT:
        raise SignInError("invalid_request", "An app that acts by itself has to name its tenant.", 50059)
    wanted = read_scopes(visit.lab, needed(visit.form, "scope"))
    if not wanted.is_default or not wanted.prefix:
        raise SignInError(
            "invalid_scope",
            "An app that acts by itself asks for the resource and .default, such as"
            " https://graph.microsoft.com/.default.",
            70011,
        )
    text = access_token(visit.lab, app, None, app.permissions, audience=wanted.audience, proof=proof)
    return json_answer(_bearer(text))


def _for_person(visit: Visit, app: App, facts: Mapping[str, Any]) -> Response:
    """`facts` are the user, the scope that was asked for at first, and the nonce."""
    lab = visit.lab
    user = signing_in(lab, facts["user"])
    first = read_scopes(lab, facts["scope"])
    # What is asked for now narrows or changes the permissions; who may be told of, and whether there is a refresh
    # token, was settled at first.
    wanted = read_scopes(lab, visit.form.get("scope") or facts["scope"])._replace(openid=first.openid)
    permissions = granted(app, wanted)
    openid = [name for name in first.openid if name != "offline_access"]
    text = access_token(lab, app, user, [*openid, *permissions], audience=wanted.audience)
    answer = {**_bearer(text), "scope": as_answered(wanted, permissions)}
    if "offline_access" in first.openid:
        answer["refresh_token"] = _refresh_token(visit, app, facts)
    if "openid" in first.openid:
        answer["id_token"] = id_token(lab, app, user, first.openid, facts.get("nonce"))
    if visit.form.get("client_info") == "1":
        answer["client_info"] = client_info(user["id"], tenant_id(lab.store))
    return json_answer(answer)


def _bearer(text: str) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": text,
    }


def _redeemed(visit: Visit, app: App) -> dict[str, Any]:
    """What an authorization code stands for. Raises SignInError; a code that fails here can be tried again."""
    store, form = visit.lab.store, visit.form
    redirect = needed(form, "redirect_uri")
    facts = pending.recall(store, "code", needed(form, "code"))
    if facts is None or facts["client"] != app.id:
        raise SignInError("invalid_grant", "The authorization code is not one of this app.", 70000)
    if facts["redeemed"]:
        raise SignInError("invalid_grant", "The authorization code was redeemed already.", 54005)
    if visit.now >= facts["expires"]:
        raise SignInError("invalid_grant", "The authorization code has expired.", 70008)
    if facts["tenant"] != visit.tenant:
        raise SignInError(
            "invalid_grant",
            f"The authorization code is redeemed where it was given: {facts['tenant']}.",
            700005,
        )
    if facts["redirect"] != redirect:
        raise SignInError("invalid_grant", "The redirect_uri is not the one that the code was sent to.")
    if not _is_proved(facts, form.get("code_verifier", "")):
        raise SignInError(
            "invalid_grant", "The code_verifier does not fit the code_challenge of the sign-in.", 501481
        )
    pending.put(store, {**facts, "redeemed": True})
    return facts


def _is_proved(facts: Mapping[str, Any], verifier: str) -> bool:
    """PKCE (RFC 7636 4.6). A verifier without a challenge is refused: somebody took the challenge away."""
    challenge = facts["challenge"]
    if challenge is None:
        return not verifier
    raw = verifier.encode("utf-8", "replace")
    made = to_base64url(hashlib.sha256(raw).digest()).encode() if facts["method"] == "S256" else raw
    return hmac.compare_digest(made, challenge.encode())


def _refresh_token(visit: Visit, app: App, facts: Mapping[str, Any]) -> str:
    """Everything that it stands for is in it, so a restart or a reset of the lab does not sign anybody out."""
    claims = {
        "client": app.id,
        "user": facts["user"],
        "scope": facts["scope"],
        "exp": visit.now + REFRESH_LIFETIME,
    }
    return seal(visit.lab.store, "refresh", claims)


def _refreshed(visit: Visit, app: App) -> Mapping[str, Any]:
    """What a refresh token stands for. Each use gives a new one; the old one goes on, as the service documents it."""
    given = needed(visit.form, "refresh_token")
    facts = unseal(visit.lab.store, "refresh", given, visit.now)
    if facts is None and unseal(visit.lab.store, "refresh", given, 0.0) is not None:
        raise SignInError("invalid_grant", "The refresh token has expired: sign in again.", 700082)
    if facts is None or facts["client"] != app.id:
        raise SignInError("invalid_grant", "The refresh token is not one of this app.", 70000)
    return facts
