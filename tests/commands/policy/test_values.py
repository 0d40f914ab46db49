"""How NAME=VALUE becomes a setting, and what is said to a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.commands.policy import values
from toolkit.errors import UsageProblem
from toolkit.model.policy import CATALOG, Policy


@pytest.mark.parametrize(
    ("platform", "typed", "name", "value"),
    [
        ("windows", "bitLockerEnabled=true", "bitLockerEnabled", True),
        ("windows", "BITLOCKERENABLED=No", "bitLockerEnabled", False),
        ("windows", "passwordMinimumLength= 8 ", "passwordMinimumLength", 8),
        ("windows", "passwordRequiredType=ALPHANUMERIC", "passwordRequiredType", "alphanumeric"),
        ("windows", "osMinimumVersion=10.0.22631.4169", "osMinimumVersion", "10.0.22631.4169"),
        ("windows", "validOperatingSystemBuildRanges=[]", "validOperatingSystemBuildRanges", []),
        ("windows", "osMinimumVersion=null", "osMinimumVersion", None),
        ("windows", "bitLockerEnabled=null", "bitLockerEnabled", False),
        ("windows", "passwordRequiredType=null", "passwordRequiredType", "deviceDefault"),
        ("linux", "linux_deviceencryption_required=null", "linux_deviceencryption_required", None),
        (
            "linux",
            "linux_distribution_alloweddistros_item_$type=RHEL",
            "linux_distribution_alloweddistros_item_$type",
            "rhel",
        ),
    ],
)
def test_typed_text_becomes_the_value_that_graph_keeps(
    platform: str, typed: str, name: str, value: Any
) -> None:
    key, _, text = typed.partition("=")
    found = values.chosen(platform, [(key, text)], {})
    assert found == {name: value}
    assert type(found[name]) is type(value)


@pytest.mark.parametrize(
    ("platform", "pair", "message", "hint"),
    [
        (
            "windows",
            ("bitLockerEnable", "true"),
            'A policy for windows has no setting "bitLockerEnable".',
            "Did you mean bitLockerEnabled, rtpEnabled, defenderEnabled? See them all: grace policy settings windows",
        ),
        (
            "windows",
            ("zzz", "1"),
            'A policy for windows has no setting "zzz".',
            "See them all: grace policy settings windows",
        ),
        ("windows", ("bitLockerEnabled", "5"), 'bitLockerEnabled cannot be "5".', "It is true or false."),
        (
            "windows",
            ("passwordRequiredType", "numerc"),
            'passwordRequiredType cannot be "numerc".',
            "Did you mean numeric? It is one of deviceDefault, numeric, alphanumeric.",
        ),
        (
            "windows",
            ("passwordRequiredType", "zzz"),
            'passwordRequiredType cannot be "zzz".',
            "It is one of deviceDefault, numeric, alphanumeric.",
        ),
        (
            "windows",
            ("validOperatingSystemBuildRanges", "{}"),
            "validOperatingSystemBuildRanges cannot be {}.",
            "It is a list in JSON, such as [1, 2].",
        ),
        (
            "windows",
            ("osMinimumVersion", " "),
            "osMinimumVersion has no value.",
            "It is a version, such as 10.0.19045. null means not configured.",
        ),
    ],
)
def test_a_wrong_setting_is_answered_with_what_would_be_right(
    platform: str, pair: tuple[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageProblem) as caught:
        values.chosen(platform, [pair], {})
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("minimum", "maximum", "text", "fits"),
    [
        (4, 16, "4", True),
        (4, 16, "16", True),
        (4, 16, "3", False),
        (4, 16, "17", False),
        (4, 16, "-4", False),
        (4, 16, "4.0", False),
        (4, 16, "٤", False),
        (None, None, "-4", False),
        (1, None, "999999999", True),
        (1, None, "9999999999", False),
    ],
)
def test_a_number_has_to_be_whole_and_within_its_range(
    minimum: int | None, maximum: int | None, text: str, fits: bool
) -> None:
    known = values.Setting("length", "int", True, minimum, maximum, (), False, "", "", "at_least")
    if fits:
        assert values.parsed(known, text) == int(text)
    else:
        with pytest.raises(UsageProblem, match="length cannot be"):
            values.parsed(known, text)


def test_a_property_that_only_the_policy_knows_is_set_as_json() -> None:
    carried = {"noveltyLevel": "low"}
    assert values.chosen("windows", [("noveltylevel", '"high"')], carried) == {"noveltyLevel": "high"}


def test_a_setting_given_twice_is_refused_even_in_another_spelling() -> None:
    with pytest.raises(UsageProblem, match=r"^bitLockerEnabled is given twice\.$"):
        values.chosen("windows", [("bitLockerEnabled", "true")], {}, unset=["BitLockerEnabled"])


def test_written_settings_keep_everything_that_was_not_mentioned() -> None:
    policy = Policy("P", "windows", settings={"bitLockerEnabled": True, "novelty": [1]})
    assert values.written(policy, {"passwordMinimumLength": 8}) == {
        "bitLockerEnabled": True,
        "novelty": [1],
        "passwordMinimumLength": 8,
    }


def test_settings_of_a_catalog_policy_are_written_as_instances_and_read_back() -> None:
    policy = Policy(
        "P", "linux", settings={"platforms": "linux", "technologies": "linuxMdm"}, collection=CATALOG
    )
    settings = values.written(policy, {"linux_passwordpolicy_minimumlength": 8})
    assert (settings["platforms"], settings["technologies"], len(settings["settings"])) == (
        "linux",
        "linuxMdm",
        1,
    )
    assert values.read(Policy("P", "linux", settings=settings, collection=CATALOG)) == {
        "linux_passwordpolicy_minimumlength": 8
    }


@pytest.mark.parametrize(
    ("value", "asks"),
    [(True, True), (0, True), ("numeric", True), ([1], True)]
    + [(nothing, False) for nothing in (None, False, [], "deviceDefault", "notConfigured", "unavailable")],
)
def test_a_value_that_nobody_configured_asks_for_nothing(value: Any, asks: bool) -> None:
    assert values.asks_for_something(value) is asks
