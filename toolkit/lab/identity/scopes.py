"""What a client asks for and what it gets: scopes of Microsoft Graph in their three spellings, and OpenID's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.lab.identity.protocol import SignInError
from toolkit.lab.tokens import GRAPH, GRAPH_APP

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.apps import App

OPENID = ("openid", "profile", "email", "offline_access")


class Wanted(NamedTuple):
    openid: tuple[str, ...]
    names: tuple[str, ...]
    """Permissions, without the resource in front."""
    is_default: bool
    """Asked for `.default`: all that the app has."""
    prefix: str
    """How the resource was written in front of each name, with its slash; empty for bare names."""
    audience: str


def read_scopes(lab: Lab, text: str) -> Wanted:
    """Raises SignInError for a resource that is not this lab's Graph, and for two of them."""
    openid: list[str] = []
    names: list[str] = []
    prefixes: list[str] = []
    for scope in dict.fromkeys(text.split()):
        if scope.lower() in OPENID:
            openid.append(scope.lower())
            continue
        resource, slash, name = scope.rpartition("/")
        if not name:
            raise SignInError("invalid_scope", f"The scope '{scope}' is not valid.", 70011)
        if slash and resource.rstrip("/").lower() not in (lab.base_url.lower(), GRAPH, GRAPH_APP):
            raise SignInError("invalid_resource", f"This tenant has no resource '{resource}'.", 500011)
        names.append(name)
        prefixes.append(resource + slash)
    if len({prefix.rstrip("/").lower() for prefix in prefixes if prefix}) > 1:
        raise SignInError("invalid_scope", "The scopes are for more than one resource.", 700022)
    prefix = next((prefix for prefix in prefixes if prefix), "")
    is_default = ".default" in names
    if is_default and len(names) > 1:
        raise SignInError("invalid_scope", "The scope .default does not go together with others.", 70011)
    return Wanted(
        tuple(openid),
        () if is_default else tuple(names),
        is_default,
        prefix,
        prefix.rstrip("/") or lab.base_url,
    )


def granted(app: App, wanted: Wanted) -> tuple[str, ...]:
    """What a person's sign-in gives the app: of what it asks, what it has; every registration counts as consented to.

    Raises SignInError where it has nothing of what it asks.
    """
    if wanted.is_default:
        return app.permissions
    asked = {name.casefold() for name in wanted.names}
    found = tuple(name for name in app.permissions if name.casefold() in asked)
    if asked and not found:
        raise SignInError(
            "invalid_grant",
            f"The application {app.name} has none of the permissions that it asks for.",
            65001,
        )
    return found


def as_answered(wanted: Wanted, permissions: tuple[str, ...]) -> str:
    """The `scope` of a token answer, spelled as it was asked, which is what a client's cache looks for."""
    names = [*permissions, ".default"] if wanted.is_default else list(permissions)
    openid = [name for name in wanted.openid if name != "offline_access"]
    return " ".join([*openid, *(wanted.prefix + name for name in names)])
