"""How names and values of a Linux policy become settings-catalog instances, and back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from toolkit.errors import InvalidContent
from toolkit.model.catalog import values, with_values

C = "#microsoft.graph.deviceManagementConfiguration"
DISTROS = "linux_distribution_alloweddistros"
ITEM = DISTROS + "_item_"
REQUIRED = "linux_customcompliance_required"
SCRIPT = "linux_customcompliance_discoveryscript"


def row(instance: dict[str, Any]) -> dict[str, Any]:
    return {"@odata.type": f"{C}Setting", "settingInstance": instance}


def number(name: str, value: int) -> dict[str, Any]:
    return {
        "@odata.type": f"{C}SimpleSettingInstance",
        "settingDefinitionId": name,
        "simpleSettingValue": {"@odata.type": f"{C}IntegerSettingValue", "value": value},
    }


def text(name: str, value: str, kind: str = "String") -> dict[str, Any]:
    return {
        "@odata.type": f"{C}SimpleSettingInstance",
        "settingDefinitionId": name,
        "simpleSettingValue": {"@odata.type": f"{C}{kind}SettingValue", "value": value},
    }


def choice(name: str, option: str, children: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "@odata.type": f"{C}ChoiceSettingInstance",
        "settingDefinitionId": name,
        "choiceSettingValue": {
            "@odata.type": f"{C}ChoiceSettingValue",
            "children": list(children),
            "value": f"{name}_{option}",
        },
    }


def group(name: str, *entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@odata.type": f"{C}GroupSettingCollectionInstance",
        "settingDefinitionId": name,
        "groupSettingCollectionValue": [{"children": entry} for entry in entries],
    }


ENCODED = [
    ({"linux_deviceencryption_required": True}, [row(choice("linux_deviceencryption_required", "true"))]),
    ({"linux_passwordpolicy_minimumlength": 8}, [row(number("linux_passwordpolicy_minimumlength", 8))]),
    (
        {f"{ITEM}$type": "ubuntu", f"{ITEM}minimumversion": "22.04"},
        [row(group(DISTROS, [choice(f"{ITEM}$type", "ubuntu"), text(f"{ITEM}minimumversion", "22.04")]))],
    ),
    (
        {REQUIRED: True, SCRIPT: "8c1f"},
        [row(choice(REQUIRED, "true", (text(SCRIPT, "8c1f", "Reference"),)))],
    ),
]


@pytest.mark.parametrize(("plain", "instances"), ENCODED)
def test_names_and_values_become_the_instances_that_graph_keeps(plain, instances):
    assert with_values([], plain) == instances


@pytest.mark.parametrize(("plain", "instances"), ENCODED)
def test_instances_are_read_back_as_names_and_values(plain, instances):
    assert values(instances) == plain


def test_a_script_alone_switches_custom_compliance_on():
    assert with_values([], {SCRIPT: "8c1f"}) == [
        row(choice(REQUIRED, "true", (text(SCRIPT, "8c1f", "Reference"),)))
    ]


def test_changing_one_value_leaves_the_others_and_unknown_instances_as_they_were():
    unknown = row(
        {"@odata.type": f"{C}Novelty", "settingDefinitionId": "linux_novelty", "novelty": {"a": [1]}}
    )
    before = [
        unknown,
        row(number("linux_passwordpolicy_minimumlength", 6)),
        row(number("linux_passwordpolicy_minimumdigits", 1)),
    ]
    kept = deepcopy(before)
    after = with_values(before, {"linux_passwordpolicy_minimumlength": 8})
    assert after == [unknown, row(number("linux_passwordpolicy_minimumlength", 8)), before[2]]
    assert before == kept


def test_setting_what_is_set_already_keeps_a_choice_with_its_children():
    before = [row(choice(REQUIRED, "true", (text(SCRIPT, "8c1f", "Reference"),)))]
    assert with_values(before, {REQUIRED: True}) == before


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        (
            {"linux_passwordpolicy_minimumlength": 8, "linux_passwordpolicy_minimumdigits": 1},
            "linux_passwordpolicy_minimumlength",
            {"linux_passwordpolicy_minimumdigits": 1},
        ),
        (
            {f"{ITEM}$type": "ubuntu", f"{ITEM}minimumversion": "22.04"},
            f"{ITEM}minimumversion",
            {f"{ITEM}$type": "ubuntu"},
        ),
        ({f"{ITEM}$type": "ubuntu"}, f"{ITEM}$type", {}),
        ({REQUIRED: True, SCRIPT: "8c1f"}, SCRIPT, {REQUIRED: True}),
        ({REQUIRED: True}, "linux_deviceencryption_required", {REQUIRED: True}),
    ],
)
def test_none_takes_a_setting_out(before, name, after):
    assert with_values(with_values([], before), {name: None}) == with_values([], after)


def test_a_group_with_several_entries_is_read_and_set_as_a_whole():
    entries = [{f"{ITEM}$type": "ubuntu"}, {f"{ITEM}$type": "rhel"}]
    settings = with_values([], {DISTROS: entries})
    assert values(settings) == {DISTROS: entries}
    with pytest.raises(InvalidContent) as caught:
        with_values(settings, {f"{ITEM}minimumversion": "22.04"})
    assert (
        caught.value.message
        == f"{DISTROS} has 2 entries, so {ITEM}minimumversion could belong to any of them."
    )


@pytest.mark.parametrize("value", [1.5, ["ubuntu"], [{"other": "ubuntu"}]])
def test_what_cannot_be_encoded_is_refused(value):
    with pytest.raises(InvalidContent):
        with_values([], {DISTROS: value})


ODD: list[Any] = [None, 5, "x", [], [None]]


@pytest.mark.parametrize("odd", [*ODD, {}])
@pytest.mark.parametrize(
    "settings",
    [
        lambda odd: [odd],
        lambda odd: [{"settingInstance": odd}],
        lambda odd: [row(group(DISTROS, [odd]))],
        lambda odd: [row(choice(REQUIRED, "true", (odd,)))],
        lambda odd: [row({"settingDefinitionId": REQUIRED, "choiceSettingValue": odd})],
        lambda odd: [row({"settingDefinitionId": REQUIRED, "choiceSettingValue": {"value": [odd]}})],
    ],
    ids=["a row", "an instance", "a member", "a child", "a choice", "a choice's value"],
)
def test_what_has_not_the_shape_of_settings_is_passed_over_when_read_and_refused_when_written(settings, odd):
    given = settings(odd)
    values(given)
    with pytest.raises(InvalidContent):
        with_values(given, {})


@pytest.mark.parametrize(
    "given",
    [
        None,
        [row({"settingDefinitionId": DISTROS, "groupSettingCollectionValue": None})],
        [row({"settingDefinitionId": DISTROS, "groupSettingCollectionValue": [{"children": None}]})],
        [row({"settingDefinitionId": "linux_novelty", "novelty": [None]})],
    ],
)
def test_lists_that_are_null_and_instances_that_are_not_known_stay(given):
    assert with_values(given, {}) == (given or [])


def test_a_member_is_set_where_the_list_was_null():
    before = [row({"settingDefinitionId": DISTROS, "groupSettingCollectionValue": [{"children": None}]})]
    after = with_values(before, {f"{ITEM}minimumversion": "22.04"})
    assert values(after) == {f"{ITEM}minimumversion": "22.04"}
    assert before[0]["settingInstance"]["groupSettingCollectionValue"] == [{"children": None}]
