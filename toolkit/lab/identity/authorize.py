"""The authorization endpoint: a page to choose a person on, and the way back to the client; and signing out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

from toolkit.lab.exchange import Response
from toolkit.lab.identity import pages, pending
from toolkit.lab.identity.protocol import (
    NOT_STORED,
    SignInError,
    Visit,
    needed,
    registered,
    signing_in,
    users,
)
from toolkit.lab.identity.scopes import granted, read_scopes
from toolkit.lab.tokens import seal, tenant_id, to_base64url, unseal

if TYPE_CHECKING:
    from toolkit.lab.apps import App

CODE_LIFETIME = 600
"""Seconds: codes of the service live for about ten minutes."""

PAGE_LIFETIME = 3600
MODES = ("query", "fragment", "form_post")
LOOPBACK = ("localhost", "127.0.0.1")

_ADDRESS = re.compile(r"[A-Za-z0-9._:/-]{1,256}")
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def authorize(visit: Visit) -> Response:
    """GET shows the page, or answers at once under prompt=none; POST is the choice made on it.

    Errors go to the client where its address is known to be its own, and else to a page.
    """
    try:
        if visit.method == "POST":
            return _chosen(visit)
        app = registered(visit.lab, needed(visit.query, "client_id"))
        redirect = _redirect(app, visit.query.get("redirect_uri", ""))
    except SignInError as problem:
        return pages.error_page(problem)
    asked: dict[str, Any] = {
        "redirect": redirect,
        "state": visit.query.get("state", ""),
        "mode": visit.query.get("response_mode", "query"),
    }
    try:
        asked |= _asked(visit, app)
        if visit.query.get("prompt") == "none":
            return _signed_in(visit, asked, _silent(visit))
    except SignInError as problem:
        return _back(asked, {"error": problem.error, "error_description": problem.description})
    sealed = seal(visit.lab.store, "authorize", {**asked, "exp": visit.now + PAGE_LIFETIME})
    return pages.page(
        f"Sign in to {(visit.lab.store.meta('organization') or {}).get('displayName', 'the lab')}",
        pages.paragraph(pages.PRETEND),
        pages.paragraph(f"{app.name} asks for: {asked['scope']}"),
        pages.people_form(
            f"{visit.root}/oauth2/v2.0/authorize",
            sealed,
            users(visit.lab),
            "Cancel",
            visit.query.get("login_hint", ""),
        ),
        posts_to=_origin(redirect),
    )


def logout(visit: Visit) -> Response:
    """There is no session to end: back to the client where the address is one of its own, and else a page."""
    from toolkit.lab.apps import apps

    parameters = {**visit.query, **visit.form}
    address = parameters.get("post_logout_redirect_uri", "")
    if any(_is_registered(app, address) for app in apps(visit.lab.store)):
        state = parameters.get("state", "")
        return _moved(address + ("?" + urlencode({"state": state}) if state else ""))
    return pages.page("Signed out", pages.paragraph("You are signed out. This window can be closed."))


def _asked(visit: Visit, app: App) -> dict[str, Any]:
    """The request, checked. Raises SignInError."""
    query = visit.query
    kind = needed(query, "response_type")
    if kind != "code":
        number = 700054 if "id_token" in kind.split() else 70005
        raise SignInError(
            "unsupported_response_type", "The only response type of this app is 'code'.", number
        )
    if query.get("response_mode", "query") not in MODES:
        raise SignInError("invalid_request", f"The response modes are {', '.join(MODES)}.", 70007)
    scope = needed(query, "scope")
    granted(app, read_scopes(visit.lab, scope))
    return {
        "client": app.id,
        "tenant": visit.tenant,
        "scope": scope,
        "nonce": query.get("nonce"),
        "client_info": query.get("client_info") == "1",
        **_challenge(query),
    }


def _challenge(query: Mapping[str, str]) -> dict[str, str | None]:
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None and method is None:
        return {"challenge": None, "method": None}
    if challenge is None or _CHALLENGE.fullmatch(challenge) is None:
        raise SignInError(
            "invalid_request", "The code challenge has 43 to 128 letters, digits or -._~.", 501491
        )
    if method not in (None, "plain", "S256"):
        raise SignInError("invalid_request", f"There is no code challenge method '{method}'.")
    return {"challenge": challenge, "method": method or "plain"}


def _silent(visit: Visit) -> dict[str, Any]:
    """Who is signed in without a page. The lab has no sessions, so it is whoever the hint names. Raises SignInError."""
    hint = visit.query.get("login_hint", "")
    if not hint:
        raise SignInError(
            "login_required", "Nobody is signed in: prompt=none needs a login_hint here.", 50058
        )
    try:
        return signing_in(visit.lab, hint)
    except SignInError as problem:
        raise SignInError("login_required", problem.sentence, problem.number) from None


def _chosen(visit: Visit) -> Response:
    """The answer to the choice. What was asked comes back sealed, so nothing of it can be changed on the way."""
    asked = unseal(visit.lab.store, "authorize", visit.form.get("ctx", ""), visit.now)
    if asked is None:
        raise SignInError("invalid_request", "This page is too old: start again from your program.")
    if "cancel" in visit.form:
        return _back(
            asked, {"error": "access_denied", "error_description": "The sign-in was cancelled on the page."}
        )
    return _signed_in(visit, asked, signing_in(visit.lab, visit.form.get("user", "")))


def _signed_in(visit: Visit, asked: Mapping[str, Any], user: Mapping[str, Any]) -> Response:
    store = visit.lab.store
    facts = {
        key: asked[key] for key in ("client", "redirect", "tenant", "scope", "nonce", "challenge", "method")
    }
    code = pending.remember(
        store, "code", visit.now, CODE_LIFETIME, {**facts, "user": user["id"], "redeemed": False}
    )
    info = {"client_info": client_info(user["id"], tenant_id(store))} if asked["client_info"] else {}
    return _back(asked, {"code": code, **info})


def client_info(user_id: str, tid: str) -> str:
    """Who signed in, in the form that Microsoft's libraries name accounts by."""
    return to_base64url(f'{{"uid":"{user_id}","utid":"{tid}"}}'.encode())


def _back(asked: Mapping[str, Any], fields: Mapping[str, str]) -> Response:
    """To the client, in the mode that it asked for; an unknown one is a query, as is the default."""
    fields = {**fields, "state": asked["state"]} if asked["state"] else fields
    redirect = asked["redirect"]
    if asked["mode"] == "form_post":
        return pages.posting_page(redirect, fields, _origin(redirect))
    # An address without a path comes back with a slash (reply URL restrictions).
    if not urlsplit(redirect).path:
        redirect += "/"
    return _moved(f"{redirect}{'#' if asked['mode'] == 'fragment' else '?'}{urlencode(fields)}")


def _moved(address: str) -> Response:
    return Response(302, {"Location": address, "Referrer-Policy": "no-referrer", **NOT_STORED}, b"")


def _redirect(app: App, address: str) -> str:
    """Raises SignInError for an address that is not the app's."""
    if not address:
        raise SignInError("invalid_request", "The request names no redirect_uri.", 900971)
    if not _is_registered(app, address):
        raise SignInError(
            "invalid_request",
            f"The redirect_uri is not one that {app.name} has registered"
            f" ({', '.join(app.redirect_uris) or 'it has none'}).",
            50011,
        )
    return address


def _is_registered(app: App, address: str) -> bool:
    """On loopback any port will do (RFC 8252 7.3); all else must be the same."""
    # A browser reads some characters differently from Python, so only plain ones pass.
    if _ADDRESS.fullmatch(address) is None:
        return False
    given = urlsplit(address)
    return any(_fits(urlsplit(one), given) for one in app.redirect_uris)


def _fits(registered: SplitResult, given: SplitResult) -> bool:
    try:
        port = given.port
    except ValueError:
        return False
    is_loopback = registered.hostname in LOOPBACK
    shown = given.hostname if port is None else f"{given.hostname}:{port}"
    return (
        given.netloc.lower() == shown
        and (given.scheme, given.hostname) == (registered.scheme, registered.hostname)
        and (is_loopback or port == registered.port)
        and (given.path or "/") == (registered.path or "/")
        and not given.query
        and not given.fragment
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
