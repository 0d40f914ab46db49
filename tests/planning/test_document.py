"""A plan that was saved is read back as the plan that it was, or refused with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import HOSTILE, SOME, assignments, changes, loose, plans, policies, schedules, templates
from toolkit.errors import BadFile
from toolkit.model.policy import CATALOG, Assignment, Policy
from toolkit.model.schedule import EMAIL, Action, Schedule, mark
from toolkit.model.template import Message, Template
from toolkit.planning.change import REQUEST, SCHEDULE, Change, Plan, RawRequest, Risk, Target, TenantName
from toolkit.planning.document import (
    change_from,
    change_json,
    content_fingerprint,
    content_from,
    content_json,
    plan_from,
    plan_json,
)

PLAN = Plan("action add", TenantName("lab", "1", "Contoso"), made=datetime(2026, 11, 2, 8, tzinfo=UTC))


@SOME
@given(changes())
def test_a_change_comes_back_from_json_as_it_was(change):
    assert loose(change_from(json.loads(json.dumps(change_json(change))))) == loose(change)


@SOME
@given(plans)
def test_a_plan_comes_back_from_json_as_it_was(plan):
    assert loose(plan_from(json.loads(json.dumps(plan_json(plan))))) == loose(plan)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_comes_back_from_a_saved_plan(name):
    change = Change(
        Target(SCHEDULE, "1", name), None, Schedule((Action(EMAIL, 1, name, (name,)), mark())), name
    )
    plan = replace(PLAN, changes=(change,), names={name: name}, notes=(name,))
    assert plan_from(json.loads(json.dumps(plan_json(plan)))) == plan


def test_a_policy_of_the_settings_catalog_keeps_its_schedule_and_its_collection():
    policy = Policy(
        "L",
        "linux",
        settings={"platforms": "linux", "technologies": "linuxMdm", "settings": [{"a": 1}]},
        schedule=Schedule((mark(24),)),
        collection=CATALOG,
    )
    assert content_from("policy", content_json(policy), CATALOG) == policy


def test_a_raw_request_keeps_its_headers_in_order():
    request = RawRequest("POST", "/v1.0/x", {"a": [1, None]}, (("b", "2"), ("a", "1")))
    assert content_from(REQUEST, json.loads(json.dumps(content_json(request)))) == request


@SOME
@given(schedules() | policies | templates | assignments, st.randoms(use_true_random=False))
def test_a_fingerprint_does_not_depend_on_the_order_in_which_the_service_lists_things(content, chance):
    def mixed(items):
        items = list(items)
        chance.shuffle(items)
        return tuple(items)

    def schedule(found):
        return (
            None
            if found is None
            else Schedule(mixed(replace(a, cc_group_ids=mixed(a.cc_group_ids)) for a in found.actions))
        )

    if isinstance(content, Schedule):
        other = schedule(content)
    elif isinstance(content, Policy):
        other = replace(
            content,
            id="other",
            version=9,
            settings=dict(mixed(content.settings.items())),
            schedule=schedule(content.schedule),
            assignments=None if content.assignments is None else mixed(content.assignments),
            scope_tags=mixed(content.scope_tags),
        )
    elif isinstance(content, Template):
        other = replace(
            content, id="other", messages=None if content.messages is None else mixed(content.messages)
        )
    else:
        other = mixed(content)
    assert content_fingerprint(other) == content_fingerprint(content)


ONE = Policy(
    "P", "ios", settings={"a": 1}, schedule=Schedule((mark(),)), assignments=(Assignment("group", "g"),)
)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, name="Q"),
        replace(ONE, description="x"),
        replace(ONE, settings={"a": None}),
        replace(ONE, settings={}),
        replace(ONE, scope_tags=()),
        replace(ONE, schedule=None),
        replace(ONE, schedule=Schedule((mark(1),))),
        replace(ONE, assignments=()),
        replace(ONE, assignments=(Assignment("exclude", "g"),)),
        Template("P"),
        None,
    ],
)
def test_another_content_has_another_fingerprint(other):
    assert content_fingerprint(other) != content_fingerprint(ONE)


def test_the_order_of_catalog_settings_counts():
    one, two = (
        Policy("L", "linux", collection=CATALOG, settings={"settings": rows})
        for rows in ([{"a": 1}, {"b": 1}], [{"b": 1}, {"a": 1}])
    )
    assert content_fingerprint(one) != content_fingerprint(two)


def test_a_time_in_another_zone_is_saved_in_utc():
    plan = replace(PLAN, made=datetime(2026, 11, 2, 10, tzinfo=timezone(timedelta(hours=2))))
    assert plan_json(plan)["made"] == "2026-11-02T08:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-02T08:00:00", "2026-11-02T08:00:00Z", "2026-11-02T09:00:00+01:00"])
def test_the_time_of_a_saved_plan_is_read_as_aware_utc(text):
    made = plan_from({**plan_json(PLAN), "made": text}).made
    assert (made, made.utcoffset()) == (datetime(2026, 11, 2, 8, tzinfo=UTC), timedelta(0))


def test_a_saved_change_without_risk_counts_as_high():
    value = change_json(Change(Target(SCHEDULE, "1", "P"), None, Schedule((mark(),)), ""))
    del value["risk"]
    assert change_from(value).risk is Risk.HIGH


@pytest.mark.parametrize("value", [None, [], "x", 3, {}, {"schema": None}])
def test_json_that_is_no_plan_is_refused(value):
    with pytest.raises(BadFile) as caught:
        plan_from(value, "p.json")
    assert caught.value.message == "p.json is not a saved plan."


def test_a_plan_of_another_version_is_refused_by_its_schema():
    with pytest.raises(BadFile) as caught:
        plan_from({"schema": "grace/plan/2"}, "p.json")
    assert caught.value.message == 'p.json is not a saved plan (its schema is "grace/plan/2").'


def _target(kind: str = "schedule") -> dict[str, str]:
    return {"kind": kind, "id": "1", "name": "P", "collection": ""}


def _rule(hours: object) -> list[dict[str, object]]:
    return [{"scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": hours}]}]


@pytest.mark.parametrize(
    "damage",
    [
        {"tenant": None},
        {"tenant": {"profile": "lab"}},
        {"made": "yesterday"},
        {"made": 5},
        {"changes": None},
        {"changes": {"a": 1}},
        {"changes": ["x"]},
        {"changes": [{}]},
        {"changes": [{"target": []}]},
        {"changes": [{"target": _target(), "risk": "none"}]},
        {"changes": [{"target": _target(), "after": "x"}]},
        {"changes": [{"target": _target(), "after": _rule("3")}]},
        {"changes": [{"target": _target(), "after": _rule(float("nan"))}]},
        {"changes": [{"target": _target("policy"), "after": ["x"]}]},
        {"changes": [{"target": _target("request"), "after": {"method": "GET"}}]},
        {"changes": [{"target": _target("device"), "after": {}}]},
        {"changes": [{"target": _target("device")}]},
        {"findings": [{"severity": "error"}]},
        {"names": ["x"]},
    ],
)
def test_a_damaged_plan_is_refused_as_a_bad_file(damage):
    with pytest.raises(BadFile):
        plan_from({**plan_json(PLAN), **damage}, "p.json")


def test_the_reason_for_refusing_a_damaged_plan_names_the_file_and_the_value():
    damage = {"changes": [{"target": _target(), "after": _rule("3")}]}
    with pytest.raises(BadFile) as caught:
        plan_from({**plan_json(PLAN), **damage}, "p.json")
    assert caught.value.message == 'p.json is a damaged plan: gracePeriodHours is "3", not a whole number.'


def test_a_message_is_saved_with_its_locale_and_default():
    template = Template("T", messages=(Message("en-us", "s", "m", True),), description=None)
    assert content_json(template) == {
        "id": "",
        "displayName": "T",
        "brandingOptions": "includeCompanyLogo,includeCompanyName,includeContactInformation",
        "roleScopeTagIds": ["0"],
        "localizedNotificationMessages": [
            {"subject": "s", "messageTemplate": "m", "locale": "en-us", "isDefault": True}
        ],
    }
