"""The lab's world against the test vectors of the behaviour notes (TV1 to TV24), and what must hold whatever happens.

START is the enrolment of a Windows PC at midnight; mails leave 60 minutes after they fall due.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.onedevice import START, Tenant, action, at, device, policy, template, user
from lab.surface import POLICIES, Wire
from toolkit.errors import NotFound, UsageProblem
from toolkit.forecast.evaluation import device_state
from toolkit.forecast.impact import Exposure, compare
from toolkit.lab.app import Lab
from toolkit.lab.checkins import MAINTENANCE_GAP, next_slot
from toolkit.lab.reading import moment, schedule_of

FAR = "9999-12-31T23:59:59Z"
MARK_168 = action("mark", 168)
MAILS = (action("email", 0), action("email", 72))


def tenant(*actions, documents=(), switches=None, device_more=None, **meta):
    """One noncompliant PC, its user, a template, and one policy with these actions."""
    return Tenant(
        ("policy", policy("p1", *actions)),
        ("template", template()),
        ("user", user()),
        ("device", device(**(device_more or {}))),
        *documents,
        switches=switches,
        **meta,
    )


def test_TV1_without_grace_a_failing_device_is_noncompliant_at_once():
    lab = tenant(action("mark", 0))
    assert (lab.state(), lab.device()["lab"]["isCompliant"]) == ("noncompliant", False)
    assert lab.diary() == ["0 00:00 calculated", "0 00:00 becameNoncompliant", "0 00:00 marked"]


def test_TV2_mails_go_out_in_grace_and_the_mark_comes_at_its_end():
    lab = tenant(MARK_168, *MAILS)
    assert lab.state() == "inGracePeriod"
    assert lab.device()["complianceGracePeriodExpirationDateTime"] == "2026-11-09T00:00:00Z"
    assert lab.until(6, 1439).state() == "inGracePeriod"
    assert lab.until(7).state() == "noncompliant"
    assert lab.until(30).diary("mailSent", "marked") == [
        "0 01:00 mailSent",
        "3 01:00 mailSent",
        "7 00:00 marked",
    ]
    assert lab.device()["complianceGracePeriodExpirationDateTime"] == FAR


def test_TV3_under_the_other_clock_the_same_mails_follow_the_mark():
    lab = tenant(MARK_168, *MAILS, switches={"action-clock": "after-mark"}).until(30)
    assert lab.diary("mailSent", "marked") == ["7 00:00 marked", "7 01:00 mailSent", "10 01:00 mailSent"]


def test_TV4_a_device_that_is_seen_to_be_well_again_gets_no_further_mail():
    lab = tenant(MARK_168, *MAILS).until(2)
    lab.world.fix_device("d1")
    lab.until(30)
    assert lab.state() == "compliant"
    assert lab.device()["complianceGracePeriodExpirationDateTime"] == FAR
    assert lab.diary()[4:] == [
        "0 01:00 mailSent",
        "2 00:00 factsChanged",
        "2 02:15 calculated",
        "2 02:15 becameCompliant",
        "2 02:15 dropped compliantAgain",
    ]
    assert lab.store.get("record", "d1|p1")["graceExpires"] is None


def test_TV5_failing_again_starts_a_new_clock_and_the_actions_run_again():
    lab = tenant(MARK_168, *MAILS).until(2)
    lab.world.fix_device("d1")
    lab.until(10)
    lab.world.break_device("d1")
    lab.world.check_in("d1")
    assert lab.device()["complianceGracePeriodExpirationDateTime"] == "2026-11-19T00:00:00Z"
    lab.until(30)
    assert lab.diary("mailSent", "marked") == [
        "0 01:00 mailSent",
        "10 01:00 mailSent",
        "13 01:00 mailSent",
        "17 00:00 marked",
    ]
    assert lab.store.get("record", "d1|p1")["episode"] == 2


def test_TV6_the_documented_example_mails_on_day_2_and_on_day_5():
    lab = tenant(action("mark", 0), action("email", 48), action("email", 120)).until(30)
    assert lab.diary("mailSent") == ["2 01:00 mailSent", "5 01:00 mailSent"]


def test_TV7_unknown_compliant_and_in_grace_make_in_grace():
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), bitLockerEnabled=None, secureBootEnabled=True)),
        ("policy", policy("p2", action("mark", 0), bitLockerEnabled=None, tpmRequired=True)),
        ("policy", policy("p3", action("mark", 24))),
        ("user", user()),
        ("device", device()),
    )
    # A device that has reported is unknown to no policy of its own: the record says so by hand.
    lab.store.put("record", "d1|p1", {**lab.store.get("record", "d1|p1"), "effective": "unknown"})
    lab.world.settings_changed()
    assert [record["effective"] for record in lab.store.all("record")] == [
        "unknown",
        "compliant",
        "inGracePeriod",
    ]
    assert lab.state() == "inGracePeriod"


def test_TV7_the_gravest_policy_decides_the_device():
    standing = device_state(
        ["unknown", "compliant", "inGracePeriod"],
        secure_by_default=False,
        last_contact=START,
        threshold_days=30,
        now=START,
    )
    assert standing.state == "inGracePeriod"


@pytest.mark.parametrize(
    ("grace", "states"),
    [
        (0, {7.99: "compliant", 8: "noncompliant"}),
        (24, {7.99: "compliant", 8: "inGracePeriod", 8.99: "inGracePeriod", 9: "noncompliant"}),
    ],
)
def test_TV8_and_TV9_an_error_leaves_the_state_alone_for_seven_days(grace, states):
    lab = tenant(action("mark", grace), device_more={"fails": False}).until(1)
    lab.world.set_fact("d1", "bitLockerEnabled", {"error": -2016281112})
    lab.world.check_in("d1")
    for day, state in states.items():
        assert lab.until(day).state() == state, day


def test_TV10_a_silent_device_is_noncompliant_after_the_validity_period_and_gets_no_mail():
    lab = tenant(action("mark", 0), action("email", 0), device_more={"fails": False, "online": False})
    assert lab.until(30).state() == "compliant"
    assert lab.until(40).diary("stale", "mailQueued") == ["30 00:01 stale isActive"]
    assert lab.state() == "noncompliant"
    lab.world.offline("d1", False)
    assert lab.state() == "compliant"


@pytest.mark.parametrize(("secure", "state"), [(False, "compliant"), (True, "noncompliant")])
def test_TV11_the_tenant_decides_about_a_device_without_a_policy(secure, state):
    lab = Tenant(("user", user()), ("device", device()), settings={"secureByDefault": secure})
    assert lab.state() == state


def test_TV12_without_a_mail_address_nobody_is_mailed_not_even_the_additional_recipients():
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0, cc=["g1"]))),
        ("template", template()),
        ("user", user(mail=None)),
        ("user", user("u2", mail="lead@contoso.example")),
        ("group", group("g1", "u2")),
        ("device", device()),
    ).until(5)
    assert lab.diary("mailSuppressed", "mailSent") == ["0 00:00 mailSuppressed noMail"]
    assert lab.mails() == []


@pytest.mark.parametrize(
    ("copies", "line"), [(["g1"], "0 01:00 mailSent"), ([], "0 00:00 mailSuppressed noMail")]
)
def test_TV12_under_the_other_rule_the_additional_recipients_are_mailed_alone(copies, line):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0, cc=copies))),
        ("template", template()),
        ("user", user(mail=None)),
        ("user", user("u2", mail="lead@contoso.example")),
        ("group", group("g1", "u2")),
        ("device", device()),
        switches={"cc-without-user-mail": "cc-only"},
    ).until(5)
    assert lab.diary("mailSuppressed", "mailSent") == [line]
    assert [(mail["to"], mail["cc"]) for mail in lab.mails()] == [(None, ["lead@contoso.example"])] * bool(
        copies
    )


FRENCH = [
    {"locale": "fr-fr", "subject": "Bonjour", "messageTemplate": "Texte", "isDefault": False},
    {"locale": "en-us", "subject": "Hello", "messageTemplate": "Text", "isDefault": True},
]


@pytest.mark.parametrize(
    ("preferred", "fallback", "subject"),
    [
        ("fr-CA", "exact-then-default", "Hello"),
        ("fr-CA", "language-then-default", "Bonjour"),
        ("fr-FR", "exact-then-default", "Bonjour"),
        (None, "exact-then-default", "Hello"),
    ],
)
def test_TV13_a_language_without_a_message_of_its_own_gets_the_default(preferred, fallback, subject):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0))),
        ("template", template(messages=FRENCH)),
        ("user", user(preferredLanguage=preferred)),
        ("device", device()),
        switches={"locale-fallback": fallback},
    ).until(1)
    assert [mail["subject"] for mail in lab.mails()] == [subject]


def test_TV14_one_disallowed_tag_makes_the_mail_plain_text():
    message = {
        "locale": "en-us",
        "subject": "S",
        "messageTemplate": '<span style="x">Hi</span>',
        "isDefault": True,
    }
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0))),
        ("template", template(messages=[message])),
        ("user", user()),
        ("device", device()),
    ).until(1)
    assert [(mail["html"], mail["body"]) for mail in lab.mails()] == [(False, '<span style="x">Hi</span>')]


def ios(*policies):
    return Tenant(
        *(("policy", document) for document in policies),
        ("user", user()),
        ("device", device(platform="ios")),
    )


def test_TV15_two_pushes_of_one_policy_on_one_day_are_one():
    lab = ios(
        policy(
            "p1", action("mark", 0), action("push", 0), action("push", 6), action("push", 24), platform="ios"
        )
    )
    assert lab.until(5).diary("pushSent", "pushSuppressed") == [
        "0 00:00 pushSent",
        "0 06:00 pushSuppressed duplicateSameDay",
        "1 00:00 pushSent",
    ]


def test_TV16_two_policies_push_twice_on_one_day():
    pushing = (action("mark", 0), action("push", 0))
    lab = ios(policy("p1", *pushing, platform="ios"), policy("p2", *pushing, platform="ios")).until(1)
    assert [event["policyId"] for event in lab.events("pushSent")] == ["p1", "p2"]


def test_TV17_windows_cannot_be_locked_and_the_lab_says_so():
    lab = tenant(action("mark", 0), action("lock", 0)).until(1)
    assert lab.diary("lockQueued", "lockSuppressed") == ["0 00:00 lockSuppressed platformUnsupported"]


def test_TV18_a_listed_device_stays_listed_when_it_is_compliant_again():
    lab = tenant(action("mark", 0), action("retire", 720)).until(31)
    lab.world.fix_device("d1")
    lab.until(32)
    assert lab.state() == "compliant"
    assert lab.store.get("retire", "d1") == {
        "deviceId": "d1",
        "policyId": "p1",
        "listedAt": "2026-12-02T00:00:00Z",
        "retireAfterDateTime": "2026-12-02T00:00:00Z",
        "state": "listed",
    }
    assert lab.device()["retireAfterDateTime"] == "2026-12-02T00:00:00Z"


def test_TV18_under_the_other_rule_it_leaves_the_list():
    lab = tenant(
        action("mark", 0), action("retire", 720), switches={"retire-drops-when-compliant": "true"}
    ).until(31)
    lab.world.fix_device("d1")
    lab.until(32)
    assert lab.store.get("retire", "d1")["state"] == "cleared"


def test_TV20_a_wait_of_eight_hours_is_kept_to_the_hour():
    lab = tenant(action("mark", 8)).until(0, 479)
    assert lab.state() == "inGracePeriod"
    assert lab.until(0, 480).state() == "noncompliant"


def test_TV22_a_partner_decides_alone_and_none_of_the_optional_actions_reach_its_device():
    partner = {"platform": "macos", "authority": "partner", "partnerState": "compliant"}
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0), platform="macos")),
        ("template", template()),
        ("user", user()),
        ("device", device(**partner)),
    ).until(40)
    assert lab.state() == "compliant"
    assert lab.diary() == ["0 00:00 mailSuppressed partnerManaged"]
    assert lab.store.all("record") == []


def many(count, **switches):
    return Tenant(
        ("policy", policy("p1", action("mark", 0))),
        ("template", template()),
        ("user", user()),
        *(("device", device(f"d{n}")) for n in range(count)),
        switches=switches,
    ).until(5)


def test_TV23_an_added_mail_reaches_everybody_who_is_noncompliant_as_the_preview_said():
    lab = many(40)
    added = (action("mark", 0), action("email", 0))
    before = schedule_of(lab.store.get("policy", "p1"))
    after = schedule_of(policy("p1", *added))
    foretold = compare(
        {"p1": before},
        {"p1": after},
        [exposure(record) for record in lab.store.all("record")],
        now=lab.world.now,
        days=14,
        reading="first-noncompliance",
    )
    lab.set_actions("p1", *added)
    assert len(lab.events("mailQueued")) == 40
    assert {event["at"] for event in lab.events("mailQueued")} == {"2026-11-07T00:00:00Z"}
    assert {(t.device_id, t.kind, t.at) for t in foretold.immediately} == {
        (event["deviceId"], "email", moment(event["at"])) for event in lab.events("mailQueued")
    }
    assert len(lab.until(6).mails()) == 40


def test_TV23_under_the_other_rule_it_reaches_nobody_and_the_diary_says_why():
    lab = many(3, **{"retroactive-actions": "false"})
    lab.set_actions("p1", action("mark", 0), action("email", 0))
    assert lab.until(9).diary("mailQueued", "mailSuppressed") == ["5 00:00 mailSuppressed notRetroactive"] * 3


def test_TV24_the_thousand_and_first_retire_of_a_day_is_refused():
    lab = many(1001)
    ids = [f"d{number}" for number in range(1001)]
    for id in ids:
        lab.store.put("retire", id, {"deviceId": id, "policyId": "p1", "state": "listed"})
    assert lab.world.confirm_retire(ids) == ("d1000",)
    assert Counter(entry["state"] for entry in lab.store.all("retire")) == {"confirmed": 1000, "listed": 1}
    lab.until(6)
    assert lab.world.confirm_retire(["d1000"]) == ()


def test_TV24_in_one_request_the_thousand_stay_confirmed_and_the_last_is_refused():
    lab = many(1001)
    ids = [f"d{number}" for number in range(1001)]
    for id in ids:
        lab.store.put("retire", id, {"deviceId": id, "policyId": "p1", "state": "listed"})
    body = {"state": "confirmRetire", "scopedToAllDevices": False, "managedDeviceIds": ids}
    refused = Wire(Lab(lab.store)).refused("POST", f"{POLICIES}/setScheduledRetireState", body)
    assert refused == (429, "TooManyRequests", "The day's retirements are used up; 1 are too many.")
    assert Counter(entry["state"] for entry in lab.store.all("retire")) == {"confirmed": 1000, "listed": 1}


def exposure(record):
    return Exposure(
        record["deviceId"],
        record["deviceId"],
        record["policyId"],
        "ada",
        True,
        False,
        "windows",
        moment(record["t0"]),
        "",
    )


def group(id, *user_ids, mail_enabled=True, **more):
    return {
        "id": id,
        "displayName": f"Group {id}",
        "mailEnabled": mail_enabled,
        "lab": {"members": [{"type": "user", "id": user_id} for user_id in user_ids]},
        **more,
    }


# Beyond the table of vectors


def test_a_broken_fact_counts_from_the_check_in_that_reports_it():
    lab = tenant(MARK_168, device_more={"fails": False}).until(1, 600)
    assert lab.world.break_device("d1") == "bitLockerEnabled"
    assert lab.state() == "compliant"
    lab.until(3)
    assert lab.diary("becameNoncompliant") == ["1 10:15 becameNoncompliant"]
    assert lab.device()["complianceGracePeriodExpirationDateTime"] == "2026-11-10T10:15:00Z"


def test_an_offline_device_reports_when_it_comes_back():
    lab = tenant(action("mark", 0), device_more={"fails": False}).until(1)
    lab.world.offline("d1", True)
    lab.world.break_device("d1")
    assert lab.until(5).state() == "compliant"
    assert lab.device()["lastSyncDateTime"] == "2026-11-02T18:15:00Z"
    lab.world.offline("d1", False)
    assert (lab.state(), lab.device()["lastSyncDateTime"]) == ("noncompliant", "2026-11-07T00:00:00Z")


def test_breaking_a_setting_that_no_policy_asks_for_is_refused_with_those_that_are():
    lab = tenant(action("mark", 0), device_more={"fails": False})
    with pytest.raises(UsageProblem) as refused:
        lab.world.break_device("d1", "secureBootEnabled")
    assert (refused.value.message, refused.value.hint) == (
        'No policy of "PC-d1" asks for "secureBootEnabled".',
        "They ask for: bitLockerEnabled.",
    )


def test_a_device_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        tenant(action("mark", 0)).world.fix_device("d9")


def test_time_never_goes_back():
    lab = tenant(action("mark", 0)).until(2)
    with pytest.raises(UsageProblem):
        lab.world.advance(at(1))
    assert lab.world.now == at(2)


def test_what_was_due_before_the_story_is_done_without_mails_and_the_rest_follows_in_time():
    lab = Tenant(
        (
            "policy",
            policy("p1", action("mark", 72), action("email", 0), action("retire", 96), action("email", 240)),
        ),
        ("template", template()),
        ("user", user()),
        (
            "device",
            device(
                failingSince="2026-10-28T00:00:00Z",
                document={
                    "enrolledDateTime": "2026-10-01T00:00:00Z",
                    "lastSyncDateTime": "2026-11-01T20:00:00Z",
                },
            ),
        ),
    )
    assert (lab.state(), lab.events(), lab.mails()) == ("noncompliant", [], [])
    assert lab.store.get("retire", "d1")["retireAfterDateTime"] == "2026-11-01T00:00:00Z"
    assert lab.until(9).diary() == ["5 00:00 mailQueued", "5 01:00 mailSent"]


def test_a_device_that_never_synced_is_unknown_until_its_first_check_in():
    enrolled = {"enrolledDateTime": "2026-11-01T23:59:00Z", "lastSyncDateTime": "0001-01-01T00:00:00Z"}
    lab = tenant(action("mark", 0), device_more={"document": enrolled})
    assert lab.state() == "unknown"
    assert lab.until(1).diary("becameNoncompliant") == ["0 00:02 becameNoncompliant"]


def test_a_policy_that_is_taken_away_is_forgotten_at_once_and_its_actions_with_it():
    lab = tenant(MARK_168, *MAILS).until(1)
    lab.change("policy", "p1", assignments=[], version=2)
    lab.world.policy_changed("p1")
    assert (lab.state(), lab.store.all("record")) == ("compliant", [])
    assert lab.until(30).diary("mailSent", "dropped") == [
        "0 01:00 mailSent",
        "1 00:00 dropped assignmentRemoved",
    ]


def test_a_deleted_policy_is_forgotten_too():
    lab = tenant(MARK_168, *MAILS).until(1)
    lab.store.delete("policy", "p1")
    lab.world.policy_changed("p1")
    assert (lab.state(), lab.store.all("record")) == ("compliant", [])


def test_a_policy_given_back_goes_on_counting_episodes_so_that_nothing_fires_twice_in_one():
    lab = tenant(action("mark", 0), action("email", 0)).until(1)
    kept = lab.store.get("policy", "p1")["assignments"]
    for version, assignments in ((2, []), (3, kept)):
        lab.change("policy", "p1", assignments=assignments, version=version)
        lab.world.policy_changed("p1")
        lab.until(version)
    assert [event["episode"] for event in lab.events("mailQueued")] == [1, 2]


def test_a_changed_policy_is_heard_of_within_three_hours_by_a_device_that_is_online():
    lab = many(30)
    lab.change("policy", "p1", version=2, bitLockerEnabled=False)
    lab.world.policy_changed("p1")
    lab.until(5, 180)
    heard = [moment(event["at"]) for event in lab.events("becameCompliant")]
    assert len(heard) == 30
    assert len(set(heard)) > 10
    assert lab.state("d0") == "compliant"


def test_a_shorter_grace_period_counts_from_the_same_beginning():
    lab = tenant(MARK_168).until(4)
    lab.set_actions("p1", action("mark", 72))
    assert lab.until(4, 180).state() == "noncompliant"
    assert lab.store.get("record", "d1|p1")["graceExpires"] == "2026-11-05T00:00:00Z"


def test_rewriting_a_schedule_with_new_ids_repeats_nothing():
    lab = tenant(action("mark", 0), action("email", 0)).until(1)
    lab.set_actions("p1", action("mark", 0), {**action("email", 0), "id": "another"})
    assert len(lab.until(5).mails()) == 1


def test_exclusion_beats_inclusion_and_groups_may_hold_each_other():
    inner = group(
        "inner", "u1", lab={"members": [{"type": "user", "id": "u1"}, {"type": "group", "id": "outer"}]}
    )
    outer = group("outer", lab={"members": [{"type": "group", "id": "INNER"}]})
    target = {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "outer"}}
    spared = {
        "target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": "inner"}
    }
    states = []
    for assignments in ([target], [target, spared]):
        lab = Tenant(
            ("policy", policy("p1", action("mark", 0), assignments=assignments)),
            ("user", user()),
            ("group", inner),
            ("group", outer),
            ("device", device()),
        )
        states.append(lab.state())
    assert states == ["noncompliant", "compliant"]


def test_a_new_member_of_an_assigned_group_is_calculated_after_its_next_sync():
    target = {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g1"}}
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), assignments=[target])),
        ("user", user()),
        ("group", group("g1")),
        ("device", device()),
    ).until(1)
    lab.store.put("group", "g1", group("g1", "u1"))
    lab.world.group_changed("g1")
    assert lab.until(1, 180).state() == "noncompliant"
    lab.store.put("group", "g1", group("g1"))
    lab.world.group_changed("g1")
    assert lab.state() == "compliant"


def test_copies_go_to_the_members_of_mail_enabled_groups_only():
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0, cc=["g1", "g2", "g3"]))),
        ("template", template()),
        ("user", user()),
        ("user", user("u2", mail="lead@contoso.example")),
        ("user", user("u3", mail=None)),
        ("group", group("g1", "u2", "u3")),
        ("group", group("g2", "u2", mail_enabled=False)),
        ("device", device()),
    ).until(1)
    assert [mail["cc"] for mail in lab.mails()] == [["lead@contoso.example"]]
    assert lab.events("mailSent")[0]["skipped"] == ["Group g2: notMailEnabled", "g3: groupMissing"]


@pytest.mark.parametrize(
    ("template_document", "reason"),
    [
        (template("other"), "templateMissing"),
        (template(messages=[FRENCH[0]]), "noDefaultMessage"),
    ],
)
def test_a_mail_without_a_template_or_message_is_suppressed_with_its_reason(template_document, reason):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0))),
        ("template", template_document),
        ("user", user()),
        ("device", device()),
    )
    assert lab.diary("mailSuppressed", "mailQueued") == [f"0 00:00 mailSuppressed {reason}"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"companyPortal": False}, "appMissing"), ({"pushAllowed": False}, "pushDisabled")],
)
def test_a_push_needs_the_app_and_the_users_leave(more, reason):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("push", 0), platform="ios")),
        ("user", user()),
        ("device", device(platform="ios", **more)),
    )
    assert lab.diary("pushSent", "pushSuppressed") == [f"0 00:00 pushSuppressed {reason}"]


@pytest.mark.parametrize(
    ("passcode", "line", "state"),
    [(True, "0 00:15 lockDone", "done"), (False, "0 00:15 lockDone noPasscode", "failed")],
)
def test_a_lock_is_carried_out_at_the_next_check_in_and_needs_a_passcode(passcode, line, state):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("lock", 0), platform="ios")),
        ("user", user()),
        ("device", device(platform="ios", passcodeSet=passcode)),
    )
    assert [row["actionState"] for row in lab.device()["deviceActionResults"]] == ["pending"]
    assert lab.until(1).diary("lockQueued", "lockDone") == ["0 00:00 lockQueued", line]
    assert [row["actionState"] for row in lab.device()["deviceActionResults"]] == [state]


def test_a_device_is_retired_only_after_someone_confirmed_and_at_its_next_check_in():
    lab = tenant(action("mark", 0), action("retire", 0)).until(40)
    assert lab.diary("retireListed", "retired") == ["0 00:00 retireListed"]
    lab.world.confirm_retire(["d1"])
    assert lab.device()["managementState"] == "retirePending"
    lab.until(41)
    assert lab.diary("retired") == ["40 02:15 retired"]
    assert [lab.store.all(kind) for kind in ("device", "record", "retire")] == [[], [], []]


def test_a_cleared_device_is_listed_again_by_a_further_action_only():
    lab = tenant(action("mark", 0), action("retire", 24), action("retire", 240)).until(2)
    lab.world.cancel_retire(["d1"])
    assert lab.device()["retireAfterDateTime"] == "0001-01-01T00:00:00Z"
    assert lab.until(9).store.get("retire", "d1")["state"] == "cleared"
    assert lab.until(11).store.get("retire", "d1")["state"] == "listed"


def test_a_device_on_the_list_is_not_listed_twice():
    lab = tenant(action("mark", 0), action("retire", 24), action("retire", 48)).until(5)
    assert lab.diary("retireListed", "retireSuppressed") == [
        "1 00:00 retireListed",
        "2 00:00 retireSuppressed alreadyListed",
    ]


def test_an_action_by_hand_calls_the_device_in_within_a_minute():
    lab = ios(policy("p1", action("mark", 0), platform="ios")).until(1)
    assert lab.world.queue_action("d1", "remoteLock") is True
    assert lab.until(1, 1).diary("lockQueued", "lockDone") == ["1 00:00 lockQueued", "1 00:01 lockDone"]


def test_the_tenants_switch_turns_off_every_action_but_the_mark():
    off = {"isScheduledActionEnabled": False}
    lab = tenant(action("mark", 24), action("email", 0), settings=off).until(5)
    assert lab.diary("marked", "mailSuppressed") == [
        "0 00:00 mailSuppressed scheduledActionsOff",
        "1 00:00 marked",
    ]


def test_an_enrolled_user_without_a_licence_makes_the_device_noncompliant():
    lab = tenant(action("mark", 0), device_more={"fails": False})
    lab.store.put("user", "u1", user(lab={"licensed": False}))
    lab.world.settings_changed()
    assert (lab.state(), lab.device()["lab"]["failedChecks"]) == ("noncompliant", ["userUnlicensed"])


@pytest.mark.parametrize(("verdict", "passes"), [(True, True), (False, False), (None, False)])
def test_a_co_managed_device_passes_as_configuration_manager_says(verdict, passes):
    more = {"authority": "configmgr", "configManagerVerdict": verdict}
    lab = tenant(action("mark", 0), action("email", 0), device_more=more).until(5)
    assert (lab.state(), lab.device()["lab"]["isCompliant"]) == ("configManager", passes)
    assert lab.diary() == ["0 00:00 mailSuppressed coManaged"]


def test_a_forced_state_stays_until_it_is_lifted():
    lab = tenant(action("mark", 0), device_more={"fails": False})
    lab.world.force_state("d1", "conflict")
    lab.until(1).world.check_in("d1")
    assert (lab.state(), lab.device()["lab"]["isCompliant"]) == ("conflict", False)
    lab.world.force_state("d1", None)
    assert (lab.state(), lab.device()["lab"]["isCompliant"]) == ("compliant", True)
    assert lab.diary("stateForced", "stateReleased") == ["0 00:00 stateForced", "1 00:00 stateReleased"]


@pytest.mark.parametrize("state", ["noncompliant", "compliant", "", "Error"])
def test_only_a_state_that_no_rule_leads_to_can_be_forced(state):
    with pytest.raises(UsageProblem) as refused:
        tenant(action("mark", 0)).world.force_state("d1", state)
    assert refused.value.hint == "It is error or conflict."


def test_an_error_that_was_held_too_long_leads_to_actions_also_where_they_wait_for_check_ins():
    lab = tenant(
        action("mark", 0), action("email", 0), device_more={"fails": False}, switches={"fire-on": "checkin"}
    ).until(1)
    lab.world.set_fact("d1", "bitLockerEnabled", {"error": 1})
    lab.world.check_in("d1")
    assert lab.until(20).diary("errorHeld", "becameNoncompliant", "mailQueued") == [
        "1 00:00 errorHeld",
        "8 00:00 becameNoncompliant",
        "8 02:15 mailQueued",
    ]


def test_where_grace_ends_with_a_calculation_it_also_does_after_an_error_that_was_held_too_long():
    lab = tenant(
        action("mark", 24), device_more={"fails": False}, switches={"grace-flip": "next-calculation"}
    ).until(1)
    lab.world.set_fact("d1", "bitLockerEnabled", {"error": 1})
    lab.world.check_in("d1")
    assert lab.until(20).diary("graceStarted", "marked") == ["8 00:00 graceStarted", "9 02:15 marked"]


def test_a_device_that_enrols_anew_leaves_its_mails_and_its_place_on_the_list_behind():
    lab = tenant(action("mark", 0), action("email", 0), action("retire", 0)).until(0, 30)
    lab.world.confirm_retire(["d1"])
    lab.world.enrol("d1")
    assert lab.until(1).diary("mailQueued", "mailSent", "dropped", "retireListed", "retireCleared") == [
        "0 00:00 mailQueued",
        "0 00:00 retireListed",
        "0 00:30 retireCleared",
        "0 00:30 mailQueued",
        "0 00:30 retireListed",
        "0 01:00 dropped noLongerNoncompliant",
        "0 01:30 mailSent",
    ]
    assert (lab.device()["managementState"], lab.store.get("retire", "d1")["state"]) == ("managed", "listed")


def test_a_mail_in_waiting_is_not_sent_once_the_tenant_has_turned_actions_off():
    lab = tenant(action("mark", 0), action("email", 0)).until(0, 30)
    lab.store.set_meta("settings", {"isScheduledActionEnabled": False})
    lab.world.settings_changed()
    assert lab.until(1).diary("mailSent", "mailSuppressed") == ["0 01:00 mailSuppressed scheduledActionsOff"]


def test_what_happens_in_the_same_minute_is_told_in_the_order_of_the_devices():
    lab = many(3)
    for id in ("d2", "d0", "d1"):
        lab.world.fix_device(id)
    assert [event["deviceId"] for event in lab.until(6).events("becameCompliant")] == ["d0", "d1", "d2"]


def test_the_properties_that_the_engine_does_not_read_are_kept():
    lab = tenant(action("mark", 0), device_more={"document": {"notes": "näher", "n": [1.0, None, {"a": 1}]}})
    lab.until(3)
    kept = lab.device()
    assert (kept["notes"], kept["n"], kept["lastSyncDateTime"]) == (
        "näher",
        [1.0, None, {"a": 1}],
        "2026-11-04T18:15:00Z",
    )


def test_where_actions_wait_for_check_ins_an_offline_device_gets_none():
    lab = tenant(action("mark", 0), action("email", 24), switches={"fire-on": "checkin"}).until(0, 60)
    lab.world.offline("d1", True)
    assert lab.until(5).diary("mailQueued") == []
    lab.world.offline("d1", False)
    assert lab.diary("mailQueued") == ["5 00:00 mailQueued"]


def test_where_grace_ends_with_a_calculation_the_mark_waits_for_the_next_check_in():
    lab = tenant(action("mark", 24), switches={"grace-flip": "next-calculation"}).until(5)
    assert lab.diary("marked") == ["1 02:15 marked"]


def test_in_2019_devices_reached_by_a_device_group_got_no_actions():
    target = {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g1"}}
    members = {"members": [{"type": "device", "id": "e-d1"}]}
    lab = Tenant(
        (
            "policy",
            policy("p1", action("mark", 0), action("email", 0), action("push", 0), assignments=[target]),
        ),
        ("template", template()),
        ("user", user()),
        ("group", group("g1", lab=members)),
        ("device", device()),
        switches={"ruleset": "2019-11"},
    )
    assert lab.diary("mailSuppressed", "pushSuppressed") == [
        "0 00:00 mailSuppressed deviceGroupTarget",
        "0 00:00 pushSuppressed notInRuleset",
    ]


def test_in_2019_a_template_had_one_message_and_every_user_got_it():
    subjects = []
    for year in ("current", "2019-11"):
        lab = Tenant(
            ("policy", policy("p1", action("mark", 0), action("email", 0))),
            ("template", template(messages=FRENCH)),
            ("user", user(preferredLanguage="fr-FR")),
            ("device", device()),
            switches={"ruleset": year},
        ).until(1)
        subjects += [mail["subject"] for mail in lab.mails()]
    assert subjects == ["Bonjour", "Hello"]


@pytest.mark.parametrize(
    ("year", "lines"),
    [
        ("current", ["0 00:00 mailQueued", "0 00:00 lockQueued", "0 00:00 retireListed"]),
        ("2019-11", ["0 00:00 mailQueued", "0 00:00 lockQueued", "0 00:00 retireSuppressed notInRuleset"]),
    ],
)
def test_in_2019_there_were_three_actions(year, lines):
    lab = Tenant(
        (
            "policy",
            policy(
                "p1",
                *(action(kind, 0) for kind in ("mark", "email", "lock", "retire")),
                platform="macos",
            ),
        ),
        ("template", template()),
        ("user", user()),
        ("device", device(platform="macos")),
        switches={"ruleset": year},
    )
    assert lab.diary("mailQueued", "lockQueued", "retireListed", "retireSuppressed") == lines


@pytest.mark.parametrize(("minutes", "sent"), [("0", "0 00:00"), ("60", "0 01:00"), ("360", "0 06:00")])
def test_mails_leave_after_the_latency_that_was_set(minutes, sent):
    lab = tenant(action("mark", 0), action("email", 0), switches={"email-latency-min": minutes}).until(1)
    assert lab.diary("mailSent") == [f"{sent} mailSent"]


@pytest.mark.parametrize(("must_be", "copies"), [("true", []), ("false", ["lead@contoso.example"])])
def test_whether_a_group_has_to_be_mail_enabled_is_a_rule(must_be, copies):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("email", 0, cc=["g2"]))),
        ("template", template()),
        ("user", user()),
        ("user", user("u2", mail="lead@contoso.example")),
        ("group", group("g2", "u2", mail_enabled=False)),
        ("device", device()),
        switches={"cc-group-must-be-mail-enabled": must_be},
    ).until(1)
    assert [mail["cc"] for mail in lab.mails()] == [copies]


@pytest.mark.parametrize(("rate", "reason"), [("0", None), ("1", "lost")])
def test_pushes_are_lost_at_the_rate_that_was_set(rate, reason):
    lab = Tenant(
        ("policy", policy("p1", action("mark", 0), action("push", 0), platform="ios")),
        ("user", user()),
        ("device", device(platform="ios")),
        switches={"push-loss-rate": rate},
    )
    assert [event.get("reason") for event in lab.events("pushSent")] == [reason]


def test_another_random_seed_gives_another_chance_and_the_same_one_the_same():
    heard = []
    for seed in ("1", "1", "2"):
        lab = many(5, **{"random-seed": seed})
        lab.change("policy", "p1", version=2, bitLockerEnabled=False)
        lab.world.policy_changed("p1")
        heard.append([event["at"] for event in lab.until(6).events("becameCompliant")])
    assert heard[0] == heard[1] != heard[2]


def test_entra_follows_after_the_lag_that_was_set():
    lab = tenant(action("mark", 24), switches={"entra-lag-min": "30"}).until(0, 30)
    assert lab.device()["lab"]["isCompliant"] is True
    assert lab.until(1, 29).device()["lab"]["isCompliant"] is True
    assert lab.until(1, 30).device()["lab"]["isCompliant"] is False


def test_a_linux_policy_of_the_catalog_is_evaluated_too():
    choice = {
        "settingDefinitionId": "linux_deviceencryption_required",
        "choiceSettingValue": {"value": "linux_deviceencryption_required_true", "children": []},
    }
    document = {
        "id": "c1",
        "name": "Linux",
        "platforms": "linux",
        "lastModifiedDateTime": "2026-11-01T00:00:00Z",
        "settings": [{"settingInstance": choice}],
        "scheduledActionsForRule": policy("c1", action("mark", 0))["scheduledActionsForRule"],
        "assignments": policy()["assignments"],
    }
    machine = device(variant="linux", facts={"linux_deviceencryption_required": False})
    machine["lab"]["platform"] = "linux"
    lab = Tenant(("catalogPolicy", document), ("user", user()), ("device", machine))
    assert lab.state() == "noncompliant"


# What must hold whatever happens (V3 to V7, V14, V16)

doings = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 6000)),
        st.tuples(
            st.sampled_from(["break", "fix", "error", "check", "offline", "online", "unassign", "assign"])
        ),
        st.tuples(st.just("schedule"), st.integers(0, 3)),
    ),
    max_size=12,
)

SCHEDULES = (
    (action("mark", 0), action("email", 0), action("email", 30)),
    (action("mark", 48), action("email", 0), action("push", 24), action("retire", 72)),
    (action("mark", 7), action("email", 0), action("email", 0), action("lock", 24)),
    (action("mark", 96),),
)


def lived(steps, switches=None):
    lab = Tenant(
        ("policy", policy("p1", *SCHEDULES[0], platform="ios")),
        ("policy", policy("p2", *SCHEDULES[1], platform="ios")),
        ("template", template()),
        ("user", user()),
        ("device", device(platform="ios")),
        switches=switches,
    )
    assigned = policy()["assignments"]
    yield lab
    for step in steps:
        match step:
            case ("wait", minutes):
                lab.world.advance(lab.world.now + timedelta(minutes=minutes))
            case ("break",):
                lab.world.break_device("d1")
            case ("fix",):
                lab.world.fix_device("d1")
            case ("error",):
                lab.world.set_fact("d1", "passcodeRequired", {"error": 1})
            case ("check",):
                if lab.device()["lab"]["online"]:
                    lab.world.check_in("d1")
            case ("offline",) | ("online",):
                lab.world.offline("d1", step[0] == "offline")
            case ("unassign",) | ("assign",):
                version = lab.store.get("policy", "p1")["version"] + 1
                lab.change(
                    "policy", "p1", version=version, assignments=assigned if step[0] == "assign" else []
                )
                lab.world.policy_changed("p1")
            case ("schedule", number):
                lab.set_actions("p1", *SCHEDULES[number])
        yield lab


@settings(max_examples=60, deadline=None)
@given(doings)
def test_V3_each_action_fires_at_most_once_in_an_episode(steps):
    *_, lab = lived(steps)
    fired = [
        (event["policyId"], event["episode"], event["action"], event["due"], event["actionId"])
        for event in lab.events("mailQueued", "pushSent", "lockQueued", "retireListed")
    ]
    # Schedule 2 holds two equal mails on purpose.
    assert all(fired.count(one) <= (2 if one[2] == "email" else 1) for one in fired)


@settings(max_examples=60, deadline=None)
@given(doings)
def test_V4_to_V7_hold_after_every_step(steps):
    for lab in lived(steps):
        now = lab.world.now
        records = lab.store.all("record")
        for record in records:
            expires = moment(record["graceExpires"])
            if record["effective"] == "inGracePeriod" and record["actual"] != "error":
                assert record["actual"] == "nonCompliant"
                assert now < expires
            if record["policyId"] == "p1" and record["graceExpires"] == record["t0"]:
                assert record["effective"] != "inGracePeriod"
        assert [log["at"] for log in lab.events()] == sorted(log["at"] for log in lab.events())
        states = {"unknown", "compliant", "inGracePeriod", "noncompliant"}
        assert lab.state() in states
        if any(record["effective"] == "nonCompliant" for record in records):
            assert lab.state() == "noncompliant"


@settings(max_examples=60, deadline=None)
@given(doings)
def test_V4_nothing_is_sent_for_a_record_that_is_not_noncompliant(steps):
    *_, lab = lived(steps)
    open_policies: set[str] = set()
    for event in lab.events():
        match event["what"]:
            case "becameNoncompliant":
                open_policies.add(event["policyId"])
            case "becameCompliant":
                open_policies.discard(event["policyId"])
            case "mailQueued" | "mailSent" | "pushSent" | "lockQueued" | "retireListed":
                assert event["policyId"] in open_policies


@settings(max_examples=30, deadline=None)
@given(doings)
def test_V14_the_same_doings_give_the_same_diary_to_the_byte(steps):
    dumps = []
    for _ in range(2):
        *_, lab = lived(steps, {"push-loss-rate": "0.5"})
        dumps.append(lab.dump())
    assert dumps[0] == dumps[1]


@given(st.integers(0, 5000), st.integers(1, 5000), st.sampled_from(["windows", "ios", "linux"]))
def test_V16_steady_check_ins_keep_their_distance_from_one_out_of_turn(offset, passed, variant):
    came_back = START + timedelta(minutes=offset)
    after = came_back + timedelta(minutes=passed)
    slot = next_slot(variant, START - timedelta(days=1), after, came_back + MAINTENANCE_GAP)
    assert slot > after
    assert slot - came_back >= MAINTENANCE_GAP


@pytest.mark.parametrize("days", [1, 30])
def test_advancing_at_once_or_in_small_steps_makes_no_difference(days):
    whole, steps = (tenant(MARK_168, *MAILS, device_more={"fails": False}) for _ in range(2))
    for lab in (whole, steps):
        lab.world.break_device("d1")
    whole.until(days)
    while steps.world.now < at(days):
        steps.world.advance(min(steps.world.now + timedelta(minutes=97), at(days)))
    assert steps.dump() == whole.dump()
    assert steps.device() == whole.device()


def test_a_mail_of_an_episode_that_is_over_is_not_sent_in_the_next_one():
    lab = tenant(action("mark", 0), action("email", 0)).until(0, 20)
    lab.world.fix_device("d1")
    lab.world.check_in("d1")
    lab.until(0, 40).world.break_device("d1")
    lab.world.check_in("d1")
    assert lab.until(1).diary("mailSent", "dropped") == [
        "0 01:00 dropped noLongerNoncompliant",
        "0 01:40 mailSent",
    ]


def test_after_coming_back_the_next_steady_check_in_keeps_its_distance():
    lab = tenant(action("mark", 0), device_more={"fails": False}).until(1)
    lab.world.offline("d1", True)
    lab.until(1, 120).world.offline("d1", False)
    lab.world.break_device("d1")
    assert lab.until(2).diary("becameNoncompliant") == ["1 10:15 becameNoncompliant"]


def test_under_the_rule_that_does_not_look_back_a_skipped_action_stays_skipped():
    lab = many(1, **{"retroactive-actions": "false"})
    lab.set_actions("p1", action("mark", 0), action("email", 0), action("email", 240))
    assert lab.until(12).diary("mailQueued", "mailSuppressed") == [
        "5 00:00 mailSuppressed notRetroactive",
        "10 00:00 mailQueued",
    ]


def test_what_is_done_to_a_device_is_told():
    lab = tenant(action("mark", 0))
    lab.world.fix_device("d1")
    lab.world.offline("d1", True)
    lab.world.offline("d1", True)
    lab.world.offline("d1", False)
    told = [line.split()[-1] for line in lab.diary()]
    assert [word for word in told if word in ("factsChanged", "wentOffline", "cameOnline")] == [
        "factsChanged",
        "wentOffline",
        "cameOnline",
    ]
