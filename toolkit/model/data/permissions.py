"""Which Microsoft Graph permission a call needs."""

from __future__ import annotations

from typing import NamedTuple


class Permission(NamedTuple):
    method: str
    route: str
    """Below the version. `{id}` stands for one segment; `**` at the end for any number of them, or none."""
    least: tuple[str, ...]
    """The least privileged choice; where there are several they are needed together."""
    others: tuple[str, ...] = ()
    """More privileged ones, any of which does in place of `least`."""
    note: str | None = None


_CONFIGURATION_READ = "DeviceManagementConfiguration.Read.All"
_CONFIGURATION_WRITE = "DeviceManagementConfiguration.ReadWrite.All"
_SERVICE_READ = "DeviceManagementServiceConfig.Read.All"
_SERVICE_WRITE = "DeviceManagementServiceConfig.ReadWrite.All"
_DEVICES_READ = "DeviceManagementManagedDevices.Read.All"
_DEVICES_WRITE = "DeviceManagementManagedDevices.ReadWrite.All"
_DEVICES_ACT = "DeviceManagementManagedDevices.PrivilegedOperations.All"
_APPS_READ = "DeviceManagementApps.Read.All"
_APPS_WRITE = "DeviceManagementApps.ReadWrite.All"
_ACCESS_READ = "Policy.Read.All"
_ACCESS_WRITE = "Policy.ReadWrite.ConditionalAccess"

_POLICIES = "/deviceManagement/deviceCompliancePolicies"
_CATALOG = "/deviceManagement/compliancePolicies"
_TEMPLATES = "/deviceManagement/notificationMessageTemplates"
_DEVICE = "/deviceManagement/managedDevices/{id}"
_ACCESS = "/identity/conditionalAccess"

_WRITING = ("POST", "PATCH", "DELETE")


def _reads(
    route: str, least: str, others: tuple[str, ...] = (), note: str | None = None, *, method: str = "GET"
) -> Permission:
    return Permission(method, route, (least,), others, note)


def _writes(
    route: str, least: str, others: tuple[str, ...] = (), note: str | None = None
) -> tuple[Permission, ...]:
    return tuple(Permission(method, route, (least,), others, note) for method in _WRITING)


# The first row that fits counts, so the narrow ones come before those that end in **.
PERMISSIONS: tuple[Permission, ...] = (
    # The retire list (beta). The second reads although it is a POST.
    _reads(f"{_POLICIES}/getDevicesScheduledToRetire", _CONFIGURATION_READ, (_CONFIGURATION_WRITE,), "beta"),
    _reads(
        f"{_POLICIES}/getNoncompliantDevicesToRetire",
        _CONFIGURATION_READ,
        (_CONFIGURATION_WRITE,),
        "beta",
        method="POST",
    ),
    Permission("POST", f"{_POLICIES}/setScheduledRetireState", (_CONFIGURATION_WRITE,), (), "beta"),
    # Compliance policies with their actions, assignments and statuses.
    _reads(f"{_POLICIES}/**", _CONFIGURATION_READ, (_CONFIGURATION_WRITE,)),
    *_writes(f"{_POLICIES}/**", _CONFIGURATION_WRITE),
    _reads(
        "/deviceManagement/deviceCompliancePolicyDeviceStateSummary",
        _CONFIGURATION_READ,
        (_CONFIGURATION_WRITE,),
    ),
    _reads(
        "/deviceManagement/deviceCompliancePolicySettingStateSummaries/**",
        _CONFIGURATION_READ,
        (_CONFIGURATION_WRITE,),
    ),
    _reads(f"{_CATALOG}/**", _CONFIGURATION_READ, (_CONFIGURATION_WRITE,), "beta"),
    *_writes(
        f"{_CATALOG}/**",
        _CONFIGURATION_WRITE,
        note="beta; for setScheduledActions the documentation asks for Read.All only, which cannot be meant",
    ),
    # Templates belong to another family than policies.
    _reads(f"{_TEMPLATES}/**", _SERVICE_READ, (_SERVICE_WRITE,)),
    *_writes(
        f"{_TEMPLATES}/**",
        _SERVICE_WRITE,
        note="sendTestMessage also wants the Intune Administrator or Policy and Profile Manager role, "
        "and a signed-in user to send to",
    ),
    # Devices.
    _reads(
        f"{_DEVICE}/deviceCompliancePolicyStates/**",
        _DEVICES_READ,
        (_DEVICES_WRITE,),
        "not in the permission list: taken from that of the device",
    ),
    *(
        Permission("POST", f"{_DEVICE}/{action}", (_DEVICES_ACT,))
        for action in ("remoteLock", "retire", "syncDevice")
    ),
    Permission(
        "POST",
        f"{_DEVICE}/wipe",
        (_DEVICES_ACT,),
        (),
        "the permission list says DeviceManagementManagedDevices.ReadWrite.All, the page this one",
    ),
    _reads(
        "/deviceManagement/managedDevices/**",
        _DEVICES_READ,
        (_DEVICES_WRITE, _CONFIGURATION_READ, _CONFIGURATION_WRITE),
    ),
    _reads(
        "/deviceManagement/managedDeviceOverview",
        _DEVICES_READ,
        (_DEVICES_WRITE, _CONFIGURATION_READ, _CONFIGURATION_WRITE),
    ),
    Permission(
        "PATCH",
        f"{_DEVICE}/deviceCompliancePolicyStates/**",
        (_DEVICES_WRITE,),
        (),
        "not documented, and the service refuses the call: taken from the family of the device",
    ),
    # Reports.
    Permission(
        "POST",
        "/deviceManagement/reports/exportJobs",
        (_CONFIGURATION_WRITE,),
        (_DEVICES_WRITE, _APPS_WRITE),
        "the permission list asks for ReadWrite although the job only reads",
    ),
    _reads(
        "/deviceManagement/reports/exportJobs/**",
        _CONFIGURATION_READ,
        (_CONFIGURATION_WRITE, _DEVICES_READ, _DEVICES_WRITE, _APPS_READ, _APPS_WRITE),
        "not in the permission list: taken from the other reports",
    ),
    _reads(
        "/deviceManagement/reports/{id}",
        _CONFIGURATION_READ,
        (_CONFIGURATION_WRITE, _DEVICES_READ, _DEVICES_WRITE, _APPS_READ, _APPS_WRITE),
        method="POST",
    ),
    # The rest of Intune.
    _reads(
        "/deviceManagement/roleScopeTags/**", _CONFIGURATION_READ, ("DeviceManagementRBAC.Read.All",), "beta"
    ),
    _reads(
        "/deviceManagement/roleScopeTags/getRoleScopeTagsById",
        _CONFIGURATION_READ,
        ("DeviceManagementRBAC.Read.All",),
        "beta; reads although it is a POST",
        method="POST",
    ),
    *_writes(
        "/deviceManagement/roleScopeTags/**",
        "DeviceManagementRBAC.ReadWrite.All",
        (_CONFIGURATION_WRITE,),
        "beta; only reading is documented: taken from the name of the reading permission",
    ),
    _reads("/deviceManagement/intuneBrandingProfiles/**", _APPS_READ, (_APPS_WRITE,), "beta"),
    _reads("/deviceManagement/auditEvents/**", _APPS_READ, (_APPS_WRITE,)),
    *(
        _reads(
            f"/deviceManagement{part}",
            _CONFIGURATION_READ,
            (_CONFIGURATION_WRITE,),
            "tenant settings; any Intune family may do, depending on the workload",
        )
        for part in ("", "/settings", "/intuneBrand")
    ),
    Permission(
        "PATCH",
        "/deviceManagement",
        (_CONFIGURATION_WRITE,),
        (),
        "tenant settings; any Intune family may do, depending on the workload",
    ),
    # Conditional Access.
    Permission(
        "POST",
        f"{_ACCESS}/evaluate",
        ("Policy.Read.ConditionalAccess",),
        (_ACCESS_READ, _ACCESS_WRITE),
    ),
    _reads(
        f"{_ACCESS}/policies/**",
        _ACCESS_READ,
        note="Policy.Read.ConditionalAccess is not listed for this one",
    ),
    *(
        Permission(
            method,
            f"{_ACCESS}/policies/**",
            (_ACCESS_READ, _ACCESS_WRITE, "Application.Read.All"),
        )
        for method in ("POST", "PATCH")
    ),
    Permission("DELETE", f"{_ACCESS}/policies/**", (_ACCESS_READ, _ACCESS_WRITE)),
    _reads(
        f"{_ACCESS}/deletedItems/policies/**",
        _ACCESS_READ,
        note="not documented: taken from reading policies",
    ),
    Permission(
        "POST",
        f"{_ACCESS}/deletedItems/policies/{{id}}/restore",
        (_ACCESS_READ, _ACCESS_WRITE),
        (),
        "the page names no permission: taken from deleting policies",
    ),
    Permission(
        "DELETE",
        f"{_ACCESS}/deletedItems/policies/{{id}}",
        (_ACCESS_READ, _ACCESS_WRITE),
        (),
        "not documented: taken from deleting policies",
    ),
    # Directory.
    _reads(
        "/groups/{id}/members/**",
        "GroupMember.ReadBasic.All",
        ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"),
        "Device.Read.All is needed to see more of devices than their ids",
    ),
    _reads(
        "/groups/{id}/transitiveMembers/**",
        "GroupMember.ReadBasic.All",
        ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"),
        "Device.Read.All is needed to see more of devices than their ids",
    ),
    _reads(
        "/groups/**", "Group.ReadBasic.All", ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")
    ),
    _reads(
        "/users/**",
        "User.ReadBasic.All",
        ("User.Read.All", "Directory.Read.All"),
        "an application without a user needs User.Read.All",
    ),
    _reads("/devices/**", "Device.Read.All", ("Directory.Read.All",)),
    _reads(
        "/me",
        "User.Read",
        ("User.ReadBasic.All", "User.Read.All", "Directory.Read.All"),
        "an application without a user has no /me",
    ),
    _reads(
        "/organization/{id}/branding/**",
        "OrganizationalBranding.Read.All",
        ("Organization.Read.All",),
        "for a signed-in user User.Read is enough",
    ),
    _reads(
        "/organization/**",
        "User.Read",
        (
            "Organization.Read.All",
            "Directory.Read.All",
            _SERVICE_READ,
            _SERVICE_WRITE,
            _CONFIGURATION_READ,
            _CONFIGURATION_WRITE,
        ),
        "an application without a user needs one of the others",
    ),
    _reads("/directoryObjects/getByIds", "Directory.Read.All", method="POST"),
)


def needed(method: str, path: str) -> tuple[str, ...]:
    """The least permissions for a call, all of them together; () if the table does not know it.

    The path may be a whole address or start at or after the version; a query does not matter.

    >>> needed("GET", "/beta/deviceManagement/deviceCompliancePolicies?$top=5")
    ('DeviceManagementConfiguration.Read.All',)
    """
    row = permission(method, path)
    return () if row is None else row.least


def permission(method: str, path: str) -> Permission | None:
    """The row for a call, in the forms that `needed` takes."""
    verb = method.upper()
    segments = _segments(path)
    return next((row for row in PERMISSIONS if row.method == verb and _fits(row.route, segments)), None)


def _segments(path: str) -> list[str]:
    _, scheme, rest = path.partition("://")
    below_host = rest.partition("/")[2] if scheme else path
    bare = below_host.partition("?")[0].partition("#")[0]
    segments: list[str] = []
    for part in bare.split("/"):
        # OData also writes a key or a function's arguments in brackets: policies('1'), getDevices...().
        name, bracket, inside = part.partition("(")
        segments.append(name.casefold())
        key = inside.removesuffix(")")
        if bracket and key:
            segments.append(key)
    found = [segment for segment in segments if segment]
    return found[1:] if found[:1] in (["v1.0"], ["beta"]) else found


def _fits(route: str, segments: list[str]) -> bool:
    wanted = route.casefold().strip("/").split("/")
    if wanted[-1] == "**":
        wanted.pop()
        segments = segments[: len(wanted)]
    return len(wanted) == len(segments) and all(
        want in ("{id}", got) for want, got in zip(wanted, segments, strict=True)
    )
