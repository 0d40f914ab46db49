"""What a token allows: who asks, through which app, with which permissions; and the refusal where none is good."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.lab.contract import RequestError

if TYPE_CHECKING:
    from toolkit.lab.app import Lab

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own app id: what a token for it may name as its audience, beside the address."""


class Grant(NamedTuple):
    app_id: str
    user_id: str | None
    """The signed-in person; None for an app that acts by itself."""
    permissions: frozenset[str]
    """Delegated ones (`scp`) with a person, application ones (`roles`) without."""
    is_owner: bool = False
    """The token that `lab serve` printed: it may do everything and steer the lab."""


def refused(lab: Lab, message: str) -> RequestError:
    """401, with where a better token is to be had."""
    authorize = f"{lab.base_url}/common/oauth2/v2.0/authorize"
    challenge = f'Bearer realm="", authorization_uri="{authorize}", client_id="{GRAPH_APP}"'
    return RequestError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})
