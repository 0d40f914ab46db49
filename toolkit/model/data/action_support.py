"""Which action does something on which platform, and where the documentation contradicts itself."""

from __future__ import annotations

from typing import NamedTuple

from toolkit.model.data.platforms import PLATFORMS


class Note(NamedTuple):
    kind: str
    platform: str
    sentence: str
    source: str
    """A page of Microsoft's documentation and its date."""


_ALL = frozenset(platform.key for platform in PLATFORMS)
# Retired types are not in the documented table; they follow their family.
_WINDOWS = frozenset({"windows", "windows-phone", "windows81", "windows10-mobile"})
_ANDROID = frozenset({"android", "android-work-profile", "android-device-owner", "android-for-work"})

# The page on actions for noncompliance, 2024-01-23. It does not list Linux for lock, retire and push.
SUPPORT: dict[str, frozenset[str]] = {
    "mark": _ALL,
    "email": _ALL,
    "lock": _ANDROID | {"aosp", "ios", "macos"},
    "retire": _ANDROID | {"aosp", "ios", "macos"} | _WINDOWS,
    "push": _ANDROID | {"ios"},
}
"""By action kind: the keys of the platforms on which it works. For devices that a third-party compliance
partner manages none of email, lock, retire and push is supported, whatever the platform."""

_ACTIONS_PAGE = "memdocs: intune/device-security/compliance/configure-noncompliance-actions.md, 2024-01-23"
_LOCK_PAGE = "memdocs: intune/device-management/actions/remote-lock.md, 2025-10-27"
_RETIRE_PAGE = "memdocs: intune/device-management/actions/retire.md, 2026-08-06"

NOTES: tuple[Note, ...] = (
    *(
        Note(
            "lock",
            platform,
            "The compliance action is documented for this platform, but the page on locking a device by hand "
            "lists only corporate Android, AOSP, iOS/iPadOS and macOS.",
            _LOCK_PAGE,
        )
        for platform in ("android", "android-work-profile", "android-for-work")
    ),
    Note(
        "lock",
        "macos",
        "Locking a Mac by hand asks for a six-digit recovery PIN; how the compliance action chooses one is "
        "not documented.",
        _LOCK_PAGE,
    ),
    Note(
        "retire",
        "android-device-owner",
        "The compliance action is documented for corporate-owned Android, but the page on retiring a device "
        "by hand does not list it.",
        _RETIRE_PAGE,
    ),
    Note(
        "email",
        "android-device-owner",
        "A dedicated device has no user, so there is nobody to send the mail to.",
        _ACTIONS_PAGE,
    ),
    *(
        Note(
            kind,
            "linux",
            "The documentation does not list Linux for this action; it does not say either that it is refused.",
            _ACTIONS_PAGE,
        )
        for kind in ("lock", "retire", "push")
    ),
)


def supports(kind: str, platform_key: str) -> bool:
    """False too for a kind or a platform that is not in the table."""
    return platform_key in SUPPORT.get(kind, ())


def platforms_with(kind: str) -> tuple[str, ...]:
    """Keys in the order of PLATFORMS."""
    return tuple(platform.key for platform in PLATFORMS if supports(kind, platform.key))
