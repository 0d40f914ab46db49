"""What must hold in every tenant whatever is done to it: V1 to V18 of intune-behaviour 11.8, on random stories and edits.

V17, and what V18 says of access policies, are in test_access. The time and the cause of every event are here too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from facts import documented
from lab import onedevice
from lab.onedevice import START, Tenant, device, policy, template, user
from lab.surface import POLICIES, TEMPLATES, Wire, new_policy, schedule
from lab.surface import action as item
from toolkit.errors import UsageProblem
from toolkit.forecast.evaluation import SEVERITY, device_state
from toolkit.lab import rules
from toolkit.lab.app import Lab
from toolkit.lab.checkins import MAINTENANCE_GAP
from toolkit.lab.reading import moment

FEW = settings(max_examples=20, deadline=None)

USERS = ("u1", "u2", "u3")
GROUPS = ("g1", "g2", "g3")
DEVICES = ("d1", "d2", "d3", "d4")
IDS = ("p1", "p2", "p3")
SETTING = {"windows": "bitLockerEnabled", "ios": "passcodeRequired", "macos": "passwordRequired"}
FIRED = ("mailQueued", "pushSent", "lockQueued", "retireListed")
SUPPRESSED = ("mailSuppressed", "pushSuppressed", "lockSuppressed", "retireSuppressed")

# The schedules of a story and of its edits. Equal actions in one schedule would only be counted.
waits = st.sampled_from((0, 1, 6, 24, 30, 72, 200))
mails = st.builds(
    item,
    st.just("notification"),
    waits,
    st.sampled_from(("t1", "t2", "gone")),
    st.lists(st.sampled_from(GROUPS), max_size=2, unique=True).map(tuple),
)
others = st.builds(item, st.sampled_from(("pushNotification", "remoteLock", "retire")), waits)
optional = st.lists(mails | others, max_size=4, unique_by=lambda row: json.dumps(row))
schedules = st.builds(lambda grace, rows: [item("block", grace), *rows], waits, optional)

# Mostly what leads to something: a story in which no policy meets a device shows nothing.
targets = st.builds(
    lambda first, more: [first, *more],
    st.sampled_from(("all devices", "all devices", "all users", "g1")),
    st.lists(st.sampled_from(("-g2", "-g3", "g3")), max_size=1),
)
platforms = st.sampled_from(("ios", "ios", "windows", "macos"))
members = st.lists(
    st.sampled_from((*USERS, *GROUPS, *(f"e-{id}" for id in DEVICES))), max_size=4, unique=True
)

SWITCHES = {
    "action-clock": ("first-noncompliance", "after-mark"),
    "email-latency-min": ("0", "60", "360"),
    "fire-on": ("timer", "checkin"),
    "retroactive-actions": ("true", "false"),
    "retire-drops-when-compliant": ("true", "false"),
    "cc-without-user-mail": ("suppress-all", "cc-only"),
    "push-loss-rate": ("0", "0.5"),
    "ruleset": ("current", "2019-11"),
    "clock-origin": ("calculation", "break"),
    "episodes": ("fire-again", "once"),
    "equal-times": ("by-kind", "by-list"),
    "device-block": ("shown", "left-out"),
    "length-check": ("template", "mail"),
    "built-in-grace-hours": ("0", "30", "200"),
    "error-state": ("held", "severity"),
    "grace-is-compliant": ("true", "false"),
    "unknown-is-compliant": ("true", "false"),
    "change-sync-max-min": ("0", "180", "1440"),
    "same-day": ("utc", "rolling"),
    "grace-edit": ("keeps-start", "starts-anew"),
}
"""Not those about Linux and What If, which no story has."""
devices = st.fixed_dictionaries(
    {
        "platform": platforms,
        "authority": st.sampled_from(("intune", "intune", "intune", "partner", "configmgr")),
        "user": st.sampled_from((*USERS, "")),
        "fails": st.sampled_from((True, True, False)),
        "online": st.sampled_from((True, True, True, False)),
        "configManagerVerdict": st.sampled_from((True, False, None)),
    }
)


@dataclass(frozen=True)
class Story:
    devices: tuple[dict[str, Any], ...]
    groups: tuple[list[str], ...]
    platforms: tuple[str, ...]
    schedules: tuple[list[dict[str, Any]], ...]
    targets: tuple[list[str], ...]
    switches: dict[str, str]


def stories(**switches: st.SearchStrategy[str]) -> st.SearchStrategy[Story]:
    """`switches` take the place of the ones that stories are drawn with."""
    drawn = {name: st.sampled_from(words) for name, words in SWITCHES.items()}
    return st.builds(
        Story,
        st.lists(devices, min_size=2, max_size=len(DEVICES)).map(tuple),
        st.tuples(*(members for _ in GROUPS)),
        st.tuples(st.just("ios"), platforms, platforms),
        st.tuples(*(schedules for _ in IDS)),
        st.tuples(*(targets for _ in IDS)),
        st.fixed_dictionaries({}, optional={**drawn, **switches}),
    )


ids = st.sampled_from(DEVICES)
policy_ids = st.sampled_from(IDS)
edits = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 6000)),
    st.tuples(st.just("wait"), st.integers(1, 300)),
    st.tuples(st.sampled_from(("mend", "mend", "break", "check")), ids),
    st.tuples(st.sampled_from(("break", "fix", "error", "check", "offline", "online", "enrol", "lock")), ids),
    st.tuples(st.just("schedule"), policy_ids, schedules),
    st.tuples(st.just("assign"), policy_ids, targets),
    st.tuples(st.just("create"), platforms, schedules),
    st.tuples(st.just("delete"), policy_ids),
    st.tuples(st.just("delete template")),
    st.tuples(st.just("join"), st.sampled_from(GROUPS), members),
    st.tuples(st.just("licence"), st.sampled_from(USERS), st.booleans()),
    st.tuples(st.just("settings"), st.booleans(), st.booleans(), st.integers(1, 30)),
    st.tuples(st.sampled_from(("confirm", "cancel")), ids),
    st.tuples(st.just("force"), ids, st.sampled_from(("error", "conflict", None))),
)
doings = st.lists(edits, min_size=4, max_size=14)


def group(id: str, names: list[str]) -> dict[str, Any]:
    kinds = {"u": "user", "g": "group", "e": "device"}
    return {
        "id": id,
        "displayName": id,
        "mailEnabled": id != "g3",
        "lab": {"members": [{"type": kinds[name[0]], "id": name} for name in names]},
    }


def assignments(chosen: list[str]) -> list[dict[str, Any]]:
    whole = {"all devices": "allDevicesAssignmentTarget", "all users": "allLicensedUsersAssignmentTarget"}
    rows = []
    for target in chosen:
        kind = "exclusionGroupAssignmentTarget" if target[0] == "-" else "groupAssignmentTarget"
        more = {} if target in whole else {"groupId": target.removeprefix("-")}
        rows.append(
            {"target": {"@odata.type": f"#microsoft.graph.{whole.get(target, kind)}", **more}}
        )  # fmt: skip
    return rows


def opened(story: Story) -> Tenant:
    documents: list[tuple[str, dict[str, Any]]] = [
        ("user", user("u1", userPrincipalName="u1@upn.example", mail="u1@mail.example")),
        ("user", user("u2", userPrincipalName="u2@upn.example", mail=None)),
        ("user", user("u3", userPrincipalName="u3@upn.example", mail="u3@mail.example")),
        ("template", template("t1")),
        ("template", template("t2")),
    ]
    documents += [("group", group(id, names)) for id, names in zip(GROUPS, story.groups, strict=True)]
    for number, id in enumerate(IDS):
        document = policy(id, platform=story.platforms[number])
        rows = [{"id": f"{id}/{position}", **row} for position, row in enumerate(story.schedules[number])]
        document["scheduledActionsForRule"][0]["scheduledActionConfigurations"] = rows
        document["assignments"] = assignments(story.targets[number])
        documents.append(("policy", document))
    for id, row in zip(DEVICES, story.devices, strict=False):
        more = {key: row[key] for key in ("authority", "online", "configManagerVerdict")}
        own = {"userId": row["user"], "userPrincipalName": f"{row['user']}@upn.example"}
        documents.append(
            ("device", device(id, platform=row["platform"], fails=row["fails"], document=own, **more))
        )
    organization = {"id": "o1", "displayName": "Contoso"}
    plain = {
        "deviceComplianceCheckinThresholdDays": 30,
        "isScheduledActionEnabled": True,
        "secureByDefault": False,
    }
    return Tenant(*documents, switches=story.switches, organization=organization, settings=plain, story="s")


class Life:
    """A story with its edits done one after the other; `effects` tells what each action's id stood for."""

    def __init__(self, story: Story) -> None:
        self.tenant = opened(story)
        self.store, self.world = self.tenant.store, self.tenant.world
        self.wire = Wire(Lab(self.store))
        self.effects: dict[str, str] = {}
        self._learn()

    def do(self, *edit: Any) -> None:
        match edit:
            case "wait", minutes:
                self.world.advance(self.world.now + timedelta(minutes=minutes))
            case "schedule", id, rows if self._has_parts_of_days(rows):
                # The service of 2019 knew whole days only.
                status, _ = self.wire.ask("POST", f"{POLICIES}/{id}/scheduleActionsForRules", schedule(*rows))
                assert status in (400, 404)
            case "schedule", id, rows:
                self._send("POST", f"{POLICIES}/{id}/scheduleActionsForRules", schedule(*rows))
            case "assign", id, chosen:
                self._send("POST", f"{POLICIES}/{id}/assign", {"assignments": assignments(chosen)})
            case "create", platform, rows if not self._has_parts_of_days(rows):
                kind = policy(platform=platform)["@odata.type"].rpartition(".")[2]
                body = new_policy(*rows, kind=kind, **{SETTING[platform]: True})
                made = self._send("POST", POLICIES, body)
                self._send(
                    "POST", f"{POLICIES}/{made['id']}/assign", {"assignments": assignments(["all devices"])}
                )
            case "delete", id:
                self._send("DELETE", f"{POLICIES}/{id}")
            case ("delete template",):
                self._send("DELETE", f"{TEMPLATES}/t2")
            case "join", id, names:
                self.store.put("group", id, group(id, names))
                self.world.group_changed(id)
            case "licence", id, licensed:
                self.tenant.change("user", id, lab={"licensed": licensed})
                self.world.settings_changed()
            case "settings", secure, scheduled, days:
                self.store.set_meta(
                    "settings",
                    {
                        "secureByDefault": secure,
                        "isScheduledActionEnabled": scheduled,
                        "deviceComplianceCheckinThresholdDays": days,
                    },
                )
                self.world.settings_changed()
            case verb, id, *more if self.store.get("device", id) is not None:
                self._to_device(verb, id, *more)
        self._learn()

    def _has_parts_of_days(self, rows: list[dict[str, Any]]) -> bool:
        is_of_2019 = rules.value(self.store, "ruleset") == "2019-11"
        return is_of_2019 and any(row["gracePeriodHours"] % 24 for row in rows)

    def _to_device(self, verb: str, id: str, *more: Any) -> None:
        match verb:
            case "break":
                try:
                    self.world.break_device(id)
                except UsageProblem:
                    return  # no policy asks anything of it
            case "fix":
                self.world.fix_device(id)
            case "mend":
                self.world.fix_device(id)
                self._to_device("check", id)
            case "error":
                platform = self.tenant.device(id)["lab"]["platform"]
                self.world.set_fact(id, SETTING[platform], {"error": 1})
            case "check" if self.tenant.device(id)["lab"]["online"]:
                self.world.check_in(id)
            case "offline" | "online":
                self.world.offline(id, verb == "offline")
            case "enrol":
                self.world.enrol(id)
            case "lock":
                self.world.queue_action(id, "remoteLock")
            case "confirm":
                self.world.confirm_retire([id])
            case "cancel":
                self.world.cancel_retire([id])
            case "force":
                self.world.force_state(id, *more)

    def _send(self, method: str, url: str, body: Any = None) -> Any:
        status, answer = self.wire.ask(method, url, body)
        assert status < 300 or status == 404, answer
        return answer

    def _learn(self) -> None:
        for document in self.store.all("policy"):
            for rule in document["scheduledActionsForRule"]:
                for row in rule["scheduledActionConfigurations"]:
                    rest = {key: value for key, value in row.items() if key != "id"}
                    self.effects[row["id"]] = json.dumps(rest, sort_keys=True)

    def fired(self) -> list[dict[str, Any]]:
        """The events of actions that fell due and were carried out, those by an administrator's hand left out."""
        return [event for event in self.tenant.events(*FIRED) if event["cause"] == "due"]


def lived(story: Story, steps: list[tuple[Any, ...]]) -> Iterator[Life]:
    """The tenant as it is after each step, and before the first."""
    life = Life(story)
    yield life
    for step in steps:
        life.do(*step)
        yield life


def whole(story: Story, steps: list[tuple[Any, ...]]) -> Life:
    *_, life = lived(story, steps)
    life.do("wait", 60 * 24 * 20)
    return life


def _device(platform: str, who: str, authority: str = "intune") -> dict[str, Any]:
    more = {"fails": True, "online": True, "configManagerVerdict": None}
    return {"platform": platform, "user": who, "authority": authority, **more}


BUSY_STORY = Story(
    devices=(
        _device("ios", "u1"),
        _device("ios", "u1", "partner"),
        _device("windows", "u2"),
        _device("ios", "u3"),
    ),
    groups=(["u1"], ["g1", "u3"], ["e-d1"]),
    platforms=("ios", "windows", "ios"),
    schedules=(
        [
            item("block", 0),
            item("notification", 0, "t1"),
            item("pushNotification", 0),
            item("remoteLock", 1),
            item("retire", 6),
            item("retire", 72),
        ],
        [
            item("block", 24),
            item("notification", 0, "t1", ("g1",)),
            item("remoteLock", 0),
            item("pushNotification", 0),
        ],
        [item("block", 0), item("notification", 6, "t2")],
    ),
    targets=(["all devices"], ["all devices"], ["all users", "-g2"]),
    switches={"cc-without-user-mail": "cc-only"},
)
BUSY_STEPS: list[tuple[Any, ...]] = [
    ("wait", 20),
    ("mend", "d1"),
    ("wait", 300),
    ("break", "d1"),
    ("check", "d1"),
    ("wait", 700),
    ("cancel", "d1"),
    ("offline", "d4"),
    ("error", "d3"),
    ("wait", 600),
    ("online", "d4"),
    ("wait", 6000),
    ("assign", "p3", ["all devices", "-g3"]),
    ("confirm", "d1"),
    ("cancel", "d1"),
    ("confirm", "d4"),
    ("force", "d3", "conflict"),
    ("wait", 1000),
    ("enrol", "d1"),
    ("wait", 6000),
]
"""A story and edits in which every kind of thing happens, so that no test depends on what chance brings."""


def in_every_tenant(test: Callable[[Story, list[tuple[Any, ...]]], None]) -> Callable[[], None]:
    return FEW(given(stories(), doings)(example(BUSY_STORY, BUSY_STEPS)(test)))


# What the service accepts


@FEW
@given(st.lists(st.builds(item, st.sampled_from(("block", "notification", "retire")), waits), max_size=4))
def test_V1_a_saved_policy_has_exactly_one_block_and_another_is_refused_in_the_documented_words(rows):
    wire = Wire(Lab(Tenant(("policy", policy("p1", onedevice.action("mark", 0))), story="s").store))
    is_right = sum(row["actionType"] == "block" for row in rows) == 1
    body = {
        **new_policy(),
        "scheduledActionsForRule": schedule(*rows)["deviceComplianceScheduledActionForRules"],
    }
    for url, sent in ((POLICIES, body), (f"{POLICIES}/p1/scheduleActionsForRules", schedule(*rows))):
        if is_right:
            assert wire.ask("POST", url, sent)[0] < 300
        else:
            assert wire.refused("POST", url, sent)[::2] == (400, documented.BLOCK.value)
    for document in wire.lab.store.all("policy"):
        kept = document["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
        assert [row["actionType"] for row in kept].count("block") == 1


@FEW
@given(st.integers(-10, 10000) | st.sampled_from((0, 8760, 8761, 1.5, "24", None, True, 2**40)))
def test_V2_hours_are_whole_numbers_from_0_to_8760(hours):
    wire = Wire(Lab(Tenant(story="s").store))
    is_right = type(hours) is int and 0 <= hours <= 8760
    status, _ = wire.ask("POST", POLICIES, new_policy(item("block", 0), item("retire", hours)))
    assert status == (201 if is_right else 400)
    assert len(wire.lab.store.all("policy")) == is_right


@FEW
@given(
    st.lists(
        st.tuples(st.just("add"), st.sampled_from(("en-us", "fr-fr", "de-de")), st.booleans())
        | st.tuples(
            st.sampled_from(("set", "unset", "delete")), st.sampled_from(("en-us", "fr-fr", "de-de"))
        ),
        max_size=10,
    )
)
def test_V11_a_template_never_loses_its_one_default_message(steps):
    wire = Wire(
        Lab(Tenant(("template", {**template("t1"), "localizedNotificationMessages": []}), story="s").store)
    )
    url = f"{TEMPLATES}/t1/localizedNotificationMessages"
    before = 0
    for verb, locale, *more in steps:
        at = f"{url}/t1_{locale}"
        match verb:
            case "add":
                text = {"locale": locale, "subject": "S", "messageTemplate": "B", "isDefault": more[0]}
                wire.ask("POST", url, text)
            case "set":
                wire.ask("PATCH", at, {"isDefault": True})
            case "unset":
                assert wire.ask("PATCH", at, {"isDefault": False})[0] in (400, 404)
            case "delete":
                wire.ask("DELETE", at)
        document = wire.lab.store.get("template", "t1")
        defaults = [row["isDefault"] for row in document["localizedNotificationMessages"]].count(True)
        assert before <= defaults <= 1
        before = defaults


# What the engine does


@in_every_tenant
def test_V3_an_action_fires_at_most_once_in_an_episode(story, steps):
    life = whole(story, steps)
    fired = [
        (event["deviceId"], event["policyId"], event["episode"], life.effects[event["actionId"]])
        for event in life.fired()
    ]
    assert len(fired) == len(set(fired))


@FEW
@given(stories(episodes=st.just("once")), doings)
@example(replace(BUSY_STORY, switches={"episodes": "once"}), BUSY_STEPS)
def test_V3_under_the_other_rule_an_action_fires_at_most_once_as_long_as_a_policy_is_assigned(story, steps):
    assume(story.switches.get("episodes") == "once")
    life = whole(story, steps)
    fired: set[tuple[str, str, str]] = set()
    for event in life.tenant.events(*FIRED, "unassigned"):
        pair = (event["deviceId"], event.get("policyId", ""))
        if event["what"] == "unassigned":
            fired = {row for row in fired if row[:2] != pair}
        elif event["cause"] == "due":
            row = (*pair, life.effects[event["actionId"]])
            assert row not in fired
            fired.add(row)


@in_every_tenant
def test_V4_nothing_fires_or_is_sent_for_a_record_that_is_not_noncompliant(story, steps):
    life = whole(story, steps)
    is_open: set[tuple[str, str]] = set()
    for event in life.tenant.events():
        key = (event["deviceId"], event.get("policyId", ""))
        match event["what"]:
            case "becameNoncompliant" | "marked" | "graceStarted":
                is_open.add(key)
            case "becameCompliant" | "errorHeld" | "unassigned":
                is_open.discard(key)
            case "mailQueued" | "mailSent" | "pushSent" | "retireListed":
                assert key in is_open
            case "lockQueued" if event["cause"] == "due":
                assert key in is_open


@in_every_tenant
def test_V5_in_grace_means_noncompliant_and_before_its_end_or_held_by_an_error(story, steps):
    for life in lived(story, steps):
        for record in life.store.all("record"):
            if record["actual"] == "error":
                held = record["heldEffective"] or "unknown"
                holds = story.switches.get("error-state") != "severity"
                assert record["effective"] == (held if holds else "error")
            elif record["effective"] == "inGracePeriod":
                assert record["actual"] == "nonCompliant"
                assert life.world.now < moment(record["graceExpires"])


@in_every_tenant
def test_V6_without_a_grace_period_nothing_is_ever_in_grace(story, steps):
    for life in lived(story, steps):
        for record in life.store.all("record"):
            if record["t0"] is not None and record["graceExpires"] == record["t0"]:
                assert record["effective"] != "inGracePeriod"
    for event in life.tenant.events("graceStarted"):
        assert event["at"] < event["until"]


STATES = {
    "unknown": "unknown",
    "compliant": "compliant",
    "inGracePeriod": "inGracePeriod",
    "error": "error",
}


def of_checks(life: Life, lab: dict[str, Any], hours: int) -> list[str]:
    """What the built-in checks contribute: by default noncompliant at once, under a switch after so many hours."""
    if not lab.get("failedChecks"):
        return []
    began = [] if hours == 0 else [moment(at) for at in lab["checksSince"].values()]
    in_grace = began and life.world.now < min(began) + timedelta(hours=hours)
    return ["inGracePeriod" if in_grace else "nonCompliant"]


@in_every_tenant
def test_V7_a_device_is_as_bad_as_the_worst_of_its_policies_and_built_in_checks(story, steps):
    hours = int(story.switches.get("built-in-grace-hours", "0"))
    for life in lived(story, steps):
        records = life.store.all("record")
        for found in life.store.all("device"):
            lab = found["lab"]
            if lab["authority"] != "intune" or lab.get("reported") is None or lab.get("forcedState"):
                continue
            held = [record["effective"] for record in records if record["deviceId"] == found["id"]]
            applicable = [status for status in held if status != "notApplicable"] or ["compliant"]
            worst = max([*applicable, *of_checks(life, lab, hours)], key=SEVERITY.__getitem__)
            assert found["complianceState"] == STATES.get(worst, "noncompliant")


@given(
    st.lists(st.sampled_from(list(SEVERITY)), min_size=1, max_size=5),
    st.sampled_from([status for status in SEVERITY if status != "notApplicable"]),
    st.booleans(),
)
def test_V7_a_further_applicable_policy_never_makes_a_device_better(held, further, secure):
    assume(any(status != "notApplicable" for status in held))
    badness = ("unknown", "compliant", "inGracePeriod", "noncompliant", "error")

    def state(contributions: list[str]) -> int:
        standing = device_state(
            contributions, secure_by_default=secure, last_contact=START, threshold_days=30, now=START
        )
        return badness.index(standing.state)

    assert state([*held, further]) >= state(held)


@in_every_tenant
def test_V8_only_what_is_compliant_in_grace_or_vouched_for_may_pass(story, steps):
    passing = {"compliant"}
    if story.switches.get("grace-is-compliant") != "false":
        passing.add("inGracePeriod")
    if story.switches.get("unknown-is-compliant") == "true":
        passing.add("unknown")
    for life in lived(story, steps):
        for found in life.store.all("device"):
            state, lab = found["complianceState"], found["lab"]
            passes = state in passing
            if state == "configManager":
                passes = lab["configManagerVerdict"] is True
            assert lab["isCompliant"] is passes


@in_every_tenant
def test_V9_mail_goes_to_the_mail_address_and_to_nobody_who_has_none(story, steps):
    life = whole(story, steps)
    for mail in life.tenant.mails():
        assert mail["to"] in ("u1@mail.example", "u3@mail.example", None)
        assert set(mail["cc"]) <= {"u1@mail.example", "u3@mail.example"}
        if mail["to"] is None:
            assert mail["userPrincipalName"] == "u2@upn.example"
            assert mail["cc"]
            assert story.switches["cc-without-user-mail"] == "cc-only"


@in_every_tenant
def test_V10_a_partners_device_gets_none_of_the_optional_actions_and_the_diary_says_so(story, steps):
    life = whole(story, steps)
    foreign = {id: row["authority"] for id, row in zip(DEVICES, story.devices, strict=False)}
    for event in life.fired():
        assert foreign[event["deviceId"]] == "intune"
    for event in life.tenant.events(*SUPPRESSED):
        if foreign[event["deviceId"]] != "intune":
            assert event["cause"] == "assigned"


@in_every_tenant
def test_V12_a_device_is_retired_only_after_an_explicit_confirmation(story, steps):
    life = whole(story, steps)
    confirmed: set[str] = set()
    for event in life.tenant.events("retireConfirmed", "retireCleared", "retired"):
        match event["what"]:
            case "retireConfirmed":
                confirmed.add(event["deviceId"])
            case "retireCleared":
                confirmed.discard(event["deviceId"])
            case "retired":
                assert event["deviceId"] in confirmed
                assert life.store.get("device", event["deviceId"]) is None


@in_every_tenant
def test_V13_an_action_that_a_platform_lacks_is_suppressed_with_a_reason_and_none_is_silent(story, steps):
    life = whole(story, steps)
    platforms = {id: row["platform"] for id, row in zip(DEVICES, story.devices, strict=False)}
    lacking = {"pushSent": ("windows", "macos"), "lockQueued": ("windows",)}
    for event in life.fired():
        assert platforms[event["deviceId"]] not in lacking.get(event["what"], ())
    told: dict[tuple[str, str], set[str]] = {}
    for event in life.tenant.events(*FIRED, *SUPPRESSED):
        if "actionId" in event:
            row = json.loads(life.effects[event["actionId"]])
            key = (event["deviceId"], event["policyId"])
            told.setdefault(key, set()).add(f"{event['action']}:{row['gracePeriodHours']}h")
    for record in life.store.all("record"):
        for _, key in record["fired"]:
            said = told.get((record["deviceId"], record["policyId"]), set())
            assert ":".join(key.split(":")[:2]) in said


@in_every_tenant
def test_V14_time_never_goes_back_and_the_same_doings_give_the_same_bytes(story, steps):
    contents = []
    for _ in range(2):
        life = whole(story, steps)
        contents.append("\n".join(life.store._connection.iterdump()))
    assert contents[0] == contents[1]
    times = [event["at"] for event in life.tenant.events()]
    assert times == sorted(times)


@in_every_tenant
def test_V15_a_cleared_device_is_listed_again_only_by_another_firing(story, steps):
    for life in lived(story, steps):
        listed = {entry["deviceId"] for entry in life.store.all("retire") if entry["state"] != "cleared"}
        by_log: set[str] = set()
        firings = []
        for event in life.tenant.events("retireListed", "retireCleared", "retired"):
            if event["what"] == "retireListed":
                assert event["deviceId"] not in by_log
                by_log.add(event["deviceId"])
                effect = life.effects[event["actionId"]]
                firings.append((event["deviceId"], event["policyId"], event["episode"], effect))
            else:
                by_log.discard(event["deviceId"])
        assert listed == by_log
        assert len(firings) == len(set(firings))


@in_every_tenant
def test_V16_steady_check_ins_are_at_least_390_minutes_apart(story, steps):
    for life in lived(story, steps):
        for found in life.store.all("device"):
            lab = found["lab"]
            upcoming, last = moment(lab.get("nextCheckin")), moment(lab.get("lastMaintenance"))
            enrolled = moment(found["enrolledDateTime"])
            if upcoming is None or last is None or lab.get("syncDue") == lab.get("nextCheckin"):
                continue
            if upcoming > enrolled + timedelta(minutes=135):
                assert upcoming - last >= MAINTENANCE_GAP


def closure(life: Life, id: str, seen: frozenset[str] = frozenset()) -> set[str]:
    found: set[str] = set()
    for member in life.store.get("group", id)["lab"]["members"]:
        if member["type"] != "group":
            found.add(member["id"])
        elif member["id"] not in seen:
            found |= closure(life, member["id"], seen | {id})
    return found


@in_every_tenant
def test_V18_exclusion_beats_inclusion_for_every_policy_user_and_device(story, steps):
    for life in lived(story, steps):
        excluded = {
            document["id"]: set().union(
                *(
                    closure(life, row["target"]["groupId"])
                    for row in document["assignments"]
                    if row["target"]["@odata.type"].endswith("exclusionGroupAssignmentTarget")
                )
            )
            for document in life.store.all("policy")
        }
        for record in life.store.all("record"):
            found = life.tenant.device(record["deviceId"])
            assert found["userId"] not in excluded[record["policyId"]]
            assert found["lab"]["entraObjectId"] not in excluded[record["policyId"]]


# The log of events


@in_every_tenant
def test_every_event_has_its_time_and_cause_and_what_did_not_happen_its_reason(story, steps):
    life = whole(story, steps)
    for event in life.tenant.events():
        assert moment(event["at"]) is not None
        assert event["cause"]
        assert event["deviceId"] in DEVICES
        if event["what"] in (*SUPPRESSED, "dropped", "stale"):
            assert event["reason"]
        assert None not in event.values()


@FEW
@given(stories(), st.lists(st.integers(1, 9000), min_size=1, max_size=5))
def test_many_small_steps_lead_where_one_large_one_does(story, minutes):
    assume("retroactive-actions" not in story.switches)
    parts, once = Life(story), Life(story)
    for passed in minutes:
        parts.do("wait", passed)
    once.do("wait", sum(minutes))
    assert parts.tenant.dump() == once.tenant.dump()
    assert parts.store.all("device") == once.store.all("device")
    assert parts.store.all("record") == once.store.all("record")


def test_the_rules_that_stories_are_drawn_with_exist():
    known = {rule.name: rule for rule in rules.RULES}
    for name, words in SWITCHES.items():
        assert set(words) <= {str(word).lower() for word in known[name].values} or known[name].is_number
