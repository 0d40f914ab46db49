"""Filters, sort keys and selections are read as OData says, and wrong ones say where they are wrong."""

from __future__ import annotations

import pytest

from toolkit.errors import UsageProblem
from toolkit.model.odata import matches, ordered, parse, parse_filter, parse_orderby, parse_select, pick

DEVICE = {
    "deviceName": "O'Brien's PC",
    "complianceState": "noncompliant",
    "isEncrypted": False,
    "storage": 64,
    "lastSyncDateTime": "2026-11-02T08:00:00Z",
    "userId": None,
    "user": {"mail": "ada@contoso.example", "address": {"city": "Praha"}},
    "roleScopeTagIds": ["0", "7"],
    "actions": [{"kind": "retire", "hours": 720}, {"kind": "block", "hours": 0}],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("complianceState eq 'noncompliant'", True),
        ("complianceState eq 'nonCompliant'", True),
        ("compliancestate ne 'compliant'", True),
        ("deviceName eq 'O''Brien''s PC'", True),
        ("isEncrypted eq false", True),
        ("isEncrypted eq true", False),
        ("storage gt 63 and storage lt 65", True),
        ("storage ge 64.0 and storage le 64", True),
        ("storage gt 64 or storage lt 64", False),
        ("lastSyncDateTime lt 2026-11-03T00:00:00Z", True),
        ("lastSyncDateTime gt 2026-11-02T10:00:00+02:00", False),
        ("lastSyncDateTime ge 2026-11-02", True),
        ("lastSyncDateTime gt '2026-11-01'", True),
        ("userId eq null", True),
        ("userId ne null", False),
        ("missing eq null", True),
        ("userId gt 3", False),
        ("complianceState in ('compliant', 'noncompliant')", True),
        ("storage in (1, 2)", False),
        ("startswith(deviceName,'o''b')", True),
        ("endswith(deviceName, 'pc')", True),
        ("contains(deviceName,'xyz')", False),
        ("contains(userId,'x')", False),
        ("not (isEncrypted eq true)", True),
        ("not startswith(deviceName,'A') and storage eq 64", True),
        ("user/mail eq 'ada@contoso.example'", True),
        ("user/address/city eq 'Praha'", True),
        ("roleScopeTagIds/any(t:t eq '7')", True),
        ("roleScopeTagIds/any(t:t eq '8')", False),
        ("roleScopeTagIds/any()", True),
        ("actions/any(a:a/kind eq 'retire' and a/hours gt 100)", True),
        ("actions/any(a:a/kind eq 'block' and a/hours gt 100)", False),
        ("actions/$count eq 2", True),
        ("storage eq 1 or storage eq 64 and isEncrypted eq false", True),
        ("(storage eq 64 or storage eq 1) and isEncrypted eq true", False),
        ("storage eq 'abc'", False),
        ("isEncrypted eq 0", False),
    ],
)
def test_a_filter_selects_what_it_says(text, expected):
    assert parse_filter(text)(DEVICE) is expected


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "a property or a function"),
        ("storage", 8, "one of eq, ne"),
        ("storage eq", 11, "a value"),
        ("storage = 3", 9, "a property, a value or a bracket"),
        ("deviceName eq 'open", 15, "a closing quote"),
        ("(storage eq 1", 14, "a closing bracket"),
        ("storage eq 1 storage eq 2", 14, "and, or, or the end"),
        ("startswith(deviceName)", 22, "a comma"),
        ("startswith(deviceName, 3)", 24, "a text in single quotes"),
        ("length(deviceName) eq 3", 7, "no bracket"),
        ("roleScopeTagIds/any(t t eq '7')", 23, "a colon"),
        ("lastSyncDateTime gt 2026-13-45", 21, "a date that exists"),
        ("storage in 3", 12, "an opening bracket"),
        ("(" * 100 + "a eq 1" + ")" * 100, 62, "at most 60 brackets"),
        ("not " * 100 + "a eq 1", 245, "at most 60 brackets"),
        ("a/any(x:" * 100 + "x eq 1" + ")" * 100, 489, "at most 60 brackets"),
        ("storage gt " + "9" * 5000, 12, "a number of at most 40 digits"),
    ],
)
def test_a_wrong_filter_says_where_and_what_was_expected(text, position, expected):
    with pytest.raises(UsageProblem) as caught:
        parse_filter(text)
    assert caught.value.detail["position"] == position
    assert f"at position {position}: expected {expected}" in caught.value.message


def test_a_filter_read_once_serves_many_documents():
    node = parse("storage gt 10")
    assert [matches(node, {"storage": size}) for size in (5, 10, 15)] == [False, False, True]


def test_sorting_puts_nothing_first_and_keeps_equal_rows_in_order():
    rows = [{"n": "b", "k": 1}, {"n": None, "k": 2}, {"n": "A", "k": 3}, {"n": "a", "k": 4}, {"k": 5}]
    assert [row["k"] for row in ordered(rows, parse_orderby("n"))] == [2, 5, 3, 4, 1]
    assert [row["k"] for row in ordered(rows, parse_orderby("n desc, k desc"))] == [1, 4, 3, 5, 2]


@pytest.mark.parametrize("text", ["", "a b c", "a sideways", "a,,b", "a'b"])
def test_a_wrong_sort_key_is_refused(text):
    with pytest.raises(UsageProblem):
        parse_orderby(text)


def test_a_selection_is_a_list_of_names():
    assert parse_select("id, displayName,settings/secureByDefault") == (
        "id",
        "displayName",
        "settings/secureByDefault",
    )
    with pytest.raises(UsageProblem, match="no property name"):
        parse_select("id,,x")


def test_a_value_is_found_in_any_case_of_its_name():
    assert pick(DEVICE, "USER/Mail") == "ada@contoso.example"
    assert pick(DEVICE, "user/mail/deeper") is None
