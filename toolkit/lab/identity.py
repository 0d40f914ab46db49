"""The lab's sign-in endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.lab.exchange import Request, Response

if TYPE_CHECKING:
    from toolkit.lab.app import Lab


def answer(lab: Lab, request: Request) -> Response | None:
    """None for an address that is not one of the sign-in service's."""
    del lab, request
    return None
