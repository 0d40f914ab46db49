"""A whole schedule from a file: what it may hold, what it may not, and what stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Grace

STRICT = "Windows strict"
ZERO = "00000000-0000-0000-0000-000000000000"


def set_to(grace: Grace, value: Any, policy: str = STRICT, how: str = "--what-if"):
    text = value if isinstance(value, str) else json.dumps(value)
    return grace.run(["action", "set", policy, "--from-file", "-", how, "-o", "json"], stdin=text)


def held(grace: Grace, policy: str = STRICT) -> list[dict[str, Any]]:
    return grace.json(f"action list '{policy}'")


def graph(kind: str, hours: Any, **more: Any) -> dict[str, Any]:
    return {"actionType": kind, "gracePeriodHours": hours, **more}


def put_by_graph(grace: Grace, policy: str, *actions: dict[str, Any]) -> None:
    """As another tool would leave it in the tenant."""
    id = grace.json(f"policy show '{policy}'")["id"]
    items = [{"notificationTemplateId": ZERO, "notificationMessageCCList": [], **a} for a in actions]
    body = {
        "deviceComplianceScheduledActionForRules": [
            {"ruleName": "PasswordRequired", "scheduledActionConfigurations": items}
        ]
    }
    path = f"/deviceManagement/deviceCompliancePolicies/{id}/scheduleActionsForRules"
    answer = grace.run(["graph", "POST", path, "--body", json.dumps(body), "--yes"])
    if answer.code == 2:
        answer = grace.run(["graph", "POST", path, "--body", json.dumps(body), "--force", "1"])
    assert answer.code == 0, answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {mark: [1]}", "mark is a list, not a wait."),
        ("- {mark: 2026-01-01}", "mark is a date, not a wait."),
        ("- {mark: true}", "mark is true, not a wait."),
        ("- {mark: null}", "mark is null, not a wait."),
        ("- {mark: 0x" + "f" * 5000 + "}", "mark is a number of many digits, not a wait."),
        ("- {mark: 0, after: 1d}", "it says twice when."),
        ("- {mark: 0, after: [1d]}", "it says twice when."),
        ("- {lock: , after: [1d]}", "after is a list, not a wait."),
        ("- {mark: 0, 5: 6}", 'it has "5", which means nothing here.'),
        ("- {mark: 0, cc: Help desk}", "only an email has recipients."),
        ("- {email: null, after: 1d}", "email is null, not the name of a template."),
        ("- {email: 5, after: 1d}", "email is 5, not the name of a template."),
        ("- {email: First warning, after: 1d, cc: 5}", "cc holds 5, not the name of a group."),
        ("- {email: First warning, after: 1d, cc: [[1]]}", "cc holds a list, not the name of a group."),
        ("- {actionType: [block]}", "actionType is a list, not a text."),
        (
            "- &a {actionType: block, gracePeriodHours: *a}",
            "gracePeriodHours is an object, not a whole number.",
        ),
        (
            "- {actionType: block, gracePeriodHours: 0, notificationTemplateId: 5}",
            "notificationTemplateId is 5, not a text.",
        ),
    ],
)
def test_an_action_that_is_none_is_one_sentence(grace: Grace, text: str, said: str) -> None:
    answer = set_to(grace, text)
    assert (answer.code, answer.error["message"]) == (2, f"Standard input, action 1: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "Standard input is nested too deeply."),
        ("{mark: 3d, mark: 4d}", "Standard input is neither YAML nor JSON: "),
        ('[{"mark": "3d", "mark": "4d"}]', "Standard input is neither YAML nor JSON: "),
        ("- {mark: 2026-13-45}", "Standard input is neither YAML nor JSON: "),
        ("- !!timestamp x", "Standard input is neither YAML nor JSON: "),
        ("- !!int x", "Standard input is neither YAML nor JSON: "),
        ("- " + "9" * 5000, "Standard input is neither YAML nor JSON: "),
        ("&a [{scheduledActionConfigurations: *a}]", "Standard input is nested too deeply, or holds itself."),
        ("a: &a [*a]", "Standard input holds no list of actions."),
    ],
    ids=range(9),
)
def test_a_file_that_cannot_be_used_is_one_sentence(grace: Grace, text: str, said: str) -> None:
    answer = set_to(grace, text)
    assert (answer.code, answer.error["code"]) == (2, "BadFile")
    assert answer.error["message"].startswith(said)


def test_an_emoji_that_json_writes_as_two_halves_is_found(grace: Grace) -> None:
    name = "Mail \N{ENVELOPE}\N{SMILING FACE WITH OPEN MOUTH}"
    grace.ok(["template", "new", "--name", name, "--subject", "S", "--message", "M"])
    text = json.dumps([{"mark": "1d"}, {"email": name, "after": "2d"}])
    assert "\\ud83d" in text
    answer = set_to(grace, text, how="--yes")
    assert (answer.code, [row["templateName"] for row in held(grace)]) == (0, [None, name])


@pytest.mark.parametrize("kind", ["wipe", "removeResourceAccessProfiles", "noAction", "retired"])
def test_a_kind_that_the_admin_centre_does_not_offer_is_never_made(grace: Grace, kind: str) -> None:
    answer = set_to(grace, [graph("block", 0), graph(kind, 24)])
    kinds = "block, notification, pushNotification, remoteLock, retire"
    assert (answer.code, answer.error["message"], answer.error["hint"]) == (
        2,
        f'Grace makes no "{kind}" actions; a policy may only keep one that it has.',
        f"Take it out, or use one of {kinds}.",
    )


def test_a_kind_that_is_never_made_is_kept_where_it_is(grace: Grace) -> None:
    put_by_graph(grace, STRICT, graph("block", 0), graph("wipe", 24))
    answer = set_to(grace, [graph("block", 12), graph("wipe", 24)], how="--yes")
    assert answer.code == 0, answer
    assert [(row["actionType"], row["gracePeriodHours"]) for row in held(grace)] == [
        ("block", 12),
        ("wipe", 24),
    ]
    moved = set_to(grace, [graph("block", 12), graph("wipe", 25)])
    other = set_to(grace, [graph("block", 12), graph("wipe", 24)], "iOS pilot")
    assert [(a.code, a.error["code"]) for a in (moved, other)] == [(2, "InvalidSchedule")] * 2


def test_a_template_is_named_by_its_id_in_any_letters_and_never_by_a_name_or_a_wildcard(grace: Grace) -> None:
    id = grace.json("template show 'First warning'")["id"]
    mail = graph("notification", 24, notificationMessageCCList=[])
    ok = set_to(grace, [graph("block", 0), {**mail, "notificationTemplateId": id.upper()}], how="--yes")
    assert ok.code == 0, ok
    assert [row["notificationTemplateId"] for row in held(grace)][1] == id
    for text in ("First warning", "*", "\ud800"):
        answer = set_to(grace, [graph("block", 0), {**mail, "notificationTemplateId": text}])
        assert (answer.code, answer.error["code"]) == (3, "NotFound"), text


def test_ids_of_another_tenant_are_named_with_what_is_called_alike_here(grace: Grace) -> None:
    there = "aaaaaaaa-0000-4000-8000-000000000001"
    id = grace.json("group show 'Help desk'")["id"]
    mail = graph("notification", 24, notificationTemplateId=there, templateName="First warnin")
    answer = set_to(grace, [graph("block", 0), mail])
    assert answer.code == 3
    assert (
        answer.error["message"]
        == f'Standard input, action 2: This tenant has no template "First warnin" ({there}).'
    )
    assert 'Nearest to "First warnin": "First warning"' in answer.error["hint"]
    mail = graph("notification", 24, notificationMessageCCList=[there], ccGroups=["Help desk"])
    answer = set_to(grace, [graph("block", 0), mail])
    assert answer.code == 3
    assert (
        answer.error["message"]
        == f'Standard input, action 2: This tenant has no group "Help desk" ({there}).'
    )
    assert f'"Help desk" has the id {id} here.' in answer.error["hint"]
