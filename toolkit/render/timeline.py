"""A moment of a time line as words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from toolkit.render.theme import Look


def moment_words(at: datetime, look: Look) -> str:
    """To the minute on a terminal, ISO elsewhere; UTC in both."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if look.width is None else f"{at:%Y-%m-%d %H:%M}"
