"""The words of the lab's verbs, compared with the lab itself."""

from __future__ import annotations

from datetime import timedelta

from toolkit.commands.lab import init, log
from toolkit.lab.app import create_lab
from toolkit.lab.tenants import STORIES


def test_init_offers_every_story_that_there_is() -> None:
    assert set(init.STORIES) == set(STORIES)


def test_everything_that_happens_in_two_months_of_the_story_has_words() -> None:
    lab = create_lab(":memory:")
    lab.world.advance(lab.world.now + timedelta(days=60))
    happened = {event["what"] for event in log.events(lab.store)}
    lab.store.close()
    assert {"marked", "mailSent", "lockDone", "retireListed", "pushSuppressed"} <= happened <= set(log.WORDS)


def test_events_are_counted_the_most_frequent_first_and_an_unknown_one_by_its_name() -> None:
    found = [{"what": what} for what in ("marked", "mailSent", "mailSent", "novelty")]
    assert log.counted(found) == "mails sent: 2, marked noncompliant: 1, novelty: 1"


def test_what_did_not_happen_is_told_with_its_reason() -> None:
    events = [
        {"what": "mailSuppressed", "reason": "noMail", "cause": "due"},
        {"what": "marked", "cause": "graceEnded"},
    ]
    assert [row["why"] for row in log.rows(events)] == ["noMail", "graceEnded"]
