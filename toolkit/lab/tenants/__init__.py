"""The example tenants: their names, and the builder that turns a story's data into documents."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.lab.contract import NAMESPACE, filled
from toolkit.lab.store import Store, guid

START = datetime.fromisoformat("2026-11-02T08:00:00+00:00")
"""When every story begins: a Monday morning."""

NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""What the service writes where something has not happened."""

STORIES: dict[str, str] = {
    "contoso": "a company of 25 people and 60 devices in every state, with schedules, templates and access policies",
    "empty": "an administrator and nothing else",
}

PLATFORM_OF_VARIANT = {
    "windows": "windows",
    "macos": "macos",
    "ios": "ios",
    "android-work-profile": "android-work-profile",
    "android-dedicated": "android-device-owner",
    "android-fully-managed": "android-device-owner",
    "android-corporate-work-profile": "android-device-owner",
    "aosp": "aosp",
    "android": "android",
    "linux": "linux",
}
OPERATING_SYSTEM = {"windows": "Windows", "macos": "macOS", "ios": "iOS", "linux": "Linux"}
"""The rest is Android."""

ENROLMENT = {
    "windows": "windowsAzureADJoin",
    "ios": "userEnrollment",
    "macos": "userEnrollment",
    "android-dedicated": "androidEnterpriseDedicatedDevice",
    "android-fully-managed": "androidEnterpriseFullyManaged",
    "android-corporate-work-profile": "androidEnterpriseCorporateWorkProfile",
}

Action = tuple[str, int] | tuple[str, int, str] | tuple[str, int, str, tuple[str, ...]]
"""Graph's action type, hours, the template's name, the groups that get a copy."""


def load_story(store: Store, story: str, seed: int, devices: int | None = None) -> None:
    """Fills an empty store; the first calculation (World.settle) is the caller's. Raises UsageProblem.

    `devices` makes the story larger or smaller than it is by itself.
    """
    if story not in STORIES:
        raise UsageProblem(f'There is no story "{story}".', hint="Stories: " + ", ".join(STORIES))
    tenant = Builder(store, story)
    store.set_meta("story", story)
    store.set_meta("seed", seed)
    store.set_meta("devices", devices)
    store.set_meta("idCounter", 0)
    store.set_meta("clock", written(START))
    store.set_meta("rules", {})
    store.set_meta(
        "settings",
        {
            "deviceComplianceCheckinThresholdDays": 30,
            "isScheduledActionEnabled": True,
            "secureByDefault": False,
        },
    )
    store.put(
        "scopeTag",
        "0",
        {"id": "0", "displayName": "Default", "description": "Default Role Scope Tag", "isBuiltIn": True},
    )
    import_module(f"toolkit.lab.tenants.{story}").load(tenant, seed)
    if devices is not None:
        _resize(store, story, seed, devices)


def _resize(store: Store, story: str, seed: int, devices: int) -> None:
    """Leaves out the story's last devices, or adds more of the same kinds with histories of their own."""
    originals = store.all("device")
    if not originals:
        raise UsageProblem(
            f'The story "{story}" has no devices to choose the number of.', hint="Leave --devices out."
        )
    for surplus in originals[devices:]:
        store.delete("device", surplus["id"])
    chance = random.Random(seed)
    for number in range(len(originals), devices):
        document = deepcopy(originals[number % len(originals)])
        name = f"{document['deviceName']} {number + 1:05}"
        id = guid(f"{story}:device:{name}")
        document |= {
            "id": id,
            "deviceName": name,
            "managedDeviceName": f"{name}_{document['enrolledDateTime']}",
            "azureADDeviceId": guid(f"{story}:entraDevice:{name}"),
            "serialNumber": id.replace("-", "")[:12].upper(),
        }
        lab = document["lab"]
        lab["entraObjectId"] = guid(f"{story}:entra:{name}")
        if lab["failingSince"] is not None:
            since = datetime.fromisoformat(lab["failingSince"]) - timedelta(
                minutes=chance.randrange(20 * 24 * 60)
            )
            enrolled = datetime.fromisoformat(document["enrolledDateTime"])
            lab["failingSince"] = written(max(since, enrolled))
        store.put("device", id, document)


class Builder:
    """Puts a story's things into a store. Names stand for things; their ids follow from story, kind and name."""

    def __init__(self, store: Store, story: str) -> None:
        self.store = store
        self.story = story

    def id(self, kind: str, name: str) -> str:
        return guid(f"{self.story}/{kind}/{name}")

    def organization(self, name: str, domain: str, **brand: Any) -> None:
        self.store.set_meta(
            "organization",
            {
                "id": self.id("organization", name),
                "displayName": name,
                "verifiedDomains": [
                    {
                        "name": domain,
                        "isDefault": True,
                        "isInitial": False,
                        "capabilities": "Email",
                        "type": "Managed",
                    }
                ],
            },
        )
        shown = {"displayName": name, "showLogo": True, "showDisplayNameNextToLogo": True, **brand}
        self.store.set_meta("brand", filled(shown, "intuneBrand", "v1.0"))

    def user(
        self,
        name: str,
        upn: str,
        *,
        mail: str | None,
        language: str | None,
        licensed: bool = True,
        enabled: bool = True,
    ) -> None:
        given, _, surname = name.partition(" ")
        document: dict[str, Any] = {
            "id": self.id("user", upn),
            "displayName": name,
            "givenName": given,
            "surname": surname or None,
            "userPrincipalName": upn,
            "mail": mail,
            "preferredLanguage": language,
            "accountEnabled": enabled,
        }
        document = {**filled(document, "user", "v1.0"), "lab": {"licensed": licensed}}
        self.store.put("user", document["id"], document)

    def sign_in(self, upn: str) -> None:
        self.store.set_meta("signedIn", self.id("user", upn))

    def group(
        self,
        name: str,
        description: str,
        members: Iterable[tuple[str, str]],
        *,
        mail: str | None = None,
        rule: str | None = None,
    ) -> None:
        """`members` are (type, name): a user by UPN, a device by its name, a group by its name."""
        kinds = [
            *(["Unified"] if mail is not None else []),
            *(["DynamicMembership"] if rule is not None else []),
        ]
        document: dict[str, Any] = {
            "id": self.id("group", name),
            "displayName": name,
            "description": description,
            "mail": mail,
            "mailEnabled": mail is not None,
            "mailNickname": name.lower().replace(" ", "-"),
            "securityEnabled": mail is None,
            "groupTypes": kinds,
            "membershipRule": rule,
            "membershipRuleProcessingState": None if rule is None else "On",
            "createdDateTime": written(START - timedelta(days=400)),
        }
        listed = [
            {"type": kind, "id": self.id("entra" if kind == "device" else kind, member)}
            for kind, member in members
        ]
        document = {**filled(document, "group", "v1.0"), "lab": {"members": listed}}
        self.store.put("group", document["id"], document)

    def template(
        self,
        name: str,
        messages: Sequence[tuple[str, str, str]],
        *,
        branding: str = "includeCompanyLogo,includeCompanyName,includeContactInformation",
        description: str = "",
    ) -> None:
        """`messages` are (locale, subject, body); the first is the default."""
        id = self.id("template", name)
        changed = written(START - timedelta(days=200))
        document: dict[str, Any] = {
            "id": id,
            "lastModifiedDateTime": changed,
            "displayName": name,
            "description": description,
            "defaultLocale": messages[0][0] if messages else None,
            "brandingOptions": branding,
            "roleScopeTagIds": ["0"],
            "localizedNotificationMessages": [
                {
                    "id": f"{id}_{locale}",
                    "lastModifiedDateTime": changed,
                    "locale": locale,
                    "subject": subject,
                    "messageTemplate": body,
                    "isDefault": number == 0,
                }
                for number, (locale, subject, body) in enumerate(messages)
            ],
        }
        self.store.put("template", id, document)

    def policy(
        self,
        name: str,
        kind: str,
        settings: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        actions: Sequence[Action],
        targets: Sequence[str],
        *,
        description: str = "",
        version: int = 1,
    ) -> None:
        """`kind` is Graph's type; a sequence of `settings` makes a policy of the settings catalog.

        A target is "all users", "all devices", a group's name, or one with a "-" before it to leave the group out.
        """
        from toolkit.lab.answers.policies import assignments

        id = self.id("policy", name)
        is_catalog = not isinstance(settings, Mapping)
        own: dict[str, Any] = {"description": description, "roleScopeTagIds": ["0"]}
        if isinstance(settings, Mapping):
            own |= {"displayName": name, **settings}
        else:
            rows = [{"id": str(number), **setting} for number, setting in enumerate(settings)]
            own |= {"name": name, "platforms": "linux", "technologies": "linuxMdm", "settings": rows}
            own |= {"settingCount": len(rows), "isAssigned": bool(targets)}
        document: dict[str, Any] = {
            "@odata.type": NAMESPACE + kind,
            "id": id,
            **filled(own, kind),
            "createdDateTime": written(START - timedelta(days=300)),
            "lastModifiedDateTime": written(START - timedelta(days=30)),
            "version": version,
            "scheduledActionsForRule": [
                {
                    "id": id,
                    "ruleName": None,
                    "scheduledActionConfigurations": [
                        self._action(name, n, *action) for n, action in enumerate(actions)
                    ],
                }
            ],
            "assignments": assignments(id, [{"target": self._target(target)} for target in targets]),
        }
        self.store.put("catalogPolicy" if is_catalog else "policy", id, document)

    def device(
        self,
        name: str,
        variant: str,
        *,
        user: str | None,
        model: str,
        os_version: str,
        facts: Mapping[str, Any] | None,
        enrolled: datetime,
        synced: datetime,
        failing_since: datetime | None = None,
        company: bool = True,
        agent: str = "mdm",
        **lab: Any,
    ) -> None:
        """`facts` is None before the first report. `lab` overrides what the lab knows of the device."""
        id = self.id("device", name)
        person = self.store.get("user", self.id("user", user)) if user is not None else None
        manufacturer, _, rest = model.partition(" ")
        own: dict[str, Any] = {
            "id": id,
            "deviceName": name,
            "managedDeviceName": f"{name}_{written(enrolled)}",
            "azureADDeviceId": self.id("entraDevice", name),
            "azureADRegistered": lab.get("registered", True),
            "managedDeviceOwnerType": "company" if company else "personal",
            "operatingSystem": OPERATING_SYSTEM.get(variant, "Android"),
            "osVersion": os_version,
            "manufacturer": manufacturer,
            "model": rest,
            "serialNumber": id.replace("-", "")[:12].upper(),
            "enrolledDateTime": written(enrolled),
            "lastSyncDateTime": written(synced),
            "complianceState": "unknown",
            "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
            "managementAgent": agent,
            "managementState": "managed",
            "deviceEnrollmentType": ENROLMENT.get(variant, "userEnrollment"),
            "deviceRegistrationState": "registered",
            "jailBroken": "Unknown",
            "exchangeAccessState": "none",
            "isEncrypted": (facts or {}).get("storageRequireEncryption", True) is True,
            "deviceActionResults": [],
            "userId": person["id"] if person is not None else "",
            "userPrincipalName": person["userPrincipalName"] if person is not None else "",
            "userDisplayName": person["displayName"] if person is not None else "",
            "emailAddress": (person["mail"] or "") if person is not None else "",
        }
        # What is not set is not kept either: an answer is completed when it is given.
        document = own | {"retireAfterDateTime": "0001-01-01T00:00:00Z", "roleScopeTagIds": ["0"]}
        document["lab"] = {
            "variant": variant,
            "platform": PLATFORM_OF_VARIANT[variant],
            "entraObjectId": self.id("entra", name),
            "registered": True,
            "online": True,
            "passcodeSet": True,
            "companyPortal": True,
            "pushAllowed": True,
            "authority": "intune",
            "partnerState": None,
            "facts": None if facts is None else dict(facts),
            "changed": facts is None,
            "failingSince": None if failing_since is None else written(failing_since),
            "lastMaintenance": None,
            "nextCheckin": None,
            **lab,
        }
        self.store.put("device", id, document)

    def access(
        self,
        name: str,
        state: str,
        *,
        controls: Sequence[str],
        operator: str = "OR",
        include_groups: Sequence[str] = (),
        exclude_groups: Sequence[str] = (),
        exclude_platforms: Sequence[str] = (),
    ) -> None:
        """For all users unless groups are named, and for all applications."""
        users = {
            "includeUsers": [] if include_groups else ["All"],
            "includeGroups": [self.id("group", group) for group in include_groups],
            "excludeGroups": [self.id("group", group) for group in exclude_groups],
        }
        platforms = (
            {"includePlatforms": ["all"], "excludePlatforms": list(exclude_platforms)}
            if exclude_platforms
            else None
        )
        own: dict[str, Any] = {
            "id": self.id("access", name),
            "displayName": name,
            "state": state,
            "conditions": {
                "users": users,
                "applications": {"includeApplications": ["All"]},
                "clientAppTypes": ["all"],
                "platforms": platforms,
            },
            "grantControls": {"operator": operator, "builtInControls": list(controls)},
            "createdDateTime": written(START - timedelta(days=250)),
        }
        self.store.put("access", own["id"], filled(own, "conditionalAccessPolicy"))

    def _action(
        self,
        policy: str,
        number: int,
        kind: str,
        hours: int,
        template: str = "",
        copies: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        from toolkit.lab.answers.policies import stored_item

        return stored_item(
            self.id("action", f"{policy}/{number}"),
            {
                "actionType": kind,
                "gracePeriodHours": hours,
                "notificationTemplateId": self.id("template", template) if template else "",
                "notificationMessageCCList": [self.id("group", group) for group in copies],
            },
        )

    def _target(self, target: str) -> dict[str, Any]:
        whole = {"all users": "allLicensedUsersAssignmentTarget", "all devices": "allDevicesAssignmentTarget"}
        if target in whole:
            return {"@odata.type": NAMESPACE + whole[target]}
        kind = "exclusionGroupAssignmentTarget" if target.startswith("-") else "groupAssignmentTarget"
        return {"@odata.type": NAMESPACE + kind, "groupId": self.id("group", target.removeprefix("-"))}


def written(moment: datetime) -> str:
    """A time as Graph writes it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
