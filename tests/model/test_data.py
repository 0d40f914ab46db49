"""The tables of facts agree with what is documented and with Graph's own metadata."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from facts import documented
from toolkit.model.data import action_support, enums, locales, permissions, platforms, settings

SHARED = Path(__file__).parents[2].parent / "shared"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
TYPE_WORDS = {"Edm.Boolean": "bool", "Edm.Int32": "int", "Edm.String": "string"}


class Property(NamedTuple):
    type: str
    nullable: bool
    members: frozenset[str]
    bounds: tuple[int | None, int | None]


class Metadata:
    """One version of Graph's metadata, as far as these tests look into it."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()
        self.enums = {
            enum.attrib["Name"]: {
                member.attrib["Name"]: None if (value := member.get("Value")) is None else int(value)
                for member in enum.iter(f"{EDM}Member")
            }
            for enum in root.iter(f"{EDM}EnumType")
        }
        self.texts = {
            target.attrib["Target"].removeprefix("microsoft.graph."): note.get("String") or ""
            for target in root.iter(f"{EDM}Annotations")
            for note in target.iter(f"{EDM}Annotation")
            if note.attrib["Term"].endswith("Core.V1.Description")
        }
        self.types = {
            entity.attrib["Name"]: {
                found.attrib["Name"]: self._read(entity.attrib["Name"], found)
                for found in entity.findall(f"{EDM}Property")
            }
            for entity in root.iter(f"{EDM}EntityType")
        }

    def _read(self, owner: str, element: ElementTree.Element) -> Property:
        declared = element.attrib["Type"]
        short = declared.rpartition(".")[2]
        if declared.startswith("Collection("):
            kind = "list"
        elif short in self.enums:
            kind = "enum"
        else:
            kind = TYPE_WORDS.get(declared, "object")
        members = frozenset(self.enums[short]) if kind == "enum" else frozenset()
        bounds = self.bounds(f"{owner}/{element.attrib['Name']}")
        return Property(kind, element.get("Nullable") != "false", members, bounds)

    def bounds(self, target: str) -> tuple[int | None, int | None]:
        stated = re.search(r"Valid values (\d+) to (\d+)", self.texts.get(target, ""))
        return (None, None) if stated is None else (int(stated[1]), int(stated[2]))


def metadata(version: str) -> Metadata:
    path = SHARED / "reference" / "graph" / f"csdl-subset-{version}.xml"
    if not path.exists():
        pytest.skip(f"Graph's metadata is not beside the checkout: {path}")
    return Metadata(path)


@pytest.fixture(scope="module")
def v1() -> Metadata:
    return metadata("v1.0")


@pytest.fixture(scope="module")
def beta() -> Metadata:
    return metadata("beta")


WITH_A_TYPE = [platform for platform in platforms.PLATFORMS if platform.key != "linux"]
ALL_SETTINGS = [(key, row) for key, rows in settings.SETTINGS.items() for row in rows]


def type_name(platform: platforms.Platform) -> str:
    return platform.odata_type.removeprefix("#microsoft.graph.")


def test_the_platforms_are_those_of_the_command_line_and_then_the_retired_ones() -> None:
    assert [(platform.key, platform.retired) for platform in platforms.PLATFORMS] == [
        ("android", False),
        ("android-work-profile", False),
        ("android-device-owner", False),
        ("aosp", False),
        ("ios", False),
        ("macos", False),
        ("windows", False),
        ("linux", False),
        ("android-for-work", True),
        ("windows-phone", True),
        ("windows81", True),
        ("windows10-mobile", True),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ios", "ios"),
        ("iPadOS", "ios"),
        ("Windows10", "windows"),
        ("windows10AndLater", "windows"),
        ("Mac", "macos"),
        ("androidWorkProfile", "android-work-profile"),
        ("ANDROID_DEVICE_OWNER", "android-device-owner"),
        ("Android Enterprise Fully Managed", "android-device-owner"),
        ("androidAOSP", "aosp"),
        ("androidForWork", "android-for-work"),
        ("windowsPhone81", "windows-phone"),
        ("windows8.1", "windows81"),
        ("windows10Mobile", "windows10-mobile"),
        ("androidEnterprise", None),
        ("", None),
        ("tvos", None),
    ],
)
def test_a_platform_is_found_by_key_or_alias_whatever_its_case_and_hyphens(
    text: str, key: str | None
) -> None:
    assert platforms.platform_key(text) == key


def test_no_spelling_means_two_platforms() -> None:
    spellings = [
        platforms._bare(spelling)
        for platform in platforms.PLATFORMS
        for spelling in (platform.key, *platform.aliases)
    ]
    assert sorted(spellings) == sorted(set(spellings))


def test_every_platform_is_found_by_its_key_and_by_its_graph_type() -> None:
    assert tuple(platforms.BY_KEY.values()) == platforms.PLATFORMS
    assert tuple(platforms.BY_ODATA_TYPE.values()) == platforms.PLATFORMS


def test_the_platform_types_are_those_of_the_metadata(v1: Metadata, beta: Metadata) -> None:
    found = {
        (platform.key, type_name(platform) in beta.types, type_name(platform) not in v1.types)
        for platform in platforms.PLATFORMS
    }
    assert found == {(platform.key, True, platform.beta_only) for platform in platforms.PLATFORMS}


def test_no_policy_type_of_the_metadata_is_missing(beta: Metadata) -> None:
    derived = {name for name in beta.types if name.endswith("CompliancePolicy")}
    # The base type, and the service's built-in policy, which has no settings and nobody makes.
    ours = {type_name(platform) for platform in platforms.PLATFORMS}
    assert derived - ours == {"deviceCompliancePolicy", "defaultDeviceCompliancePolicy"}


def test_the_policy_platform_types_are_members_of_the_enum() -> None:
    named = {platform.policy_platform_type for platform in platforms.PLATFORMS} - {None}
    assert named <= enums.ENUMS["policyPlatformType"].keys()


@pytest.mark.parametrize("platform", WITH_A_TYPE, ids=lambda platform: platform.key)
def test_the_settings_are_the_properties_of_the_metadata(
    platform: platforms.Platform, v1: Metadata, beta: Metadata
) -> None:
    name = type_name(platform)
    in_v1 = v1.types.get(name, {})
    assert {
        row.name: (row.type, row.nullable, frozenset(row.members), (row.minimum, row.maximum), row.beta_only)
        for row in settings.SETTINGS[platform.key]
    } == {found: (*known, found not in in_v1) for found, known in beta.types[name].items()}


@pytest.mark.parametrize("platform", WITH_A_TYPE, ids=lambda platform: platform.key)
def test_both_versions_agree_on_the_settings_that_they_share(
    platform: platforms.Platform, v1: Metadata, beta: Metadata
) -> None:
    name = type_name(platform)
    assert v1.types.get(name, {}).items() <= beta.types[name].items()


def test_every_platform_has_its_settings_once() -> None:
    assert settings.SETTINGS.keys() == platforms.BY_KEY.keys()
    for key, rows in settings.SETTINGS.items():
        names = [row.name.casefold() for row in rows]
        assert sorted(names) == sorted(set(names)), key


def test_settings_stand_together_by_category() -> None:
    for key, rows in settings.SETTINGS.items():
        headings = [category for category, _ in groupby(rows, key=lambda row: row.category)]
        assert sorted(headings) == sorted(set(headings)), key


RULES = {
    "bool": {"require", "forbid"},
    "int": {"at_least", "at_most"},
    "string": {"version_at_least", "version_at_most", "none"},
    "enum": {"level_at_most", "enum_at_least", "none"},
    "list": {"none"},
    "object": {"none"},
}


def test_a_rule_suits_its_type() -> None:
    assert [(key, row.name) for key, row in ALL_SETTINGS if row.rule not in RULES[row.type]] == []


def test_an_enum_has_members_and_nothing_else_has() -> None:
    assert [(key, row.name) for key, row in ALL_SETTINGS if (row.members != ()) != (row.type == "enum")] == []


def test_a_meaning_is_one_short_line_without_a_full_stop() -> None:
    good = re.compile(r"\S.{0,98}[^\s.]")
    assert [(key, row.name) for key, row in ALL_SETTINGS if not good.fullmatch(row.meaning)] == []


def test_a_minimum_asks_for_at_least_and_a_maximum_for_at_most() -> None:
    ways = {"minimum": ("at_least", "version_at_least"), "maximum": ("at_most", "version_at_most")}
    assert [
        (key, row.name)
        for key, row in ALL_SETTINGS
        for word, rules in ways.items()
        if word in row.name.casefold() and row.rule not in rules
    ] == []


def test_a_comparison_by_strength_can_be_left_out() -> None:
    ranked = {row.members for _, row in ALL_SETTINGS if row.rule == "enum_at_least"}
    # Graph gives the kind of attestation no such member: "basic" asks for the least there is.
    assert {members[0] for members in ranked} - settings.NOT_EVALUATED == {"basic"}


@pytest.mark.parametrize(
    ("platform", "name", "members"),
    [
        ("ios", "passcodeRequiredType", "deviceDefault numeric alphanumeric"),
        (
            "android",
            "passwordRequiredType",
            "deviceDefault lowSecurityBiometric any numeric numericComplex alphabetic alphanumeric "
            "alphanumericWithSymbols",
        ),
        (
            "android-device-owner",
            "passwordRequiredType",
            "deviceDefault lowSecurityBiometric required numeric numericComplex alphabetic alphanumeric "
            "alphanumericWithSymbols customPassword",
        ),
        ("android", "requiredPasswordComplexity", "none low medium high"),
        (
            "macos",
            "gatekeeperAllowedAppSource",
            "notConfigured anywhere macAppStoreAndIdentifiedDevelopers macAppStore",
        ),
    ],
)
def test_members_that_are_compared_stand_from_weak_to_strong(platform: str, name: str, members: str) -> None:
    found = settings.setting(platform, name)
    assert found is not None
    assert (found.rule, found.members) == ("enum_at_least", tuple(members.split()))


@pytest.mark.parametrize(
    ("platform", "name", "rule"),
    [
        ("ios", "securityBlockJailbrokenDevices", "forbid"),
        ("ios", "passcodeBlockSimple", "forbid"),
        ("ios", "osMinimumVersion", "version_at_least"),
        ("ios", "osMaximumVersion", "version_at_most"),
        ("ios", "passcodeMinimumLength", "at_least"),
        ("ios", "passcodeExpirationDays", "at_most"),
        ("ios", "deviceThreatProtectionRequiredSecurityLevel", "level_at_most"),
        ("ios", "restrictedApps", "none"),
        ("macos", "firewallBlockAllIncoming", "require"),
        ("windows", "bitLockerEnabled", "require"),
        ("windows", "signatureOutOfDate", "forbid"),
        ("android", "securityDisableUsbDebugging", "forbid"),
        ("android", "passwordPreviousPasswordBlockCount", "at_least"),
        ("android", "passwordMinutesOfInactivityBeforeLock", "at_most"),
    ],
)
def test_a_fact_meets_a_setting_by_the_rule_that_its_meaning_says(
    platform: str, name: str, rule: str
) -> None:
    found = settings.setting(platform, name)
    assert found is not None
    assert found.rule == rule


def test_a_setting_is_found_whatever_its_case() -> None:
    found = settings.setting("ios", "PASSCODEREQUIRED")
    assert found is not None
    assert found.name == "passcodeRequired"


@pytest.mark.parametrize(("platform", "name"), [("ios", "bitLockerEnabled"), ("beos", "osMinimumVersion")])
def test_an_unknown_setting_is_none(platform: str, name: str) -> None:
    assert settings.setting(platform, name) is None


def test_the_passcode_expiry_keeps_its_range_and_tells_of_the_cap() -> None:
    found = settings.setting("ios", "passcodeExpirationDays")
    assert found is not None
    bounds, cap = documented.PASSCODE_EXPIRY.value
    assert (found.minimum, found.maximum) == bounds
    assert found.meaning.endswith(f"more than {cap} counts as {cap}")


def test_the_linux_settings_cover_an_exported_policy() -> None:
    path = SHARED / "fixtures" / "intune-hydration-kit" / "hydrationkit-linux-compliance-strict.json"
    if not path.exists():
        pytest.skip(f"the exported policy is not beside the checkout: {path}")

    def definitions(value: object) -> set[str]:
        if isinstance(value, list):
            return {name for part in value for name in definitions(part)}
        if isinstance(value, dict):
            own = {value["settingDefinitionId"]} if "settingDefinitionId" in value else set()
            return own | {name for part in value.values() for name in definitions(part)}
        return set()

    ours = {row.name for row in settings.SETTINGS["linux"]}
    custom = {"linux_customcompliance_required", "linux_customcompliance_discoveryscript"}
    assert ours - definitions(json.loads(path.read_text(encoding="utf-8"))) == custom
    assert definitions(json.loads(path.read_text(encoding="utf-8"))) <= ours


@pytest.mark.parametrize("cell", documented.MATRIX, ids=lambda cell: cell.platform)
def test_actions_work_where_the_documentation_says(cell: documented.Cell) -> None:
    assert (
        tuple(kind for kind in action_support.SUPPORT if action_support.supports(kind, cell.key))
        == cell.kinds
    )


@pytest.mark.parametrize(
    ("retired", "family"),
    [
        ("android-for-work", "android-work-profile"),
        ("windows-phone", "windows"),
        ("windows81", "windows"),
        ("windows10-mobile", "windows"),
    ],
)
def test_a_retired_platform_follows_its_family(retired: str, family: str) -> None:
    assert [action_support.supports(kind, retired) for kind in action_support.SUPPORT] == [
        action_support.supports(kind, family) for kind in action_support.SUPPORT
    ]


def test_platforms_with_an_action_keep_the_order_of_the_platforms() -> None:
    assert action_support.platforms_with("push") == (
        "android",
        "android-work-profile",
        "android-device-owner",
        "ios",
        "android-for-work",
    )
    assert action_support.platforms_with("dance") == ()


def test_a_note_speaks_of_a_known_kind_and_platform_and_names_a_dated_page() -> None:
    for note in action_support.NOTES:
        assert note.kind in action_support.SUPPORT
        assert note.platform in platforms.BY_KEY
        assert note.sentence.endswith(".")
        assert re.search(r"\.md, \d{4}-\d\d-\d\d$", note.source), note.source


def test_the_locales_are_the_documented_ones() -> None:
    wanted = [locale.lower() for locale in documented.LOCALES.value]
    assert len(wanted) == 38
    assert list(locales.LOCALES) == sorted(wanted)


def test_every_locale_has_names_of_its_own() -> None:
    assert len({locale.english for locale in locales.LOCALES.values()}) == 38
    assert len({locale.native for locale in locales.LOCALES.values()}) == 38


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("fr-FR", "fr-fr"),
        ("pt_BR", "pt-br"),
        (" en-us ", "en-us"),
        ("sr-Latn-RS", "sr-latn-rs"),
        ("fr", None),
        ("sr-rs", None),
        ("", None),
    ],
)
def test_a_locale_is_found_whatever_its_case_and_separator(text: str, key: str | None) -> None:
    assert locales.locale_key(text) == key


@pytest.mark.parametrize("call", documented.CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_a_call_needs_the_documented_permissions(call: documented.Call) -> None:
    assert permissions.needed(call.method, call.path) == call.least


@pytest.mark.parametrize(
    "path",
    [
        "/deviceManagement/managedDevices",
        "deviceManagement/managedDevices/",
        "/v1.0/deviceManagement/managedDevices?$top=5&$filter=a/b eq 'c'",
        "https://graph.microsoft.us/beta/deviceManagement/managedDevices('1')",
        "/DEVICEMANAGEMENT/manageddevices/1",
    ],
)
def test_a_path_may_be_written_in_all_the_ways_that_graph_takes(path: str) -> None:
    assert permissions.needed("get", path) == ("DeviceManagementManagedDevices.Read.All",)


def test_a_function_is_told_from_its_policies() -> None:
    found = permissions.permission(
        "GET", "/deviceManagement/deviceCompliancePolicies/getDevicesScheduledToRetire()"
    )
    assert found is not None
    assert (found.least, found.note) == (("DeviceManagementConfiguration.Read.All",), "beta")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/teams"), ("PUT", "/groups/1"), ("GET", "/"), ("DELETE", "/deviceManagement")],
)
def test_an_unknown_call_needs_nothing_that_is_known(method: str, path: str) -> None:
    assert permissions.needed(method, path) == ()


def test_no_permission_row_is_hidden_by_an_earlier_one() -> None:
    for row in permissions.PERMISSIONS:
        example = row.route.replace("{id}", "1").removesuffix("/**")
        assert permissions.permission(row.method, example) is row


def test_the_enums_are_those_of_the_metadata(beta: Metadata) -> None:
    assert {name: beta.enums[name] for name in enums.ENUMS} == enums.ENUMS


def test_the_members_that_only_beta_has_are_named(v1: Metadata) -> None:
    missing = {
        name: frozenset(members) - v1.enums.get(name, {}).keys() for name, members in enums.ENUMS.items()
    }
    assert {name: found for name, found in missing.items() if found} == enums.BETA_MEMBERS


def test_words_are_for_members() -> None:
    for name, told in enums.WORDS.items():
        assert told.keys() <= enums.ENUMS[name].keys(), name


def test_the_states_of_a_device_are_the_documented_ones() -> None:
    assert enums.ENUMS["complianceState"] == documented.STATES.value


def test_the_action_type_of_beta_is_the_documented_one() -> None:
    beta_only = enums.BETA_MEMBERS["deviceComplianceActionType"]
    numbers = {member: enums.ENUMS["deviceComplianceActionType"][member] for member in beta_only}
    assert numbers == documented.REMOTE_LOCK.value


@pytest.mark.parametrize(
    ("enum", "member", "told"),
    [
        ("complianceState", "noncompliant", "Not compliant"),
        ("complianceState", "inGracePeriod", "In grace period"),
        ("complianceState", "unknown", "Not evaluated"),
        ("complianceStatus", "nonCompliant", "Not compliant"),
        ("complianceState", "quarantined", "quarantined"),
        ("nobodyKnows", "this", "this"),
    ],
)
def test_a_member_has_words_and_an_unknown_one_speaks_for_itself(enum: str, member: str, told: str) -> None:
    assert enums.words(enum, member) == told


def test_a_member_is_found_by_its_number() -> None:
    assert enums.member_for("complianceState", 254) == "inGracePeriod"
    assert enums.member_for("complianceState", 7) is None


def test_every_fact_has_a_link_and_a_date() -> None:
    rows: list[documented.Fact | documented.Cell | documented.Call] = [
        *documented.ROWS,
        *documented.MATRIX,
        *documented.CALLS,
    ]
    for row in rows:
        assert row.source.startswith("https://"), row
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", row.date), row


def test_the_metadata_states_the_documented_hours(v1: Metadata) -> None:
    assert v1.bounds("deviceComplianceActionItem/gracePeriodHours") == documented.HOURS.value
