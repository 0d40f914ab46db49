"""The device code flow: a code for a person to type on a page, while the client asks again and again."""

from __future__ import annotations

import secrets
from typing import Any

from toolkit.lab.exchange import Response
from toolkit.lab.identity import pages, pending
from toolkit.lab.identity.protocol import (
    SignInError,
    Visit,
    json_answer,
    needed,
    registered,
    signing_in,
    users,
)
from toolkit.lab.identity.scopes import granted, read_scopes
from toolkit.lab.tokens import seal, unseal

LIFETIME = 900
"""Seconds: the service's default."""

INTERVAL = 5
LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""Nothing that looks like something else, and no words."""
LENGTH = 9


def start(visit: Visit) -> Response:
    """A device code for the client and a user code for the person."""
    app = registered(visit.lab, needed(visit.form, "client_id"))
    if not app.is_public:
        raise SignInError("unauthorized_client", f"{app.name} acts by itself; nobody signs in through it.")
    scope = needed(visit.form, "scope")
    granted(app, read_scopes(visit.lab, scope))
    typed = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    facts = {"client": app.id, "scope": scope, "userCode": typed, "state": "pending", "polled": None}
    code = pending.remember(visit.lab.store, "device", visit.now, LIFETIME, facts)
    address = f"{visit.root}/oauth2/deviceauth"
    return json_answer(
        {
            "user_code": typed,
            "device_code": code,
            "verification_uri": address,
            "expires_in": LIFETIME,
            "interval": INTERVAL,
            "message": f"To sign in, open {address} in a browser and enter the code {typed}.",
        }
    )


def approve(visit: Visit) -> Response:
    """The page: the code, then the person or a refusal."""
    try:
        if visit.method == "GET":
            return _page(visit, pages.paragraph("Enter the code that your program shows."))
        if "ctx" in visit.form:
            return _decided(visit)
        return _choice(visit)
    except SignInError as problem:
        return pages.error_page(problem)


def poll(visit: Visit, code: str, client_id: str) -> dict[str, Any]:
    """What an approved device code stands for; it is good once. Raises SignInError while and where it is not approved."""
    store = visit.lab.store
    facts = pending.recall(store, "device", code)
    if facts is None or facts["client"] != client_id:
        raise SignInError("bad_verification_code", "There is no such device code.", 70018)
    if visit.now >= facts["expires"]:
        raise SignInError("expired_token", "The device code has expired: start again.", 70019)
    if facts["state"] == "declined":
        raise SignInError("authorization_declined", "The sign-in was refused on the page.")
    if facts["state"] == "approved":
        pending.forget(store, facts)
        return facts
    last = facts["polled"]
    pending.put(store, {**facts, "polled": visit.now})
    # RFC 8628 3.5; the service documents no such answer. A second is allowed for the way.
    if last is not None and visit.now - last < INTERVAL - 1:
        raise SignInError("slow_down", f"Wait for {INTERVAL} seconds before asking again.")
    raise SignInError("authorization_pending", "Nobody has entered the code yet.", 70016)


def _page(visit: Visit, text: str, status: int = 200) -> Response:
    form = pages.code_form(f"{visit.root}/oauth2/deviceauth")
    return pages.page("Enter code", pages.paragraph(pages.PRETEND), text, form, status=status)


def _choice(visit: Visit) -> Response:
    typed = "".join(letter for letter in visit.form.get("user_code", "").upper() if letter.isalnum())
    facts = next(
        (row for row in visit.lab.store.all(pending.KIND) if typed and row.get("userCode") == typed), None
    )
    if facts is None:
        text = (
            "AADSTS70018: That code is not known. Look at it again."
            if typed
            else "AADSTS90119: Enter a code."
        )
        return _page(visit, pages.paragraph(text), 400)
    _still_open(visit, facts)
    app = registered(visit.lab, facts["client"])
    sealed = seal(visit.lab.store, "device", {"id": facts["id"], "exp": facts["expires"]})
    return pages.page(
        "Sign in on another device",
        pages.paragraph(pages.PRETEND),
        pages.paragraph(f"{app.name} asks for: {facts['scope']}"),
        pages.paragraph("Go on only if you started this sign-in yourself."),
        pages.people_form(f"{visit.root}/oauth2/deviceauth", sealed, users(visit.lab), "Refuse"),
    )


def _decided(visit: Visit) -> Response:
    store = visit.lab.store
    sealed = unseal(store, "device", visit.form["ctx"], visit.now)
    facts = None if sealed is None else store.get(pending.KIND, sealed["id"])
    if facts is None:
        raise SignInError("expired_token", "This page is too old: start again.", 70019)
    _still_open(visit, facts)
    if "cancel" in visit.form:
        pending.put(store, {**facts, "state": "declined"})
        return pages.page("Refused", pages.paragraph("Nobody was signed in. This window can be closed."))
    user = signing_in(visit.lab, visit.form.get("user", ""))
    pending.put(store, {**facts, "state": "approved", "user": user["id"]})
    return pages.page(
        "Signed in",
        pages.paragraph(f"{user['userPrincipalName']} is signed in on the other device."),
        pages.paragraph("This window can be closed."),
    )


def _still_open(visit: Visit, facts: dict[str, Any]) -> None:
    if visit.now >= facts["expires"]:
        raise SignInError("expired_token", "The code has expired: start again.", 70019)
    if facts["state"] != "pending":
        raise SignInError("invalid_request", "This sign-in was approved or refused already.", 90120)
