"""grace lab signin: the words on the screen, and that they are the lab's own."""

from __future__ import annotations

import pytest

from harness import Grace
from toolkit.commands.lab import signin
from toolkit.forecast import access_effect
from toolkit.lab import signins
from toolkit.lab.contract import members_of
from toolkit.model.access import CONTROLS, LEGACY_CLIENTS, MODERN_CLIENTS
from toolkit.model.data.enums import words


def test_the_words_that_can_be_typed_are_those_of_the_lab() -> None:
    assert set(signin.CLIENTS) == set(signins.CLIENTS)
    assert set(signin.FLOWS) == set(signins.FLOWS)
    assert {signins._platform(word, None).lower() for word in signin.PLATFORMS} == set(signin.PLATFORMS)
    assert set(signin.CLIENT_WORDS) == MODERN_CLIENTS | LEGACY_CLIENTS


def test_every_control_and_every_reason_has_words() -> None:
    assert [name for name in CONTROLS if signin.control_words(name) == name] == []
    assert signin.control_words("mfa") == words("conditionalAccessGrantControl", "mfa")
    named = {name for name, _ in access_effect._CONDITIONS}
    assert named | {access_effect.NOT_SET, access_effect.INVALID, access_effect.NOT_ENABLED} == set(
        signin.REASONS
    )
    assert set(signin.REASONS) <= set(members_of("whatIfAnalysisReasons", "v1.0")[1])


def test_a_blocked_sign_in_names_the_policy_and_what_is_missing(grace: Grace) -> None:
    screen = grace.ok("lab signin --user chiara.ricci@contoso.example --platform linux").stdout
    assert "Blocked" in screen
    assert "Require a compliant device for all apps" in screen
    assert "Require device to be marked as compliant" in screen
    assert "User action required" in screen


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("--user 'Ada Novak' --device WIN-0001", "granted"),
        ("--user 'Ada Novak' --device WIN-0001 --client legacy", "blocked"),
        ("--user 'Ada Novak' --device WIN-0001 --flow device-code", "blocked"),
        ("--user 'Ada Novak' --device WIN-0001 --platform unknown", "blocked"),
        ("--user 'Ada Novak' --app intune-enrollment", "granted"),
        ("--user 'Ada Novak' --app 11111111-2222-4333-8444-555555555555", "blocked"),
        ("--user 'Break Glass'", "granted"),
    ],
)
def test_each_flag_counts(grace: Grace, line: str, outcome: str) -> None:
    answer = grace.json(f"lab signin {line}")
    assert (answer["schema"], answer["outcome"]) == ("grace/signin/1", outcome)


def test_mfa_satisfies_an_or_that_an_unknown_device_does_not(grace: Grace) -> None:
    line = "lab signin --user 'Chiara Ricci' --platform ios"
    assert [row["result"] for row in grace.json(line)["policies"]] == ["notApplied", "userActionRequired"]
    assert [row["result"] for row in grace.json(f"{line} --mfa")["policies"]] == ["notApplied", "success"]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("--user nobody@contoso.example", 3, 'no user "nobody@contoso.example"'),
        ("--user 'Ada Novak' --device WIN-9999", 3, "WIN-9999"),
        ("--user 'Ada Novak' --client telnet", 2, "telnet"),
        ("", 2, "--user"),
    ],
)
def test_what_is_wrong_is_said(grace: Grace, line: str, code: int, said: str) -> None:
    answer = grace.run(f"lab signin {line}")
    assert answer.code == code
    assert said in answer.stderr


def test_a_row_for_scripts_and_a_page_for_people(grace: Grace) -> None:
    line = "lab signin --user 'Ada Novak' --device WIN-0001"
    assert grace.ok(f"{line} -o csv").stdout.splitlines()[1].startswith("Granted,,,Ada Novak")
    assert "| Result | Granted |" in grace.ok(f"{line} -o markdown").stdout


def test_a_word_that_is_no_application_is_refused_and_the_nearest_is_named(grace: Grace) -> None:
    for word in ("All", "Office365", "sharepont"):
        done = grace.run(f"lab signin --user 'Ada Novak' --app {word}")
        assert done.code == 2
        assert f'"{word}" is no application.' in done.stderr
    assert "sharepoint" in done.stderr
