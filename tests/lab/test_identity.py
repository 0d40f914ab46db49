"""The lab's sign-in endpoints, asked as a client that knows the protocol asks them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from toolkit.errors import BadFile, NotFound, UsageProblem
from toolkit.lab import apps, tokens
from toolkit.lab.app import Lab, Request, Response, create_lab, open_lab
from toolkit.lab.contract import RequestError
from toolkit.lab.identity import answer, verify

NOW = 1_790_000_000.0
ADMIN = "admin@empty.example"
GRAPH = "https://graph.microsoft.com"
READ = "DeviceManagementConfiguration.Read.All"
WRITE = "DeviceManagementConfiguration.ReadWrite.All"
REDIRECT = "http://localhost:4711"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Client:
    """Speaks to the sign-in endpoints of one lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.at = NOW
        lab.seconds = lambda: self.at

    def get(self, path: str, **query: str) -> Response:
        return self.lab.handle(Request("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Response:
        named = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.lab.handle(Request("POST", path, named, urlencode(form).encode()))

    def token(self, tenant: str = "common", client: str = apps.CLIENT_ID, **form: str) -> Any:
        """The JSON of the token endpoint: a success is a 200, an error is not."""
        response = self.post(f"/{tenant}/oauth2/v2.0/token", {"client_id": client, **form})
        payload = response.json()
        assert (response.status == 200) == ("access_token" in payload), payload
        return payload

    def page(self, **changes: str | None) -> Response:
        query = {
            "client_id": apps.CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": f"{GRAPH}/{READ} openid profile offline_access",
            "state": "s-1",
            **changes,
        }
        return self.get(
            "/common/oauth2/v2.0/authorize",
            **{key: value for key, value in query.items() if value is not None},
        )

    def choose(self, page: Response, user: str = ADMIN, **form: str) -> Response:
        """Presses a button of a page: the person's, or what `form` says instead."""
        action, context = form_of(page)
        return self.post(action, {"ctx": context, **(form or {"user": self.user(user)["id"]})})

    def code(self, **changes: str | None) -> str:
        return returned(self.choose(self.page(**changes)))["code"]

    def signed_in(self, **changes: str | None) -> Any:
        code = self.code(**changes)
        return self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)

    def user(self, upn: str) -> dict[str, Any]:
        return next(row for row in self.lab.store.all("user") if row["userPrincipalName"] == upn)

    def disable(self, upn: str) -> None:
        row = self.user(upn)
        self.lab.store.put("user", row["id"], {**row, "accountEnabled": False})


@pytest.fixture
def client() -> Iterator[Client]:
    lab = create_lab(":memory:", "empty")
    client = Client(lab)
    ada = {"id": "ada", "displayName": "Zoe", "userPrincipalName": "ada@empty.example"}
    lab.store.put("user", "ada", client.user(ADMIN) | ada)
    yield client
    lab.close()


def form_of(page: Response) -> tuple[str, str]:
    """(path of the form's action, its sealed context)."""
    html = page.body.decode()
    action = re.search(r'action="([^"]*)"', html)
    context = re.search(r'name="ctx" value="([^"]*)"', html)
    assert action is not None, html
    assert context is not None, html
    return urlsplit(unescape(action[1])).path, unescape(context[1])


def returned(response: Response, sign: str = "?") -> dict[str, str]:
    """What a redirect carries back."""
    assert response.status == 302, response.body
    _, _, carried = response.headers["Location"].partition(sign)
    return {key: values[0] for key, values in parse_qs(carried).items()}


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@cache
def key_pair(name: str) -> rsa.RSAPrivateKey:
    del name  # one pair for each
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any, *, begins: float = NOW, days: int = 30) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    start = datetime.fromtimestamp(begins, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, SHA256())
    )


def pem(found: x509.Certificate) -> str:
    return found.public_bytes(Encoding.PEM).decode()


# Discovery


@pytest.mark.parametrize("tenant", ["common", "organizations", "empty.example", "EMPTY.example", "ID"])
def test_the_tenant_may_be_named_in_each_of_its_ways(client, tenant):
    tid = tokens.tenant_id(client.lab.store)
    name = tid if tenant == "ID" else tenant
    found = client.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
    root = f"{client.lab.base_url}/{name.lower()}"
    has_placeholder = tenant in ("common", "organizations")
    assert found["issuer"] == f"{client.lab.base_url}/{'{tenantid}' if has_placeholder else tid}/v2.0"
    assert found["token_endpoint"] == f"{root}/oauth2/v2.0/token"
    assert found["authorization_endpoint"] == f"{root}/oauth2/v2.0/authorize"
    assert found["device_authorization_endpoint"] == f"{root}/oauth2/v2.0/devicecode"
    assert found["jwks_uri"] == f"{root}/discovery/v2.0/keys"


@pytest.mark.parametrize(
    ("path", "error", "number"),
    [
        (
            "/00000000-1111-2222-3333-444444444444/v2.0/.well-known/openid-configuration",
            "invalid_tenant",
            90002,
        ),
        ("/fabrikam.example/oauth2/v2.0/authorize", "invalid_tenant", 90002),
        ("/consumers/v2.0/.well-known/openid-configuration", "invalid_request", 9002332),
        ("/common/discovery/instance", "invalid_request", 900144),
        (
            "/common/discovery/instance?authorization_endpoint=https://evil.example/common/oauth2",
            "invalid_instance",
            50049,
        ),
        ("/common/oauth2/v2.0/token", "invalid_request", 900561),
    ],
)
def test_a_wrong_address_is_told_so_in_the_documented_shape(client, path, error, number):
    given = "11111111-2222-4333-8444-555555555555"
    response = client.lab.handle(Request("GET", path, {"Client-Request-Id": given}))
    found = response.json()
    assert response.status in (400, 405)
    assert (found["error"], found["error_codes"]) == (error, [number])
    assert found["error_description"].startswith(f"AADSTS{number}: ")
    assert found["correlation_id"] == given
    assert found["timestamp"] == "2026-09-21 14:13:20Z"
    assert len(found["trace_id"]) == 36


def test_the_instance_is_the_labs_own_host(client):
    endpoint = f"{client.lab.base_url}/common/oauth2/v2.0/authorize"
    found = client.get("/common/discovery/instance", authorization_endpoint=endpoint).json()
    assert found["tenant_discovery_endpoint"] == (
        f"{client.lab.base_url}/common/v2.0/.well-known/openid-configuration"
    )
    assert found["metadata"][0]["aliases"] == ["graph.lab.invalid"]


def test_other_addresses_are_not_the_sign_in_services(client):
    assert answer(client.lab, Request("GET", "/somewhere/else")) is None
    assert client.get("/common/userrealm/x").status == 404


# The page and the authorization code


def test_whoever_is_chosen_on_the_page_is_signed_in(client):
    found = client.signed_in()
    claims, told = claims_of(found["access_token"]), claims_of(found["id_token"])
    user, tid = client.user(ADMIN), tokens.tenant_id(client.lab.store)
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 3600)
    assert found["scope"] == f"openid profile {GRAPH}/{READ}"
    assert claims["scp"].split() == [READ, "openid", "profile"]
    assert (claims["oid"], claims["tid"], claims["upn"], claims["aud"]) == (user["id"], tid, ADMIN, GRAPH)
    assert (claims["appid"], claims["appidacr"], claims["exp"]) == (apps.CLIENT_ID, "0", NOW + 3600)
    assert (told["aud"], told["preferred_username"], told["oid"]) == (apps.CLIENT_ID, ADMIN, user["id"])
    grant = verify(client.lab, found["access_token"])
    assert (grant.app_id, grant.user_id, grant.is_owner) == (apps.CLIENT_ID, user["id"], False)
    assert grant.permissions == {READ, "openid", "profile"}


def test_an_id_token_is_signed_with_the_published_key(client):
    found = client.signed_in(nonce="n-1")
    issuer = f"{client.lab.base_url}/{tokens.tenant_id(client.lab.store)}/v2.0"
    published = jwt.PyJWKSet.from_dict(client.get("/common/discovery/v2.0/keys").json())
    kid = jwt.get_unverified_header(found["id_token"])["kid"]
    told = jwt.decode(
        found["id_token"],
        published[kid].key,
        algorithms=["RS256"],
        audience=apps.CLIENT_ID,
        issuer=issuer,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert (told["nonce"], told["ver"]) == ("n-1", "2.0")


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("", {}),
        ("profile", {"name": "Administrator", "preferred_username": ADMIN}),
        ("email", {"email": ADMIN}),
    ],
)
def test_an_id_token_tells_what_was_asked_for(client, scope, told):
    claims = claims_of(client.signed_in(scope=f"openid {scope}")["id_token"])
    assert {key: claims[key] for key in ("name", "preferred_username", "email") if key in claims} == told


def test_without_openid_and_offline_access_there_is_only_an_access_token(client):
    found = client.signed_in(scope=READ)
    assert set(found) == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}
    assert claims_of(found["access_token"])["aud"] == client.lab.base_url


def test_client_info_names_the_account_for_microsofts_libraries(client):
    code = client.code()
    found = client.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, client_info="1")
    padded = found["client_info"] + "=" * (-len(found["client_info"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {
        "uid": client.user(ADMIN)["id"],
        "utid": tokens.tenant_id(client.lab.store),
    }


@pytest.mark.parametrize(("mode", "sign"), [("query", "?"), ("fragment", "#"), (None, "?")])
def test_the_code_goes_back_in_the_mode_that_was_asked_for(client, mode, sign):
    response = client.choose(client.page(response_mode=mode, state="a b&c"))
    assert response.headers["Location"].startswith(f"{REDIRECT}/{sign}code=")
    assert returned(response, sign)["state"] == "a b&c"


def test_form_post_carries_the_code_in_a_form(client):
    response = client.choose(client.page(response_mode="form_post", state='"><script>'))
    html = response.body.decode()
    assert response.status == 200
    assert f'action="{REDIRECT}"' in html
    assert 'name="code"' in html
    assert 'value="&quot;&gt;&lt;script&gt;"' in html
    policy = response.headers["Content-Security-Policy"]
    assert f"form-action 'self' {REDIRECT};" in policy
    # Only the one script runs that posts the form.
    script = re.findall("<script>(.*?)</script>", html)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert script == ["document.forms[0].submit()"]
    assert f"script-src 'sha256-{digest}'" in policy


def test_cancelling_tells_the_client(client):
    found = returned(client.choose(client.page(), cancel="1"))
    assert (found["error"], found["state"]) == ("access_denied", "s-1")


@pytest.mark.parametrize(
    ("hint", "error", "number"),
    [
        (None, "login_required", 50058),
        ("nobody@empty.example", "login_required", 50034),
        ("ada@empty.example", "login_required", 50057),
    ],
)
def test_prompt_none_without_a_good_hint_fails_at_the_client(client, hint, error, number):
    client.disable("ada@empty.example")
    found = returned(client.page(prompt="none", login_hint=hint))
    assert found["error"] == error
    assert found["error_description"].startswith(f"AADSTS{number}: ")


def test_prompt_none_with_a_hint_signs_in_at_once(client):
    code = returned(client.page(prompt="none", login_hint=ADMIN.upper()))["code"]
    found = client.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert claims_of(found["access_token"])["upn"] == ADMIN


def test_a_login_hint_is_first_on_the_page(client):
    html = client.page(login_hint="ada@empty.example").body.decode()
    assert re.findall(r"<small>([^<]*@[^<]*)</small>", html)[0] == "ada@empty.example"


def test_a_disabled_account_is_not_offered_and_not_taken(client):
    page = client.page()
    client.disable(ADMIN)
    assert ADMIN not in client.page().body.decode()
    answer = client.choose(page)
    assert answer.status == 400
    assert "AADSTS50057" in answer.body.decode()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.example/",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "http://evil.example\\@localhost",
        "http://localhost:1\t2",
        "http://localhost\r\nX: y",
        "http://localhost/callback",
        "http://localhost?next=https://evil.example",
        "http://localhost#x",
        "http://localhost:99999",
        "http://localhost:",
        "https://localhost",
        "http://[::1]",
        "//localhost",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_is_never_redirected_to(client, address):
    for prompt in (None, "none"):
        response = client.page(redirect_uri=address, prompt=prompt, login_hint=ADMIN)
        assert response.status == 400
        assert "Location" not in response.headers
        assert re.search("AADSTS(50011|900971)", response.body.decode())


@pytest.mark.parametrize(
    "address", ["http://localhost", "http://localhost/", "http://LOCALHOST:1", "http://127.0.0.1:65535/"]
)
def test_on_loopback_any_port_will_do(client, address):
    assert returned(client.choose(client.page(redirect_uri=address)))["code"]


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"response_type": "token"}, "unsupported_response_type", 70005),
        ({"response_type": "code id_token"}, "unsupported_response_type", 700054),
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_mode": "pigeon"}, "invalid_request", 70007),
        ({"scope": ""}, "invalid_request", 900144),
        ({"scope": "https://vault.example/x"}, "invalid_resource", 500011),
        ({"scope": f"{GRAPH}/{READ} https://graph.lab.invalid/{WRITE}"}, "invalid_scope", 700022),
        ({"scope": f"{GRAPH}/.default {GRAPH}/{READ}"}, "invalid_scope", 70011),
        ({"scope": f"{GRAPH}/"}, "invalid_scope", 70011),
        ({"scope": "Mail.Read"}, "invalid_grant", 65001),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request", 501491),
        ({"code_challenge_method": "S256"}, "invalid_request", 501491),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request", None),
    ],
)
def test_a_wrong_request_is_told_to_the_client(client, changes, error, number):
    found = returned(client.page(**changes))
    assert (found["error"], found["state"]) == (error, "s-1")
    assert found["error_description"].startswith(f"AADSTS{number}: ") == (number is not None)


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"client_id": None}, 900144), ({"client_id": "00000000-0000-0000-0000-000000000001"}, 700016)],
)
def test_an_unknown_client_sees_a_page(client, changes, number):
    response = client.page(**changes)
    assert response.status == 400
    assert f"AADSTS{number}: " in response.body.decode()


def test_pages_hold_nothing_that_runs_and_are_shown_in_no_frame(client):
    row = client.user(ADMIN)
    hostile = '"><script>alert(1)'
    client.lab.store.put("user", row["id"], {**row, "displayName": hostile})
    organization = client.lab.store.meta("organization")
    client.lab.store.set_meta("organization", {**organization, "displayName": hostile})
    for response in (
        client.page(scope=f"{READ} {hostile}", state=hostile, login_hint=hostile),
        client.page(client_id=hostile),
        client.get("/common/oauth2/deviceauth"),
        client.post("/common/oauth2/deviceauth", {"user_code": hostile}),
        client.get("/common/oauth2/v2.0/logout"),
    ):
        assert b"<script" not in response.body
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["Cache-Control"] == "no-store"


def test_a_choice_counts_only_with_what_the_page_was_made_for(client):
    action, context = form_of(client.page())
    user = client.user(ADMIN)["id"]
    swapped = context.split(".")
    swapped[1] = tokens.to_base64url(b'{"redirect":"https://evil.example","exp":9999999999}')
    for ctx in ("", "a.b.c", ".".join(swapped), client.signed_in()["refresh_token"]):
        assert client.post(action, {"ctx": ctx, "user": user}).status == 400
    client.at += 3601
    assert client.post(action, {"ctx": context, "user": user}).status == 400


# Redeeming a code


@pytest.mark.parametrize(
    ("asked", "verifier", "is_good"),
    [
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, VERIFIER, True),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, "w" * 43, False),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, "", False),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, CHALLENGE, False),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, VERIFIER, True),
        ({"code_challenge": VERIFIER}, VERIFIER, True),
        ({"code_challenge": VERIFIER}, CHALLENGE, False),
        ({}, "", True),
        ({}, VERIFIER, False),
    ],
)
def test_pkce_is_checked(client, asked, verifier, is_good):
    found = client.token(
        grant_type="authorization_code",
        code=client.code(**asked),
        redirect_uri=REDIRECT,
        code_verifier=verifier,
    )
    if is_good:
        assert "access_token" in found
    else:
        assert (found["error"], found["error_codes"]) == ("invalid_grant", [501481])


def test_a_code_is_good_once(client):
    code = client.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert "access_token" in client.token(**form)
    assert client.token(**form)["error_codes"] == [54005]


def test_a_code_is_good_for_ten_minutes(client):
    code = client.code()
    client.at += 600
    found = client.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert (found["error"], found["error_codes"]) == ("invalid_grant", [70008])


@pytest.mark.parametrize(
    ("changes", "error", "numbers"),
    [
        ({"redirect_uri": "http://localhost:4712"}, "invalid_grant", []),
        ({"redirect_uri": ""}, "invalid_request", [900144]),
        ({"code": "guessed"}, "invalid_grant", [70000]),
        ({"tenant": "organizations"}, "invalid_grant", [700005]),
        ({"client_secret": "x"}, "invalid_client", [700025]),
        ({"client": "nobody"}, "unauthorized_client", [700016]),
        ({"grant_type": "magic"}, "unsupported_grant_type", [70003]),
        ({"grant_type": "password"}, "unsupported_grant_type", []),
        ({"grant_type": ""}, "invalid_request", [900144]),
        ({"scope": "https://vault.example/x"}, "invalid_resource", [500011]),
    ],
)
def test_what_does_not_belong_to_a_code_is_refused(client, changes, error, numbers):
    form = {"grant_type": "authorization_code", "code": client.code(), "redirect_uri": REDIRECT}
    found = client.token(**{**form, **changes})
    assert (found["error"], found["error_codes"]) == (error, numbers)


def test_what_was_given_to_another_client_is_refused(client):
    store = client.lab.store
    code, flow = client.code(), started(client)
    for row in store.all("signIn"):
        store.put("signIn", row["id"], {**row, "client": "another"})
    user = client.user(ADMIN)["id"]
    facts = {"client": "another", "user": user, "scope": READ, "exp": NOW + 10}
    found = [
        client.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT),
        polled(client, flow["device_code"]),
        refreshed(client, tokens.seal(store, "refresh", facts)),
    ]
    assert [row["error_codes"] for row in found] == [[70000], [70018], [70000]]
    mine = {**facts, "client": apps.CLIENT_ID}
    assert "access_token" in refreshed(client, tokens.seal(store, "refresh", mine))


def test_a_parameter_may_not_come_twice(client):
    body = b"grant_type=refresh_token&grant_type=client_credentials"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = client.lab.handle(Request("POST", "/common/oauth2/v2.0/token", headers, body))
    assert response.json()["error_codes"] == [9002313]


def test_there_are_not_too_many_parameters(client):
    form = {f"p{number}": "1" for number in range(101)}
    assert client.post("/common/oauth2/v2.0/token", form).json()["error_codes"] == [9002313]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe=%ff&%00=1", b"{}"])
def test_a_body_that_is_no_form_is_an_error_and_no_more(client, body):
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        response = client.lab.handle(
            Request("POST", "/common/oauth2/v2.0/token", {"content-type": kind}, body)
        )
        assert (response.status, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("scope", "answered", "audience"),
    [
        (READ, f"openid {READ}", "https://graph.lab.invalid"),
        (f"{GRAPH}/{READ}", f"openid {GRAPH}/{READ}", GRAPH),
        (f"{GRAPH}/{READ.lower()}", f"openid {GRAPH}/{READ}", GRAPH),
        (
            f"{GRAPH}/{READ} {GRAPH}/{WRITE} {GRAPH}/Mail.Read",
            f"openid {GRAPH}/{READ} {GRAPH}/{WRITE}",
            GRAPH,
        ),
        (
            f"https://graph.lab.invalid/{READ}",
            f"openid https://graph.lab.invalid/{READ}",
            "https://graph.lab.invalid",
        ),
        (f"{tokens.GRAPH_APP}/{READ}", f"openid {tokens.GRAPH_APP}/{READ}", tokens.GRAPH_APP),
    ],
)
def test_scopes_are_granted_as_far_as_the_app_has_them_and_spelled_as_asked(
    client, scope, answered, audience
):
    found = client.signed_in(scope=f"openid {scope}")
    assert found["scope"] == answered
    assert claims_of(found["access_token"])["aud"] == audience
    assert verify(client.lab, found["access_token"]).permissions


def test_default_gives_all_that_the_app_has(client):
    found = client.signed_in(scope=f"{GRAPH}/.default")
    names = found["scope"].split()
    assert f"{GRAPH}/.default" in names
    assert verify(client.lab, found["access_token"]).permissions == set(apps.known_permissions())


# Refresh tokens


def refreshed(client: Client, text: str, **more: str) -> Any:
    return client.token(grant_type="refresh_token", refresh_token=text, **more)


def test_a_refresh_token_gives_new_tokens_each_time(client):
    first = client.signed_in()["refresh_token"]
    client.at += 5000
    found = refreshed(client, first)
    assert verify(client.lab, found["access_token"]).permissions == {READ, "openid", "profile"}
    assert found["refresh_token"] != first
    assert claims_of(found["id_token"])["preferred_username"] == ADMIN
    # The service documents that it does not revoke the old one.
    assert "access_token" in refreshed(client, first)


def test_a_refresh_may_ask_for_other_permissions_of_the_app(client):
    found = refreshed(client, client.signed_in()["refresh_token"], scope=f"{GRAPH}/{WRITE}")
    assert claims_of(found["access_token"])["scp"] == f"{WRITE} openid profile"


def test_a_refresh_token_survives_a_reset_and_a_restart(client, tmp_path):
    path = str(tmp_path / "lab.sqlite")
    before = Client(create_lab(path, "empty"))
    found = before.signed_in()
    before.lab.reset()
    before.lab.close()
    after = Client(open_lab(path))
    assert verify(after.lab, found["access_token"]).user_id == after.user(ADMIN)["id"]
    assert "access_token" in refreshed(after, found["refresh_token"])
    after.lab.close()


def test_a_refresh_token_lasts_ninety_days(client):
    text = client.signed_in()["refresh_token"]
    client.at += 90 * 24 * 3600
    assert refreshed(client, text)["error_codes"] == [700082]


def test_a_refresh_token_of_somebody_disabled_is_refused(client):
    text = client.signed_in()["refresh_token"]
    client.disable(ADMIN)
    assert refreshed(client, text)["error_codes"] == [50057]


@pytest.mark.parametrize("text", ["x", "a.b.c", "ACCESS", "OTHER LAB"])
def test_what_is_no_refresh_token_of_this_lab_is_refused(client, text):
    other = Client(create_lab(":memory:", "empty"))
    texts = {
        "ACCESS": client.signed_in()["access_token"],
        "OTHER LAB": other.signed_in()["refresh_token"],
    }
    found = refreshed(client, texts.get(text, text))
    other.lab.close()
    assert (found["error"], found["error_codes"]) == ("invalid_grant", [70000])


# Device code


def started(client: Client, **form: str) -> Any:
    return client.post(
        "/common/oauth2/v2.0/devicecode",
        {"client_id": apps.CLIENT_ID, "scope": f"{GRAPH}/{READ} openid offline_access", **form},
    ).json()


def polled(asking: Client, code: str, **more: str) -> Any:
    return asking.token(grant_type=DEVICE_CODE, device_code=code, **more)


def typed(client: Client, code: str) -> Response:
    return client.post("/common/oauth2/deviceauth", {"user_code": code})


def test_a_device_is_signed_in_once_the_code_was_entered_and_a_person_chosen(client):
    flow = started(client)
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert flow["verification_uri"] == f"{client.lab.base_url}/common/oauth2/deviceauth"
    assert flow["user_code"] in flow["message"]
    assert polled(client, flow["device_code"])["error"] == "authorization_pending"
    letters = flow["user_code"].lower()
    page = typed(client, f" {letters[:4]}-{letters[4:]} ")
    assert client.choose(page).status == 200
    found = polled(client, flow["device_code"])
    assert claims_of(found["access_token"])["upn"] == ADMIN
    assert found["refresh_token"]
    assert found["id_token"]
    assert polled(client, flow["device_code"])["error"] == "bad_verification_code"


def test_whoever_asks_too_often_is_slowed_down(client):
    code = started(client)["device_code"]
    answers = []
    for wait in (0, 1, 5, 3, 4.5):
        client.at += wait
        answers.append(polled(client, code)["error"])
    pending = "authorization_pending"
    assert answers == [pending, "slow_down", pending, "slow_down", pending]


def test_a_refusal_on_the_page_reaches_the_device(client):
    flow = started(client)
    client.choose(typed(client, flow["user_code"]), cancel="1")
    assert polled(client, flow["device_code"])["error"] == "authorization_declined"


def test_a_device_code_lasts_a_quarter_of_an_hour(client):
    flow = started(client)
    page = typed(client, flow["user_code"])
    client.at += 900
    assert polled(client, flow["device_code"])["error"] == "expired_token"
    assert b"AADSTS70019" in typed(client, flow["user_code"]).body
    assert b"AADSTS70019" in client.choose(page).body
    # A day later it is as if it had never been.
    client.at += 25 * 3600
    started(client)
    assert polled(client, flow["device_code"])["error"] == "bad_verification_code"


def test_a_code_that_was_decided_on_is_not_decided_on_again(client):
    flow = started(client)
    page = typed(client, flow["user_code"])
    client.choose(page)
    assert b"AADSTS90120" in client.choose(page, cancel="1").body
    assert b"AADSTS90120" in typed(client, flow["user_code"]).body
    assert "access_token" in polled(client, flow["device_code"])


@pytest.mark.parametrize(("code", "number"), [("", 90119), (" - ", 90119), ("AAAAAAAAA", 70018)])
def test_a_wrong_user_code_is_asked_for_again(client, code, number):
    started(client)
    page = typed(client, code)
    assert page.status == 400
    assert f"AADSTS{number}" in page.body.decode()


def test_a_device_code_is_for_the_client_that_asked(client):
    app, secret = apps.register(client.lab.store, "Other", with_secret=True)
    flow = started(client)
    client.choose(typed(client, flow["user_code"]))
    found = polled(client, flow["device_code"], client=app.id, client_secret=secret)
    assert found["error"] == "unauthorized_client"
    assert started(client, client_id=app.id)["error"] == "unauthorized_client"
    assert started(client, scope="")["error_codes"] == [900144]


# Apps that act by themselves


@pytest.fixture
def daemon(client: Client) -> tuple[apps.App, str]:
    """An app with a secret and a certificate of the key pair "daemon"."""
    text = pem(certificate(key_pair("daemon")))
    app, secret = apps.register(client.lab.store, "Daemon", certificate=text, with_secret=True)
    assert secret is not None
    return app, secret


def by_itself(asking: Client, app: apps.App, tenant: str = "empty.example", **form: str) -> Any:
    return asking.token(
        tenant,
        app.id,
        **{"grant_type": "client_credentials", "scope": f"{GRAPH}/.default", **form},
    )


def assertion(app: apps.App, *, key: Any = None, **changes: Any) -> dict[str, str]:
    """The form of a client assertion: claims by name, header members as head_x5t and so on, None to leave one out."""
    assert app.certificate is not None
    claims: dict[str, Any] = {
        "aud": "https://graph.lab.invalid/empty.example/oauth2/v2.0/token",
        "iss": app.id,
        "sub": app.id,
        "jti": "j-1",
        "nbf": NOW,
        "exp": NOW + 600,
    }
    head: dict[str, Any] = {"alg": "PS256", "x5t#S256": thumbprint(app.certificate.sha256)}
    for name, value in changes.items():
        place = head if name.startswith("head_") else claims
        place[{"head_x5t256": "x5t#S256"}.get(name, name.removeprefix("head_"))] = value
    head, claims = ({k: v for k, v in part.items() if v is not None} for part in (head, claims))
    algorithm = head.pop("alg")
    text = jwt.encode(claims, key if key is not None else key_pair("daemon"), algorithm, headers=head)
    return {"client_assertion_type": ASSERTION, "client_assertion": text}


def thumbprint(hexadecimal: str) -> str:
    return tokens.to_base64url(bytes.fromhex(hexadecimal))


def test_an_app_with_its_secret_acts_by_itself(client, daemon):
    app, secret = daemon
    found = by_itself(client, app, client_secret=secret)
    claims = claims_of(found["access_token"])
    assert set(found) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert (claims["roles"], claims["idtyp"], claims["appidacr"]) == (sorted(apps.READ_ONLY), "app", "1")
    assert "scp" not in claims
    assert verify(client.lab, found["access_token"]) == (app.id, None, frozenset(apps.READ_ONLY), False)


def test_a_secret_may_come_in_the_header(client, daemon):
    app, secret = daemon
    form = {"grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
    for id, password, status in ((app.id, secret, 200), (app.id, secret + "x", 401), ("other", secret, 400)):
        header = "Basic " + base64.b64encode(f"{id}:{password}".encode()).decode()
        response = client.post("/empty.example/oauth2/v2.0/token", form, Authorization=header)
        assert response.status == status, response.body
    other = client.post(
        "/empty.example/oauth2/v2.0/token",
        {**form, "client_id": app.id},
        Authorization="Basic " + base64.b64encode(f"{apps.CLIENT_ID}:x".encode()).decode(),
    )
    assert other.json()["error_codes"] == [9002313]
    unreadable = client.post("/empty.example/oauth2/v2.0/token", form, Authorization="Basic ?")
    assert unreadable.json()["error_codes"] == [9002313]


@pytest.mark.parametrize(
    ("form", "error", "number"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({}, "invalid_client", 7000218),
        ({"scope": f"{GRAPH}/{READ}"}, "invalid_scope", 70011),
        ({"scope": ".default"}, "invalid_scope", 70011),
        ({"scope": "https://vault.example/.default"}, "invalid_resource", 500011),
        ({"tenant": "common"}, "invalid_request", 50059),
        ({"tenant": "organizations"}, "invalid_request", 50059),
        ({"client_assertion": "x"}, "invalid_request", 9002313),
        ({"grant_type": "authorization_code"}, "unauthorized_client", None),
    ],
)
def test_an_app_that_asks_wrongly_is_refused(client, daemon, form, error, number):
    app, secret = daemon
    is_about_proof = error == "invalid_client"
    found = by_itself(client, app, **({} if is_about_proof else {"client_secret": secret}), **form)
    assert (found["error"], found["error_codes"]) == (error, [] if number is None else [number])


def test_the_public_client_does_not_act_by_itself(client):
    found = by_itself(client, apps.apps(client.lab.store)[0])
    assert (found["error"], found["error_codes"]) == ("invalid_client", [7000218])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"head_alg": "RS256"},
        {"head_x5t256": None, "head_x5t": "SHA1", "head_alg": "RS256"},
        {"head_x5t": "SHA1"},
        {"aud": "https://graph.lab.invalid/common/oauth2/v2.0/token"},
        {"aud": ["https://other.example", "https://graph.lab.invalid/common/oauth2/v2.0/token"]},
        {"nbf": None},
        {"nbf": NOW + 200, "exp": NOW + 700},
        {"exp": NOW - 200},
    ],
)
def test_an_assertion_of_the_registered_certificate_is_taken(client, daemon, changes):
    app, _ = daemon
    if changes.get("head_x5t") == "SHA1":
        changes = {**changes, "head_x5t": thumbprint(app.certificate.sha1)}
    form = assertion(app, **changes)
    found = by_itself(client, app, **form)
    assert claims_of(found["access_token"])["appidacr"] == "2"
    # Microsoft's libraries send one again until it expires.
    assert "access_token" in by_itself(client, app, **form)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"head_x5t256": None}, 700027),
        ({"head_x5t256": thumbprint("00" * 32)}, 700027),
        ({"head_x5t256": 7}, 700027),
        ({"head_x5t": thumbprint("00" * 20)}, 700027),
        ({"head_alg": "RS512"}, 700027),
        ({"iss": "somebody else"}, 50048),
        ({"iss": "somebody else", "sub": "somebody else"}, 50027),
        ({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}, 50027),
        ({"aud": None}, 50027),
        ({"exp": None}, 50027),
        ({"exp": NOW - 301}, 50027),
        ({"nbf": NOW + 301}, 50027),
    ],
)
def test_an_assertion_that_is_not_right_is_refused(client, daemon, changes, number):
    found = by_itself(client, daemon[0], **assertion(daemon[0], **changes))
    assert (found["error"], found["error_codes"]) == ("invalid_client", [number])


def test_an_assertion_signed_by_another_key_is_refused(client, daemon):
    found = by_itself(client, daemon[0], **assertion(daemon[0], key=key_pair("thief")))
    assert found["error_codes"] == [700027]


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_assertion_cannot_choose_an_easier_signature(client, daemon, algorithm):
    app, _ = daemon
    good = assertion(app)["client_assertion"].split(".")
    head = {"alg": algorithm, "typ": "JWT", "x5t#S256": thumbprint(app.certificate.sha256)}
    text = f"{tokens.to_base64url(json.dumps(head).encode())}.{good[1]}"
    mac = hashlib.sha256(app.certificate.pem.encode() + text.encode()).digest()
    for signature in ("", tokens.to_base64url(mac), good[2]):
        form = {"client_assertion_type": ASSERTION, "client_assertion": f"{text}.{signature}"}
        assert by_itself(client, app, **form)["error_codes"] == [700027]


@pytest.mark.parametrize(
    "text", ["x", "a.b", "a.b.c", "W10.W10.W10", "e30.e30.%", "é.é.é", "e30.e30.e30.e30", "...."]
)
def test_what_is_no_assertion_is_refused(client, daemon, text):
    form = {"client_assertion_type": ASSERTION, "client_assertion": text}
    assert by_itself(client, daemon[0], **form)["error_codes"] in ([50027], [700027])


def test_an_assertion_needs_its_type(client, daemon):
    form = {**assertion(daemon[0]), "client_assertion_type": "urn:other"}
    assert by_itself(client, daemon[0], **form)["error"] == "invalid_request"


@pytest.mark.parametrize(("begins", "days"), [(NOW - 40 * 86400, 30), (NOW + 86400, 30)])
def test_a_certificate_out_of_its_time_proves_nothing(client, begins, days):
    text = pem(certificate(key_pair("daemon"), begins=begins, days=days))
    app, _ = apps.register(client.lab.store, "Late", certificate=text)
    assert by_itself(client, app, **assertion(app))["error_codes"] == [700027]


def test_an_app_that_was_removed_gets_nothing(client, daemon):
    app, secret = daemon
    apps.remove(client.lab.store, app.name.upper())
    assert by_itself(client, app, client_secret=secret)["error_codes"] == [700016]


# Registrations


def test_only_the_hash_of_a_secret_is_kept(client, daemon):
    app, secret = daemon
    kept = json.dumps(client.lab.store.meta("apps"))
    assert secret not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept
    assert apps.find_app(client.lab.store, app.id.upper()) == app


def test_the_key_of_a_certificate_file_is_not_taken_along(client):
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    key = key_pair("daemon")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    app, _ = apps.register(client.lab.store, "Both", certificate=private + pem(certificate(key)))
    assert "PRIVATE" not in json.dumps(client.lab.store.meta("apps"))
    assert app.certificate.pem == pem(x509.load_pem_x509_certificate(app.certificate.pem.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        pem(certificate(ec.generate_private_key(ec.SECP256R1()))),
        pem(certificate(rsa.generate_private_key(public_exponent=65537, key_size=1024))),
    ],
    ids=["empty", "text", "damaged", "elliptic", "small"],
)
def test_what_is_no_good_certificate_is_refused(text):
    with pytest.raises(BadFile):
        apps.read_certificate(text)


def test_a_permission_that_is_typed_wrong_is_told_the_nearest(client):
    with pytest.raises(UsageProblem) as caught:
        apps.register(
            client.lab.store, "X", permissions=["DeviceManagementConfigurations.Read.All"], with_secret=True
        )
    assert READ in (caught.value.hint or "")
    with pytest.raises(UsageProblem):
        apps.register(client.lab.store, "X", permissions=["User.Read"], with_secret=True)
    app, _ = apps.register(
        client.lab.store, "Y", permissions=[READ.lower(), f"{GRAPH}/{WRITE}", READ], with_secret=True
    )
    assert app.permissions == (READ, WRITE)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31mred", "x" * 121, "DAEMON", "grace lab CLIENT"])
def test_a_name_is_one_line_and_not_taken_yet(client, daemon, name):
    with pytest.raises(UsageProblem):
        apps.register(client.lab.store, name, with_secret=True)


def test_an_app_without_a_proof_is_not_registered(client):
    with pytest.raises(UsageProblem):
        apps.register(client.lab.store, "X")


def test_the_client_that_every_lab_has_stays(client):
    with pytest.raises(UsageProblem):
        apps.remove(client.lab.store, apps.CLIENT_ID)
    with pytest.raises(NotFound):
        apps.remove(client.lab.store, "nobody")


# Access tokens


def refused(lab: Lab, text: str) -> str:
    with pytest.raises(RequestError) as caught:
        verify(lab, text)
    assert (caught.value.status, caught.value.code) == (401, "InvalidAuthenticationToken")
    assert caught.value.headers["WWW-Authenticate"].startswith('Bearer realm="", authorization_uri="http')
    return caught.value.message


def test_an_access_token_is_good_until_it_expires(client):
    text = client.signed_in()["access_token"]
    client.at += 3599
    assert verify(client.lab, text)
    client.at += 1
    assert "expired" in refused(client.lab, text)


def test_an_access_token_is_for_the_address_that_it_was_made_for(client):
    here = client.signed_in(scope=READ)["access_token"]
    graph = client.signed_in(scope=f"{GRAPH}/{READ}")["access_token"]
    client.lab.base_url = "http://127.0.0.1:9999"
    assert "audience" in refused(client.lab, here)
    assert verify(client.lab, graph)


def test_a_lab_takes_no_token_of_another_lab(client):
    other = Client(create_lab(":memory:", "empty"))
    text = other.signed_in()["access_token"]
    assert "signature" in refused(client.lab, text)
    client.signed_in()
    assert "signature" in refused(client.lab, text)
    assert verify(other.lab, text)
    other.lab.close()


def test_a_token_of_another_tenant_is_refused(client):
    text = client.signed_in()["access_token"]
    organization = client.lab.store.meta("organization")
    client.lab.store.set_meta("organization", {**organization, "id": "another"})
    assert "another tenant" in refused(client.lab, text)


@pytest.mark.parametrize("purpose", ["id_token", "refresh_token"])
def test_only_access_tokens_open_the_door(client, purpose):
    assert "signature" in refused(client.lab, client.signed_in()[purpose])


def test_what_is_changed_in_a_token_breaks_it(client):
    text = client.signed_in()["access_token"]
    head, body, signature = text.split(".")
    more = tokens.to_base64url(json.dumps({**claims_of(text), "scp": WRITE}).encode())
    none = tokens.to_base64url(b'{"typ":"JWT","alg":"none"}')
    for changed in (
        f"{head}.{more}.{signature}",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.{signature}=",
    ):
        assert "signature" in refused(client.lab, changed)


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a..c", "a.b.c.d", "é.é.\udc80", "..", "a.b." + "c" * 100_000]
)
def test_what_is_no_token_is_refused(client, text):
    client.signed_in()
    refused(client.lab, text)


def test_checking_a_token_loads_no_cryptography():
    program = (
        "import sys\n"
        "from toolkit.lab.app import create_lab\n"
        "from toolkit.lab import apps, tokens\n"
        "from toolkit.lab.identity import verify\n"
        "lab = create_lab(':memory:', 'empty')\n"
        "app = apps.apps(lab.store)[0]\n"
        "verify(lab, tokens.access_token(lab, app, None, ['A'], audience=lab.base_url))\n"
        "print('cryptography' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Signing out, and what is not written down


def test_signing_out_goes_back_to_the_client_or_to_a_page(client):
    path = "/common/oauth2/v2.0/logout"
    back = client.get(path, post_logout_redirect_uri=REDIRECT, state="x y")
    assert (back.status, back.headers["Location"]) == (302, f"{REDIRECT}?state=x+y")
    for address in ("", "https://evil.example"):
        response = client.get(path, post_logout_redirect_uri=address)
        assert (response.status, "Location" in response.headers) == (200, False)


def test_no_secret_is_in_the_log_of_requests_and_no_code_in_the_store(client, daemon):
    code = client.code()
    flow = started(client)
    found = client.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    by_itself(client, daemon[0], client_secret=daemon[1])
    client.lab.flush()
    store = client.lab.store
    kept = json.dumps([store.log("request"), store.all("signIn"), store.meta("identity"), store.meta("apps")])
    for secret in (code, flow["device_code"], found["refresh_token"], found["access_token"], daemon[1]):
        assert secret not in kept
