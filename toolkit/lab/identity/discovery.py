"""What clients ask first: where the endpoints are, whether this is a sign-in service, and the public key."""

from __future__ import annotations

from urllib.parse import urlsplit

from toolkit.lab.exchange import Response
from toolkit.lab.identity.protocol import ANY_TENANT, SignInError, Visit, json_answer, needed
from toolkit.lab.tokens import key_set, tenant_id


def configuration(visit: Visit) -> Response:
    """The OpenID Connect metadata. Under common and organizations the issuer has a placeholder, as the service has it."""
    tid = "{tenantid}" if visit.tenant in ANY_TENANT else tenant_id(visit.lab.store)
    return json_answer(
        {
            "issuer": f"{visit.lab.base_url}/{tid}/v2.0",
            "authorization_endpoint": f"{visit.root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{visit.root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{visit.root}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{visit.root}/oauth2/v2.0/logout",
            "jwks_uri": f"{visit.root}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "code_challenge_methods_supported": ["plain", "S256"],
            "claims_supported": [
                *("sub", "iss", "aud", "exp", "iat", "nonce"),
                *("preferred_username", "name", "tid", "ver", "email"),
            ],
        }
    )


def instance(visit: Visit) -> Response:
    """Whether an authorization endpoint belongs to this service: only the lab's own host does."""
    if visit.tenant != "common":
        raise SignInError("invalid_request", "Instances are looked up under common.", 50050)
    own = urlsplit(visit.lab.base_url).netloc
    try:
        asked = urlsplit(needed(visit.query, "authorization_endpoint"))
    except ValueError:
        asked = urlsplit("")
    if asked.netloc.lower() != own.lower():
        raise SignInError("invalid_instance", "That host is not this sign-in service.", 50049)
    tenant = asked.path.strip("/").partition("/")[0]
    return json_answer(
        {
            "tenant_discovery_endpoint": f"{visit.lab.base_url}/{tenant}/v2.0/.well-known/openid-configuration",
            "api-version": visit.query.get("api-version", "1.1"),
            "metadata": [{"preferred_network": own, "preferred_cache": own, "aliases": [own]}],
        }
    )


def keys(visit: Visit) -> Response:
    return json_answer(key_set(visit.lab.store))
