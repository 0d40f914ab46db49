"""Microsoft's own sign-in library, as it is installed, against a lab that is served over TLS."""

from __future__ import annotations

import re
import threading
import webbrowser
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msal
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.lab.test_identity import certificate, key_pair, pem
from toolkit.lab import apps
from toolkit.lab.app import Lab, create_lab
from toolkit.lab.certificate import make_certificate
from toolkit.lab.serve import LabServer
from toolkit.lab.tokens import tenant_id

ADMIN = "admin@contoso.example"
GRAPH = "https://graph.microsoft.com"
READ = f"{GRAPH}/DeviceManagementConfiguration.Read.All"
DEFAULT = f"{GRAPH}/.default"
POLICIES = "/v1.0/deviceManagement/deviceCompliancePolicies"


class Served(NamedTuple):
    lab: Lab
    url: str
    session: requests.Session
    """Trusts the lab's certificate: what MSAL speaks through, and the browser of these tests."""

    def authority(self, tenant: str = "") -> str:
        return f"{self.url}/{tenant or tenant_id(self.lab.store)}"

    def public(self, tenant: str = "") -> msal.PublicClientApplication:
        return msal.PublicClientApplication(
            apps.CLIENT_ID,
            authority=self.authority(tenant),
            instance_discovery=False,
            http_client=self.session,
        )

    def confidential(self, app: apps.App, credential: Any) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            app.id,
            client_credential=credential,
            authority=self.authority(),
            instance_discovery=False,
            http_client=self.session,
        )

    def page(self, response: requests.Response, **form: str) -> requests.Response:
        """Fills in the form of a page and sends it; the answer is not followed."""
        html = response.text
        action = re.search(r'action="([^"]*)"', html)
        assert action is not None, html
        return self.session.post(unescape(action[1]), data=hidden_fields(html) | form, allow_redirects=False)

    def user(self, upn: str = ADMIN) -> str:
        rows = self.lab.store.all("user")
        return str(next(row["id"] for row in rows if row["userPrincipalName"] == upn))

    def graph(self, method: str, path: str, found: dict[str, Any], body: Any = None) -> int:
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        return self.session.request(method, self.url + path, headers=headers, json=body).status_code


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    certificate, key = make_certificate(str(tmp_path_factory.mktemp("certificate")))
    lab = create_lab(":memory:")
    server = LabServer(lab, tls=(certificate, key))
    server.start()
    with requests.Session() as session:
        session.verify = certificate
        session.trust_env = False
        yield Served(lab, server.url, session)
    server.stop()
    lab.close()


def signed_in(served: Served, app: msal.PublicClientApplication, scopes: list[str]) -> Any:
    """The authorization code flow with PKCE as the library recommends it, the page pressed by hand."""
    flow = begun(app, scopes)
    answer = served.page(served.session.get(flow["auth_uri"]), user=served.user())
    found = app.acquire_token_by_auth_code_flow(flow, hidden_fields(answer.text))
    assert "access_token" in found, found
    return found


def begun(app: msal.PublicClientApplication, scopes: list[str], mode: str = "form_post") -> Any:
    return app.initiate_auth_code_flow(scopes, redirect_uri="http://localhost:4711", response_mode=mode)


def hidden_fields(html: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', html)
    return {unescape(name): unescape(value) for name, value in found}


@pytest.mark.parametrize("tenant", ["", "contoso.example", "common", "organizations"])
def test_the_authorization_code_flow_signs_a_person_in(served, tenant):
    app = served.public(tenant)
    found = signed_in(served, app, [READ])
    assert found["id_token_claims"]["preferred_username"] == ADMIN
    account = app.get_accounts()[0]
    assert account["username"] == ADMIN
    assert account["home_account_id"] == f"{served.user()}.{tenant_id(served.lab.store)}"
    assert served.graph("GET", POLICIES, found) == 200
    assert served.graph("POST", POLICIES, found, {}) == 403


@pytest.mark.parametrize("scopes", [[READ], [DEFAULT], ["DeviceManagementConfiguration.Read.All"]])
def test_a_token_comes_from_the_cache_and_then_from_the_refresh_token(served, scopes):
    app = served.public()
    first = signed_in(served, app, scopes)
    account = app.get_accounts()[0]
    cached = app.acquire_token_silent(scopes, account)
    assert (cached["access_token"], cached["token_source"]) == (first["access_token"], "cache")
    fresh = app.acquire_token_silent(scopes, account, force_refresh=True)
    assert fresh["token_source"] == "identity_provider"
    assert fresh["access_token"] != first["access_token"]
    assert served.graph("GET", POLICIES, fresh) == 200
    app.remove_account(account)
    assert app.get_accounts() == []


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_the_answer_may_come_in_the_address(served, mode):
    app = served.public()
    with pytest.warns(UserWarning, match="form_post"):
        flow = begun(app, [READ], mode)
    answer = served.page(served.session.get(flow["auth_uri"]), user=served.user())
    carried = dict(parse_qsl(getattr(urlsplit(answer.headers["Location"]), mode)))
    assert "access_token" in app.acquire_token_by_auth_code_flow(flow, carried)


def test_a_cancelled_sign_in_reaches_the_library_as_an_error(served):
    app = served.public()
    flow = begun(app, [READ])
    answer = served.page(served.session.get(flow["auth_uri"]), cancel="1")
    assert app.acquire_token_by_auth_code_flow(flow, hidden_fields(answer.text))["error"] == "access_denied"


class Person(webbrowser.BaseBrowser):
    """A browser with a person in it who chooses the administrator."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served
        self.thread: threading.Thread | None = None
        self.seen = ""

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.thread = threading.Thread(target=self.sign_in, args=(url,))
        self.thread.start()
        return True

    def sign_in(self, url: str) -> None:
        served = self.served
        page = served.page(served.session.get(url), user=served.user())
        # The page posts itself to the library's own listener.
        self.seen = served.page(page).text


def test_the_librarys_own_browser_flow_signs_a_person_in(served):
    person = Person(served)
    # The library asks for whatever browser is preferred.
    webbrowser.register("person", None, person, preferred=True)
    found = served.public().acquire_token_interactive([READ], timeout=30)
    assert person.thread is not None
    person.thread.join()
    assert found.get("id_token_claims", {}).get("preferred_username") == ADMIN, found
    assert "Authentication complete" in person.seen


def device_flow(
    served: Served, app: msal.PublicClientApplication
) -> tuple[dict[str, Any], requests.Response]:
    """The flow, and the page on which the person is chosen."""
    flow = app.initiate_device_flow([READ])
    assert "user_code" in flow, flow
    page = served.session.get(flow["verification_uri"])
    return flow, served.page(page, user_code=flow["user_code"])


def test_the_device_code_flow_signs_a_person_in(served):
    app = served.public()
    flow, page = device_flow(served, app)
    waiting = app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    assert waiting["error"] == "authorization_pending"
    flow["interval"] = 0  # instead of waiting
    assert served.page(page, user=served.user()).status_code == 200
    found = app.acquire_token_by_device_flow(flow)
    assert found["id_token_claims"]["oid"] == served.user()
    assert app.acquire_token_silent([READ], app.get_accounts()[0], force_refresh=True)
    assert served.graph("GET", POLICIES, found) == 200


def test_a_refused_device_code_ends_the_flow(served):
    app = served.public()
    flow, page = device_flow(served, app)
    served.page(page, cancel="1")
    assert app.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


def test_a_tenant_that_is_not_this_one_is_refused(served):
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        served.public("fabrikam.example")


# Apps that act by themselves


@pytest.fixture(scope="module")
def daemon(served: Served) -> tuple[apps.App, str]:
    text = pem(certificate(key_pair("daemon"), begins=served.lab.seconds() - 60))
    app, secret = apps.register(served.lab.store, "Daemon", certificate=text, with_secret=True)
    assert secret is not None
    return app, secret


def private_key() -> str:
    key = key_pair("daemon")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def credential(kind: str, daemon: tuple[apps.App, str]) -> Any:
    app, secret = daemon
    assert app.certificate is not None
    return {
        "secret": secret,
        "thumbprint": {"private_key": private_key(), "thumbprint": app.certificate.sha1},
        "public certificate": {"private_key": private_key(), "public_certificate": app.certificate.pem},
    }[kind]


@pytest.mark.parametrize("kind", ["secret", "thumbprint", "public certificate"])
def test_an_app_acts_by_itself(served, daemon, kind):
    app = served.confidential(daemon[0], credential(kind, daemon))
    found = app.acquire_token_for_client([DEFAULT])
    assert found.get("token_source") == "identity_provider", found
    assert served.graph("GET", POLICIES, found) == 200
    assert served.graph("POST", POLICIES, found, {}) == 403
    assert app.acquire_token_for_client([DEFAULT])["token_source"] == "cache"
    # Without its cache the library sends the assertion that it already has once more.
    app.remove_tokens_for_client()
    assert app.acquire_token_for_client([DEFAULT])["token_source"] == "identity_provider"


def test_a_wrong_secret_and_a_foreign_key_are_refused(served, daemon):
    app, _ = daemon
    found = served.confidential(app, "wrong").acquire_token_for_client([DEFAULT])
    assert (found["error"], found["error_codes"]) == ("invalid_client", [7000215])
    thief = key_pair("thief").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    foreign = {"private_key": thief, "public_certificate": app.certificate.pem}
    found = served.confidential(app, foreign).acquire_token_for_client([DEFAULT])
    assert (found["error"], found["error_codes"]) == ("invalid_client", [700027])


def test_a_pfx_file_proves_it_too(served, daemon, tmp_path: Path):
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
    from cryptography.x509 import load_pem_x509_certificate

    app, _ = daemon
    found = load_pem_x509_certificate(app.certificate.pem.encode())
    path = tmp_path / "app.pfx"
    path.write_bytes(
        serialize_key_and_certificates(
            b"app", key_pair("daemon"), found, None, BestAvailableEncryption(b"open")
        )
    )
    client = served.confidential(app, {"private_key_pfx_path": str(path), "passphrase": "open"})
    assert "access_token" in client.acquire_token_for_client([DEFAULT])
