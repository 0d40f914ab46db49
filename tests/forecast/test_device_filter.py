"""Filters for devices: operators, null, brackets, and rules that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import SOME
from toolkit.forecast.device_filter import DEEPEST, check_filter, meets_filter

DEVICE = {
    "displayName": "WIN-0001",
    "isCompliant": True,
    "trustType": "AzureAd",
    "manufacturer": None,
    "physicalIds": ["[ZTDId]:1", "[OrderId]:kiosk"],
}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("device.isCompliant -eq True", True),
        ("device.isCompliant -ne True", False),
        ("device.isCompliant -eq False", False),
        ('device.trustType -eq "AzureAD"', True),
        ("device.TRUSTTYPE -EQ 'azuread'", True),
        ('device.displayName -startsWith "WIN-"', True),
        ('device.displayName -notStartsWith "WIN-"', False),
        ('device.displayName -endsWith "01"', True),
        ('device.displayName -notEndsWith "01"', False),
        ('device.displayName -contains "0"', True),
        ('device.displayName -notContains "0"', False),
        ('device.trustType -in ["Workplace", "AzureAd"]', True),
        ('device.trustType -notIn ["Workplace", "AzureAd"]', False),
        ('device.physicalIds -contains "kiosk"', True),
        ('device.physicalIds -notContains "phone"', True),
        # Null, absent or set so, meets what says no and nothing that says yes.
        ('device.manufacturer -eq "Dell"', False),
        ('device.manufacturer -ne "Dell"', True),
        ('device.extensionAttribute1 -contains "x"', False),
        ('device.extensionAttribute1 -notIn ["x"]', True),
        ("device.manufacturer -eq null", True),
        ("device.trustType -ne null", True),
        ('device.isCompliant -eq True -and device.trustType -eq "Workplace"', False),
        ('device.isCompliant -eq True -or device.trustType -eq "Workplace"', True),
        # and binds closer than or
        ('device.isCompliant -eq True -or device.a -eq "1" -and device.b -eq "2"', True),
        ('(device.isCompliant -eq True -or device.a -eq "1") -and device.b -eq "2"', False),
        ("-not (device.isCompliant -eq True)", False),
    ],
)
def test_a_rule_holds_for_a_device_or_it_does_not(rule, holds):
    assert meets_filter(rule, DEVICE) is holds


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "ends too early"),
        ("device.isCompliant", "ends too early"),
        ("device.isCompliant -eq", "ends too early"),
        ("device.isCompliant -is True", '"is" is no operator'),
        ("device.isCompliant True", '"True" is no operator'),
        ("user.name -eq 'x'", "begins with device."),
        ("device.a -eq unquoted", '"unquoted" is no value'),
        ("(device.a -eq 'x'", 'lacks a ")"'),
        ("device.a -in 'x'", 'lacks a "["'),
        ("device.a -eq 'x' device.b -eq 'y'", '"device.b" is not expected'),
        ("device.a -eq 'x' ; drop", "from character"),
        ("(" * (DEEPEST + 1) + "device.a -eq 'x'" + ")" * (DEEPEST + 1), f"deeper than {DEEPEST}"),
        ("-not " * 5000 + "device.a -eq 'x'", f"deeper than {DEEPEST}"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_the_reason(rule, said):
    with pytest.raises(ValueError, match=r".") as caught:
        check_filter(rule)
    assert said in str(caught.value)


def test_a_long_rule_is_no_deep_one():
    assert meets_filter(" -and ".join(["(device.isCompliant -eq True)"] * (DEEPEST + 1)), DEVICE)


@SOME
@given(st.text(alphabet="device.a -eqnotadr()[],'\"xTrue", max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(rule):
    try:
        check_filter(rule)
    except ValueError:
        return
    assert meets_filter(rule, DEVICE) in (True, False)
