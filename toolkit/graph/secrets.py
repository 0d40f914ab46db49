"""What must not be written anywhere: secrets masked in bodies, headers and addresses, for the trace and the journal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

# Text, not compiled: most runs mask nothing.
_KEYS = (
    r"(?i)(password|passphrase|secret|secret_?text|assertion|token|credential|authorization|cookie"
    r"|(private|api|recovery)[-_]?key|(unlock|bypass)_?code)s?$"
)
_TEXT = (
    r"(?i:\b(Bearer )[^\s\"',}]+)"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
    r"|(?i:([?&](?:sig|code|access_token|client_secret)=)[^&\s\"]+)"
)


def is_secret(key: str) -> bool:
    """By how the name ends: `clientSecret` is one, `passwordRequiredType` and `password_expiration_days` are not."""
    return re.search(_KEYS, key) is not None


def masked(value: Any) -> Any:
    """JSON with everything that stands under a secret's name replaced; a bool or null there says nothing and stays."""
    if isinstance(value, Mapping):
        return {
            key: MASK if is_secret(str(key)) and not isinstance(item, bool | None) else masked(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    return masked_text(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """A line without bearer tokens, signed tokens and secrets in a query."""
    return re.sub(_TEXT, lambda found: f"{found[1] or found[2] or ''}{MASK}", text)
