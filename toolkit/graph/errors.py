"""What an answer that is not a success means: the problem to raise, in words, with the permission that is missing."""

from __future__ import annotations

import re
from json import loads
from typing import Any

from toolkit.errors import (
    GraceProblem,
    GraphProblem,
    NotFound,
    PermissionNeeded,
    SignInNeeded,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from toolkit.graph.transport import Answer, Request, host_of
from toolkit.graph.versions import bare_path

LONGEST = 500
"""Characters of the service's own words that are kept."""

NOT_KNOWN = " Whether it took effect is not known."
"""The end of what is said of a write that may have taken effect; who finds out cuts it off."""

PASSING = (502, 503, 504)
"""What a gateway or an overloaded service says, and what passes."""


def problem(request: Request, answer: Answer) -> GraceProblem:
    """The problem for an answer outside 2xx. A page of a proxy never counts as the service's own 401, 403 or 404."""
    status = answer.status
    what = words_of(request)
    said = Said(answer)
    facts: dict[str, Any] = {"status": status, "graphCode": said.code, "requestId": said.request_id}
    text = f": {ended(said.text)}" if said.text else "."
    if status == 429:
        asked = clean(answer.headers.get("retry-after", ""), 40)
        wait = f" It asks to wait {asked} s." if asked.isdigit() else ""
        return Throttled(
            f"The service takes no more requests for now: {what}.{wait}",
            hint="Try again later, or with fewer things at once.",
            detail={**facts, "retryAfter": asked or None},
        )
    if status in PASSING:
        host = host_of(request.url)
        return Unreachable(
            f"{host} cannot answer {what} for now ({status}){text}",
            hint="Try again in some minutes.",
            detail={**facts, "method": request.method, "host": host, "sent": True},
        )
    if 300 <= status < 400:
        return GraphProblem(
            f"The answer to {what} points to another address ({status}), which is not followed.",
            status=status,
            request_id=said.request_id,
            hint="Check the address of the service: something in between answered in its place.",
        )
    if said.is_foreign:
        return not_json(request, answer)
    if status == 401:
        return SignInNeeded(
            f"The service did not accept the sign-in for {what}{text}",
            hint="Sign in again, then repeat.",
            detail=facts,
        )
    if status == 403:
        return _permission_needed(request, f"{what} is not allowed{text}", facts)
    if status == 404:
        return NotFound(
            f"{what} found nothing{text}", hint="It may have been removed meanwhile.", detail=facts
        )
    numbered = f"{status} {said.code}".strip()
    return GraphProblem(
        f"{what} was refused ({numbered}){text}",
        status=status,
        graph_code=said.code,
        request_id=said.request_id,
    )


def unconfirmed(
    request: Request, why: str, *, status: int | None = None, request_id: str | None = None
) -> Unconfirmed:
    """For a write whose effect is not known; `why` continues "POST … " ("was sent, but no answer came")."""
    return Unconfirmed(
        f"{words_of(request)} {why}.{NOT_KNOWN}",
        hint="Look at the thing itself before this is repeated.",
        detail={
            "method": request.method,
            "path": bare_path(request.url),
            "status": status,
            "requestId": request_id,
        },
    )


def not_json(request: Request, answer: Answer) -> GraphProblem:
    """For an answer that cannot be read as JSON: an HTML page, or one that was cut."""
    size = len(answer.body)
    kind = _media_type(answer)
    unit = "byte" if size == 1 else "bytes"
    return GraphProblem(
        f"The answer to {words_of(request)} is not JSON ({kind or 'no type given'}, {size:,} {unit}).",
        status=answer.status,
        request_id=_header_id(answer),
        hint="A proxy or a sign-in page may have answered in place of the service."
        if "html" in kind
        else None,
    )


def words_of(request: Request) -> str:
    """The request for people: method and path, without host, version and query."""
    return f"{request.method} {clean(bare_path(request.url), 200)}"


class Said:
    """What the service said in an error answer: Graph's code, its text for people and the id of the request."""

    def __init__(self, answer: Answer) -> None:
        document = _read(answer.body)
        self.is_foreign = document is None and answer.body.strip() != b""
        error = document.get("error") if isinstance(document, dict) else None
        inner: Any = None
        if isinstance(error, dict):
            self.code = clean(_text(error, "code"), 100)
            self.text = sentence(_text(error, "message"))
            inner = error.get("innerError", error.get("innererror"))
        else:
            # Sign-in errors have the code itself there.
            self.code = clean(error, 100) if isinstance(error, str) else ""
            self.text = sentence(_text(document, "error_description")) if isinstance(document, dict) else ""
        inner_id = clean(_text(inner, "request-id"), 100) if isinstance(inner, dict) else ""
        self.request_id: str | None = _header_id(answer) or inner_id or None


def sentence(message: str) -> str:
    """The readable part of an error's message, cleaned and not longer than LONGEST.

    Intune puts JSON text into it, and into that the words that count, followed by ids and an internal address.
    """
    for _ in range(3):
        nested = _read(message.encode("utf-8", "replace")) if message.lstrip().startswith("{") else None
        found = _text(nested, "Message") or _text(nested, "message") if isinstance(nested, dict) else ""
        if not found:
            break
        message = found
    message = message.partition(" - Operation ID")[0]
    return clean(re.sub(_INTERNAL_ADDRESS, " ", message), LONGEST)


def ended(text: str) -> str:
    """With a full stop, if it does not end a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def clean(text: str, longest: int = LONGEST) -> str:
    """Foreign text for one line: no control characters, no switches of writing direction, cut to a length."""
    plain = " ".join(re.sub(_UNPRINTABLE, " ", text).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


# Patterns stay text here: most runs need none of them, and compiling costs time at every start.
_INTERNAL_ADDRESS = r"(?i)\s*-?\s*\bUrl:\s*\S+|https?://[^\s\"'<>]*\.manage\.microsoft\.[^\s\"'<>]*"
# C0 and C1, line and paragraph separators, direction marks, the byte order mark and lone surrogates.
_UNPRINTABLE = "[\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"


def _permission_needed(request: Request, words: str, facts: dict[str, Any]) -> PermissionNeeded:
    from toolkit.model.data.permissions import needed

    names = needed(request.method, request.url)
    if not names:
        hint = "The table of permissions does not know this call; its page in the Graph documentation names the one."
    else:
        noun = "permission" if len(names) == 1 else "permissions"
        hint = (
            f"It needs the {noun} {' and '.join(names)}, delegated or application alike."
            " A signed-in user also needs a role that allows it."
        )
    return PermissionNeeded(words, hint=hint, detail={**facts, "permissions": list(names)})


def _read(body: bytes) -> Any:
    """The JSON in it; None if there is none."""
    try:
        return loads(body)
    except (ValueError, RecursionError):
        return None


def _text(document: Any, key: str) -> str:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def _media_type(answer: Answer) -> str:
    return clean(answer.headers.get("content-type", "").partition(";")[0].lower(), 60)


def _header_id(answer: Answer) -> str | None:
    return clean(answer.headers.get("request-id", ""), 100) or None
