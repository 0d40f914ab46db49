"""Whom a policy is for, in a few words."""

from __future__ import annotations

import pytest

from toolkit.commands.policy.targets import named, short
from toolkit.model.device import Group
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, EXCLUDE, GROUP, Assignment


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (None, ""),
        ((), "nobody"),
        ((Assignment(EXCLUDE, "a"),), "nobody"),
        ((Assignment(ALL_USERS),), "All users"),
        ((Assignment(ALL_DEVICES), Assignment(ALL_USERS)), "All users, All devices"),
        ((Assignment(GROUP, "a"),), "1 group"),
        ((Assignment(GROUP, "a"), Assignment(GROUP, "b"), Assignment(EXCLUDE, "c")), "2 groups, 1 excluded"),
        (
            (Assignment("configurationManagerCollectionAssignmentTarget"),),
            "configurationManagerCollectionAssignmentTarget",
        ),
    ],
)
def test_assignments_are_said_in_a_few_words(assignments: tuple[Assignment, ...] | None, words: str) -> None:
    assert short(assignments) == words


def test_a_group_that_is_gone_keeps_its_id() -> None:
    groups = {"a": Group("a", "Finance")}
    assert [named(Assignment(GROUP, id), groups) for id in ("a", "b")] == ["Finance", "b (not found)"]
