"""Graph JSON <-> model: the only place that spells Graph's property names.

Properties that Grace does not know survive: they are kept where they were read and go back unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from toolkit.errors import InvalidContent
from toolkit.model.data.platforms import BY_KEY, BY_ODATA_TYPE
from toolkit.model.device import NO_GRACE, Device, Group, PolicyStatus
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, CATALOG, CLASSIC, EXCLUDE, GROUP, Assignment, Policy
from toolkit.model.refs import ZERO_GUID
from toolkit.model.schedule import EMAIL, LOCK, MARK, PUSH, RETIRE, Action, Schedule
from toolkit.model.template import (
    COMPANY_NAME,
    CONTACT,
    DEVICE_DETAILS,
    LOGO,
    PORTAL_LINK,
    Message,
    Template,
)

Json = Mapping[str, Any]

KIND_OF = {
    "block": MARK,
    "notification": EMAIL,
    "remoteLock": LOCK,
    "retire": RETIRE,
    "pushNotification": PUSH,
}
ACTION_TYPE_OF = {kind: name for name, kind in KIND_OF.items()}
BRANDING_OF = {
    "includeCompanyLogo": LOGO,
    "includeCompanyName": COMPANY_NAME,
    "includeContactInformation": CONTACT,
    "includeCompanyPortalLink": PORTAL_LINK,
    "includeDeviceDetails": DEVICE_DETAILS,
}
FLAG_OF = {word: flag for flag, word in BRANDING_OF.items()}
RULE_NAME = "PasswordRequired"
"""The only rule name that anybody sends; the service answers null (graph-contract section 2.3)."""

# Set by the service, or navigation: never sent back.
_SERVICE_SET = frozenset(
    (
        "id",
        "version",
        "createdDateTime",
        "lastModifiedDateTime",
        "isAssigned",
        "settingCount",
        "creationSource",
        "supportsScopeTags",
    )
)
_NAVIGATION = frozenset(
    (
        "assignments",
        "scheduledActionsForRule",
        "deviceStatuses",
        "deviceStatusOverview",
        "userStatuses",
        "userStatusOverview",
        "deviceSettingStateSummaries",
        "localizedNotificationMessages",
    )
)
_POLICY_OWN = frozenset(("@odata.type", "displayName", "name", "description", "roleScopeTagIds"))


def canonical(value: Any) -> str:
    """One text for one content, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def moment(text: str | None) -> datetime | None:
    """An aware UTC time from Graph's text; None for null, and for the service's two ways to say "never"."""
    if not text:
        return None
    if text.startswith(("0001-01-01", "9999-12-31")):
        return None
    # Graph sends up to seven digits of a second; Python reads six.
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail.rstrip("Zz")
        offset = ""
        for sign in "+-":
            if sign in digits:
                digits, _, rest = digits.partition(sign)
                offset = sign + rest
        text = f"{head}.{digits[:6]}{offset or 'Z'}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def stamp(at: datetime | None) -> str:
    """A time as Graph writes it; None is its "no grace period ends"."""
    return (NO_GRACE if at is None else at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_companion(key: str) -> bool:
    """`x@odata.context` and its like: said about another property, never sent."""
    return "@odata." in key and key != "@odata.type"


def without_companions(value: Any) -> Any:
    """The same JSON without OData's remarks, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_companions(item) for key, item in value.items() if not is_companion(key)}
    if isinstance(value, list | tuple):
        return [without_companions(item) for item in value]
    return value


# Schedules


def action_from(item: Json) -> Action:
    kind = str(item.get("actionType", ""))
    template_id = item.get("notificationTemplateId") or None
    known = {"id", "actionType", "gracePeriodHours", "notificationTemplateId", "notificationMessageCCList"}
    return Action(
        kind=KIND_OF.get(kind, kind),
        after=_whole(item.get("gracePeriodHours"), "gracePeriodHours"),
        template_id=None if template_id == ZERO_GUID else template_id,
        cc_group_ids=tuple(item.get("notificationMessageCCList") or ()),
        id=item.get("id"),
        extra={
            k: v for k, v in item.items() if k not in known and not is_companion(k) and k != "@odata.type"
        },
    )


def action_to(action: Action) -> dict[str, Any]:
    return {
        **action.extra,
        "actionType": ACTION_TYPE_OF.get(action.kind, action.kind),
        "gracePeriodHours": action.after,
        "notificationTemplateId": action.template_id if action.template_id is not None else ZERO_GUID,
        "notificationMessageCCList": list(action.cc_group_ids),
    }


def schedule_from(rules: Iterable[Json] | None) -> Schedule | None:
    """A schedule from scheduledActionsForRule; None where it, or what is in it, was not expanded."""
    if rules is None:
        return None
    rules = tuple(rules)
    if any("scheduledActionConfigurations" not in rule for rule in rules):
        return None
    items = [item for rule in rules for item in rule["scheduledActionConfigurations"] or ()]
    return Schedule(tuple(action_from(item) for item in items))


def schedule_to(schedule: Schedule) -> list[dict[str, Any]]:
    # One rule object under one name: all that anybody sends or reads.
    return [
        {
            "ruleName": RULE_NAME,
            "scheduledActionConfigurations": [action_to(action) for action in schedule.actions],
        }
    ]


# Assignments

_TARGET_OF = {
    GROUP: "groupAssignmentTarget",
    EXCLUDE: "exclusionGroupAssignmentTarget",
    ALL_USERS: "allLicensedUsersAssignmentTarget",
    ALL_DEVICES: "allDevicesAssignmentTarget",
}
_KIND_OF_TARGET = {name: kind for kind, name in _TARGET_OF.items()}
_FILTER_ID = "deviceAndAppManagementAssignmentFilterId"
_FILTER_TYPE = "deviceAndAppManagementAssignmentFilterType"


def assignment_from(item: Json) -> Assignment:
    target = item.get("target") or {}
    name = str(target.get("@odata.type", "")).removeprefix("#microsoft.graph.")
    known = {"@odata.type", "groupId", _FILTER_ID, _FILTER_TYPE}
    filter_type = target.get(_FILTER_TYPE)
    return Assignment(
        kind=_KIND_OF_TARGET.get(name, name),
        group_id=target.get("groupId"),
        filter_id=target.get(_FILTER_ID),
        filter_type=None if filter_type in (None, "none") else filter_type,
        extra={k: v for k, v in target.items() if k not in known and not is_companion(k)},
    )


def assignment_to(assignment: Assignment) -> dict[str, Any]:
    target: dict[str, Any] = {
        "@odata.type": "#microsoft.graph." + _TARGET_OF.get(assignment.kind, assignment.kind),
        **assignment.extra,
    }
    if assignment.group_id is not None:
        target["groupId"] = assignment.group_id
    if assignment.filter_id is not None:
        target[_FILTER_ID] = assignment.filter_id
        target[_FILTER_TYPE] = assignment.filter_type or "none"
    return {"target": target}


def assignments_from(items: Iterable[Json] | None) -> tuple[Assignment, ...] | None:
    if items is None:
        return None
    return tuple(sorted((assignment_from(item) for item in items), key=lambda a: a.key))


# Policies


def policy_from(item: Json, collection: str | None = None) -> Policy:
    """A policy of either collection. Where `collection` is None it is told by the shape."""
    if collection is None:
        is_catalog = "technologies" in item or str(item.get("@odata.type", "")).endswith(
            "deviceManagementCompliancePolicy"
        )
        collection = CATALOG if is_catalog else CLASSIC
    platform = _platform_of(item, collection)
    own = _POLICY_OWN | _SERVICE_SET | _NAVIGATION
    settings = {k: v for k, v in item.items() if k not in own and not is_companion(k)}
    if collection == CATALOG and isinstance(settings.get("settings"), list):
        settings["settings"] = [_bare_setting(s) for s in settings["settings"]]
    scope_tags = item.get("roleScopeTagIds")
    return Policy(
        name=str(
            item.get("name" if collection == CATALOG else "displayName") or item.get("displayName") or ""
        ),
        platform=platform,
        id=str(item.get("id") or ""),
        description=item.get("description") or "",
        settings=settings,
        schedule=schedule_from(item.get("scheduledActionsForRule")),
        assignments=assignments_from(item.get("assignments")),
        scope_tags=tuple(scope_tags) if scope_tags is not None else ("0",),
        collection=collection,
        version=item.get("version"),
        modified=moment(item.get("lastModifiedDateTime")),
        raw=item,
    )


def policy_body(policy: Policy, *, create: bool) -> dict[str, Any]:
    """What POST (with the schedule, for the classic collection) or PATCH sends."""
    body: dict[str, Any] = {}
    known = BY_KEY.get(policy.platform)
    if policy.collection == CLASSIC:
        body["@odata.type"] = known.odata_type if known is not None else f"#microsoft.graph.{policy.platform}"
        body["displayName"] = policy.name
    else:
        body["name"] = policy.name
    body["description"] = policy.description
    body["roleScopeTagIds"] = list(policy.scope_tags)
    body |= {key: value for key, value in policy.settings.items() if not is_companion(key)}
    if create and policy.collection == CLASSIC and policy.schedule is not None:
        body["scheduledActionsForRule"] = schedule_to(policy.schedule)
    return body


def _platform_of(item: Json, collection: str) -> str:
    if collection == CATALOG:
        platforms = str(item.get("platforms") or "linux")
        return platforms if platforms in BY_KEY else platforms.split(",")[0]
    name = str(item.get("@odata.type", ""))
    platform = BY_ODATA_TYPE.get(name)
    return platform.key if platform is not None else name.removeprefix("#microsoft.graph.")


def _bare_setting(setting: Json) -> dict[str, Any]:
    """A catalog setting without its running number, which the service counts anew."""
    return {
        key: without_companions(value)
        for key, value in setting.items()
        if key != "id" and not is_companion(key)
    }


# Templates


def message_from(item: Json) -> Message:
    known = {"id", "locale", "subject", "messageTemplate", "isDefault", "lastModifiedDateTime", "@odata.type"}
    return Message(
        locale=str(item.get("locale") or "").lower(),
        subject=str(item.get("subject") or ""),
        body=str(item.get("messageTemplate") or ""),
        is_default=bool(item.get("isDefault")),
        id=item.get("id"),
        extra={k: v for k, v in item.items() if k not in known and not is_companion(k)},
    )


def message_body(message: Message, *, create: bool) -> dict[str, Any]:
    """What POST or PATCH sends. PATCH must not carry the locale, and may only ever set the default, not unset it."""
    body: dict[str, Any] = {**message.extra, "subject": message.subject, "messageTemplate": message.body}
    if create:
        body["locale"] = message.locale
        body["isDefault"] = message.is_default
    elif message.is_default:
        body["isDefault"] = True
    return body


def template_from(item: Json) -> Template:
    messages = item.get("localizedNotificationMessages")
    flags = str(item.get("brandingOptions") or "none").split(",")
    scope_tags = item.get("roleScopeTagIds")
    return Template(
        name=str(item.get("displayName") or ""),
        branding=frozenset(
            BRANDING_OF.get(flag.strip(), flag.strip()) for flag in flags if flag.strip() != "none"
        ),
        messages=None if messages is None else tuple(message_from(message) for message in messages),
        scope_tags=tuple(scope_tags) if scope_tags is not None else ("0",),
        description=item.get("description"),
        id=str(item.get("id") or ""),
        modified=moment(item.get("lastModifiedDateTime")),
        raw=item,
    )


def branding_to(branding: Iterable[str]) -> str:
    """The flags as the service writes them: a comma list without blanks, in the order of their bits."""
    words = set(branding)
    known = [flag for flag, word in BRANDING_OF.items() if word in words]
    unknown = sorted(words - set(FLAG_OF))
    return ",".join([*known, *unknown]) or "none"


def template_body(template: Template) -> dict[str, Any]:
    body: dict[str, Any] = {
        "displayName": template.name,
        "brandingOptions": branding_to(template.branding),
        "roleScopeTagIds": list(template.scope_tags),
    }
    # Beta only; sending it where there is none would make a v1.0 write fail.
    if template.description is not None:
        body["description"] = template.description
    return body


# Devices, groups, states


def device_from(item: Json) -> Device:
    return Device(
        id=str(item.get("id") or ""),
        name=str(item.get("deviceName") or ""),
        os=item.get("operatingSystem") or "",
        os_version=item.get("osVersion") or "",
        state=item.get("complianceState") or "unknown",
        grace_ends=moment(item.get("complianceGracePeriodExpirationDateTime")),
        user_name=item.get("userDisplayName") or "",
        user_principal_name=item.get("userPrincipalName") or "",
        mail=item.get("emailAddress") or "",
        last_sync=moment(item.get("lastSyncDateTime")),
        enrolled=moment(item.get("enrolledDateTime")),
        owner=item.get("managedDeviceOwnerType") or "",
        agent=item.get("managementAgent") or "",
        management_state=item.get("managementState") or "",
        raw=item,
    )


def group_from(item: Json) -> Group:
    return Group(
        id=str(item.get("id") or ""),
        name=str(item.get("displayName") or ""),
        mail=item.get("mail"),
        mail_enabled=bool(item.get("mailEnabled")),
        security_enabled=bool(item.get("securityEnabled", True)),
        membership_rule=item.get("membershipRule"),
        raw=item,
    )


def policy_status_from(item: Json, policy_id: str) -> PolicyStatus:
    return PolicyStatus(
        policy_id=policy_id,
        device_name=str(item.get("deviceDisplayName") or ""),
        status=str(item.get("status") or "unknown"),
        grace_expires=moment(item.get("complianceGracePeriodExpirationDateTime")),
        reported=moment(item.get("lastReportedDateTime")),
        user_name=item.get("userName") or "",
        user_principal_name=item.get("userPrincipalName") or "",
        raw=item,
    )


def _whole(value: Any, name: str) -> int:
    """An int as the schedule needs it; a tenant or a file may hold anything."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidContent(f"{name} is {json.dumps(value, default=str)}, not a whole number.")
    return value
