"""The pages of the sign-in service. Everything that is not this module's own text is escaped."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from toolkit.lab.exchange import Response
from toolkit.lab.identity.protocol import NOT_STORED, SignInError

MOST_PEOPLE = 500
"""So many are listed. Whoever is further down signs in with a login_hint."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;display:block;width:100%;text-align:left;margin:.3rem 0;padding:.5rem}"
    "input{font:inherit;padding:.4rem}small{color:#555}"
)
_SUBMIT = "document.forms[0].submit()"
PRETEND = "This is a pretend tenant of Grace. It has no passwords: choose whom to sign in as, and never enter a real one."


def page(title: str, *parts: str, status: int = 200, posts_to: str = "", script: str = "") -> Response:
    """`parts` are HTML that is safe already. `posts_to` is the origin to which its form may lead beside this one."""
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}"
        + (f"<script>{script}</script>" if script else "")
        + "</body></html>"
    )
    policy = [
        "default-src 'none'",
        f"style-src '{_digest(_STYLE)}'",
        # Browsers hold a redirect that follows a form to this too.
        f"form-action 'self' {posts_to}".strip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    if script:
        policy.append(f"script-src '{_digest(script)}'")
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        **NOT_STORED,
    }
    return Response(status, headers, body.encode("utf-8", "replace"))


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def people_form(
    action: str, sealed: str, people: Iterable[Mapping[str, Any]], refusal: str, first: str = ""
) -> str:
    """A button for each person, who `first` names on top, and one that refuses. `sealed` goes along."""
    ordered = sorted(people, key=lambda user: user["userPrincipalName"].casefold() != first.casefold())
    buttons = "".join(
        f'<button name="user" value="{escape(user["id"])}">{escape(str(user.get("displayName") or ""))}'
        f" <small>{escape(user['userPrincipalName'])}</small></button>"
        for user in ordered[:MOST_PEOPLE]
    )
    return (
        f'<form method="post" action="{escape(action)}">{hidden("ctx", sealed)}{buttons}'
        f'<p><button name="cancel" value="1">{escape(refusal)}</button></p></form>'
    )


def code_form(action: str) -> str:
    return (
        f'<form method="post" action="{escape(action)}"><p><label>Code <input name="user_code" autocomplete="off"'
        ' autofocus required maxlength="20"></label> <button>Next</button></p></form>'
    )


def posting_page(address: str, fields: Mapping[str, str], origin: str) -> Response:
    """A page that carries the fields to an address by itself, for response_mode=form_post."""
    inputs = "".join(hidden(name, value) for name, value in fields.items())
    form = f'<form method="post" action="{escape(address)}">{inputs}<button>Continue</button></form>'
    return page("Signing in", form, posts_to=origin, script=_SUBMIT)


def error_page(problem: SignInError) -> Response:
    return page(
        "Sign-in failed",
        paragraph(problem.description),
        f"<p><small>{escape(problem.error)}</small></p>",
        status=problem.status,
    )


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _digest(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
