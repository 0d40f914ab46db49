"""Whom a policy is for: what is there stays unless it is taken away, and every line says what it does."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Grace

IOS = "iOS baseline"
FILTER = "11111111-2222-4333-8444-555555555555"


def targets(grace: Grace, policy: str = IOS) -> list[tuple[str, str | None, str | None]]:
    """(type, group, filter) of each assignment."""
    names = {group["id"]: group["displayName"] for group in grace.json("group list")}
    return sorted(
        (
            a["target"]["@odata.type"].removeprefix("#microsoft.graph.").removesuffix("AssignmentTarget"),
            names.get(a["target"].get("groupId"), ""),
            a["target"].get("deviceAndAppManagementAssignmentFilterId") or "",
        )
        for a in grace.json(f"policy show '{policy}'")["assignments"]
    )


def left(grace: Grace, *rows: dict[str, Any], policy: str = IOS) -> None:
    """The tenant as somebody else left it."""
    lab = grace.lab()
    try:
        id = grace.json(f"policy show '{policy}'")["id"]
        document = lab.store.get("policy", id)
        document["assignments"] = [{"id": f"{id}_{n}", **row} for n, row in enumerate(rows)]
        with lab.store.transaction():
            lab.store.put("policy", id, document)
    finally:
        lab.store.close()


def row(
    grace: Grace, group: str, kind: str = "group", filter: str | None = None, **beside: str
) -> dict[str, Any]:
    return {
        "source": "direct",
        "sourceId": None,
        **beside,
        "target": {
            "@odata.type": f"#microsoft.graph.{kind}AssignmentTarget",
            "groupId": grace.json(f"group show '{group}'")["id"],
            "deviceAndAppManagementAssignmentFilterId": filter,
            "deviceAndAppManagementAssignmentFilterType": "include" if filter else "none",
        },
    }


def planned(grace: Grace, line: str) -> dict[str, Any]:
    changes = grace.ok(f"policy assign '{IOS}' {line} --what-if -o json").json["changes"]
    assert len(changes) == 1, changes
    return changes[0]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("", 2, "Whom the policy is for is missing."),
        ("--replace", 2, "--replace needs whom the policy is for instead."),
        ("--replace --unassign Finance", 2, "--replace needs whom the policy is for instead."),
        ("--nobody --all-users", 2, "--nobody takes every assignment away; it goes with no other target."),
        (
            "--nobody --unassign Finance",
            2,
            "--nobody takes every assignment away; it goes with no other target.",
        ),
        ("--group Finance --exclude Finance", 2, '"Finance" cannot be both included and excluded.'),
        ("--group Finanze", 3, 'No group is called "Finanze".'),
    ],
)
def test_what_contradicts_itself_is_refused(grace: Grace, line: str, code: int, said: str) -> None:
    answer = grace.run(f"policy assign '{IOS}' {line} -o json")
    assert (answer.code, answer.error["message"]) == (code, said)


@pytest.mark.parametrize(
    ("line", "after", "reason"),
    [
        ("--nobody", [], 'take away "Pilot users", "Finance"'),
        ("--nobody --replace", [], 'take away "Pilot users", "Finance"'),
        (
            "--all-users --all-devices",
            [
                ("allDevices", "", ""),
                ("allLicensedUsers", "", ""),
                ("exclusionGroup", "Pilot users", ""),
                ("group", "Finance", FILTER),
            ],
            'add "All users", "All devices"',
        ),
        (
            "--all-users --all-devices --replace",
            [("allDevices", "", ""), ("allLicensedUsers", "", "")],
            'add "All users", "All devices"; take away "Pilot users", "Finance"',
        ),
        ("--group Finance --replace", [("group", "Finance", FILTER)], 'take away "Pilot users"'),
        (
            "--exclude Finance --unassign Finance --all-users",
            [
                ("allLicensedUsers", "", ""),
                ("exclusionGroup", "Finance", ""),
                ("exclusionGroup", "Pilot users", ""),
            ],
            'add "All users"; exclude "Finance"',
        ),
    ],
)
def test_each_flag_does_what_it_says_and_filters_stay(
    grace: Grace, line: str, after: Any, reason: str
) -> None:
    left(grace, row(grace, "Finance", filter=FILTER), row(grace, "Pilot users", "exclusionGroup"))
    change = planned(grace, line)
    assert change["reason"] == reason
    grace.ok(f"policy assign '{IOS}' {line} --yes --force '{IOS}'")
    assert targets(grace) == after


def test_a_group_cannot_be_given_to_the_other_side_unless_it_is_taken_away(grace: Grace) -> None:
    left(grace, row(grace, "Finance"))
    answer = grace.run(f"policy assign '{IOS}' --exclude Finance -o json")
    assert (answer.code, answer.error["message"], answer.error["hint"]) == (
        2,
        f'"Finance" would be both included in and excluded from policy "{IOS}".',
        "Take it away first, in the same command: --unassign Finance",
    )


def test_a_group_that_is_on_both_sides_already_is_no_reason_to_refuse_another(grace: Grace) -> None:
    left(grace, row(grace, "Finance"), row(grace, "Finance", "exclusionGroup"))
    change = planned(grace, "--group 'Pilot users'")
    assert change["reason"] == 'add "Pilot users"'
    assert len(change["after"]) == 3


@pytest.mark.parametrize("line", ["--exclude Finance", "--exclude Finance --replace"])
def test_a_policy_that_only_excludes_is_said_to_reach_nobody(grace: Grace, line: str) -> None:
    left(grace)
    said = "the policy is then assigned to nobody, and its actions reach no device"
    assert planned(grace, line)["consequences"].count(said) == 1


def test_taking_away_what_is_not_there_is_said(grace: Grace) -> None:
    left(grace, row(grace, "Finance"))
    line = f"policy assign '{IOS}' --no-all-users --no-all-devices --unassign 'Pilot users' --exclude 'Kiosk devices'"
    answer = grace.ok(f"{line} --what-if")
    for words in ('"Pilot users"', "all users", "all devices"):
        assert f'Policy "{IOS}" is not assigned to {words} now.' in answer.stderr


def test_what_a_policy_set_gave_is_sent_back_as_such_beside_what_is_given_here(grace: Grace) -> None:
    given = {"source": "policySets", "sourceId": "s"}
    left(grace, row(grace, "Finance", filter=FILTER), row(grace, "Finance", **given))
    after = planned(grace, "--group Finance --group 'Pilot users'")["after"]
    assert sorted((a.get("source", ""), a.get("sourceId", "")) for a in after) == [
        ("", ""),
        ("", ""),
        ("policySets", "s"),
    ]
