"""The lab's sign-in endpoints: enough of the Microsoft identity platform v2.0 for Microsoft's own client libraries.

A lab is a pretend tenant. Nobody has a password: whoever reaches the page signs in as whom they like, and the page says
so. There are no browser sessions either, and the roles that people have in Intune or Entra are not modelled: a token
allows what its permissions allow. Everything else is checked as the service checks it: redirect addresses, PKCE, codes
that are good once, secrets, certificates. Sources: Microsoft identity platform (authorization code, device code and
client credentials flows, certificate credentials, refresh tokens, reply URLs, error codes), RFC 6749, 7523, 7636, 8628.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.lab.exchange import Request, Response
from toolkit.lab.tokens import verify as verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.lab.app import Lab
    from toolkit.lab.identity.protocol import Visit


def answer(lab: Lab, request: Request) -> Response | None:
    """None for an address that is not one of the sign-in service's."""
    from toolkit.lab.identity import protocol

    tenant, path = protocol.address_of(request)
    place = _places().get(path)
    if place is None:
        # A client that tries an old address of the service has to be told so in a way that it expects.
        return protocol.not_found() if protocol.is_tenant(lab, tenant) else None
    methods, handler = place
    try:
        return handler(protocol.visit(lab, request, methods))
    except protocol.SignInError as problem:
        return protocol.failure(lab, request, problem)


def _places() -> dict[str, tuple[tuple[str, ...], Callable[[Visit], Response]]]:
    """The addresses below the tenant, in lower case."""
    from toolkit.lab.identity import authorize, device, discovery, redeem

    return {
        "v2.0/.well-known/openid-configuration": (("GET",), discovery.configuration),
        "discovery/instance": (("GET",), discovery.instance),
        "discovery/v2.0/keys": (("GET",), discovery.keys),
        "oauth2/v2.0/authorize": (("GET", "POST"), authorize.authorize),
        "oauth2/v2.0/devicecode": (("POST",), device.start),
        "oauth2/deviceauth": (("GET", "POST"), device.approve),
        "oauth2/v2.0/token": (("POST",), redeem.token),
        "oauth2/v2.0/logout": (("GET", "POST"), authorize.logout),
    }
