"""A lab mounted inside a requests.Session: the client speaks HTTP as always, and nothing leaves the process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from toolkit.lab.app import Request

if TYPE_CHECKING:
    from toolkit.lab.app import Lab


class LabAdapter(BaseAdapter):
    """`session.mount(lab.base_url, LabAdapter(lab))`; closing the session leaves the lab open."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.lab = lab

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        del stream, timeout, verify, cert, proxies
        sent = request.body
        body = sent.encode() if isinstance(sent, str) else sent
        headers = {str(name): str(value) for name, value in request.headers.items()}
        answer = self.lab.handle(Request(request.method or "GET", request.url or "", headers, body))
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.headers["Content-Length"] = str(len(answer.body))
        response.raw = BytesIO(answer.body)
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        response.elapsed = timedelta()
        return response

    def close(self) -> None:
        self.lab.flush()
