"""Bodies are judged by tables cut from Microsoft's CSDL, and the tables are what the CSDL says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from toolkit.lab.contract import RequestError, filled, members_of, type_of, validate, visible
from toolkit.lab.contract_tables import ENUMS, TYPES

CSDL = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "graph"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
PRIMITIVES = {
    "str": "Edm.String",
    "bool": "Edm.Boolean",
    "int": "Edm.Int32",
    "long": "Edm.Int64",
    "float": "Edm.Double",
    "date": "Edm.DateTimeOffset",
    "guid": "Edm.Guid",
    "bytes": "Edm.Binary",
    "byte": "Edm.Byte",
}
# Parts of the metadata that the lab leaves out: navigations of the big types.
WITHOUT_NAVIGATIONS = ("deviceManagement", "user", "group", "device", "organization", "managedDevice")


def read_csdl(version):
    types, enums, computed = {}, {}, set()
    for schema in ET.parse(CSDL / f"csdl-subset-{version}.xml").iter(EDM + "Schema"):
        for tag in ("EntityType", "ComplexType"):
            for element in schema.iter(EDM + tag):
                properties = {
                    part.get("Name"): (
                        part.tag == EDM + "NavigationProperty",
                        part.get("Type").replace("microsoft.graph.", "").replace("graph.", ""),
                        part.get("Nullable", "true") != "false",
                    )
                    for part in element
                    if part.tag in (EDM + "Property", EDM + "NavigationProperty")
                }
                base = (element.get("BaseType") or "").rpartition(".")[2]
                types[element.get("Name")] = (base, element.get("Abstract") == "true", properties)
        for element in schema.iter(EDM + "EnumType"):
            members = tuple(member.get("Name") for member in element.iter(EDM + "Member"))
            enums[element.get("Name")] = (element.get("IsFlags") == "true", members)
        for notes in schema.iter(EDM + "Annotations"):
            if any((note.get("Term") or "").endswith("Computed") for note in notes):
                computed.add(notes.get("Target").removeprefix("microsoft.graph."))
    return types, enums, computed


@pytest.mark.skipif(not CSDL.exists(), reason="the CSDL subsets are not beside this checkout")
def test_the_tables_say_what_the_metadata_says():
    v1_types, v1_enums, computed = read_csdl("v1.0")
    beta_types, beta_enums, _ = read_csdl("beta")
    for name in TYPES:
        v1, beta = v1_types.get(name), beta_types.get(name)
        ours = type_of(name, "beta")
        assert ours.beta_only is (v1 is None), name
        assert ours.is_abstract is (beta or v1)[1], name
        assert (ours.bases[0] if ours.bases else "") == (beta or v1)[0], name
        own = {**(v1[2] if v1 else {}), **(beta[2] if beta else {})}
        for prop, (is_navigation, csdl_type, nullable) in own.items():
            if (
                is_navigation and (name in WITHOUT_NAVIGATIONS or "directoryObject" in csdl_type)
            ) or prop == "id":
                continue
            info = ours.properties[prop]
            inner = PRIMITIVES.get(info.type, info.type[1:])
            where = f"{name}/{prop}"
            assert (f"Collection({inner})" if info.is_collection else inner) == csdl_type, where
            assert info.is_navigation is is_navigation, where
            assert info.nullable is (nullable and not is_navigation), where
            assert info.is_computed is (where in computed), where
            assert info.beta_only is (v1 is not None and beta is not None and prop not in v1[2]), where
        inherited = [type_of(base, "beta").properties for base in ours.bases]
        known = set(own).union(*inherited)
        assert set(ours.properties) <= known, name
    for name in ENUMS:
        for version, csdl, other in (("v1.0", v1_enums, beta_enums), ("beta", beta_enums, v1_enums)):
            assert members_of(name, version) == csdl.get(name, other.get(name)), name


IOS = {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "x"}


@pytest.mark.parametrize(
    ("body", "version", "said"),
    [
        ({**IOS, "pascodeRequired": True}, "v1.0", "'pascodeRequired' does not exist"),
        ({**IOS, "osMinimumBuildVersion": "1"}, "v1.0", "'osMinimumBuildVersion' does not exist"),
        ({**IOS, "roleScopeTagIds": ["0"]}, "v1.0", "'roleScopeTagIds' does not exist"),
        ({**IOS, "passcodeRequired": "yes"}, "beta", "'passcodeRequired' must be true or false"),
        ({**IOS, "passcodeRequired": None}, "beta", "'passcodeRequired' must not be null"),
        ({**IOS, "passcodeMinimumLength": True}, "beta", "must be a whole number"),
        ({**IOS, "passcodeMinimumLength": 2**31}, "beta", "must be a whole number"),
        ({**IOS, "passcodeRequiredType": "strong"}, "beta", "deviceDefault, alphanumeric, numeric"),
        ({**IOS, "restrictedApps": {}}, "beta", "'restrictedApps' must be an array"),
        ({**IOS, "restrictedApps": [{"name": "a", "x": 1}]}, "beta", "'restrictedApps[0]/x' does not exist"),
        ({"displayName": "x"}, "beta", "'@odata.type' is missing"),
        ({**IOS, "@odata.type": "#microsoft.graph.nothing"}, "beta", "could not be resolved"),
        ({**IOS, "@odata.type": "#microsoft.graph.user"}, "beta", "is not derived from"),
        ({**IOS, "@odata.type": "#microsoft.graph.deviceCompliancePolicy"}, "beta", "is abstract"),
        (
            {**IOS, "@odata.type": "#microsoft.graph.aospDeviceOwnerCompliancePolicy"},
            "v1.0",
            "could not be resolved",
        ),
        ({"@odata.type": IOS["@odata.type"]}, "beta", "'displayName' is required"),
        ({**IOS, "scheduledActionsForRule@odata.context": "x"}, "beta", "does not exist"),
        ([], "beta", "must be a JSON object"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_reason(body, version, said):
    with pytest.raises(RequestError) as caught:
        validate(body, "deviceCompliancePolicy", version, "create")
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")
    assert said in caught.value.message


def test_what_the_service_sets_is_passed_over():
    sent = {
        **IOS,
        "id": "1",
        "version": 3,
        "createdDateTime": "2026-01-01T00:00:00Z",
        "passcodeMinimumLength": None,
    }
    assert validate(sent, "deviceCompliancePolicy", "v1.0", "create") == {
        **IOS,
        "passcodeMinimumLength": None,
    }


def test_an_update_may_be_partial_and_a_type_may_be_written_without_its_sign():
    assert validate({"description": "x"}, "notificationMessageTemplate", "beta", "update") == {
        "description": "x"
    }
    sent = {**IOS, "@odata.type": "microsoft.graph.iosCompliancePolicy"}
    assert validate(sent, "deviceCompliancePolicy", "beta", "create") == IOS


def test_flags_are_a_list_with_commas():
    body = {"brandingOptions": "includeCompanyLogo, includeCompanyName"}
    cleaned = validate(body, "notificationMessageTemplate", "beta", "update")
    assert cleaned == {"brandingOptions": "includeCompanyLogo,includeCompanyName"}
    with pytest.raises(RequestError, match="includeDeviceDetails"):
        validate({"brandingOptions": "logo"}, "notificationMessageTemplate", "beta", "update")


def test_v1_shows_neither_our_own_members_nor_those_of_beta():
    document = {"id": "1", "displayName": "x", "description": "y", "roleScopeTagIds": ["0"], "lab": {}}
    assert visible(document, "notificationMessageTemplate", "beta") == {
        "id": "1", "displayName": "x", "description": "y", "roleScopeTagIds": ["0"],
    }  # fmt: skip
    assert visible(document, "notificationMessageTemplate", "v1.0") == {
        "id": "1", "displayName": "x", "roleScopeTagIds": ["0"],
    }  # fmt: skip


def test_what_was_not_sent_reads_as_not_set():
    shown = filled({"displayName": "x"}, "windows81CompliancePolicy")
    assert (shown["passwordRequired"], shown["passwordRequiredType"], shown["osMinimumVersion"]) == (
        False,
        "deviceDefault",
        None,
    )
