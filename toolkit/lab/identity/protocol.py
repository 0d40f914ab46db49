"""One call of the sign-in service: its tenant and parameters, and the shapes of answers and errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from toolkit.lab.exchange import Request, Response
from toolkit.lab.tokens import tenant_id

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.apps import App

ANY_TENANT = ("common", "organizations")
CONSUMERS = ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad")
"""Personal accounts, which a lab has not."""

MOST_PARAMETERS = 100
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}


class SignInError(Exception):
    """`error` is OAuth's word; `number` is the service's, given only where its documentation names it for the case."""

    def __init__(self, error: str, sentence: str, number: int | None = None, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.error = error
        self.sentence = sentence
        self.number = number
        self.status = status

    @property
    def description(self) -> str:
        return self.sentence if self.number is None else f"AADSTS{self.number}: {self.sentence}"


class Visit(NamedTuple):
    lab: Lab
    method: str
    tenant: str
    """As the address has it: an id, a domain, common or organizations; in lower case."""
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def now(self) -> float:
        return self.lab.seconds()

    @property
    def root(self) -> str:
        """What the addresses of this tenant begin with."""
        return f"{self.lab.base_url}/{self.tenant}"


def address_of(request: Request) -> tuple[str, str]:
    """(tenant, what follows it), both in lower case and without slashes at the ends."""
    tenant, _, path = urlsplit(request.url).path.strip("/").partition("/")
    return unquote(tenant).lower(), path.lower()


def is_tenant(lab: Lab, name: str) -> bool:
    """Whether an address may name this lab's tenant so. `name` is in lower case."""
    organization = lab.store.meta("organization") or {}
    domains = [str(domain["name"]).lower() for domain in organization.get("verifiedDomains", ())]
    return name in (*ANY_TENANT, tenant_id(lab.store).lower(), *domains)


def visit(lab: Lab, request: Request, methods: tuple[str, ...]) -> Visit:
    """Raises SignInError for a tenant that is not this one, a wrong method and parameters that cannot be read."""
    tenant, _ = address_of(request)
    method = "GET" if request.method.upper() == "HEAD" else request.method.upper()
    if tenant in CONSUMERS:
        raise SignInError("invalid_request", "A lab has no personal accounts.", 9002332)
    if not is_tenant(lab, tenant):
        raise SignInError("invalid_tenant", f"There is no tenant '{tenant}' here.", 90002)
    if method not in methods:
        verbs = ", ".join(methods)
        raise SignInError(
            "invalid_request", f"This address takes {verbs} and not {method}.", 900561, status=405
        )
    headers = {name.lower(): value for name, value in request.headers.items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    body = (request.body or b"") if method == "POST" and kind == "application/x-www-form-urlencoded" else b""
    return Visit(
        lab,
        method,
        tenant,
        _parameters(urlsplit(request.url).query),
        _parameters(body.decode("utf-8", "replace")),
        headers,
    )


def needed(parameters: Mapping[str, str], name: str) -> str:
    """Raises SignInError where the parameter is missing or empty."""
    value = parameters.get(name, "").strip()
    if not value:
        raise SignInError("invalid_request", f"The request needs the parameter '{name}'.", 900144)
    return value


def registered(lab: Lab, client_id: str) -> App:
    """Raises SignInError for an app that this tenant does not have."""
    from toolkit.lab.apps import find_app

    app = find_app(lab.store, client_id)
    if app is None:
        raise SignInError(
            "unauthorized_client",
            f"The application '{client_id}' is not registered in this tenant: see grace lab app list.",
            700016,
        )
    return app


def users(lab: Lab) -> list[dict[str, Any]]:
    """Who can sign in: enabled accounts by name."""
    found = [user for user in lab.store.all("user") if user.get("accountEnabled")]
    return sorted(found, key=lambda user: str(user.get("displayName") or "").casefold())


def signing_in(lab: Lab, key: str) -> dict[str, Any]:
    """The person with an id or a sign-in name. Raises SignInError for an unknown or disabled one."""
    user = lab.store.user(key.strip())
    if user is None:
        raise SignInError("invalid_grant", "This tenant does not have that account.", 50034)
    if not user.get("accountEnabled"):
        raise SignInError("invalid_grant", f"The account {user['userPrincipalName']} is disabled.", 50057)
    return user


def json_answer(payload: Any, status: int = 200, **headers: str) -> Response:
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, {**kind, **NOT_STORED, **headers}, body)


def not_found() -> Response:
    """An address of the sign-in service that the lab does not imitate."""
    return json_answer(
        {"error": "not_found", "error_description": "The lab has no such sign-in address."}, 404
    )


def failure(lab: Lab, request: Request, problem: SignInError) -> Response:
    """The documented shape of an error; a request id of the caller's comes back as the correlation id."""
    at = datetime.fromtimestamp(lab.seconds(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), _correlation(request)
    payload = {
        "error": problem.error,
        "error_description": f"{problem.description} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}",
        "error_codes": [] if problem.number is None else [problem.number],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Grace lab"'} if problem.status == 401 else {}
    return json_answer(payload, problem.status, **headers)


def _correlation(request: Request) -> str:
    given = next(
        (value for name, value in request.headers.items() if name.lower() == "client-request-id"), ""
    )
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


def _parameters(text: str) -> dict[str, str]:
    """Raises SignInError for one that is given twice (RFC 6749 3.1) and for too many."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise SignInError("invalid_request", "The request has too many parameters.", 9002313) from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SignInError("invalid_request", "The request has a parameter twice.", 9002313)
    return found
