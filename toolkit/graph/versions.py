"""Which version of Graph a call goes to, v1.0 or beta, each with its reason."""

from __future__ import annotations

from typing import NamedTuple

V1 = "v1.0"
BETA = "beta"


class Row(NamedTuple):
    pattern: str
    """Below the version, letters of either case; `*` is one segment, `**` at the end any number of them, or none."""
    version: str
    reason: str


_POLICIES = "/deviceManagement/deviceCompliancePolicies"

# The first row that fits counts.
VERSIONS: tuple[Row, ...] = (
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
        "v1.0 lacks the action remoteLock, scope tags, several policy types (and so their states) and most Windows settings",
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
    Row(
        "/deviceManagement/notificationMessageTemplates/**",
        BETA,
        "v1.0 has no description; what is not read cannot be brought back by undo",
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
    segments = bare_path(path).lower().strip("/").split("/")
    return next(row for row in VERSIONS if _fits(row.pattern, segments))


def bare_path(address: str) -> str:
    """What comes below the version, without query: from a whole address, or a path with or without version.

    >>> bare_path("https://graph.microsoft.com/beta/deviceManagement/roleScopeTags('1')?$top=5")
    '/deviceManagement/roleScopeTags/1'

    A key in OData's brackets becomes a segment, so that one pattern fits both spellings.
    """
    bare = address.partition("?")[0].partition("#")[0]
    _, scheme, rest = bare.partition("://")
    below_host = rest.partition("/")[2] if scheme else bare
    parts = below_host.replace("(", "/").replace(")", "").split("/")
    segments = [part.strip("'") for part in parts if part]
    if segments and segments[0] in (V1, BETA):
        del segments[0]
    return "/" + "/".join(segments)


def _fits(pattern: str, segments: list[str]) -> bool:
    wanted = pattern.lower().strip("/").split("/")
    if wanted[-1] == "**":
        wanted.pop()
        segments = segments[: len(wanted)]
    return len(wanted) == len(segments) and all(
        want in ("*", got) for want, got in zip(wanted, segments, strict=True)
    )
