"""A policy from the JSON of another: what is taken over, what is refused, what is never sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Grace

THERE = "aaaaaaaa-0000-4000-8000-000000000001"
MAIL = {
    "actionType": "notification",
    "gracePeriodHours": 24,
    "notificationTemplateId": THERE,
    "notificationMessageCCList": [],
}


def exported(grace: Grace, name: str = "iOS baseline") -> dict[str, Any]:
    found: dict[str, Any] = grace.json(f"policy show '{name}'")
    return found


def actions_of(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return policy["scheduledActionsForRule"][0]["scheduledActionConfigurations"]


def new(grace: Grace, value: Any, *more: str):
    text = value if isinstance(value, str) else json.dumps(value)
    words = ["policy", "new", "--from-json", "-", "--name", "Copy", "-o", "json", *(more or ("--what-if",))]
    return grace.run(words, stdin=text)


@pytest.mark.parametrize("name", ["Windows baseline", "iOS baseline", "Linux baseline"])
def test_what_show_prints_makes_the_same_policy_again(grace: Grace, name: str) -> None:
    assert new(grace, exported(grace, name), "--yes", "--force", "Copy").code == 0
    first, copy = exported(grace, name), exported(grace, "Copy")

    def lasting(policy: dict[str, Any]) -> Any:
        dropped = (
            "id",
            "displayName",
            "name",
            "createdDateTime",
            "lastModifiedDateTime",
            "version",
            "sourceId",
        )
        return {
            **{key: value for key, value in policy.items() if key not in dropped and "@odata." not in key},
            "scheduledActionsForRule": sorted(
                json.dumps({k: v for k, v in a.items() if k != "id"}, sort_keys=True)
                for a in actions_of(policy)
            ),
            "assignments": sorted(json.dumps(a["target"]) for a in policy["assignments"]),
        }

    assert lasting(copy) == lasting(first)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"assignments": [{"target": "x"}]}, 'target is "x", not an object.'),
        ({"roleScopeTagIds": [5]}, "An entry of roleScopeTagIds is 5, not a text."),
        ({"scheduledActionsForRule": {}}, "scheduledActionsForRule is an object, not a list of objects."),
    ],
)
def test_a_policy_that_is_none_is_one_sentence_with_its_file(grace: Grace, change: Any, said: str) -> None:
    answer = new(grace, exported(grace) | change)
    assert (answer.code, answer.error["code"]) == (2, "InvalidContent")
    assert answer.error["message"] == f"Standard input: {said}"


@pytest.mark.parametrize("key", ["settings", "scheduledActionsForRule", "assignments"])
def test_the_first_page_of_a_list_is_not_taken_for_all_of_it(grace: Grace, key: str) -> None:
    answer = new(grace, exported(grace) | {f"{key}@odata.nextLink": "https://graph.microsoft.com/next"})
    assert (answer.code, answer.error["code"]) == (2, "BadFile")
    assert answer.error["message"] == f"Standard input holds only the first part of the policy's {key}."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a":' * 70 + "1" + "}" * 70, "it is nested too deeply"),
        ('{"a": NaN}', "NaN is no number that can be sent"),
        ('{"a": 1e999}', "1e999 is no number that can be sent"),
        ('{"a": -Infinity}', "-Infinity is no number that can be sent"),
    ],
    ids=range(5),
)
def test_json_that_could_not_be_sent_is_refused(grace: Grace, text: str, why: str) -> None:
    answer = new(grace, text)
    assert (answer.code, answer.error["message"]) == (2, f"Standard input is not JSON: {why}.")
    if len(text) < 1000:
        answer = grace.run(
            ["policy", "new", "--platform", "windows", "--name", "N", "--set", f"{RANGES}={text}"]
        )
        assert (answer.code, why in answer.stderr) == (2, True)


RANGES = "validOperatingSystemBuildRanges"


@pytest.mark.parametrize("kind", ["wipe", "removeResourceAccessProfiles", "noAction"])
def test_a_kind_that_the_admin_centre_does_not_offer_is_never_made(grace: Grace, kind: str) -> None:
    policy = exported(grace)
    actions_of(policy).append({**MAIL, "actionType": kind, "notificationTemplateId": None})
    answer = new(grace, policy)
    assert (answer.code, answer.error["message"]) == (
        2,
        f'Grace makes no "{kind}" actions; a policy may only keep one that it has.',
    )
    assert "retire" in answer.error["hint"]


def test_templates_of_another_tenant_are_all_named_with_what_this_one_has(grace: Grace) -> None:
    policy = exported(grace)
    other = THERE.replace("1", "2")
    actions_of(policy).extend(
        [MAIL, {**MAIL, "notificationTemplateId": other, "templateName": "First warnin"}]
    )
    answer = new(grace, policy)
    assert (answer.code, answer.error["code"], answer.error["missing"]) == (3, "NotFound", [THERE, other])
    assert answer.error["message"] == f'This tenant has no template {THERE}, "First warnin" ({other}).'
    assert 'Nearest to "First warnin": "First warning"' in answer.error["hint"]
    policy = exported(grace)
    actions_of(policy).append(MAIL)
    assert '"First warning"' in new(grace, policy).error["hint"]


def test_groups_of_another_tenant_are_named_with_the_one_that_is_called_alike(grace: Grace) -> None:
    policy, id = exported(grace), grace.json("group show Finance")["id"]
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": THERE}
    policy["assignments"] = [{"target": {**target, "groupName": "finance"}}]
    answer = new(grace, policy)
    assert (answer.code, answer.error["message"]) == (3, f'This tenant has no group "finance" ({THERE}).')
    assert f'"Finance" has the id {id} here.' in answer.error["hint"]


def test_names_beside_ids_are_read_but_never_sent(grace: Grace) -> None:
    policy, id = exported(grace), grace.json("group show Finance")["id"]
    policy["scheduledActionsForRule"][0]["scheduledActionConfigurations"] = grace.json(
        "action list 'iOS baseline'"
    )
    target = {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": id.upper(),
        "groupName": "Finance",
    }
    policy["assignments"] = [{"source": "policySets", "sourceId": THERE, "target": target}]
    answer = new(grace, policy, "--yes", "--force", "Copy")
    assert answer.code == 0, answer
    copy = exported(grace, "Copy")
    assert [(a["source"], a["target"]["groupId"]) for a in copy["assignments"]] == [("direct", id)]
    assert len(actions_of(copy)) == len(actions_of(policy))
