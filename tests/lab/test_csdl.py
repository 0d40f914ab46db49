"""Every answer of every route is what Microsoft's metadata says: members, types, members of enums, and what may be null.

What a route has to answer is not written here but found in the metadata: the walk follows its navigations, properties,
actions and functions along the route's pattern. Beta's file is rebuilt and smaller, so what it lacks is looked up in that
of v1.0.
"""

from __future__ import annotations

import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness import SHARED
from lab.surface import Wire, action, new_policy, schedule
from toolkit.lab.app import open_lab
from toolkit.lab.routes import ROUTES

CSDL = SHARED / "reference" / "graph"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

if not CSDL.exists() and not os.environ.get("GRACE_TESTS_MAY_NOT_SKIP"):
    pytest.skip("the CSDL subsets are not beside this checkout", allow_module_level=True)

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PRIMITIVES = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Int32": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Edm.Int64": lambda value: type(value) is int,
    "Edm.Byte": lambda value: type(value) is int and 0 <= value < 256,
    "Edm.Double": lambda value: type(value) in (int, float),
    "Edm.Guid": lambda value: isinstance(value, str) and GUID.fullmatch(value) is not None,
    "Edm.DateTimeOffset": lambda value: isinstance(value, str) and DATE.fullmatch(value) is not None,
    "Edm.Binary": lambda value: isinstance(value, str),
}


class Member(NamedTuple):
    type: str
    """Without namespace: "Edm.String", "complianceState", "Collection(entity)"."""
    nullable: bool
    is_navigation: bool


class Kind(NamedTuple):
    base: str
    is_abstract: bool
    is_partial: bool
    """The subset's file lacks members of it (the big types of the directory)."""
    members: dict[str, Member]


class Model(NamedTuple):
    types: dict[str, Kind]
    enums: dict[str, tuple[bool, tuple[str, ...]]]
    calls: dict[tuple[str, str], str | None]
    """What an action or a function returns, by the type it is bound to and its name in lower case."""
    roots: dict[str, str]


def plain(text: str) -> str:
    return text.replace("microsoft.graph.", "").replace("graph.", "")


@cache
def read(version: str) -> Model:
    model = Model({}, {}, {}, {})
    for schema in ET.parse(CSDL / f"csdl-subset-{version}.xml").iter(EDM + "Schema"):
        for tag in ("EntityType", "ComplexType"):
            for element in schema.iter(EDM + tag):
                members = {
                    part.get("Name"): Member(
                        plain(part.get("Type")), part.get("Nullable") != "false", "Navigation" in part.tag
                    )
                    for part in element
                    if part.tag in (EDM + "Property", EDM + "NavigationProperty")
                }
                model.types[element.get("Name")] = Kind(
                    plain(element.get("BaseType") or ""),
                    element.get("Abstract") == "true",
                    element.get("OpenType") == "true",
                    members,
                )
        for element in schema.iter(EDM + "EnumType"):
            names = tuple(member.get("Name") for member in element.iter(EDM + "Member"))
            model.enums[element.get("Name")] = (element.get("IsFlags") == "true", names)
        for tag in ("Action", "Function"):
            for element in schema.iter(EDM + tag):
                bound = plain(element.find(EDM + "Parameter").get("Type"))
                returned = element.find(EDM + "ReturnType")
                model.calls[bound, element.get("Name").lower()] = (
                    None if returned is None else plain(returned.get("Type"))
                )
        for tag, key in (("EntitySet", "EntityType"), ("Singleton", "Type")):
            for element in schema.iter(EDM + tag):
                name = plain(element.get(key))
                model.roots[element.get("Name")] = f"Collection({name})" if tag == "EntitySet" else name
    return model


OUTSIDE = {
    # Navigations that the subsets leave out, and what graph-contract 6 says of them.
    ("group", "members"): "Collection(directoryObject)",
    ("group", "transitivemembers"): "Collection(directoryObject)",
    ("", "me"): "user",
    ("deviceManagement", "intunebrandingprofiles"): "Collection(intuneBrand)",
    ("conditionalAccessRoot", "deleteditems"): "deleted items",
    ("deleted items", "policies"): "Collection(conditionalAccessPolicy)",
}
EXTRA = {
    # graph-contract 5.2: the answer has members that v1.0's metadata lacks.
    "whatIfAnalysisResult": {"partialEnablementStrategy", "times", "clients", "templateId"},
    # graph-contract 5.1 names it without a version; beta's rebuilt file lacks it.
    "conditionalAccessPolicy": {"templateId"},
    # An intuneBrandingProfile is an intuneBrand with these; the subsets do not have the type.
    "intuneBrand": {"id", "profileName", "profileDescription", "isDefaultProfile"},
}


def kind_of(name: str, version: str) -> Kind | None:
    """The type in its version with what it inherits; a beta type that the subset lacks, or has in part, as in v1.0."""
    found = read(version).types.get(name)
    if version == "beta" and (found is None or found.is_partial):
        other = read("v1.0").types.get(name)
        if other is not None:
            found = other._replace(members={**other.members, **(found.members if found else {})})
    if found is None or not found.base:
        return found
    base = kind_of(found.base, version)
    return found._replace(
        members={**base.members, **found.members}, is_partial=found.is_partial or base.is_partial
    )


def enum_of(name: str, version: str) -> tuple[bool, tuple[str, ...]] | None:
    return read(version).enums.get(name) or (read("v1.0").enums.get(name) if version == "beta" else None)


def is_derived(name: str, base: str, version: str) -> bool:
    while name and name != base:
        kind = kind_of(name, version)
        name = kind.base if kind is not None else ""
    return bool(name)


def wrong(value: Any, declared: str, version: str, where: str, *, nullable: bool = False) -> list[str]:
    """What of a value is not as the metadata declares it."""
    if value is None:
        return [] if nullable else [f"{where} is null"]
    if declared.startswith("Collection("):
        if not isinstance(value, list):
            return [f"{where} is no array"]
        inner = declared[len("Collection(") : -1]
        return [said for n, row in enumerate(value) for said in wrong(row, inner, version, f"{where}[{n}]")]
    if declared in PRIMITIVES:
        return [] if PRIMITIVES[declared](value) else [f"{where}: {value!r} is no {declared}"]
    enum = enum_of(declared, version)
    if enum is not None:
        is_flags, names = enum
        parts = value.split(",") if is_flags and isinstance(value, str) else [value]
        return [f"{where}: {part!r} is not in {declared}" for part in parts if part not in names]
    return wrong_object(value, declared, version, where)


def wrong_object(value: Any, declared: str, version: str, where: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{where} is no object"]
    named = value.get("@odata.type", "#microsoft.graph." + declared)
    name = named.removeprefix("#microsoft.graph.")
    kind = kind_of(name, version)
    if kind is None or not named.startswith("#") or not is_derived(name, declared, version):
        return [f"{where}: '{named}' is no {declared} of {version}"]
    said = [f"{where}: {name} is abstract and says no @odata.type"] if kind.is_abstract else []
    for key, inner in value.items():
        if "@odata." in key or key in EXTRA.get(name, ()):
            continue
        member = kind.members.get(key)
        if member is None:
            said.append(f"{where}/{key} is not a member of {name}")
            continue
        said += wrong(
            inner, member.type, version, f"{where}/{key}", nullable=member.nullable or member.is_navigation
        )
    # Of the big types the service shows a part by itself; of the others everything.
    missing = [
        key
        for key, member in kind.members.items()
        if not member.is_navigation and not member.nullable and key not in value and not kind.is_partial
    ]
    return said + [f"{where}/{key} is missing, and may not be null" for key in missing]


def declared_answer(method: str, pattern: str, version: str) -> str | None:
    """What the metadata says a route returns: a type, a collection, "$count", "Edm.Stream", or None for no body."""
    steps = pattern.split("/")
    models = [read(version)] + ([read("v1.0")] if version == "beta" else [])
    current: str | None = next((m.roots[steps[0]] for m in models if steps[0] in m.roots), None)
    current = current or OUTSIDE.get(("", steps[0].lower()))
    is_action = False
    for step in steps[1:]:
        assert current is not None, f"the metadata knows nothing of {pattern} before {step}"
        element = current.removeprefix("Collection(").removesuffix(")")
        if step == "$count":
            return "$count"
        if step == "{}":
            current = element
        elif step.startswith("microsoft.graph."):
            current = f"Collection({step.removeprefix('microsoft.graph.')})"
        else:
            current, is_action = _next(current, element, step, version, models, pattern)
    if method == "DELETE":
        return None
    if method == "POST" and not is_action:
        return current.removeprefix("Collection(").removesuffix(")") if current is not None else None
    return current


def _next(current: str, element: str, step: str, version: str, models: list[Model], pattern: str):
    kind = kind_of(element, version)
    other = kind_of(element, "v1.0")
    # Beta's deviceManagement is cut differently from v1.0's, so both are asked.
    members = {**(other.members if other else {}), **(kind.members if kind else {})}
    for name, member in members.items():
        if name.lower() == step.lower():
            return member.type, False
    if (element, step.lower()) in OUTSIDE:
        return OUTSIDE[element, step.lower()], False
    name = step.lower().removesuffix("()")
    for model in models:
        for bound in _with_bases(current, version):
            if (bound, name) in model.calls:
                return model.calls[bound, name], True
    raise AssertionError(f"the metadata has no {step} behind {current} ({pattern})")


def _with_bases(current: str, version: str) -> list[str]:
    element = current.removeprefix("Collection(").removesuffix(")")
    names = []
    while element:
        names.append(element)
        kind = kind_of(element, version)
        element = kind.base if kind is not None else ""
    return [f"Collection({name})" for name in names] if current.startswith("Collection(") else names


# The walk.

POLICY, CATALOG, TEMPLATE = "Windows baseline", "Linux baseline", "First warning"
ACCESS_BODY = {
    "displayName": "New",
    "state": "enabled",
    "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]},
}
SETTINGS = {
    "deviceComplianceCheckinThresholdDays": 20,
    "isScheduledActionEnabled": True,
    "secureByDefault": False,
}
GROUP_TARGET = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "{group}"}
MESSAGE = {"locale": "pt-BR", "subject": "s", "messageTemplate": "m", "isDefault": False}
ITEM = {"actionType": "notification", "gracePeriodHours": 24, "notificationTemplateId": "{template}"}
RULES = "eyJSdWxlcyI6W3siU2V0dGluZ05hbWUiOiJhIiwiT3BlcmF0b3IiOiJJc0VxdWFscyIsIkRhdGFUeXBlIjoiQm9vbGVhbiIsIk9wZXJhbmQiOnRydWV9XX0="
C, G = "deviceManagement/deviceCompliancePolicies", "deviceManagement/compliancePolicies"
T, D = "deviceManagement/notificationMessageTemplates", "deviceManagement/managedDevices"
S, R = "deviceManagement/roleScopeTags", "deviceManagement/reports"
A = "identity/conditionalAccess"

BODIES: dict[tuple[str, str], Any] = {
    ("POST", C): new_policy(action("block", 24), action("notification", 0)),
    ("PATCH", C + "/{}"): {"description": "changed"},
    ("POST", C + "/{}/scheduleActionsForRules"): schedule(action("block", 24), action("notification", 0)),
    ("POST", C + "/{}/assign"): {"assignments": [{"target": GROUP_TARGET}]},
    ("POST", C + "/{}/scheduledActionsForRule"): "refused",  # a policy has one rule
    ("PATCH", C + "/{}/scheduledActionsForRule/{}"): "refused",
    ("DELETE", C + "/{}/scheduledActionsForRule/{}"): "refused",
    ("POST", C + "/{}/scheduledActionsForRule/{}/scheduledActionConfigurations"): ITEM,
    ("PATCH", C + "/{}/scheduledActionsForRule/{}/scheduledActionConfigurations/{}"): {
        "gracePeriodHours": 30
    },
    ("POST", C + "/setScheduledRetireState"): {"state": "cancelRetire", "scopedToAllDevices": True},
    ("POST", C + "/getNoncompliantDevicesToRetire"): {"top": 5},
    ("POST", C + "/refreshDeviceComplianceReportSummarization"): {},
    ("POST", C + "/validateComplianceScript"): {"deviceCompliancePolicyScript": {"rulesContent": RULES}},
    ("POST", G): {"name": "New", "platforms": "linux", "technologies": "linuxMdm", "settings": []},
    ("PATCH", G + "/{}"): {"description": "changed"},
    ("POST", G + "/{}/setScheduledActions"): {
        "scheduledActions": [{"scheduledActionConfigurations": [action("block", 12)]}]
    },
    ("POST", G + "/{}/assign"): {"assignments": [{"target": GROUP_TARGET}]},
    ("POST", T): {"displayName": "New", "brandingOptions": "includeCompanyLogo,includeCompanyName"},
    ("PATCH", T + "/{}"): {"brandingOptions": "includeCompanyName,includeDeviceDetails"},
    ("POST", T + "/{}/localizedNotificationMessages"): MESSAGE,
    ("PATCH", T + "/{}/localizedNotificationMessages/{}"): {"subject": "changed"},
    ("POST", T + "/{}/sendTestMessage"): {},
    ("POST", D + "/{}/remoteLock"): {},
    ("POST", D + "/{}/retire"): {},
    ("POST", D + "/{}/wipe"): {"keepUserData": True},
    ("POST", D + "/{}/syncDevice"): {},
    ("PATCH", D + "/{}/deviceCompliancePolicyStates/{}"): "refused",
    ("PATCH", "deviceManagement"): {"settings": SETTINGS},
    ("POST", S): {"displayName": "New"},
    ("PATCH", S + "/{}"): {"description": "changed"},
    ("POST", S + "/{}/assign"): {"assignments": [{"target": GROUP_TARGET}]},
    ("POST", S + "/getRoleScopeTagsById"): {"roleScopeTagIds": ["0"]},
    ("POST", R + "/exportJobs"): {
        "reportName": "DeviceCompliance",
        "format": "csv",
        "select": ["DeviceName"],
    },
    ("POST", A + "/policies"): ACCESS_BODY,
    ("PATCH", A + "/policies/{}"): {"state": "disabled"},
    ("POST", A + "/deletedItems/policies/{}/restore"): {},
    ("POST", A + "/evaluate"): {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": "{user}"},
        "signInContext": {
            "@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": ["00000003-0000-0ff1-ce00-000000000000"],
        },
        "signInConditions": {"devicePlatform": "iOS", "clientAppType": "browser"},
    },
    ("POST", "directoryObjects/getByIds"): {"ids": ["{user}", "{group}", "{entraDevice}"]},
    **{("POST", route.pattern): {"top": 5} for route in ROUTES if route.pattern.startswith(R + "/get")},
}
"""What is sent to each route that takes a body; "refused": the answer is an error, whatever is sent."""

EXPANDED = {
    C: "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations),assignments",
    C + "/{}": (
        "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations),assignments,"
        "deviceStatusOverview,userStatusOverview,deviceStatuses,userStatuses,deviceSettingStateSummaries"
    ),
    G + "/{}": "$expand=settings,scheduledActionsForRule($expand=scheduledActionConfigurations),assignments",
    T: "$expand=localizedNotificationMessages",
    T + "/{}": "$expand=localizedNotificationMessages",
    D + "/{}": "$expand=deviceCompliancePolicyStates",
}
"""Routes that are walked a second time with their navigations."""


@pytest.fixture(scope="module")
def walked(contoso: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A lab in which every list has something in it, and the keys by which its things are named in addresses."""
    path = tmp_path_factory.mktemp("walk") / "lab.sqlite"
    shutil.copy(contoso, path)
    wire = Wire(open_lab(str(path)))
    wire.ask("POST", "/lab/rules", {"name": "actions-api", "value": "documented"})
    policy, device = wire.id("policy", POLICY), wire.id("device", "iPhone Ada")
    template, group = wire.id("template", TEMPLATE), wire.id("group", "Finance")
    rule = wire.get(
        f"/beta/{C}/{policy}?$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)"
    )
    rule = rule["scheduledActionsForRule"][0]
    message = wire.get(f"/beta/{T}/{template}/localizedNotificationMessages")["value"]
    tag = wire.ask("POST", f"/beta/{S}", {"displayName": "Branch"})[1]["id"]
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
    assert wire.ask("POST", f"/beta/{S}/{tag}/assign", {"assignments": [{"target": target}]})[0] == 200
    job = wire.ask("POST", f"/beta/{R}/exportJobs", {"reportName": "DeviceCompliance"})[1]["id"]
    deleted = wire.ask("POST", f"/v1.0/{A}/policies", ACCESS_BODY)[1]["id"]
    assert wire.ask("DELETE", f"/v1.0/{A}/policies/{deleted}")[0] == 204
    states = wire.get(f"/beta/{D}/{device}/deviceCompliancePolicyStates")["value"]
    summaries = wire.get("/beta/deviceManagement/deviceCompliancePolicySettingStateSummaries")["value"]
    keys = {
        "deviceCompliancePolicies": policy,
        "assignments": wire.get(f"/beta/{C}/{policy}/assignments")["value"][0]["id"],
        "scheduledActionsForRule": rule["id"],
        "scheduledActionConfigurations": next(
            row["id"] for row in rule["scheduledActionConfigurations"] if row["actionType"] != "block"
        ),
        "deviceCompliancePolicySettingStateSummaries": summaries[0]["id"],
        "compliancePolicies": wire.id("catalogPolicy", CATALOG),
        "notificationMessageTemplates": template,
        "localizedNotificationMessages": next(row["id"] for row in message if not row["isDefault"]),
        "managedDevices": device,
        "deviceCompliancePolicyStates": states[0]["id"],
        "deviceStatuses": wire.get(f"/beta/{C}/{policy}/deviceStatuses")["value"][0]["id"],
        "organization": wire.get("/v1.0/organization")["value"][0]["id"],
        "roleScopeTags": tag,
        "exportJobs": job,
        "auditEvents": wire.get("/v1.0/deviceManagement/auditEvents")["value"][0]["id"],
        "policies": wire.lab.store.all("access")[0]["id"],
        "deletedItems/policies": deleted,
        "groups": group,
        "groups:device": wire.id("group", "Kiosk devices"),
        "groups:group": wire.id("group", "Help desk"),
        "users": wire.id("user", "Ada Novak"),
        "devices": wire.lab.store.all("device")[0]["lab"]["entraObjectId"],
    }
    wire.lab.close()
    return path, keys


@pytest.fixture
def wire(walked: tuple[Path, dict[str, str]], tmp_path: Path) -> Wire:
    path = tmp_path / "lab.sqlite"
    shutil.copy(walked[0], path)
    wire = Wire(open_lab(str(path)))
    yield wire
    wire.lab.close()


def filled_in(pattern: str, keys: Mapping[str, str]) -> str:
    """The pattern with keys; a key is found by the step before it, or by more where that says too little."""
    steps = pattern.split("/")
    cast = pattern.partition("/microsoft.graph.")[2].partition("/")[0]
    for position, step in enumerate(pattern.split("/")):
        if step == "{}":
            names = (
                f"{steps[position - 1]}:{cast}",
                "/".join(steps[position - 2 : position]),
                steps[position - 1],
            )
            found = [keys[name] for name in names if name in keys]
            assert found, f"the walk has no key for {pattern}"
            steps[position] = found[0]
    return "/".join(steps)


def body_of(method: str, pattern: str, keys: Mapping[str, str]) -> Any:
    if method in ("GET", "DELETE"):
        return None
    assert (method, pattern) in BODIES, f"the walk has no body for {method} {pattern}"
    body = BODIES[method, pattern]
    words = {
        "group": "groups",
        "user": "users",
        "template": "notificationMessageTemplates",
        "entraDevice": "devices",
    }

    def worded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: worded(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [worded(inner) for inner in value]
        if isinstance(value, str) and value.strip("{}") in words and value.startswith("{"):
            return keys[words[value.strip("{}")]]
        return value

    return {} if body == "refused" else worded(body)


WALK = [(route, version) for route in ROUTES for version in route.versions]


@pytest.mark.parametrize(("route", "version"), WALK, ids=lambda part: getattr(part, "pattern", part))
def test_an_answer_is_what_the_metadata_declares(walked, wire, route, version):
    keys = walked[1]
    url = f"/{version}/{filled_in(route.pattern, keys)}"
    status, answer = wire.ask(
        route.method, url, body_of(route.method, route.pattern, keys), ConsistencyLevel="eventual"
    )
    if BODIES.get((route.method, route.pattern)) == "refused":
        assert status == 400
        assert is_error(answer)
        return
    assert status in (200, 201, 204), answer
    declared = declared_answer(route.method, route.pattern, version)
    assert says(answer, status, declared, version) == []


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("pattern", EXPANDED)
def test_what_is_expanded_is_what_the_metadata_declares(walked, wire, pattern, version):
    if version == "v1.0" and pattern.startswith(G):
        version = "beta"
    answer = wire.get(f"/{version}/{filled_in(pattern, walked[1])}?{EXPANDED[pattern]}")
    assert says(answer, 200, declared_answer("GET", pattern, version), version) == []
    rows = answer["value"] if pattern in (C, T) else [answer]
    first = re.search(r"expand=(\w+)", EXPANDED[pattern]).group(1)
    assert any(row[first] for row in rows)


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_every_policy_template_device_and_access_policy_of_the_story_is_valid(wire, version):
    # One device of each kind has other values than the first; the walk reads only the first page.
    for pattern in (C, T, D, "deviceManagement/deviceCompliancePolicySettingStateSummaries", f"{A}/policies"):
        answer = wire.get(f"/{version}/{pattern}?$top=999")
        assert says(answer, 200, declared_answer("GET", pattern, version), version) == []
    for device in wire.lab.store.all("device"):
        pattern = D + "/{}/deviceCompliancePolicyStates"
        answer = wire.get(f"/{version}/{D}/{device['id']}/deviceCompliancePolicyStates")
        assert says(answer, 200, declared_answer("GET", pattern, version), version, may_be_empty=True) == []


def test_a_missing_thing_a_wrong_body_and_an_unknown_address_answer_graphs_error(wire):
    for method, url, body in (
        ("GET", f"/v1.0/{C}/missing", None),
        ("POST", f"/beta/{C}", {"displayName": 1}),
        ("GET", "/v1.0/nothing", None),
        ("GET", "/v1.0/users/nobody", None),
        ("POST", f"/v1.0/{R}/getDeviceNonComplianceReport", {"nothing": 1}),
    ):
        status, answer = wire.ask(method, url, body)
        assert status >= 400
        assert is_error(answer), url


def is_error(answer: Any) -> bool:
    error = answer["error"]
    return (
        list(answer) == ["error"]
        and isinstance(error["code"], str)
        and isinstance(error["message"], str)
        and set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    )


def says(
    answer: Any, status: int, declared: str | None, version: str, *, may_be_empty: bool = False
) -> list[str]:
    if status == 204:
        return [] if answer is None else ["a 204 has no body"]
    if declared == "$count":
        return [] if isinstance(answer, str) and answer.isdecimal() else ["/$count answers no number"]
    if declared == "Edm.Stream":
        # A stream has no declared content; test_reports reads it.
        return [] if isinstance(answer, str) and answer.startswith("{") else ["no stream of JSON"]
    assert declared is not None, "the metadata declares no answer"
    said = []
    if not answer.get("@odata.context", "").startswith(f"https://graph.lab.invalid/{version}/$metadata#"):
        said.append("no @odata.context")
    if declared.startswith("Collection("):
        if not answer["value"] and not may_be_empty:
            said.append("the list is empty, so the walk sees nothing")
        return said + wrong(answer["value"], declared, version, "value")
    if declared in PRIMITIVES:
        return said + wrong(answer["value"], declared, version, "value")
    return said + wrong(answer, declared, version, "")
