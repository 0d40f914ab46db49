"""Each inferred rule of intune-behaviour 11.10 has a switch, and what happens differs with it.

A row is a number of 11.10, a switch with a value other than its default, and a story told both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lab.onedevice import START, Tenant, action, device, policy, template, user
from lab.surface import Wire
from toolkit.lab.app import Lab
from toolkit.lab.reading import written
from toolkit.lab.rules import RULES
from toolkit.lab.signins import sign_in_to

Story = Callable[[dict[str, str]], object]

IOS = {"platform": "ios"}
FRENCH = {
    "locale": "fr-fr",
    "subject": "Bonjour",
    "messageTemplate": "Salut",
    "isDefault": False,
}
ENGLISH = {"locale": "en-us", "subject": "Hello", "messageTemplate": "Hi", "isDefault": True}
PHONES_ONLY = {
    "id": "a1",
    "displayName": "Phones",
    "state": "enabled",
    "conditions": {
        "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["browser"],
        "platforms": {"includePlatforms": ["iOS"]},
    },
    "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]},
}


def pc(switches: dict[str, str], *actions: dict[str, Any], platform: str = "windows", **more: Any) -> Tenant:
    """One device, its user, a template and a policy with these actions."""
    return Tenant(
        ("policy", policy("p1", *actions, platform=platform)),
        ("template", more.pop("template", template())),
        ("user", more.pop("user", user())),
        *more.pop("documents", ()),
        ("device", device(platform=platform, **more)),
        switches=switches,
    )


def fails_from_day_1(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), action("email", 24), fails=False).until(1)
    lab.world.break_device("d1")
    lab.until(1, 60).world.break_device("d1")  # it fails already
    return lab.until(5).diary("becameNoncompliant", "mailQueued")


def fails_as_the_policy_changes(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), fails=False).until(1)
    lab.world.break_device("d1")
    lab.until(1, 60).set_actions("p1", action("mark", 0), action("push", 1))
    lab.world.check_in("d1")
    return [str(event["since"]) for event in lab.events("becameNoncompliant")]


def due_while_offline(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), action("email", 30)).until(1)
    lab.world.offline("d1", True)
    return lab.until(10).diary("mailQueued")


def grace_ends_while_offline(switches: dict[str, str]) -> str:
    lab = pc(switches, action("mark", 48)).until(1)
    lab.world.offline("d1", True)
    return lab.until(3).state()


def fails_twice(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), action("email", 0), action("push", 72))
    lab.until(1).world.fix_device("d1")
    lab.world.check_in("d1")
    lab.until(2).world.break_device("d1")
    lab.world.check_in("d1")
    lab.until(9)
    assert lab.store.get("record", "d1|p1")["episode"] == 2
    return lab.diary("mailQueued", "mailSuppressed", "pushSuppressed")


def gains_a_mail(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0)).until(1)
    lab.set_actions("p1", action("mark", 0), action("email", 0))
    return lab.until(2).diary("mailQueued", "mailSuppressed")


def lock_before_mail(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("lock", 6), action("email", 6), action("mark", 6), platform="ios").until(1)
    return [event["what"] for event in lab.events("mailQueued", "lockQueued", "marked")]


def copies_without_a_mail(switches: dict[str, str]) -> list[list[str]]:
    group = {
        "id": "g1",
        "displayName": "Help",
        "mailEnabled": True,
        "lab": {"members": [{"type": "user", "id": "u2"}]},
    }
    others = (("group", group), ("user", user("u2", mail="help@contoso.example")))
    lab = pc(
        switches,
        action("mark", 0),
        action("email", 0, cc=["g1"]),
        user=user(mail=None),
        documents=others,
    )
    return [mail["cc"] for mail in lab.until(1).mails()]


def another_french(switches: dict[str, str]) -> list[str]:
    lab = pc(
        switches,
        action("mark", 0),
        action("email", 0),
        template=template(messages=[ENGLISH, FRENCH]),
        user=user(preferredLanguage="fr-CA"),
    )
    return [mail["subject"] for mail in lab.until(1).mails()]


def says_which_device(switches: dict[str, str]) -> list[bool]:
    lab = pc(switches, action("mark", 0), action("email", 0)).until(1)
    return [bool(mail["device"]) for mail in lab.mails()]


def a_long_name(field: str, text: str) -> Story:
    def sends(switches: dict[str, str]) -> list[str]:
        message = {**ENGLISH, field: text}
        one = user(displayName="A" * 30)
        lab = pc(
            switches,
            action("mark", 0),
            action("email", 0),
            template=template(messages=[message]),
            user=one,
        )
        return lab.until(1).diary("mailSent", "mailSuppressed")

    return sends


def loses_the_licence(switches: dict[str, str]) -> list[tuple[str, str]]:
    lab = pc(switches, action("mark", 0), action("email", 0), fails=False).until(1)
    lab.change("user", "u1", lab={"licensed": False})
    lab.world.settings_changed()
    told = []
    for day in (1, 1.99, 2):
        found = lab.until(day).device()
        told.append((found["complianceState"], found["complianceGracePeriodExpirationDateTime"][:10]))
    assert lab.until(9).diary("mailQueued", "mailSuppressed") == []
    return told


def is_not_heard_of(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), fails=False)
    lab.world.offline("d1", True)
    # In one go, so that the end of the grace is found out on the way.
    return [lab.until(40).state(), *lab.diary("stale", "marked")]


def was_silent_before_the_story(switches: dict[str, str]) -> list[str]:
    long_ago = written(START - timedelta(days=40))
    dates = {"enrolledDateTime": long_ago, "lastSyncDateTime": long_ago}
    lab = pc(switches, action("mark", 0), fails=False, online=False, document=dates)
    return [lab.until(day).state() for day in (0, 10, 10.001)]


def cannot_tell(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), fails=False).until(1)
    lab.world.set_fact("d1", "bitLockerEnabled", {"error": 1})
    lab.world.check_in("d1")
    return [lab.until(day).state() for day in (1, 7.99, 8)]


def passes_in_grace(switches: dict[str, str]) -> list[object]:
    lab = pc(switches, action("mark", 48))
    return [lab.device()["lab"]["isCompliant"], access_of(lab)]


def passes_unknown(switches: dict[str, str]) -> list[object]:
    lab = pc(switches, action("mark", 48), document={"lastSyncDateTime": None}, online=False)
    return [lab.state(), lab.device()["lab"]["isCompliant"], access_of(lab)]


def access_of(lab: Tenant) -> str:
    on_windows = {**PHONES_ONLY["conditions"], "platforms": {"includePlatforms": ["windows"]}}
    lab.store.put("access", "a1", {**PHONES_ONLY, "conditions": on_windows})
    return str(sign_in_to(lab.store, {"user": "u1"}, lab.device())["outcome"])


def stays_listed(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 0), action("retire", 0), platform="ios").until(1)
    lab.world.fix_device("d1")
    lab.world.check_in("d1")
    return [entry["state"] for entry in lab.store.all("retire")]


def asks_what_if(conditions: dict[str, str]) -> Story:
    def reason(switches: dict[str, str]) -> str:
        lab = pc(switches, action("mark", 0), documents=[("access", PHONES_ONLY)])
        body = {
            "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": "u1"},
            "signInContext": {
                "@odata.type": "#microsoft.graph.applicationContext",
                "includeApplications": ["00000003-0000-0ff1-ce00-000000000000"],
            },
            "signInConditions": conditions,
        }
        status, answer = Wire(Lab(lab.store)).ask("POST", "/v1.0/identity/conditionalAccess/evaluate", body)
        assert status == 200, answer
        return str(answer["value"][0]["analysisReasons"])

    return reason


def notices_a_change(switches: dict[str, str]) -> bool:
    lab = pc(switches, action("mark", 0), fails=False).until(1)
    lab.set_actions("p1", action("mark", 1))
    return lab.device()["lab"].get("syncDue") is None


def checks_in_on_linux(switches: dict[str, str]) -> str:
    return str(pc(switches, action("mark", 0), variant="linux").device()["lab"]["nextCheckin"])


def deletes_a_template_in_use(switches: dict[str, str]) -> int:
    lab = pc(switches, action("mark", 0), action("email", 0))
    url = "/v1.0/deviceManagement/notificationMessageTemplates/t1"
    return Wire(Lab(lab.store)).ask("DELETE", url)[0]


def pushes_either_side_of_midnight(switches: dict[str, str]) -> list[str]:
    pushes = [action("push", hours) for hours in (20, 26, 45)]
    return (
        pc(switches, action("mark", 0), *pushes, platform="ios").until(3).diary("pushSent", "pushSuppressed")
    )


def edits_the_grace(switches: dict[str, str]) -> list[str]:
    lab = pc(switches, action("mark", 72), action("email", 30)).until(1)
    lab.set_actions("p1", action("mark", 48), action("email", 30))
    lab.world.check_in("d1")
    return lab.until(9).diary("graceStarted", "marked", "mailQueued")


ROWS: list[tuple[int, str, str, Story, object, object]] = [
    (
        1, "clock-origin", "break", fails_from_day_1,
        ["1 02:15 becameNoncompliant", "2 02:15 mailQueued"],
        ["1 02:15 becameNoncompliant", "2 00:00 mailQueued"],
    ),
    (2, "fire-on", "checkin", due_while_offline, ["1 06:00 mailQueued"], []),
    (3, "grace-flip", "next-calculation", grace_ends_while_offline, "noncompliant", "inGracePeriod"),
    (
        4, "episodes", "once", fails_twice,
        ["0 00:00 mailQueued", "2 00:00 mailQueued", "5 00:00 pushSuppressed platformUnsupported"],
        ["0 00:00 mailQueued", "2 00:00 mailSuppressed firedBefore", "5 00:00 pushSuppressed platformUnsupported"],
    ),
    (
        5, "retroactive-actions", "false", gains_a_mail,
        ["1 00:00 mailQueued"], ["1 00:00 mailSuppressed notRetroactive"],
    ),
    (
        6, "equal-times", "by-list", lock_before_mail,
        ["marked", "mailQueued", "lockQueued"], ["marked", "lockQueued", "mailQueued"],
    ),
    (7, "cc-without-user-mail", "cc-only", copies_without_a_mail, [], [["help@contoso.example"]]),
    (8, "locale-fallback", "language-then-default", another_french, ["Hello"], ["Bonjour"]),
    (9, "device-block", "left-out", says_which_device, [True], [False]),
    (
        10, "length-check", "mail", a_long_name("subject", "{{UserName}}" + "x" * 49),
        ["0 01:00 mailSent"], ["0 00:00 mailSuppressed tooLong"],
    ),
    (
        10, "length-check", "mail", a_long_name("messageTemplate", "{{UserName}}" + "x" * 1971),
        ["0 01:00 mailSent"], ["0 00:00 mailSuppressed tooLong"],
    ),
    (
        11, "built-in-grace-hours", "24", loses_the_licence,
        [("noncompliant", "9999-12-31")] * 3,
        [("inGracePeriod", "2026-11-04")] * 2 + [("noncompliant", "9999-12-31")],
    ),
    (
        11, "built-in-grace-hours", "24", is_not_heard_of,
        ["noncompliant", "30 00:01 stale isActive"],
        ["noncompliant", "30 00:01 stale isActive", "31 00:01 marked"],
    ),
    (
        11, "built-in-grace-hours", "480", was_silent_before_the_story,
        ["noncompliant"] * 3, ["inGracePeriod", "inGracePeriod", "noncompliant"],
    ),
    (
        12, "error-state", "severity", cannot_tell,
        ["compliant", "compliant", "noncompliant"], ["error", "error", "noncompliant"],
    ),
    (13, "grace-is-compliant", "false", passes_in_grace, [True, "granted"], [False, "blocked"]),
    (
        14, "unknown-is-compliant", "true", passes_unknown,
        ["unknown", False, "blocked"], ["unknown", True, "granted"],
    ),
    (15, "retire-drops-when-compliant", "true", stays_listed, ["listed"], ["cleared"]),
    (
        16, "what-if-missing", "ignored", asks_what_if({"clientAppType": "browser"}),
        "notEnoughInformation", "notSet",
    ),
    (
        16, "what-if-names", "last",
        asks_what_if({"devicePlatform": "windows", "clientAppType": "mobileAppsAndDesktopClients"}),
        "devicePlatform", "clientApps",
    ),
    (17, "change-sync-max-min", "0", notices_a_change, False, True),
    (
        18, "linux-checkins", "as-windows", checks_in_on_linux,
        "2026-11-02T08:00:00Z", "2026-11-02T00:03:00Z",
    ),
    (19, "template-delete-in-use", "reject", deletes_a_template_in_use, 204, 400),
    (
        20, "same-day", "rolling", pushes_either_side_of_midnight,
        ["0 20:00 pushSent", "1 02:00 pushSent", "1 21:00 pushSuppressed duplicateSameDay"],
        ["0 20:00 pushSent", "1 02:00 pushSuppressed duplicateSameDay", "1 21:00 pushSent"],
    ),
    (
        21, "grace-edit", "starts-anew", edits_the_grace,
        ["0 00:00 graceStarted", "1 06:00 mailQueued", "2 00:00 marked"],
        ["0 00:00 graceStarted", "1 00:00 graceStarted", "2 06:00 mailQueued", "3 00:00 marked"],
    ),
]  # fmt: skip


def test_every_inferred_rule_has_a_switch():
    assert {number for number, *_ in ROWS} == set(range(1, 22))


def test_no_switch_says_that_it_overrides_an_inferred_rule_without_a_row_here():
    claimed = {(rule.source.rpartition(" ")[2], rule.name) for rule in RULES if "11.10 no." in rule.source}
    assert claimed <= {(str(number), name) for number, name, *_ in ROWS}


@pytest.mark.parametrize(
    ("number", "name", "other", "story", "by_default", "overridden"),
    ROWS,
    ids=[f"{number}-{name}-{story.__name__}" for number, name, _, story, *_ in ROWS],
)
def test_the_switch_of_an_inferred_rule_changes_what_happens(
    number: int, name: str, other: str, story: Story, by_default: object, overridden: object
) -> None:
    assert story({}) == by_default
    assert story({name: other}) == overridden


def test_a_clock_that_counts_from_the_break_does_not_do_so_for_a_policy_that_is_new_to_the_device():
    for switches in ({}, {"clock-origin": "break"}):
        assert fails_as_the_policy_changes(switches) == ["2026-11-03T01:00:00Z"]


def test_the_actions_list_decides_only_among_those_that_fall_due_together():
    lab = pc(
        {"equal-times": "by-list"}, action("lock", 7), action("email", 6), action("mark", 0), platform="ios"
    )
    happened = lab.until(1).events("mailQueued", "lockQueued")
    assert [event["what"] for event in happened] == ["mailQueued", "lockQueued"]
