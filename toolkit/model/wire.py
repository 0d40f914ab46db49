"""Graph JSON <-> model: the only place that spells Graph's property names.

Properties that Grace does not know survive: they are kept where they were read and go back unchanged.

What goes back at a write is read strictly: InvalidContent names the property and what it holds. What is only
shown is read as it comes, so that an oddity of the service does not make a whole list unreadable.
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


def moment(text: Any) -> datetime | None:
    """An aware UTC time from Graph's text; None for what is no time, and for the service's two ways to say "never"."""
    if not isinstance(text, str) or not text:
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
    """Raises InvalidContent for a property that does not hold what Graph keeps there."""
    kind = _text(item.get("actionType"), "actionType")
    template_id = _text_or_none(item.get("notificationTemplateId"), "notificationTemplateId") or None
    id = item.get("id")
    known = {"id", "actionType", "gracePeriodHours", "notificationTemplateId", "notificationMessageCCList"}
    return Action(
        kind=KIND_OF.get(kind, kind),
        after=_whole(item.get("gracePeriodHours"), "gracePeriodHours"),
        template_id=None if template_id == ZERO_GUID else template_id,
        cc_group_ids=_texts(item.get("notificationMessageCCList"), "notificationMessageCCList"),
        id=id if isinstance(id, str) else None,
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


def schedule_from(rules: Any) -> Schedule | None:
    """A schedule from scheduledActionsForRule; None where it, or what is in it, was not read or not read whole."""
    if rules is None:
        return None
    lists = [
        None
        if _has_more(rule, "scheduledActionConfigurations")
        else rule.get("scheduledActionConfigurations")
        for rule in _objects(rules, "scheduledActionsForRule")
    ]
    if any(items is None for items in lists):
        return None
    found = [item for items in lists for item in _objects(items, "scheduledActionConfigurations")]
    return Schedule(tuple(action_from(item) for item in found))


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


BESIDE_TARGET = ("source", "sourceId")
"""What an assignment says beside its target. No target has members of these names: `Assignment.extra` holds both."""


def assignment_from(item: Json) -> Assignment:
    """Raises InvalidContent for a target that could not go back as it came."""
    target = _object(item.get("target"), "target")
    name = _text(target.get("@odata.type"), "@odata.type of a target").removeprefix("#")
    name = name.removeprefix("microsoft.graph.")
    kind = _KIND_OF_TARGET.get(name, name)
    known = {"@odata.type", "groupId", _FILTER_ID, _FILTER_TYPE}
    filter_type = _text_or_none(target.get(_FILTER_TYPE), _FILTER_TYPE)
    read_id = _text if kind in (GROUP, EXCLUDE) else _text_or_none
    extra = {k: v for k, v in target.items() if k not in known and not is_companion(k)}
    # "direct" is what an assignment is that says nothing, and its sourceId is the policy's own id: sent to
    # another policy, it would be wrong.
    if item.get("source") not in (None, "direct"):
        extra |= {key: item[key] for key in BESIDE_TARGET if item.get(key) is not None}
    return Assignment(
        kind=kind,
        group_id=read_id(target.get("groupId"), "groupId"),
        filter_id=_text_or_none(target.get(_FILTER_ID), _FILTER_ID),
        filter_type=None if filter_type in (None, "none") else filter_type,
        extra=extra,
    )


def assignment_to(assignment: Assignment) -> dict[str, Any]:
    target: dict[str, Any] = {
        "@odata.type": "#microsoft.graph." + _TARGET_OF.get(assignment.kind, assignment.kind),
        **{key: value for key, value in assignment.extra.items() if key not in BESIDE_TARGET},
    }
    if assignment.group_id is not None:
        target["groupId"] = assignment.group_id
    if assignment.filter_id is not None:
        target[_FILTER_ID] = assignment.filter_id
        target[_FILTER_TYPE] = assignment.filter_type or "none"
    beside = {key: assignment.extra[key] for key in BESIDE_TARGET if key in assignment.extra}
    return {**beside, "target": target}


def assignments_from(items: Any) -> tuple[Assignment, ...] | None:
    if items is None:
        return None
    found = (assignment_from(item) for item in _objects(items, "assignments"))
    return tuple(sorted(found, key=lambda a: a.key))


# Policies


def policy_from(item: Json, collection: str | None = None) -> Policy:
    """A policy of either collection. Where `collection` is None it is told by the shape.

    A list of which there is more (`…@odata.nextLink`) counts as not read: nobody may write back a part of it.
    Raises InvalidContent for a property that does not hold what Graph keeps there.
    """
    if collection is None:
        is_catalog = "technologies" in item or str(item.get("@odata.type", "")).endswith(
            "deviceManagementCompliancePolicy"
        )
        collection = CATALOG if is_catalog else CLASSIC
    platform = _platform_of(item, collection)
    own = _POLICY_OWN | _SERVICE_SET | _NAVIGATION
    settings = {k: v for k, v in item.items() if k not in own and not is_companion(k)}
    if collection == CATALOG and isinstance(settings.get("settings"), list):
        settings["settings"] = [_bare_setting(s) for s in _objects(settings["settings"], "settings")]
    own_name = "name" if collection == CATALOG else "displayName"
    version = item.get("version")
    return Policy(
        name=_text_or_none(item.get(own_name), own_name)
        or _text_or_none(item.get("displayName"), "displayName")
        or "",
        platform=platform,
        id=str(item.get("id") or ""),
        description=_text_or_none(item.get("description"), "description") or "",
        settings=settings,
        schedule=schedule_from(_whole_list(item, "scheduledActionsForRule")),
        assignments=assignments_from(_whole_list(item, "assignments")),
        scope_tags=_scope_tags(item),
        collection=collection,
        version=version if isinstance(version, int) else None,
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
        platforms = _text_or_none(item.get("platforms"), "platforms") or "linux"
        return platforms if platforms in BY_KEY else platforms.split(",")[0]
    name = _text_or_none(item.get("@odata.type"), "@odata.type") or ""
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
        locale=(_text_or_none(item.get("locale"), "locale") or "").lower(),
        subject=_text_or_none(item.get("subject"), "subject") or "",
        body=_text_or_none(item.get("messageTemplate"), "messageTemplate") or "",
        is_default=item.get("isDefault") is True,
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
    messages = _whole_list(item, "localizedNotificationMessages")
    flags = (_text_or_none(item.get("brandingOptions"), "brandingOptions") or "none").split(",")
    return Template(
        name=_text_or_none(item.get("displayName"), "displayName") or "",
        branding=frozenset(
            BRANDING_OF.get(flag.strip(), flag.strip()) for flag in flags if flag.strip() != "none"
        ),
        messages=None
        if messages is None
        else tuple(message_from(message) for message in _objects(messages, "localizedNotificationMessages")),
        scope_tags=_scope_tags(item),
        description=_text_or_none(item.get("description"), "description") or None,
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
        os=str(item.get("operatingSystem") or ""),
        os_version=str(item.get("osVersion") or ""),
        state=str(item.get("complianceState") or "unknown"),
        grace_ends=moment(item.get("complianceGracePeriodExpirationDateTime")),
        user_name=str(item.get("userDisplayName") or ""),
        user_principal_name=str(item.get("userPrincipalName") or ""),
        mail=str(item.get("emailAddress") or ""),
        last_sync=moment(item.get("lastSyncDateTime")),
        enrolled=moment(item.get("enrolledDateTime")),
        owner=str(item.get("managedDeviceOwnerType") or ""),
        agent=str(item.get("managementAgent") or ""),
        management_state=str(item.get("managementState") or ""),
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
        user_name=str(item.get("userName") or ""),
        user_principal_name=str(item.get("userPrincipalName") or ""),
        raw=item,
    )


# What a property must hold


def _whole_list(item: Json, name: str) -> Any:
    """The property, or None where the service sent only the first page of it."""
    return None if _has_more(item, name) else item.get(name)


def _has_more(item: Json, name: str) -> bool:
    return item.get(f"{name}@odata.nextLink") is not None


def _scope_tags(item: Json) -> tuple[str, ...]:
    tags = item.get("roleScopeTagIds")
    return ("0",) if tags is None else _texts(tags, "roleScopeTagIds")


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(value, name, "a whole number")
    if abs(value) >= 2**31:  # Edm.Int32
        raise _wrong(value, name, "a whole number that Graph can hold")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(value, name, "a text" if value != "" else "a text that says something")
    return value


def _text_or_none(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _wrong(value, name, "a text")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise _wrong(value, name, "a list of texts")
    for part in value:
        if not isinstance(part, str):
            raise _wrong(part, f"An entry of {name}", "a text")
    return tuple(value)


def _object(value: Any, name: str) -> Json:
    if not isinstance(value, Mapping):
        raise _wrong(value, name, "an object")
    return value


def _objects(value: Any, name: str) -> list[Json]:
    if not isinstance(value, list | tuple):
        raise _wrong(value, name, "a list of objects")
    return [_object(part, f"An entry of {name}") for part in value]


def _wrong(value: Any, name: str, wanted: str) -> InvalidContent:
    return InvalidContent(f"{name} is {in_words(value)}, not {wanted}.")


def in_words(value: Any) -> str:
    """A wrong value as a sentence names it: a plain one in JSON, cut if it is long; of any other, what it is."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    # A file may hold a date or a number of a thousand digits, which JSON or Python would not write.
    plain = isinstance(value, str | float | bool | None) or (isinstance(value, int) and abs(value) < 10**30)
    if isinstance(value, str):
        value = value if len(value) <= 40 else value[:39] + "…"
    return (
        json.dumps(value, ensure_ascii=False)
        if plain
        else "a number of many digits"
        if isinstance(value, int)
        else f"a {type(value).__name__}"
    )
