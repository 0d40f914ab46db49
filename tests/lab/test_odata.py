"""Query options as Graph has them: filters, searches, orders, pages and expansions, and a 400 that says what was wrong."""

from __future__ import annotations

import re

import pytest

from lab.surface import POLICIES, TEMPLATES, Wire, new_policy
from toolkit.lab.odata import place_of, token_of
from toolkit.lab.searching import words

DEVICES = "/v1.0/deviceManagement/managedDevices"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture(scope="module")
def wire():
    """For tests that only read."""
    return Wire()


def names(answer, key="displayName"):
    return [row[key] for row in answer["value"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=displayName eq 'Finance'", ["Finance"]),
        ("$filter=displayName eq 'FINANCE'", ["Finance"]),
        ("$filter=displayName in ('Finance', 'Help desk')", ["Finance", "Help desk"]),
        ("$filter=startswith(displayName,'fin')", ["Finance"]),
        ("$filter=displayName eq 'Finance' or displayName eq 'Help desk'", ["Finance", "Help desk"]),
        ("$filter=(displayName eq 'Finance' or displayName eq 'x') and securityEnabled eq true", ["Finance"]),
        ("filter=displayName%20eq%20%27Finance%27", ["Finance"]),
        ("$filter=displayName+eq+'Finance'", ["Finance"]),
        ("$filter=displayName eq 'O''Hara'", []),
    ],
)  # fmt: skip
def test_groups_are_filtered(wire, query, expected):
    found = names(wire.get(f"/v1.0/groups?{query}"))
    assert found == expected


def test_a_collection_is_asked_with_any(wire):
    unified = names(wire.get("/v1.0/groups?$filter=groupTypes/any(t:t eq 'Unified')"))
    assert unified
    assert unified == [
        row["displayName"] for row in wire.lab.store.all("group") if "Unified" in row["groupTypes"]
    ]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{DEVICES}?$filter=deviceName eq 3", "'deviceName' is a text and cannot be compared with a number"),
        (f"{DEVICES}?$filter=deviceName eq true", "cannot be compared with 'true'"),
        (f"{DEVICES}?$filter=complianceState eq 'fine'", "'fine' is no member of 'microsoft.graph.complianceState'"),
        (f"{DEVICES}?$filter=complianceState eq 2", "cannot be compared with a number"),
        (f"{DEVICES}?$filter=lastSyncDateTime gt 'yesterday'", "is a time and cannot be compared with a text"),
        (f"{DEVICES}?$filter=lastSyncDateTime gt 2026-13-01T00:00:00Z", "expected a date that exists"),
        (f"{DEVICES}?$filter=azureADDeviceId eq 11111111-1111-4111-8111-111111111111", "a GUID without quotes"),
        (f"{DEVICES}?$filter=azureADDeviceId eq 11111111-1111", "Invalid $filter clause"),
        (f"{DEVICES}?$filter=deviceActionResults/any()", "deviceActionResults/any' is not supported"),
        (f"{POLICIES}?$filter=version eq 'one'", "'version' is a number and cannot be compared with a text"),
        (f"{POLICIES}?$filter=contains(version,'1')", "'contains' takes a text, and 'version' is a number"),
        (f"{POLICIES}?$filter=passwordRequired gt true", "'gt' is not supported for 'passwordRequired'"),
        (f"{POLICIES}?$filter=roleScopeTagIds eq '0'", "'roleScopeTagIds' is a collection"),
        (f"{POLICIES}?$filter=displayName/any(x:x eq 'a')", "'displayName' is no collection"),
        (f"{POLICIES}?$filter=roleScopeTagIds/any(t:t eq 0)", "cannot be compared with a number"),
        (f"{POLICIES}?$filter=roleScopeTagIds/any(t:t/x eq 0)", "Could not find a property named 't/x'"),
        (f"{POLICIES}?$filter=displayName/x eq 'a'", "Could not find a property named 'displayName/x'"),
        (f"{POLICIES}?$filter=lab/x eq 'a'", "Could not find a property named 'lab/x'"),
        (f"{POLICIES}?$orderby=roleScopeTagIds", "Sorting by 'roleScopeTagIds' is not supported"),
        (f"{POLICIES}?$top=1&$top=2", "'$top' is there more than once"),
        (f"{POLICIES}?$top=1&top=2", "'$top' is there more than once"),
        (f"{POLICIES}?$skip=1.5", "Invalid $skip clause"),
        (f'{POLICIES}?$search="displayName:x"', "'$search' is not supported"),
        (f"{POLICIES}?$expand=assignments($filter=nonsense eq 1)", "Could not find a property named 'nonsense'"),
        (f"{POLICIES}?$expand=assignments($levels=2)", "'$levels' is not supported inside $expand"),
        (f"{POLICIES}?$expand=assignments($top=x)", "Invalid $expand clause"),
        ("/v1.0/users?$expand=manager", "Expanding 'manager' is not supported"),
        ("/v1.0/me?$expand=manager", "Expanding 'manager' is not supported"),
        ("/v1.0/me?$select=nonsense", "Could not find a property named 'nonsense'"),
        ("/v1.0/me?$top=1", "'$top' is for collections"),
        ("/v1.0/me?$filter=id eq 'x'", "'$filter' is for collections"),
        ("/v1.0/users?$top=1000", "Invalid page size: 1000"),
        ("/v1.0/users?$skip=1", "'$skip' is not supported by the directory"),
        ("/v1.0/users?$filter=contains(displayName,'a')", "'contains' in $filter is not supported"),
        ("/v1.0/users?$filter=not (displayName eq 'a')", "'not' in $filter is supported in an advanced query"),
        ("/v1.0/users?$filter=displayName ne 'a'", "'ne' in $filter is supported in an advanced query"),
        ("/v1.0/users?$filter=endswith(mail,'a')", "'endswith' in $filter is supported in an advanced query"),
        ("/v1.0/users?$filter=businessPhones/$count eq 0", "'$count' in $filter is supported in an advanced query"),
        ("/v1.0/users?$filter=displayName eq 'a'&$orderby=displayName", "Sorting and filtering together"),
        ("/v1.0/users?$orderby=mail", "Sorting by 'mail' is not supported"),
        ("/v1.0/devices?$orderby=displayName", "is supported in an advanced query only"),
        ('/v1.0/users?$search="displayName:a"', "'$search' needs the header"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(wire, url, said):
    status, _, message = wire.refused("GET", url)
    assert (status, said in message) == (400, True), message


@pytest.mark.parametrize(
    "query",
    [
        "$count=true&$filter=displayName ne 'Ada Novak'",
        "$count=true&$filter=not startswith(displayName,'Ada')",
        "$count=true&$filter=not endswith(userPrincipalName,'ada.novak@contoso.example')",
        "$count=true&$filter=startswith(userPrincipalName,'')&$orderby=displayName desc",
    ],
)
def test_an_advanced_query_needs_the_header_and_the_count(wire, query):
    answer = wire.get(f"/v1.0/users?{query}", **EVENTUAL)
    assert answer["@odata.count"] == len(answer["value"]) > 20
    assert wire.refused("GET", f"/v1.0/users?{query}")[:2] == (400, "Request_UnsupportedQuery")
    without = query.replace("$count=true&", "")
    assert wire.refused("GET", f"/v1.0/users?{without}", **EVENTUAL)[:2] == (400, "Request_UnsupportedQuery")


def test_the_directory_passes_over_a_count_without_the_header_and_intune_counts(wire):
    assert "@odata.count" not in wire.get("/v1.0/groups?$count=true")
    assert wire.get("/v1.0/groups?$count=true", **EVENTUAL)["@odata.count"] == wire.lab.store.count("group")
    assert wire.get(f"{DEVICES}?$count=true&$top=2")["@odata.count"] == 60
    some = wire.get(f"{DEVICES}?$count=true&$top=1&$filter=operatingSystem eq 'Linux'")
    assert some["@odata.count"] == sum(
        row["operatingSystem"] == "Linux" for row in wire.lab.store.all("device")
    )


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ('"displayName:ada"', ["Ada Novak"]),
        ('"displayName:nov ad"', ["Ada Novak"]),
        ('"displayName:ovak"', []),
        ('"displayName:AdaNovak"', ["Ada Novak"]),
        ('"mail:ada.nov"', ["Ada Novak"]),
        ('"mail:novak"', []),
        ('"displayName:ada" OR "displayName:noor"', ["Ada Novak", "Noor Bakker"]),
        ('"displayName:ada" AND "displayName:noor"', []),
        ('("displayName:ada" OR "displayName:noor") AND "mail:noor"', ["Noor Bakker"]),
        ('"displayName:o\'connor"', ["Liam O'Connor"]),
        ('"displayName:oconnor"', ["Liam O'Connor"]),
    ],
)
def test_people_are_searched_by_word_and_mail_by_its_beginning(wire, search, expected):
    assert sorted(names(wire.get(f"/v1.0/users?$search={search}", **EVENTUAL))) == expected


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("ada", "position 1: expected a clause in double quotes"),
        ('"ada"', "position 1: expected a property and a text"),
        ('"displayName:ada" and "mail:a"', "position 19: expected AND, OR, or the end"),
        ('("displayName:ada"', "expected a closing bracket"),
        ('"displayName:ada" AND', "expected a clause in double quotes"),
        ('"nonsense:ada"', "Could not find a property named 'nonsense'"),
        ('"accountEnabled:t"', "Searching by 'accountEnabled' is not supported"),
        ("(" * 200 + '"mail:a"' + ")" * 200, "at most 60 brackets"),
    ],
)
def test_a_search_that_cannot_be_read_says_where(wire, search, said):
    status, _, message = wire.refused("GET", f"/v1.0/users?$search={search}", **EVENTUAL)
    assert (status, said in message) == (400, True), message


def test_half_of_a_character_in_process_is_refused():
    status, _, message = Wire().refused("GET", f"{POLICIES}?$filter=displayName eq '\ud800'")
    assert (status, "half of a character" in message) == (400, True)


def test_a_text_is_searched_by_its_words():
    assert words("HelloWorld helloWORLD HELLOworld hello123world 李四(David Li)") == [
        "hello", "world", "hello", "world", "helloworld", "hello", "123", "world", "李四", "david", "li",
    ]  # fmt: skip


def test_the_rows_of_a_navigation_are_filtered_sorted_cut_and_selected(wire):
    id = wire.id("policy", "Windows baseline")
    part = "scheduledActionConfigurations($filter=actionType ne 'block';$orderby=gracePeriodHours desc;$top=1;$select=id,gracePeriodHours)"
    url = f"{POLICIES}/{id}?$expand=scheduledActionsForRule($expand={part})"
    rows = wire.get(url)["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
    hours = [hours for kind, hours in wire.actions(id) if kind != "block"]
    assert [set(row) for row in rows] == [{"id", "gracePeriodHours"}]
    assert rows[0]["gracePeriodHours"] == max(hours)
    messages = (
        "localizedNotificationMessages($filter=locale eq 'en-us' or subject eq 'a;b,c)';$select=locale)"
    )
    for row in wire.get(f"{TEMPLATES}?$expand={messages}")["value"]:
        assert [part["locale"] for part in row["localizedNotificationMessages"]] in ([], ["en-us"])


@pytest.mark.parametrize(
    "url",
    [
        f"{DEVICES}?$top=25",
        f"{DEVICES}?$top=7&$filter=managementState eq 'managed'",
        f"{DEVICES}?$top=7&$orderby=deviceName",
        f"{DEVICES}?$top=7&$skip=10",
        f"{DEVICES}?$top=1&$filter=operatingSystem eq 'Linux'",
        "/v1.0/devices?$top=9",
        "/v1.0/groups?$top=3",
        f"{POLICIES.replace('beta', 'v1.0')}?$top=2",
        f"{POLICIES}?$top=5&$filter=contains(displayName,'w')&$skip=1",
    ],
)
def test_pages_together_are_the_list_and_no_page_comes_twice(wire, url):
    rows, link = [], url
    while link:
        page = wire.get(link)
        rows += page["value"]
        assert len(rows) <= 60
        link = page.get("@odata.nextLink")
    whole = wire.get(re.sub(r"\$top=\d+", "$top=999", url))["value"]
    assert [row["id"] for row in rows] == [row["id"] for row in whole]
    assert len({row["id"] for row in rows}) == len(rows) > 1


def test_a_page_goes_on_behind_the_last_row_whatever_was_deleted():
    wire = Wire()
    first = wire.get(f"{POLICIES}?$top=4")
    rest = [row["id"] for row in wire.get(f"{POLICIES}?$skip=4")["value"]]
    for row in first["value"][:2]:
        wire.ask("DELETE", f"{POLICIES}/{row['id']}")
    seen, link = [], first["@odata.nextLink"]
    while link:
        page = wire.get(link)
        seen += [row["id"] for row in page["value"]]
        link = page.get("@odata.nextLink")
    assert seen == rest


def test_a_token_serves_the_query_that_it_was_given_for_only(wire):
    link = wire.get(f"{DEVICES}?$top=5&$select=id")["@odata.nextLink"]
    token = link.rpartition("=")[2]
    assert wire.get(f"{DEVICES}?$select=id&$top=5&$skiptoken={token}")["value"]
    for url in (
        f"{DEVICES}?$top=6&$select=id&$skiptoken={token}",
        f"{DEVICES}?$top=5&$select=id&$filter=operatingSystem eq 'Linux'&$skiptoken={token}",
        f"{DEVICES.replace('v1.0', 'beta')}?$top=5&$select=id&$skiptoken={token}",
        f"/v1.0/groups?$top=5&$select=id&$skiptoken={token}",
    ):
        status, _, message = wire.refused("GET", url)
        assert (status, "token was not given for this query" in message) == (400, True)


@pytest.mark.parametrize("token", ["", "x", "é", "====", "LTEuYWJj", "MDAwLg", "%00", "a" * 5000])
def test_a_token_that_was_made_up_is_refused(wire, token):
    status, _, message = wire.refused("GET", f"{DEVICES}?$skiptoken={token}")
    assert (status, "Invalid $skiptoken clause" in message) == (400, True)


def test_a_token_does_not_show_its_place_in_clear_and_brings_it_back():
    token = token_of(1234, "v1.0/users")
    assert "1234" not in token
    assert place_of(token, "v1.0/users") == 1234


def test_a_filter_by_a_name_with_nul_or_strange_letters_finds_that_policy_only():
    wire = Wire()
    strange = [
        "a",
        "a\0b",
        "ſtraße",
        "STRASSE",
        "K",
        "k",
        '"; DROP TABLE document; --',
        "2026-11-02",
        "2026-11-02T00:00:00Z",
        "%_",
    ]
    for name in strange:
        assert wire.ask("POST", POLICIES, {**new_policy(), "displayName": name})[0] == 201
    rows = [row["displayName"] for row in wire.lab.store.all("policy")]
    for name in strange:
        wanted = [each for each in rows if each.casefold() == name.casefold()]
        if name.startswith("2026"):
            wanted = ["2026-11-02", "2026-11-02T00:00:00Z"]  # texts that are times are compared as times
        quoted = name.replace("'", "''").replace("%", "%25").replace("\0", "%00").replace(";", "%3B")
        assert names(wire.get(f"{POLICIES}?$filter=displayName eq '{quoted}'")) == wanted
