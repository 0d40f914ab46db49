"""Which version of Graph a call goes to, v1.0 or beta, each with its reason."""

from __future__ import annotations

import re
from typing import NamedTuple

V1 = "v1.0"
BETA = "beta"


class Row(NamedTuple):
    pattern: str
    """Below the version, letters of either case; `*` is one segment, `**` at the end any number of them, or none."""
    version: str
    reason: str


_POLICIES = "/deviceManagement/deviceCompliancePolicies"
_COUNTED = "counts and states are alike in both, and v1.0 is the one that is supported"

# The first row that fits counts.
VERSIONS: tuple[Row, ...] = (
    *(
        Row(f"{_POLICIES}/*/{name}/**", V1, _COUNTED)
        for name in (
            "deviceStatuses",
            "deviceStatusOverview",
            "userStatuses",
            "userStatusOverview",
            "deviceSettingStateSummaries",
        )
    ),
    Row(f"{_POLICIES}/getDevicesScheduledToRetire", BETA, "the retire list is not in v1.0"),
    Row(f"{_POLICIES}/getNoncompliantDevicesToRetire", BETA, "the retire list is not in v1.0"),
    Row(f"{_POLICIES}/setScheduledRetireState", BETA, "the retire list is not in v1.0"),
    Row(
        f"{_POLICIES}/*/assign",
        BETA,
        "v1.0 has no assignment filters, and as assign replaces everything it would remove them",
    ),
    Row(f"{_POLICIES}/*/assignments/**", BETA, "v1.0 has no assignment filters"),
    Row(
        f"{_POLICIES}/*/scheduleActionsForRules",
        BETA,
        "v1.0 does not know remoteLock, and as the call replaces the schedule it would remove it",
    ),
    Row(
        f"{_POLICIES}/**",
        BETA,
        "v1.0 lacks the action remoteLock, scope tags, several policy types and most Windows settings",
    ),
    Row(
        "/deviceManagement/compliancePolicies/**",
        BETA,
        "the settings catalog's policies (Linux) are not in v1.0",
    ),
    Row(
        "/deviceManagement/reusablePolicySettings/**",
        BETA,
        "discovery scripts of Linux policies are not in v1.0",
    ),
    Row("/deviceManagement/roleScopeTags/**", BETA, "scope tags are not in v1.0"),
    Row("/deviceManagement/intuneBrandingProfiles/**", BETA, "branding profiles are not in v1.0"),
    Row("/**", V1, "the version that is supported for production"),
)


def version_for(path: str, forced: str | None = None) -> str:
    """The version for a path or an address, whatever version that already names; `forced` beats the table."""
    return forced if forced is not None else row_for(path).version


def row_for(path: str) -> Row:
    """The row of the table that decides, with its reason."""
    bare = bare_path(path)
    return next(row for row, fits in _COMPILED if fits.fullmatch(bare))


def bare_path(address: str) -> str:
    """What comes below the version, without query: from a whole address, or a path with or without version.

    >>> bare_path("https://graph.microsoft.com/beta/deviceManagement/roleScopeTags('1')?$top=5")
    '/deviceManagement/roleScopeTags/1'

    OData's brackets become segments, so that one pattern fits both spellings of a key.
    """
    bare = _SCHEME_AND_HOST.sub("", address).partition("?")[0].partition("#")[0]
    segments = [part for part in _BRACKETS.sub(r"/\1", bare).split("/") if part]
    if segments and segments[0] in (V1, BETA):
        del segments[0]
    return "/" + "/".join(segments)


_SCHEME_AND_HOST = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BRACKETS = re.compile(r"\('?([^()']*)'?\)")


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of `Row` as a regular expression for what `bare_path` gives."""
    deep = pattern.endswith("/**")
    text = re.escape(pattern.removesuffix("/**")).replace(r"\*", "[^/]+")
    return re.compile(text + ("(?:/.*)?" if deep else ""), re.IGNORECASE)


_COMPILED = tuple((row, compiled(row.pattern)) for row in VERSIONS)
