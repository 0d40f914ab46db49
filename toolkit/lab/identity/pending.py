"""Sign-ins that are under way: codes and what they stand for, kept until they are of no more use.

A code itself is not kept, only its hash. A reset of the lab forgets them.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from toolkit.lab.store import Store

KIND = "signIn"
REMEMBERED = 24 * 3600
"""Seconds for which a code that has expired is still told from one that never was."""


def remember(store: Store, kind: str, now: float, lifetime: int, facts: dict[str, Any]) -> str:
    """A new code that stands for the facts for `lifetime` seconds."""
    code = secrets.token_urlsafe(48)
    with store.transaction():
        for id, old in store.items(KIND):
            if old["expires"] + REMEMBERED < now:
                store.delete(KIND, id)
        put(store, {**facts, "kind": kind, "id": _id(code), "expires": now + lifetime})
    return code


def recall(store: Store, kind: str, code: str) -> dict[str, Any] | None:
    found = store.get(KIND, _id(code))
    return found if found is not None and found["kind"] == kind else None


def put(store: Store, facts: dict[str, Any]) -> None:
    store.put(KIND, facts["id"], facts)


def forget(store: Store, facts: dict[str, Any]) -> None:
    store.delete(KIND, facts["id"])


def _id(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
