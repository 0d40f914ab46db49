"""grace lab serve: the lab as Microsoft Graph over HTTP on this computer, until Ctrl-C."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, UsageProblem
from toolkit.outcome import Column, Outcome, Section

if TYPE_CHECKING:
    from toolkit.lab.serve import LabServer


@dataclass(frozen=True, slots=True)
class Options:
    port: int = 0
    tls: bool = False
    public_url: str | None = None
    token_to: str | None = None
    no_throttling: bool = False
    seconds: int | None = None


SPEC = Spec(
    "lab",
    "serve",
    Options,
    args=(
        Arg("port", "the port on 127.0.0.1 (default: a free one)", ("--port",), kind="count", default=0),
        Arg(
            "tls",
            "speak TLS with a certificate for localhost, made once and kept in GRACE_HOME; MSAL needs it",
            ("--tls",),
            kind="flag",
        ),
        Arg(
            "public_url",
            "the address that others reach it by, behind a tunnel or a proxy: it stands in every link",
            ("--public-url",),
            metavar="URL",
        ),
        Arg(
            "token_to",
            "write the bearer token to a file for its owner only, and do not show it",
            ("--token-to",),
            kind="file",
            metavar="FILE",
        ),
        Arg(
            "no_throttling",
            "never answer 429, however many requests come",
            ("--no-throttling",),
            kind="flag",
        ),
        Arg(
            "seconds",
            "stop after so many seconds, for scripts",
            ("--for",),
            kind="count",
            metavar="SECONDS",
        ),
    ),
    about="Ctrl-C stops it. The token that it shows may do everything and is made anew at each start; other clients"
    " sign in at the lab's own sign-in endpoints. Meanwhile the other lab commands work on the same lab.",
    examples=("grace lab serve --for 1", "grace lab serve --tls --token-to token.txt -o json --for 1"),
)

COLUMNS = (
    Column("Graph", "url"),
    Column("Sign-in", "signInUrl"),
    Column("Tenant id", "tenantId"),
    Column("Token", "token"),
    Column("Token file", "tokenFile"),
    Column("Certificate", "certificate"),
)


def run(options: Options, tools: Tools) -> Outcome:
    if options.port > 65535:
        raise UsageProblem("--port must be 1 to 65535, or 0 for a free one.")
    if options.public_url is not None:
        _check_public(options.public_url)
    lab = tools.lab()
    # Late: a served lab brings sockets and threads along.
    from toolkit.lab.serve import LabServer

    tls = None
    if options.tls:
        from toolkit.lab.certificate import make_certificate

        tls = make_certificate(os.path.join(tools.home, "tls"))
    server = LabServer(
        lab, port=options.port, tls=tls, public_url=options.public_url, throttled=not options.no_throttling
    )

    def begin() -> Outcome:
        server.start()
        if options.token_to is not None:
            _write_token(options.token_to, server.token)
        return _opening(options, server, tls, lab.store.meta("organization") or {})

    try:
        tools.hold(begin, options.seconds)
    finally:
        server.stop()
    requests = "1 request" if server.answered == 1 else f"{server.answered} requests"
    return Outcome(notes=(f"Stopped. The lab answered {requests}.",), text="")


def _opening(
    options: Options, server: LabServer, tls: tuple[str, str] | None, organization: dict[str, str]
) -> Outcome:
    url, tenant_id = server.lab.base_url, str(organization.get("id", ""))
    kept = os.path.abspath(options.token_to) if options.token_to is not None else None
    data = {
        "schema": "grace/lab-serve/1",
        "url": url,
        "signInUrl": f"{url}/{tenant_id}",
        "tenantId": tenant_id,
        "token": server.token if kept is None else None,
        "tokenFile": kept,
        "certificate": tls[0] if tls is not None else None,
    }
    columns = tuple(column for column in COLUMNS if data[column.key] is not None)
    notes = [
        f"For Grace and scripts set GRACE_GRAPH_URL={url} and GRACE_ACCESS_TOKEN"
        f" to the token{'' if kept is None else f' in {kept}'}.",
    ]
    if tls is not None:
        from toolkit.lab.apps import CLIENT_ID

        notes += [
            f"Clients must trust the certificate: REQUESTS_CA_BUNDLE={tls[0]}",
            f"MSAL: client_id={CLIENT_ID}, authority={url}/{tenant_id}, instance_discovery=False.",
            f"PowerShell: Add-MgEnvironment -Name Lab -GraphEndpoint {url} -AzureADEndpoint {url}; "
            f"Connect-MgGraph -Environment Lab -TenantId {tenant_id} -ClientId {CLIENT_ID}",
        ]
    else:
        notes.append("MSAL and Graph PowerShell want https: add --tls.")
    notes.append("Ctrl-C stops it.")
    return Outcome(
        data=data,
        columns=columns,
        sections=(Section("", columns, [data], pairs=True),),
        notes=tuple(notes),
        id_key="url",
    )


_PLAIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/-]*)?")


def _check_public(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        valid = parts.port is None or parts.port > 0
    except ValueError:
        host, valid = None, False
    bare = valid and _PLAIN.fullmatch(url) is not None
    loopback = host in ("localhost", "127.0.0.1", "::1")
    if not (valid and host and bare and (parts.scheme == "https" or (parts.scheme == "http" and loopback))):
        # Not quoted: it may hold a name and a password.
        raise UsageProblem(
            "--public-url must be https, or http on loopback, and no more than a host, a port and a path.",
            hint="For example: --public-url https://lab.example",
        )


def _write_token(path: str, token: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            if os.path.isfile(path):
                # A file that was there before may be open to others.
                os.chmod(path, 0o600)
            handle.write(token + "\n")
    except OSError as problem:
        raise BadFile(f"Cannot write the token to {path}: {problem.strerror or problem}.") from None
