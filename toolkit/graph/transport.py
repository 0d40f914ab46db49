"""The border to the network: one callable, a Request and a time limit in, an Answer out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from toolkit.errors import Unreachable

if TYPE_CHECKING:
    from requests import PreparedRequest
    from requests.exceptions import RequestException


class Request(NamedTuple):
    method: str
    url: str
    """Absolute."""
    headers: Mapping[str, str]
    body: bytes | None


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


Transport = Callable[[Request, float], Answer]
"""The float is the time limit in seconds. Raises Unreachable, with `sent` in its detail:

False if the connection was never made, True if the service may have received the request.
"""

CONNECTIONS = 8


def host_of(url: str) -> str:
    """Host and port as written, without a user's name or password."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)", url)
    return found[1] if found is not None else url


class RequestsTransport:
    """Real HTTP. Never follows a redirect and never repeats: the session above decides both.

    The time limit holds for connecting and for each silence of the service, not for a long answer as a whole.
    Proxies and certificate bundles of the environment count; passwords from a .netrc file never do.
    """

    def __init__(self) -> None:
        import requests
        from requests.adapters import HTTPAdapter

        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Without an auth of its own requests would look into .netrc and replace the Authorization header.
        self._session.auth = _keep_headers

    def __call__(self, request: Request, limit: float) -> Answer:
        from requests.exceptions import RequestException

        try:
            response = self._session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=limit,
                allow_redirects=False,
            )
        except RequestException as error:
            # Not chained: messages of requests may quote headers, and so the token.
            raise _unreachable(request, limit, error) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)

    def close(self) -> None:
        self._session.close()


def lost(request: Request, what: str) -> Unreachable:
    """For a transport that is not HTTP: the request went out, and "HOST did WHAT" instead of answering whole."""
    host = host_of(request.url)
    return Unreachable(
        f"{host} {what} ({request.method}).", detail={"method": request.method, "host": host, "sent": True}
    )


def _keep_headers(prepared: PreparedRequest) -> PreparedRequest:
    return prepared


def _unreachable(request: Request, limit: float, error: RequestException) -> Unreachable:
    import ssl

    from requests import exceptions as known

    host = host_of(request.url)
    sent = True
    hint: str | None = None
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(error, known.ProxyError):
        sent = False
        words = f"The proxy for {host} could not be reached, or refused"
        hint = "The proxy is taken from HTTPS_PROXY and NO_PROXY, or from the system's settings."
    elif isinstance(error, known.SSLError):
        # Only a refused certificate is sure to have come before the request.
        sent = not _holds(error, ssl.SSLCertVerificationError)
        words = f"No trusted connection to {host}"
        hint = "If a proxy inspects traffic here, name its certificate file in REQUESTS_CA_BUNDLE."
    elif isinstance(error, known.ConnectTimeout):
        sent = False
        words = f"{host} could not be reached within {limit:g} s"
    elif isinstance(error, known.Timeout) or type(cause).__name__ == "ReadTimeoutError":
        words = f"{host} did not answer within {limit:g} s"
    elif type(reason).__name__ == "NameResolutionError":
        sent = False
        words = f"The name {host} could not be found"
        hint = "Check the network connection, or whether a proxy is needed (HTTPS_PROXY)."
    elif type(reason).__name__ == "NewConnectionError":
        sent = False
        words = f"{host} could not be reached"
    elif isinstance(error, known.ConnectionError):
        words = f"{host} closed the connection before it answered"
    elif isinstance(error, known.ChunkedEncodingError | known.ContentDecodingError):
        words = f"The answer of {host} was cut off or damaged"
    else:
        # What is left is found wrong before anything is sent: an address or a header that HTTP does not allow.
        sent = False
        words = f"The request to {host} cannot be sent ({type(error).__name__})"
    return Unreachable(
        f"{words} ({request.method}).",
        hint=hint,
        detail={"method": request.method, "host": host, "sent": sent},
    )


def _holds(error: BaseException, wanted: type[BaseException]) -> bool:
    """Whether `wanted` is among the causes of `error`, however the layers below wrapped it."""
    seen: list[BaseException] = [error]
    for one in seen:
        if isinstance(one, wanted):
            return True
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        seen += [other for other in inner if isinstance(other, BaseException) and other not in seen]
    return False
