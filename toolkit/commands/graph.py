"""grace graph: any Graph request. Reading is free; everything else goes through the gate and the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, UsageProblem
from toolkit.outcome import Outcome
from toolkit.planning.change import REQUEST, Change, Plan, RawRequest, Target

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Options:
    method: str
    url: str
    body: str | None = None
    header: tuple[str, ...] = ()
    all_pages: bool = False
    include: bool = False


SPEC = Spec(
    "graph",
    "",
    Options,
    changes=True,
    args=(
        Arg("method", "GET, POST, PATCH, PUT or DELETE", required=True, metavar="METHOD"),
        Arg(
            "url",
            "a path such as /deviceManagement/managedDevices, with or without a version, or a whole address",
            required=True,
        ),
        Arg(
            "body", "JSON as text, @FILE, or - for standard input", ("--body",), kind="content", metavar="F|-"
        ),
        Arg(
            "header",
            "a header, as in 'ConsistencyLevel: eventual' (repeat for several)",
            ("--header", "-H"),
            many=True,
            metavar="H",
        ),
        Arg("all_pages", "follow @odata.nextLink to the end", ("--all-pages",), kind="flag"),
        Arg("include", "status and headers too", ("--include",), kind="flag"),
    ),
    about="Without a version in the path Grace takes the one that it uses for that route itself.",
    examples=(
        "grace graph GET '/deviceManagement/deviceCompliancePolicies?$select=displayName' --all-pages",
        "grace graph GET /beta/deviceManagement/roleScopeTags -o json",
    ),
)


def propose(options: Options, tools: Tools) -> Plan | Outcome:
    method = options.method.upper()
    if method not in METHODS:
        raise UsageProblem(
            f'"{options.method}" is not a method.', hint=f"It is one of: {', '.join(METHODS)}."
        )
    path, version = _address(options.url, tools)
    headers = tuple(_header(text) for text in options.header)
    body = None if options.body is None else _body(options.body)
    if method == "GET":
        if body is not None:
            raise UsageProblem("A GET has no body.", hint="Leave --body out, or use POST.")
        return _read(path, version, headers, options, tools)
    if options.all_pages:
        raise UsageProblem("--all-pages goes with GET.")
    tenant = tools.tenant
    url = path if path.startswith("http") else f"/{version}{path}"
    tenant.session.address(url, version)  # refused here and now, not after the gate
    change = Change(
        target=Target(REQUEST, "", f"{method} {url.partition('?')[0]}"),
        before=None,
        after=RawRequest(method, url, body, headers),
        reason="a raw request",
    )
    return Plan("graph", tenant.name, (change,), made=tenant.now())


def _read(
    path: str, version: str, headers: tuple[tuple[str, str], ...], options: Options, tools: Tools
) -> Outcome:
    session = tools.tenant.session
    if options.all_pages:
        from toolkit.graph.paging import every

        return Outcome(data=every(session, path, version=version, headers=dict(headers)))
    answer = session.answer("GET", path, version=version, headers=dict(headers))
    kind = answer.headers.get("content-type", "")
    text = answer.body.decode("utf-8", "replace")
    data: Any = None
    if "json" in kind and text:
        try:
            data = json.loads(text)
        except ValueError:
            data = None
    if options.include:
        data = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": data if data is not None else text,
        }
        return Outcome(data=data, text=json.dumps(data, indent=2))
    if data is None:
        return Outcome(data={"body": text}, text=text)
    if (
        isinstance(data, Mapping)
        and isinstance(data.get("value"), list)
        and all(isinstance(v, dict) for v in data["value"])
    ):
        more = ("There are more pages: add --all-pages.",) if data.get("@odata.nextLink") else ()
        return Outcome(data=data, rows=data["value"], notes=more)
    return Outcome(data=data)


def _address(url: str, tools: Tools) -> tuple[str, str]:
    """(path without version, version). A whole address goes as it is: the session refuses any other host."""
    if url.startswith(("https://", "http://")):
        try:
            version = urlsplit(url).path.strip("/").partition("/")[0]
        except ValueError:
            raise UsageProblem(
                f'"{url}" is no address.', hint="Write it as /users or https://HOST/v1.0/users."
            ) from None
        return url, version if version in ("v1.0", "beta") else "v1.0"
    if any(character.isspace() or ord(character) < 32 for character in url):
        raise UsageProblem(
            "The address has blanks in it.", hint="Write %20 for a blank, and quote the address."
        )
    path = "/" + url.lstrip("/")
    for version in ("v1.0", "beta"):
        if path == f"/{version}" or path.startswith(f"/{version}/"):
            return path[len(version) + 1 :] or "/", version
    return path, tools.tenant.version(path)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(c in text for c in "\r\n"):
        raise UsageProblem(f'--header: "{text}" is not NAME: VALUE.')
    if name.strip().lower().startswith(("x-http-method", "x-method")):
        raise UsageProblem(f"--header {name.strip()}: give the method itself.")
    if name.strip().lower() in ("authorization", "host", "cookie"):
        raise UsageProblem(
            f"--header {name.strip()}: Grace sets this one itself.", hint="Secrets are never arguments."
        )
    return name.strip(), value.strip()


def _body(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise BadFile(f"--body is not JSON: {problem}.") from None
