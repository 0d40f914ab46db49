"""A lab mounted inside a requests.Session: the client speaks HTTP as always, and nothing leaves the process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response, exceptions
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from toolkit.lab.exchange import Request

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
        del stream, verify, cert, proxies
        sent = request.body
        body = sent.encode() if isinstance(sent, str) else sent
        headers = {str(name): str(value) for name, value in request.headers.items()}
        answer = self.lab.handle(Request(request.method or "GET", request.url or "", headers, body))
        if answer.delay:
            _wait(answer.delay, timeout, request)
        if answer.fate:
            raise exceptions.ConnectionError("the lab closed the connection", request=request)
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


def _wait(delay: float, timeout: Any, request: PreparedRequest) -> None:
    """A slow answer: waited for, or given up on after the caller's own time limit."""
    limit = timeout[1] if isinstance(timeout, tuple) else timeout
    if limit is not None and delay > limit:
        time.sleep(limit)
        raise exceptions.ReadTimeout("the lab did not answer in time", request=request)
    time.sleep(delay)
