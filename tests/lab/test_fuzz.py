"""Whatever is asked: 200 or 400, nothing changes, and the rows are those that a plain filter over everything leaves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.surface import POLICIES, TEMPLATES, Wire, new_policy
from toolkit.lab.answers.directory import entra_device
from toolkit.model.odata import matches, ordered, parse, parse_orderby

HOSTILE = (
    "'", '"', "' OR 1=1 --", "'; DROP TABLE document; --", "x') UNION SELECT body FROM document --", "\0", "a\0b",
    "%", "_", "\\", "?", ":1", "$.id", "Ünï", "ÜNÏ", "ſ", "s", "K", "k", "ß", "SS", "\u202e", "🙂", "\n", "", " ",
    "2026-11-02", "2026-11-02T08:00:00Z", "9" * 50, "null", "true", "NaN",
)  # fmt: skip
COLLECTIONS: dict[str, tuple[str, str, str]] = {
    "devices": (
        "/beta/deviceManagement/managedDevices", "device",
        "deviceName operatingSystem complianceState:state userPrincipalName azureADDeviceId lastSyncDateTime:date osVersion",
    ),
    "directory devices": (
        "/v1.0/devices", "device",
        "deviceId displayName operatingSystem isCompliant:bool id registrationDateTime:date",
    ),
    "groups": ("/v1.0/groups", "group", "displayName id mailEnabled:bool groupTypes:list description mail lab"),
    "users": ("/v1.0/users", "user", "displayName id userPrincipalName accountEnabled:bool mail businessPhones:list"),
    "policies": (
        POLICIES, "policy",
        "displayName id version:number description roleScopeTagIds:list createdDateTime:date passwordRequired:bool",
    ),
    "templates": (TEMPLATES, "template", "displayName id brandingOptions:state defaultLocale roleScopeTagIds:list"),
}  # fmt: skip
"""Address, kind of the documents, and properties with what they are, a text where nothing is said."""


@pytest.fixture(scope="module")
def hostile():
    """A tenant with names that other databases would stumble over. In process: only there is every text an address."""
    wire = Wire()
    for name in HOSTILE:
        if name.strip():
            assert wire.ask("POST", POLICIES, {**new_policy(), "displayName": name})[0] == 201
    for number, name in enumerate(HOSTILE):
        group = {**wire.lab.store.all("group")[0], "id": f"g{number}", "displayName": name}
        wire.lab.store.put("group", group["id"], group)
    return wire


@pytest.fixture(scope="module")
def untouched(hostile):
    return contents(hostile)


TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=12) | st.sampled_from(
    ["Windows", "iOS", "compliant", "noncompliant", "ada.novak@contoso.example", "Finance", "WIN-0001", "0", "managed"]
)  # fmt: skip


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


LITERALS = {
    "": TEXTS.map(quoted),
    "list": TEXTS.map(quoted),
    "bool": st.sampled_from(["true", "false"]),
    "state": st.sampled_from(
        ["compliant", "NonCompliant", "inGracePeriod", "none", "includeCompanyLogo"]
    ).map(quoted),
    "number": st.integers(-3, 3).map(str) | st.integers().map(str) | st.sampled_from(["1.0", "1.5"]),
    "date": st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999999Z", "2026-11-02T08:00:00-12:00"]
    ),
}
ANYTHING = (
    st.one_of(*LITERALS.values())
    | st.integers(10**30, 10**60).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.uuids().map(str)
    | st.sampled_from(["null", "'", "NaN", "-1e5", "2026-02-30T00:00:00Z"])
)
OPERATORS = st.sampled_from(["eq", "eq", "eq", "eq", "ne", "gt", "ge", "lt", "le"])


@st.composite
def leaves(draw: st.DrawFn, names: str) -> str:
    name, _, kind = draw(st.sampled_from(names.split())).partition(":")
    # Now and then what does not fit.
    literals = ANYTHING if draw(st.integers(0, 15)) == 0 else LITERALS[kind]
    if kind == "list":
        return f"{name}/any(x:x {draw(OPERATORS)} {draw(literals)})"
    form = draw(st.sampled_from(["compare", "compare", "in", "startswith", "endswith", "contains"]))
    if form == "in":
        return f"{name} in ({','.join(draw(st.lists(literals, min_size=1, max_size=4)))})"
    if form != "compare" and kind == "":
        return f"{form}({name},{draw(literals)})"
    operator = draw(OPERATORS) if kind in ("", "number", "date") else draw(st.sampled_from(["eq", "ne"]))
    return f"{name} {operator} {draw(literals)}"


def filters(names: str) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves(names),
        lambda inner: (
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join)
            | inner.map(lambda text: f"not ({text})")
            | inner.map(lambda text: f"({text})")
        ),
        max_leaves=4,
    )


def read_all(wire: Wire, url: str) -> tuple[int, list[dict[str, Any]], int | None]:
    """(status, rows of all pages, the count of the first page)."""
    rows: list[dict[str, Any]] = []
    status, answer = wire.ask("GET", url, ConsistencyLevel="eventual")
    count = answer.get("@odata.count")
    while status == 200:
        rows += answer["value"]
        assert len(rows) <= 100
        link = answer.get("@odata.nextLink")
        if link is None:
            break
        status, answer = wire.ask("GET", link, ConsistencyLevel="eventual")
    return status, rows, count


def contents(wire: Wire) -> list[tuple[Any, ...]]:
    """Everything but the log of requests."""
    store = wire.lab.store
    tables = (
        "SELECT type, name, sql FROM sqlite_master",
        "SELECT position, kind, id, body FROM document",
        "SELECT key, value FROM meta",
        "SELECT kind, number, body FROM log WHERE kind <> 'request'",
    )
    return [row for sql in tables for row in store._execute(sql).fetchall()]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_filter_leaves_what_a_plain_one_leaves_and_changes_nothing(hostile, untouched, data):
    url, kind, names = COLLECTIONS[data.draw(st.sampled_from(sorted(COLLECTIONS)))]
    text = data.draw(filters(names))
    top = data.draw(st.sampled_from([1, 7, 100, 999]))
    query = f"$count=true&$top={top}&$filter={quote(text, safe='')}"
    order = data.draw(st.sampled_from(["", "", "displayName", "displayName desc"]))
    if order:
        query += f"&$orderby={order}"
    status, rows, count = read_all(hostile, f"{url}?{query}")
    assert status in (200, 400)
    assert contents(hostile) == untouched
    if status == 400:
        return
    everything = hostile.lab.store.all(kind)
    if url == "/v1.0/devices":
        everything = [entra_device(row) for row in everything]
    node = parse(text)
    expected = [row for row in everything if matches(node, row)]
    if order:
        expected = ordered(expected, parse_orderby(order))
    assert [row["id"] for row in rows] == [row["id"] for row in expected]
    assert count == len(expected)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_finds_the_things_that_are_called_so(hostile, name):
    literal = quote(quoted(name), safe="")
    for url, kind in (("/v1.0/groups", "group"), (POLICIES, "policy")):
        for filter in (f"displayName eq {literal}", f"displayName in ({literal},'x')"):
            status, rows, _ = read_all(hostile, f"{url}?$filter={filter}")
            assert status == 200
            assert [row["id"] for row in rows] == [
                row["id"]
                for row in hostile.lab.store.all(kind)
                if row["displayName"].casefold() == name.casefold() or row["displayName"].casefold() == "x"
            ]


OPTIONS = st.sampled_from(
    [
        "$filter",
        "$orderby",
        "$select",
        "$expand",
        "$top",
        "$skip",
        "$count",
        "$search",
        "$skiptoken",
        "$apply",
        "x",
    ]
)
PIECES = st.sampled_from([
    "displayName", "eq", "'a'", "(", ")", ",", ";", "$expand=", "$filter=", "'", '"', ":", "/any(x:", "not ", " and ", " or ",
    "assignments", "scheduledActionsForRule", "$select=id", "=", "&", "%", "\0", "9" * 400, "-1", "null", "/$count", "\ud800",
]) | st.text(max_size=6)  # fmt: skip
GARBAGE = st.lists(st.tuples(OPTIONS, st.lists(PIECES, max_size=8).map("".join)), max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(COLLECTIONS)), GARBAGE, st.booleans())
def test_any_query_is_answered_or_refused(hostile, untouched, name, options, is_encoded):
    # What is sent as it is may hold more options, or half of a character.
    written = [
        f"{option}={quote(value, safe='', errors='replace') if is_encoded else value}"
        for option, value in options
    ]
    status, _ = hostile.ask("GET", f"{COLLECTIONS[name][0]}?{'&'.join(written)}", ConsistencyLevel="eventual")
    assert status in (200, 400)
    assert contents(hostile) == untouched


@pytest.mark.parametrize("depth", [59, 61, 5_000, 200_000])
@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [
        ("$filter=", "(", "displayName eq 'a'" + ")"),
        ("$filter=", "not ", "displayName eq 'a'"),
        ("$filter=", "roleScopeTagIds/any(x:", "x eq 'a'"),
        ("$search=", "(", '"displayName:a"'),
        ("$expand=", "assignments($expand=", "x"),
    ],
)
def test_deep_nesting_is_refused_and_crashes_nothing(hostile, opening, middle, closing, depth):
    for url in (POLICIES, "/v1.0/groups"):
        query = opening + middle * depth + closing + ")" * (depth if middle.endswith(("(", ":", "=")) else 0)
        assert hostile.ask("GET", f"{url}?{query}", ConsistencyLevel="eventual")[0] in (200, 400)


def test_a_very_long_filter_is_answered(hostile):
    many = ",".join(f"'{number}'" for number in range(3000))
    wide = " or ".join(f"displayName eq 'n{number}'" for number in range(3000))
    assert hostile.get(f"{POLICIES}?$filter=displayName in ({many})")["value"] == []
    assert hostile.get(f"{POLICIES}?$filter={wide}")["value"] == []
