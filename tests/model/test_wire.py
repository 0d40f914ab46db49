"""Graph's JSON becomes values and goes back, and nothing that Grace does not know is lost on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from facts import documented
from strategies import HOSTILE, SOME, assignments, emails, loose, others, policies, schedules, templates
from toolkit.errors import InvalidContent
from toolkit.model import wire
from toolkit.model.data.platforms import PLATFORMS
from toolkit.model.policy import CATALOG, CLASSIC, Assignment, Policy
from toolkit.model.refs import ZERO_GUID
from toolkit.model.schedule import EMAIL, LOCK, Action, Schedule, mark
from toolkit.model.template import BRANDING, Message, Template
from toolkit.planning.document import content_fingerprint

FIXTURES = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures" / "intune-hydration-kit"
REAL_POLICIES = sorted(path for path in FIXTURES.glob("*compliance*.json")) if FIXTURES.is_dir() else []


@SOME
@given(emails | others)
def test_an_action_comes_back_from_graphs_shape_as_it_was(action):
    assert loose(wire.action_from(wire.action_to(action))) == loose(action)


@SOME
@given(schedules())
def test_a_schedule_comes_back_from_graphs_shape_as_it_was(schedule):
    assert loose(wire.schedule_from(wire.schedule_to(schedule))) == loose(schedule)


@SOME
@given(assignments)
def test_assignments_come_back_from_graphs_shape_as_they_were(found):
    back = wire.assignments_from([wire.assignment_to(assignment) for assignment in found])
    assert loose(back) == loose(found)


@SOME
@given(policies)
def test_a_policy_comes_back_from_a_create_body_with_every_property(policy):
    back = wire.policy_from(wire.policy_body(policy, create=True), CLASSIC)
    sent = Policy(
        policy.name,
        policy.platform,
        "",
        policy.description,
        policy.settings,
        policy.schedule,
        None,
        policy.scope_tags,
    )
    assert loose(back) == loose(sent)


@SOME
@given(templates)
def test_a_template_comes_back_from_graphs_shape_as_it_was(template):
    body = wire.template_body(template)
    if template.messages is not None:
        body["localizedNotificationMessages"] = [wire.message_body(m, create=True) for m in template.messages]
    # An empty description is none: v1.0 has no such property, beta answers null or "" for it.
    kept = replace(template, description=template.description or None)
    assert loose(wire.template_from(body)) == loose(kept)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("platform", ["ios", "linux"])
def test_a_hostile_name_survives_in_both_collections(name, platform):
    collection = CATALOG if platform == "linux" else CLASSIC
    settings = {"platforms": "linux", "technologies": "linuxMdm"} if platform == "linux" else {"x\x1b": name}
    policy = Policy(name, platform, description=name, settings=settings, collection=collection)
    body = json.loads(json.dumps(wire.policy_body(policy, create=True)))
    assert wire.policy_from(body) == policy


@pytest.mark.skipif(not REAL_POLICIES, reason="the real policies are not beside this checkout")
@pytest.mark.parametrize("path", REAL_POLICIES, ids=lambda path: path.stem)
def test_a_real_policy_loses_nothing_on_its_way_through(path):
    item = json.loads(path.read_text(encoding="utf-8-sig"))
    policy = wire.policy_from(item)
    body = wire.policy_body(policy, create=True)
    if policy.collection == CATALOG:
        # This collection calls its policies by name; the kit writes both.
        assert body.pop("name") == item["name"] == item.pop("displayName")
        item.pop("name")
        if policy.schedule is not None:
            body["scheduledActionsForRule"] = wire.schedule_to(policy.schedule)
    assert _comparable(body) == _comparable(item)


def _comparable(item: Any) -> Any:
    """Without what the service sets, remarks and the spellings of "none"; actions in one order."""
    dropped = {
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "version",
        "settingCount",
        "isAssigned",
        "creationSource",
    }
    if isinstance(item, dict):
        found = {k: _comparable(v) for k, v in item.items() if k not in dropped and not wire.is_companion(k)}
        if "actionType" in found:
            found["notificationTemplateId"] = found.get("notificationTemplateId") or ZERO_GUID
            found["notificationMessageCCList"] = found.get("notificationMessageCCList") or []
            found.pop("@odata.type", None)
        if "ruleName" in found:
            found["ruleName"] = wire.RULE_NAME
            found["scheduledActionConfigurations"].sort(key=json.dumps)
        return found
    return [_comparable(value) for value in item] if isinstance(item, list) else item


def test_the_kinds_of_actions_are_spelled_as_graph_does():
    assert wire.KIND_OF == {
        "block": "mark",
        "notification": "email",
        "remoteLock": "lock",
        "retire": "retire",
        "pushNotification": "push",
    }
    assert set(documented.REMOTE_LOCK.value) <= set(wire.KIND_OF)


@pytest.mark.parametrize("none", [None, "", ZERO_GUID])
def test_every_spelling_of_no_template_is_none(none):
    item = {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": none}
    assert wire.action_from(item).template_id is None


@pytest.mark.parametrize("value", [None, "72", 1.5, True, float("nan")])
def test_a_wait_that_is_no_whole_number_is_refused(value):
    with pytest.raises(InvalidContent) as caught:
        wire.action_from({"actionType": "block", "gracePeriodHours": value})
    assert caught.value.message == f"gracePeriodHours is {json.dumps(value)}, not a whole number."


def test_an_action_is_sent_with_its_unknown_properties_and_without_its_id():
    action = wire.action_from(
        {
            "id": "1",
            "@odata.type": "#microsoft.graph.deviceComplianceActionItem",
            "actionType": "vppLicense",
            "gracePeriodHours": 5,
            "notificationTemplateId": ZERO_GUID,
            "notificationMessageCCList": ["g"],
            "x@odata.context": "remark",
            "newProperty": {"a": 1},
        }
    )
    assert action == Action("vppLicense", 5, None, ("g",))
    assert wire.action_to(action) == {
        "newProperty": {"a": 1},
        "actionType": "vppLicense",
        "gracePeriodHours": 5,
        "notificationTemplateId": ZERO_GUID,
        "notificationMessageCCList": ["g"],
    }


@pytest.mark.parametrize(("rules", "expected"), [(None, None), ([], Schedule(()))])
def test_a_schedule_that_was_not_expanded_is_none_and_an_empty_one_is_empty(rules, expected):
    assert wire.schedule_from(rules) == expected


def test_the_actions_of_several_rules_are_one_schedule():
    one = wire.schedule_to(Schedule((mark(),)))
    two = wire.schedule_to(Schedule((Action(LOCK, 24),)))
    assert wire.schedule_from([*two, *one]) == Schedule((mark(), Action(LOCK, 24)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59.9999999Z", None),
        ("not a date", None),
        ("2026-11-02T08:00:00Z", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11-02T08:00:00.1234567Z", datetime(2026, 11, 2, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-02T08:00:00.5+02:00", datetime(2026, 11, 2, 6, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-02T08:00:00-02:00", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_aware_utc_and_never_is_none(text, expected):
    assert wire.moment(text) == expected


def test_a_time_is_written_in_utc_and_none_as_the_end_of_times():
    at = datetime(2026, 11, 2, 8, tzinfo=timezone(timedelta(hours=2)))
    assert (wire.stamp(at), wire.stamp(None)) == ("2026-11-02T06:00:00Z", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("x@odata.context", True),
        ("@odata.context", True),
        ("x@odata.type", True),
        ("@odata.type", False),
        ("x", False),
    ],
)
def test_remarks_about_other_properties_are_told_from_properties(key, expected):
    assert wire.is_companion(key) is expected


def test_remarks_go_at_any_depth_and_types_stay():
    value = {"@odata.type": "T", "x@odata.type": "#y", "x": [{"@odata.id": "1", "a": 1}], "t": (1,)}
    assert wire.without_companions(value) == {"@odata.type": "T", "x": [{"a": 1}], "t": [1]}


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if p.collection == CLASSIC], ids=lambda p: p.key)
def test_each_platform_is_known_by_its_graph_type(platform):
    policy = wire.policy_from({"@odata.type": platform.odata_type, "displayName": "P"})
    assert (policy.platform, wire.policy_body(policy, create=False)["@odata.type"]) == (
        platform.key,
        platform.odata_type,
    )


def test_a_policy_type_that_grace_does_not_know_goes_back_as_it_came():
    item = {"@odata.type": "#microsoft.graph.visionOSCompliancePolicy", "displayName": "P", "gaze": True}
    policy = wire.policy_from(item)
    assert (policy.platform, dict(policy.settings)) == ("visionOSCompliancePolicy", {"gaze": True})
    assert wire.policy_body(policy, create=True) == {**item, "description": "", "roleScopeTagIds": ["0"]}


@pytest.mark.parametrize("item", [{}, {"displayName": None}, {"name": None, "technologies": "linuxMdm"}])
def test_a_policy_without_name_has_an_empty_name(item):
    assert wire.policy_from(item).name == ""


def test_a_change_of_a_policy_sends_neither_what_the_service_sets_nor_schedule_nor_assignments():
    policy = wire.policy_from(
        {
            "@odata.type": "#microsoft.graph.iosCompliancePolicy",
            "id": "1",
            "version": 3,
            "createdDateTime": "2026-01-01T00:00:00Z",
            "lastModifiedDateTime": "2026-01-02T00:00:00Z",
            "displayName": "P",
            "description": None,
            "roleScopeTagIds": ["1"],
            "passcodeRequired": None,
            "assignments": [],
            "assignments@odata.context": "remark",
            "scheduledActionsForRule": wire.schedule_to(Schedule((mark(),))),
        }
    )
    assert (policy.version, policy.modified) == (3, datetime(2026, 1, 2, tzinfo=UTC))
    assert (policy.assignments, policy.schedule) == ((), Schedule((mark(),)))
    assert wire.policy_body(policy, create=False) == {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "displayName": "P",
        "description": "",
        "roleScopeTagIds": ["1"],
        "passcodeRequired": None,
    }


def test_scope_tags_that_were_not_sent_are_the_default_one_and_an_empty_list_stays_empty():
    assert wire.policy_from({"displayName": "P"}).scope_tags == ("0",)
    assert wire.policy_from({"displayName": "P", "roleScopeTagIds": []}).scope_tags == ()


def test_the_running_numbers_of_catalog_settings_do_not_count():
    item = {"name": "L", "technologies": "linuxMdm", "platforms": "linux"}
    first = wire.policy_from({**item, "settings": [{"id": "0", "settingInstance": {"a": 1}}]})
    again = wire.policy_from({**item, "settings": [{"id": "7", "settingInstance": {"a": 1}}]})
    assert first == again


@pytest.mark.parametrize(
    ("kind", "group_id", "target"),
    [
        ("group", "g", "#microsoft.graph.groupAssignmentTarget"),
        ("exclude", "g", "#microsoft.graph.exclusionGroupAssignmentTarget"),
        ("all-users", None, "#microsoft.graph.allLicensedUsersAssignmentTarget"),
        ("all-devices", None, "#microsoft.graph.allDevicesAssignmentTarget"),
    ],
)
def test_each_kind_of_assignment_has_its_target(kind, group_id, target):
    group = {} if group_id is None else {"groupId": group_id}
    assert wire.assignment_to(Assignment(kind, group_id)) == {"target": {"@odata.type": target, **group}}


def test_a_filter_is_sent_with_its_type_and_no_filter_not_at_all():
    filtered = Assignment("group", "g", "f", "include")
    assert wire.assignment_to(filtered)["target"] == {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": "g",
        "deviceAndAppManagementAssignmentFilterId": "f",
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    item = wire.assignment_to(Assignment("all-users"))
    item["target"] |= {
        "deviceAndAppManagementAssignmentFilterId": None,
        "deviceAndAppManagementAssignmentFilterType": "none",
    }
    assert wire.assignment_from(item) == Assignment("all-users")


@pytest.mark.parametrize(
    ("branding", "flags"),
    [
        ((), "none"),
        (("contact", "logo"), "includeCompanyLogo,includeContactInformation"),
        (
            BRANDING,
            "includeCompanyLogo,includeCompanyName,includeContactInformation,includeCompanyPortalLink,includeDeviceDetails",
        ),
        (("includeNew", "logo"), "includeCompanyLogo,includeNew"),
    ],
)
def test_branding_is_written_in_the_order_of_its_bits_and_read_back(branding, flags):
    assert wire.branding_to(branding) == flags
    assert wire.template_from({"displayName": "T", "brandingOptions": flags}).branding == frozenset(branding)


def test_a_message_that_is_changed_carries_no_locale_and_never_unsets_the_default():
    assert wire.message_body(Message("en-us", "s", "m", True), create=False) == {
        "subject": "s",
        "messageTemplate": "m",
        "isDefault": True,
    }
    assert wire.message_body(Message("en-us", "s", "m"), create=False) == {
        "subject": "s",
        "messageTemplate": "m",
    }


def test_a_template_whose_messages_were_not_read_has_none_and_one_without_has_an_empty_list():
    assert wire.template_from({"displayName": "T"}).messages is None
    assert wire.template_from({"displayName": "T", "localizedNotificationMessages": []}).messages == ()


def test_a_description_that_v1_lacks_is_not_sent():
    assert "description" not in wire.template_body(Template("T"))
    assert (
        wire.template_body(Template("T", description="for the loaners"))["description"] == "for the loaners"
    )


def test_canonical_text_does_not_depend_on_the_order_of_keys():
    assert wire.canonical({"b": 1, "a": [{"d": 1, "c": 2}]}) == wire.canonical(
        {"a": [{"c": 2, "d": 1}], "b": 1}
    )


def test_a_device_without_a_grace_period_has_none():
    device = wire.device_from(
        {"id": "1", "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59.9999999Z"}
    )
    assert (device.grace_ends, device.state, device.user_name) == (None, "unknown", "")


def test_an_email_goes_back_with_its_template_and_copies():
    assert wire.action_to(Action(EMAIL, 24, "t", ("a", "b"))) == {
        "actionType": "notification",
        "gracePeriodHours": 24,
        "notificationTemplateId": "t",
        "notificationMessageCCList": ["a", "b"],
    }


ACTION = {"actionType": "block", "gracePeriodHours": 0}
TARGET = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}
FILTER = "deviceAndAppManagementAssignmentFilterId"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"actionType": 5}, "actionType is 5, not a text."),
        ({"actionType": None}, "actionType is null, not a text."),
        ({"actionType": ""}, 'actionType is "", not a text that says something.'),
        ({"notificationTemplateId": 5}, "notificationTemplateId is 5, not a text."),
        ({"notificationTemplateId": ["t"]}, "notificationTemplateId is a list, not a text."),
        ({"notificationMessageCCList": 5}, "notificationMessageCCList is 5, not a list of texts."),
        ({"notificationMessageCCList": "g"}, 'notificationMessageCCList is "g", not a list of texts.'),
        ({"notificationMessageCCList": [None]}, "An entry of notificationMessageCCList is null, not a text."),
        ({"gracePeriodHours": {}}, "gracePeriodHours is an object, not a whole number."),
        ({"gracePeriodHours": "x" * 99}, f'gracePeriodHours is "{"x" * 39}…", not a whole number.'),
        (
            {"gracePeriodHours": 16**5000},
            "gracePeriodHours is a number of many digits, not a whole number that Graph can hold.",
        ),
    ],
)
def test_an_action_that_could_not_go_back_as_it_came_is_refused(change, said):
    with pytest.raises(InvalidContent) as caught:
        wire.action_from({**ACTION, **change})
    assert caught.value.message == said


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (5, "An entry of assignments is 5, not an object."),
        ({}, "target is null, not an object."),
        ({"target": "x"}, 'target is "x", not an object.'),
        ({"target": {}}, "@odata.type of a target is null, not a text."),
        ({"target": {**TARGET, "groupId": None}}, "groupId is null, not a text."),
        ({"target": {**TARGET, "groupId": 5}}, "groupId is 5, not a text."),
        ({"target": {**TARGET, FILTER: True}}, f"{FILTER} is true, not a text."),
    ],
)
def test_an_assignment_that_could_not_go_back_as_it_came_is_refused(item, said):
    with pytest.raises(InvalidContent) as caught:
        wire.assignments_from([item])
    assert caught.value.message == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"displayName": 5}, "displayName is 5, not a text."),
        ({"description": []}, "description is a list, not a text."),
        ({"@odata.type": 5}, "@odata.type is 5, not a text."),
        ({"roleScopeTagIds": "01"}, 'roleScopeTagIds is "01", not a list of texts.'),
        ({"roleScopeTagIds": [0]}, "An entry of roleScopeTagIds is 0, not a text."),
        ({"assignments": {"a": 1}}, "assignments is an object, not a list of objects."),
        ({"scheduledActionsForRule": [None]}, "An entry of scheduledActionsForRule is null, not an object."),
        (
            {"scheduledActionsForRule": [{"scheduledActionConfigurations": "x"}]},
            'scheduledActionConfigurations is "x", not a list of objects.',
        ),
        (
            {"technologies": "linuxMdm", "settings": [None]},
            "An entry of settings is null, not an object.",
        ),
    ],
)
def test_a_policy_that_could_not_go_back_as_it_came_is_refused(change, said):
    with pytest.raises(InvalidContent) as caught:
        wire.policy_from({"@odata.type": "#microsoft.graph.iosCompliancePolicy", **change})
    assert caught.value.message == said


@pytest.mark.parametrize("odd", [5, True, [1], {"a": 1}])
def test_what_is_only_shown_is_read_as_it_comes(odd):
    policy = wire.policy_from({"displayName": "P", "lastModifiedDateTime": odd})
    device = wire.device_from({"id": "1", "lastSyncDateTime": odd, "operatingSystem": odd})
    assert (policy.modified, device.last_sync, device.os) == (None, None, str(odd))


@pytest.mark.parametrize("source", [{}, {"source": None}, {"source": "direct", "sourceId": "p"}])
def test_a_direct_assignment_is_what_one_is_that_says_nothing(source):
    assert wire.assignment_to(wire.assignment_from({"id": "a", **source, "target": TARGET})) == {
        "target": TARGET
    }


def test_an_assignment_that_a_policy_set_gave_goes_back_as_one_and_counts_as_content():
    item = {"source": "policySets", "sourceId": "s", "target": {**TARGET, "newProperty": 1}}
    found = wire.assignments_from([{"id": "a", **item}])
    assert [wire.assignment_to(assignment) for assignment in found] == [item]
    direct = wire.assignments_from([{"target": item["target"]}])
    assert content_fingerprint(found) != content_fingerprint(direct)


@pytest.mark.parametrize(
    ("more", "schedule", "assigned"),
    [
        ({}, Schedule((mark(),)), ()),
        ({"assignments@odata.nextLink": "https://next"}, Schedule((mark(),)), None),
        ({"scheduledActionsForRule@odata.nextLink": "https://next"}, None, ()),
    ],
)
def test_a_list_of_which_there_is_more_counts_as_not_read(more, schedule, assigned):
    item = {
        "displayName": "P",
        "assignments": [],
        "scheduledActionsForRule": wire.schedule_to(Schedule((mark(),))),
    }
    policy = wire.policy_from({**item, **more})
    assert (policy.schedule, policy.assignments) == (schedule, assigned)


@pytest.mark.parametrize(
    "change", [{"scheduledActionConfigurations@odata.nextLink": "x"}, {"scheduledActionConfigurations": None}]
)
def test_a_rule_whose_actions_were_not_all_sent_makes_no_schedule(change):
    whole = wire.schedule_to(Schedule((mark(),)))[0]
    assert wire.schedule_from([whole, {**whole, **change}]) is None


def test_a_template_with_more_messages_than_were_sent_has_none_that_count():
    item = {"displayName": "T", "localizedNotificationMessages": []}
    assert wire.template_from({**item, "localizedNotificationMessages@odata.nextLink": "x"}).messages is None
