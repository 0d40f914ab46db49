"""What a token allows: who asks, through which app, with which permissions."""

from __future__ import annotations

from typing import NamedTuple


class Grant(NamedTuple):
    app_id: str
    user_id: str | None
    """The signed-in person; None for an app that acts by itself."""
    permissions: frozenset[str]
    """Delegated ones (`scp`) with a person, application ones (`roles`) without."""
    is_owner: bool = False
    """The token that `lab serve` printed: it may do everything and steer the lab."""
