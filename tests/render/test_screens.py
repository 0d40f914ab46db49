"""Problems, findings and what a plan will touch, on the screen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from render.examples import COLOR, HARMFUL, HOSTILE, NOW, PIPE, TERMINAL
from toolkit.errors import Ambiguous, GraphProblem, NotFound
from toolkit.forecast.impact import Exposure, compare
from toolkit.forecast.timeline import AFTER_MARK, FIRST_NONCOMPLIANCE
from toolkit.model.schedule import EMAIL, LOCK, RETIRE, Action, Schedule, mark
from toolkit.planning.change import Finding
from toolkit.render.finding import finding_text
from toolkit.render.impact import impact_lines
from toolkit.render.problem import problem_json, problem_text
from toolkit.render.theme import Look, cells
from toolkit.render.timeline import moment_words

NARROW = Look(40, color=False, unicode=True)
SCHEDULE = Schedule(
    (mark(72), Action(EMAIL, 48, "t1", ("g1", "g2")), Action(LOCK, 168, id="x"), Action(RETIRE, 720))
)


def test_a_problem_is_a_sentence_a_way_out_and_the_request():
    problem = GraphProblem(
        'The service refused "\x1b[31m".', status=400, hint="Try again.", request_id="abc-1"
    )
    assert (
        problem_text(problem, PIPE)
        == 'Error: The service refused "\\x1b[31m".\nHint: Try again.\nRequest: abc-1\n'
    )
    assert problem_text(NotFound("No such policy."), COLOR) == "\x1b[31mError\x1b[0m: No such policy.\n"


def test_a_problem_is_folded_under_its_beginning():
    assert problem_text(
        Ambiguous('"Windows" matches 3 policies, use an id.', hint="a " * 29 + "a"), NARROW
    ) == (
        'Error: "Windows" matches 3 policies, use\n       an id.\n'
        "Hint: a a a a a a a a a a a a a a a a a\n      a a a a a a a a a a a a a\n"
    )


def test_a_problem_for_programs_is_one_object_on_one_line():
    problem = GraphProblem("No\n\u202e.", status=409, graph_code="Conflict", hint="Wait.", request_id="abc-1")
    text = problem_json(problem)
    assert text.count("\n") == 1
    assert not HARMFUL.intersection(text)
    assert json.loads(text) == {
        "error": {
            "code": "GraphProblem",
            "message": "No\n\u202e.",
            "hint": "Wait.",
            "requestId": "abc-1",
            "status": 409,
            "graphCode": "Conflict",
        }
    }


def test_findings_stand_under_their_severity_the_gravest_first():
    findings = (
        Finding("warning", "portal-step", "Not a multiple of 6 hours.", "use 6h", "W\n"),
        Finding("odd", "new-kind", "Unknown severities are notes."),
        Finding("error", "no-default", "No default message."),
    )
    assert finding_text(findings, PIPE) == (
        "Errors\n  x no-default  No default message.\n\n"
        "Warnings\n  ! portal-step  W\\n: Not a multiple of 6 hours.\n                 → use 6h\n\n"
        "Notes\n  - new-kind  Unknown severities are notes.\n"
    )
    assert finding_text((), PIPE) == ""


def exposure(number, **more):
    known = Exposure(
        f"d{number}", f"PC-{number}", "p1", f"user{number}", True, False, "ios", NOW, "first report"
    )
    return replace(known, **more)


EXPOSURES = (
    exposure(1),
    exposure(2, since=NOW - timedelta(days=1), has_mail=False),
    exposure(3, device_name="[/red]\x1b", platform="windows", user=""),
    exposure(4, policy_id="p2", is_partner=True),
    exposure(5, since=None, derived="not known: it never reported"),
)
SCHEDULES = {"p1": SCHEDULE, "p2": Schedule((mark(24),))}
POLICIES = {"p1": "[ios] Baseline"}


def test_a_plan_says_what_it_does_at_once_and_what_it_changes():
    old = tuple(replace(e, since=NOW - timedelta(days=5)) for e in EXPOSURES[:2])
    before = {"p1": Schedule((mark(720),))}
    change = compare(
        before,
        {"p1": Schedule((mark(72), Action(LOCK, 24)))},
        old,
        now=NOW,
        days=30,
        reading=FIRST_NONCOMPLIANCE,
    )
    assert impact_lines(change, PIPE, POLICIES) == (
        "    At once: Mark device noncompliant (2 devices), Remotely lock the noncompliant device (2 devices).",
        '      PC-1 of user1: Mark device noncompliant ("[ios] Baseline")',
        '      PC-2 of user2: Mark device noncompliant ("[ios] Baseline")',
        '      PC-1 of user1: Remotely lock the noncompliant device ("[ios] Baseline")',
        "      and 1 more",
        f"    {change.assumption}",
        "    Within 30 days: 2 devices, 2 people, 0 mails; without the change 2 devices, 2 people, 0 mails.",
        "    Because of the change: 2 more lock.",
        '    First: 2026-11-02T08:00:00Z, PC-1 of user1: Mark device noncompliant ("[ios] Baseline")',
    )


def test_a_change_that_touches_nobody_differently_says_so():
    change = compare(SCHEDULES, SCHEDULES, EXPOSURES, now=NOW, days=30, reading=FIRST_NONCOMPLIANCE)
    assert impact_lines(change, PIPE, POLICIES) == (
        "    Within 30 days: 4 devices, 3 people, 1 mail, as without the change.",
        "    1 device cannot be foretold.",
    )


def test_a_change_whose_effect_cannot_be_foretold_does_not_say_that_there_is_none():
    lost = [exposure(n, since=None, derived="not known") for n in (1, 2)]
    change = compare(SCHEDULES, SCHEDULES, lost, now=NOW, days=30, reading=FIRST_NONCOMPLIANCE)
    assert impact_lines(change, PIPE, POLICIES) == (
        "    Within 30 days: nothing that can be foretold.",
        "    2 devices cannot be foretold.",
    )


def test_devices_that_share_name_and_user_are_counted_each():
    twins = [exposure(0, device_id="", since=NOW - timedelta(days=5), twin=n) for n in (0, 1, 2)]
    told = compare(
        {"p1": Schedule((mark(720),))},
        {"p1": Schedule((mark(72),))},
        twins,
        now=NOW,
        days=30,
        reading=FIRST_NONCOMPLIANCE,
    )
    lines = impact_lines(told, PIPE, POLICIES)
    assert lines[0] == "    At once: Mark device noncompliant (3 devices)."
    assert (
        lines[4]
        == "    Within 30 days: 3 devices, 1 person, 0 mails; without the change 3 devices, 1 person, 0 mails."
    )


def test_a_moment_is_iso_for_programs_and_to_the_minute_for_people():
    at = NOW + timedelta(seconds=30)
    assert (moment_words(at, PIPE), moment_words(at, TERMINAL)) == (
        "2026-11-02T08:00:30Z",
        "2026-11-02 08:00",
    )


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("look", [TERMINAL, NARROW, PIPE])
def test_no_name_gets_harm_onto_a_screen_or_widens_it(name, look):
    named = [
        replace(e, device_name=name, user=name, policy_id=p, derived=name)
        for e in EXPOSURES
        for p in ("p1", "p2")
    ]
    change = compare({}, SCHEDULES, named, now=NOW + timedelta(days=9), days=30, reading=AFTER_MARK)
    text = "".join(
        (
            problem_text(NotFound(name, hint=name, detail={"requestId": name}), look),
            finding_text((Finding("error", "code", name, name, name),), look),
            "\n".join(impact_lines(change, look, {"p1": name})),
        )
    )
    assert not HARMFUL.intersection(text)
    assert look.width is None or max(cells(line) for line in text.split("\n")) <= look.width
