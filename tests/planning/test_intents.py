"""What a user may want done to a schedule or a template: done as asked, or refused with the value as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import SOME, ids, schedules, unknown, waits
from toolkit.errors import Ambiguous, GraceProblem, InvalidContent, InvalidSchedule, NotFound
from toolkit.model.schedule import EMAIL, LOCK, MARK, PUSH, RETIRE, Action, Schedule, mark
from toolkit.model.template import Message, Template
from toolkit.planning import intents

MAIL = Action(EMAIL, 72, "t1", ("g1",), id="A1", extra={"xNew": 1})
RETIREMENT = Action(RETIRE, 720, id="b2")
SCHEDULE = Schedule((mark(24), MAIL, RETIREMENT))
ENGLISH, FRENCH = Message("en-us", "Hello", "Body", True, "m1"), Message("fr-fr", "Bonjour", "Corps", id="m2")
TEMPLATE = Template("T", messages=(ENGLISH, FRENCH), id="t1")


def test_an_added_action_takes_its_place_in_time_and_the_others_stay():
    lock = Action(LOCK, 100)
    assert intents.add(SCHEDULE, lock).actions == (mark(24), MAIL, lock, RETIREMENT)


@pytest.mark.parametrize("twin", [MAIL, replace(MAIL, id=None, extra={}), Action(EMAIL, 72, "t1", ("g1",))])
def test_adding_the_same_action_again_changes_nothing(twin):
    assert intents.add(SCHEDULE, twin) is SCHEDULE


def test_the_order_of_recipients_does_not_make_another_action():
    both = Schedule((mark(), Action(EMAIL, 1, "t", ("a", "b"))))
    assert intents.add(both, Action(EMAIL, 1, "t", ("b", "a"))) is both


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (mark(48), "A schedule has exactly one mark action already."),
        (Action(EMAIL, 5), "The email after 5h names no template."),
        (Action(LOCK, 8761), "Remotely lock the noncompliant device after 8761 hours is out of range."),
        (Action(LOCK, -1), "Remotely lock the noncompliant device after -1 hours is out of range."),
    ],
)
def test_an_action_that_breaks_a_rule_is_not_added(action, sentence):
    with pytest.raises(InvalidSchedule) as caught:
        intents.add(SCHEDULE, action)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("1", mark(24)),
        ("3", RETIREMENT),
        (" 2 ", MAIL),
        ("email", MAIL),
        ("RETIRE", RETIREMENT),
        ("a1", MAIL),
        ("mark", mark(24)),
    ],
)
def test_an_action_is_picked_by_number_id_or_kind(which, expected):
    assert intents.pick(SCHEDULE, which) == expected


@pytest.mark.parametrize(
    ("which", "kind", "message", "hint"),
    [
        (
            "0",
            NotFound,
            "There is no action 0: the schedule has 3.",
            "It has: 1 mark 1d, 2 email 3d, 3 retire 30d.",
        ),
        (
            "4",
            NotFound,
            "There is no action 4: the schedule has 3.",
            "It has: 1 mark 1d, 2 email 3d, 3 retire 30d.",
        ),
        (
            "lock",
            NotFound,
            "The schedule has no lock action.",
            "It has: 1 mark 1d, 2 email 3d, 3 retire 30d.",
        ),
        (
            "emial",
            NotFound,
            'No action is called "emial".',
            "Did you mean email? It has: 1 mark 1d, 2 email 3d, 3 retire 30d.",
        ),
        pytest.param(
            "9" * 5000,
            NotFound,
            f'No action is called "{"9" * 5000}".',
            "It has: 1 mark 1d, 2 email 3d, 3 retire 30d.",
            id="thousands of digits",
        ),
        ("-1", NotFound, 'No action is called "-1".', "It has: 1 mark 1d, 2 email 3d, 3 retire 30d."),
    ],
)
def test_an_action_that_is_not_there_is_answered_with_those_that_are(which, kind, message, hint):
    with pytest.raises(kind) as caught:
        intents.pick(SCHEDULE, which)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_kind_of_which_there_are_several_must_be_numbered():
    with pytest.raises(Ambiguous) as caught:
        intents.pick(SCHEDULE.with_action(Action(EMAIL, 5, "t")), "email")
    assert caught.value.message == "The schedule has 2 email actions."


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"after": 0}, Action(EMAIL, 0, "t1", ("g1",))),
        ({"template_id": "t2"}, Action(EMAIL, 72, "t2", ("g1",))),
        ({"cc_group_ids": ()}, Action(EMAIL, 72, "t1")),
        ({}, MAIL),
    ],
)
def test_an_edit_changes_what_is_said_and_keeps_the_rest(new, expected):
    edited = intents.edit(SCHEDULE, MAIL, **new)
    assert edited == Schedule((mark(24), expected, RETIREMENT))
    assert edited.of_kind(EMAIL)[0].extra == {"xNew": 1}


@pytest.mark.parametrize(
    ("action", "new", "sentence"),
    [
        (RETIREMENT, {"template_id": "t"}, "Only an email has a template and recipients; this is retire."),
        (RETIREMENT, {"cc_group_ids": ()}, "Only an email has a template and recipients; this is retire."),
        (RETIREMENT, {"after": 8761}, "Add device to retire list after 8761 hours is out of range."),
    ],
)
def test_an_edit_that_breaks_a_rule_is_refused(action, new, sentence):
    with pytest.raises(InvalidSchedule) as caught:
        intents.edit(SCHEDULE, action, **new)
    assert caught.value.message == sentence


def test_an_edit_that_would_make_two_actions_the_same_is_refused():
    schedule = SCHEDULE.with_action(Action(RETIRE, 24))
    with pytest.raises(InvalidSchedule) as caught:
        intents.edit(schedule, RETIREMENT, after=24)
    assert caught.value.message == "The schedule has the same retire after 1d already."


def test_the_mark_can_be_moved_but_not_removed():
    assert intents.edit(SCHEDULE, SCHEDULE.mark, after=0).grace == 0
    with pytest.raises(InvalidSchedule) as caught:
        intents.remove(SCHEDULE, SCHEDULE.mark)
    assert caught.value.message == "The mark action cannot be removed: its wait is the grace period."


def test_a_removed_action_is_gone_and_the_others_stay():
    assert intents.remove(SCHEDULE, MAIL).actions == (mark(24), RETIREMENT)


def test_a_copy_has_the_same_effect_and_no_ids():
    copy = intents.copied(SCHEDULE, "windows", "P")
    assert copy == SCHEDULE
    assert [action.id for action in copy.actions] == [None, None, None]
    assert copy.actions[1].extra == {"xNew": 1}


@pytest.mark.parametrize(
    ("kind", "platform", "message"),
    [
        (LOCK, "windows", 'Policy "P" is for Windows 10 and later, where Intune cannot lock devices.'),
        (PUSH, "macos", 'Policy "P" is for macOS, where Intune cannot push notifications.'),
        (RETIRE, "linux", 'Policy "P" is for Linux, where Intune cannot list devices for retirement.'),
        ("wipe", "ios", 'Policy "P" cannot be given "wipe": Intune offers no such action.'),
    ],
)
def test_an_action_that_a_platform_lacks_is_refused(kind, platform, message):
    with pytest.raises(InvalidSchedule) as caught:
        intents.copied(Schedule((mark(), Action(kind, 1))), platform, "P")
    assert caught.value.message == message


def test_a_platform_that_grace_does_not_know_is_not_second_guessed():
    intents.supported(LOCK, "visionOSCompliancePolicy", "P")


Edit = st.one_of(
    st.tuples(
        st.just("add"),
        st.builds(
            Action,
            st.sampled_from([MARK, EMAIL, LOCK, PUSH, RETIRE]),
            st.integers(-5, 9000),
            st.none() | ids,
            extra=unknown,
        ),
    ),
    st.tuples(st.just("edit"), st.integers(0, 9), st.none() | st.integers(-5, 9000), st.none() | ids),
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("copy"), st.sampled_from(["ios", "windows", "linux"])),
)


def _edited(schedule: Schedule, step: tuple) -> Schedule:  # type: ignore[type-arg]
    match step:
        case ("add", action):
            return intents.add(schedule, action)
        case ("edit", n, after, template_id):
            action = schedule.actions[n % len(schedule.actions)]
            return intents.edit(schedule, action, after=after, template_id=template_id)
        case ("remove", n):
            return intents.remove(schedule, schedule.actions[n % len(schedule.actions)])
        case (_, platform):
            return intents.copied(schedule, platform, "P")


@SOME
@given(schedules(), st.lists(Edit, max_size=12))
def test_any_sequence_of_edits_keeps_the_rules_and_a_refused_one_changes_nothing(schedule, steps):
    for step in steps:
        before = repr(schedule)
        try:
            new = _edited(schedule, step)
        except GraceProblem:
            new = schedule
        assert repr(schedule) == before
        schedule = new
        assert [action.kind for action in schedule.actions].count(MARK) == 1
        assert all(0 <= action.after <= 8760 for action in schedule.actions)
        assert all(action.template_id is not None for action in schedule.actions if action.kind == EMAIL)
        assert [action.after for action in schedule.actions] == sorted(
            action.after for action in schedule.actions
        )


@SOME
@given(schedules(), waits)
def test_removing_what_was_added_gives_the_schedule_back(schedule, after):
    bigger = intents.add(schedule, Action(LOCK, after))
    if bigger is not schedule:
        added = next(a for a in bigger.actions if all(a is not other for other in schedule.actions))
        assert intents.remove(bigger, added) == schedule


@pytest.mark.parametrize(
    ("text", "locale"),
    [("fr-FR", "fr-fr"), ("fr_FR", "fr-fr"), (" EN-us ", "en-us"), ("sr-Latn-RS", "sr-latn-rs")],
)
def test_a_locale_is_read_in_any_spelling(text, locale):
    assert intents.locale_of(text) == locale


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("fr", "Nearest: fr-fr, fr-ca."),
        ("xx", "Intune has 38 locales, such as en-us, fr-fr and de-de."),
    ],
)
def test_a_locale_that_intune_lacks_is_answered_with_the_nearest(text, hint):
    with pytest.raises(InvalidContent) as caught:
        intents.locale_of(text)
    assert (caught.value.message, caught.value.hint) == (f'"{text}" is not a locale that Intune has.', hint)


def test_the_first_message_becomes_the_default():
    template = intents.localize(Template("T"), "FR_fr", "Bonjour", "Corps", None)
    assert template.messages == (Message("fr-fr", "Bonjour", "Corps", True),)


@pytest.mark.parametrize(
    ("locale", "subject", "body", "default", "expected"),
    [
        ("de-de", "Hallo", "Text", None, (Message("de-de", "Hallo", "Text"), ENGLISH, FRENCH)),
        (
            "de-de",
            "Hallo",
            "Text",
            True,
            (Message("de-de", "Hallo", "Text", True), replace(ENGLISH, is_default=False), FRENCH),
        ),
        ("fr-fr", "Salut", None, None, (ENGLISH, Message("fr-fr", "Salut", "Corps"))),
        ("fr-fr", None, None, True, (replace(ENGLISH, is_default=False), replace(FRENCH, is_default=True))),
        ("en-us", None, "New", False, (Message("en-us", "Hello", "New", True), FRENCH)),
        ("en-us", None, None, None, (ENGLISH, FRENCH)),
    ],
)
def test_a_message_is_added_or_changed_and_one_stays_the_default(locale, subject, body, default, expected):
    template = intents.localize(TEMPLATE, locale, subject, body, default)
    assert template.messages == expected


def test_a_changed_message_keeps_its_id_and_what_grace_does_not_know():
    old = replace(FRENCH, extra={"xNew": 1})
    template = intents.localize(replace(TEMPLATE, messages=(ENGLISH, old)), "fr-fr", "Salut", None, None)
    message = template.message("fr-fr")
    assert message is not None
    assert (message.id, message.extra) == ("m2", {"xNew": 1})


@pytest.mark.parametrize(
    ("subject", "body", "missing"),
    [(None, "m", "--subject"), ("s", None, "--message"), (None, None, "--subject")],
)
def test_a_new_message_needs_subject_and_text(subject, body, missing):
    with pytest.raises(InvalidContent) as caught:
        intents.localize(TEMPLATE, "de-de", subject, body, None)
    assert caught.value.message == f'Template "T" has no de-de message yet, so it needs {missing} too.'


def test_a_message_that_is_not_the_default_is_removed():
    assert intents.unlocalize(TEMPLATE, "fr_FR") == replace(TEMPLATE, messages=(ENGLISH,))


@pytest.mark.parametrize(
    ("template", "locale", "kind", "hint"),
    [
        (TEMPLATE, "de-de", NotFound, "It has: en-us, fr-fr."),
        (Template("T"), "de-de", NotFound, "It has: no messages."),
        (
            TEMPLATE,
            "en-us",
            InvalidContent,
            "Make another the default first: grace template localize NAME --locale fr-fr --default",
        ),
        (
            Template("T", messages=(ENGLISH,)),
            "en-us",
            InvalidContent,
            "It is the only message. Remove the whole template with: grace template remove NAME",
        ),
    ],
)
def test_the_default_message_and_one_that_is_not_there_cannot_be_removed(template, locale, kind, hint):
    with pytest.raises(kind) as caught:
        intents.unlocalize(template, locale)
    assert caught.value.hint == hint
