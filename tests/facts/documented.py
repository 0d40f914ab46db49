"""What Microsoft, or where it is silent others, say about the service: each fact with its source and date.

The tables of the program are compared with these rows. A row changes when the source does, and never to make
a test pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple

ACTIONS = (
    "https://github.com/MicrosoftDocs/memdocs/blob/main/"
    "intune/device-security/compliance/configure-noncompliance-actions.md"
)
ACTION_ITEM = "https://learn.microsoft.com/graph/api/intune-deviceconfig-devicecomplianceactionitem-create"
ACTION_TYPE = (
    "https://github.com/microsoftgraph/microsoft-graph-docs-contrib/blob/main/"
    "api-reference/beta/resources/intune-deviceconfig-devicecomplianceactiontype.md"
)
METADATA = "https://github.com/microsoftgraph/msgraph-metadata/blob/master/schemas/v1.0-Prod.csdl"
BLOCK_REPORTS = (
    "https://github.com/microsoftgraph/microsoft-graph-docs/issues?q=one+and+only+one+block+scheduled+action"
)
# Third party: no page of Microsoft's lists the locales. The resource is
# IntuneDeviceComplianceNotificationMessageTemplate, release 1.26.708.1.
LOCALE_MAP = "https://github.com/microsoft/Microsoft365DSC"
DELETE_ACCESS_POLICY = "https://learn.microsoft.com/graph/api/conditionalaccesspolicy-delete"
PERMISSION_LIST = "https://github.com/microsoftgraph/microsoft-graph-devx-content/blob/master/permissions/new/permissions.json"


_TAGS = "a strong b u ol ul li p br code table tbody tr td thead th"
_LOCALES = (
    "ar-sa bg-bg cs-cz da-dk de-de el-gr en-gb en-us es-es es-mx et-ee fi-fi fr-ca fr-fr he-il hr-hr hu-hu "
    "it-it ja-jp ko-kr lt-lt lv-lv nb-no nl-nl pl-pl pt-br pt-pt ro-ro sk-sk sl-si ru-ru sr-Latn-rs sv-se "
    "th-th tr-tr uk-ua zh-cn zh-tw"
)


class Fact(NamedTuple):
    fact: str
    value: Any
    source: str
    date: str
    """Of the source, or of its reading if it has none: YYYY-MM-DD or YYYY-MM."""


HOURS = Fact("hours an action may wait, both ends included", (0, 8760), ACTION_ITEM, "2024-08-01")
PORTAL_STEP = Fact("hours per step of the schedule in the admin centre", 6, ACTIONS, "2024-01-23")
SUBJECT = Fact("longest subject in characters", 78, ACTIONS, "2024-01-23")
MESSAGE = Fact("longest message in characters", 2000, ACTIONS, "2024-01-23")
TOKENS = Fact(
    "variables in subject and message",
    ("{{UserName}}", "{{DeviceName}}", "{{DeviceId}}", "{{OSAndVersion}}"),
    ACTIONS,
    "2024-01-23",
)
TAGS = Fact(
    "HTML tags that keep a message from being sent as plain text",
    tuple(_TAGS.split()),
    ACTIONS,
    "2024-01-23",
)
BLOCK = Fact(
    "what Graph says of a policy without block action, or with two",
    "Compliance policy must have one and only one block scheduled action",
    BLOCK_REPORTS,
    "2019-03",
)
REMOTE_LOCK = Fact("action types that only beta has", {"remoteLock": 10}, ACTION_TYPE, "2024-08-01")
STATES = Fact(
    "states of a device and their numbers",
    {
        "unknown": 0,
        "compliant": 1,
        "noncompliant": 2,
        "conflict": 3,
        "error": 4,
        "inGracePeriod": 254,
        "configManager": 255,
    },
    METADATA,
    "2026-08-20",
)
PASSCODE_EXPIRY = Fact(
    "range of iosCompliancePolicy.passcodeExpirationDays, and the cap since release 2601",
    ((1, 65535), 730),
    METADATA,
    "2026-08-20",
)
LOCALES = Fact(
    "locales of a notification message",
    tuple(_LOCALES.split()),
    LOCALE_MAP,
    "2026-07",
)

ROWS: tuple[Fact, ...] = (
    HOURS, PORTAL_STEP, SUBJECT, MESSAGE, TOKENS, TAGS, BLOCK, REMOTE_LOCK, STATES, PASSCODE_EXPIRY, LOCALES,
)  # fmt: skip


class Cell(NamedTuple):
    """A row of the documented table of actions by platform."""

    platform: str
    """As the page calls it."""
    key: str
    """As the program calls it; several of the page's rows are one policy type."""
    kinds: tuple[str, ...]
    source: str
    date: str


MATRIX: tuple[Cell, ...] = tuple(
    Cell(platform, key, tuple(kinds.split()), ACTIONS, "2024-01-23")
    for platform, key, kinds in (
        ("Android device administrator", "android", "mark email lock retire push"),
        ("Android (AOSP)", "aosp", "mark email lock retire"),
        ("Android Enterprise fully managed", "android-device-owner", "mark email lock retire push"),
        ("Android Enterprise dedicated", "android-device-owner", "mark email lock retire push"),
        (
            "Android Enterprise corporate-owned work profile",
            "android-device-owner",
            "mark email lock retire push",
        ),
        (
            "Android Enterprise personally owned work profile",
            "android-work-profile",
            "mark email lock retire push",
        ),
        ("iOS/iPadOS", "ios", "mark email lock retire push"),
        ("macOS", "macos", "mark email lock retire"),
        ("Windows", "windows", "mark email retire"),
        ("Linux", "linux", "mark email"),
    )
)


class Call(NamedTuple):
    method: str
    path: str
    least: tuple[str, ...]
    source: str
    date: str


CALLS: tuple[Call, ...] = (
    *(
        Call(method, path, tuple(least.split()), PERMISSION_LIST, "2026-08-07")
        for method, path, least in (
            ("GET", "/deviceManagement/deviceCompliancePolicies", "DeviceManagementConfiguration.Read.All"),
            (
                "GET",
                "/deviceManagement/deviceCompliancePolicies/1/assignments",
                "DeviceManagementConfiguration.Read.All",
            ),
            (
                "PATCH",
                "/deviceManagement/deviceCompliancePolicies/1",
                "DeviceManagementConfiguration.ReadWrite.All",
            ),
            (
                "POST",
                "/deviceManagement/deviceCompliancePolicies/1/scheduleActionsForRules",
                "DeviceManagementConfiguration.ReadWrite.All",
            ),
            (
                "GET",
                "/deviceManagement/notificationMessageTemplates",
                "DeviceManagementServiceConfig.Read.All",
            ),
            (
                "POST",
                "/deviceManagement/notificationMessageTemplates/1/sendTestMessage",
                "DeviceManagementServiceConfig.ReadWrite.All",
            ),
            ("GET", "/deviceManagement/managedDevices", "DeviceManagementManagedDevices.Read.All"),
            (
                "POST",
                "/deviceManagement/managedDevices/1/remoteLock",
                "DeviceManagementManagedDevices.PrivilegedOperations.All",
            ),
            ("GET", "/identity/conditionalAccess/policies", "Policy.Read.All"),
            (
                "POST",
                "/identity/conditionalAccess/policies",
                "Policy.Read.All Policy.ReadWrite.ConditionalAccess Application.Read.All",
            ),
            ("POST", "/identity/conditionalAccess/evaluate", "Policy.Read.ConditionalAccess"),
            ("GET", "/groups/1", "Group.ReadBasic.All"),
            ("GET", "/groups/1/transitiveMembers/microsoft.graph.user", "GroupMember.ReadBasic.All"),
            ("POST", "/directoryObjects/getByIds", "Directory.Read.All"),
        )
    ),
    Call(
        "DELETE",
        "/identity/conditionalAccess/policies/1",
        ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
        DELETE_ACCESS_POLICY,
        "2026-11-21",
    ),
)
