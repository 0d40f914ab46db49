"""May this plan be carried out? A pure decision from its risk, its findings and the flags."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.errors import ConfirmationNeeded, GraceProblem, InUse, InvalidContent
from toolkit.planning.change import Plan, Risk
from toolkit.planning.checks import ERROR, IN_USE


@dataclass(frozen=True, slots=True)
class Flags:
    """`force` is None where absent, "" where it stands alone, else the name or count that is meant."""

    yes: bool = False
    force: str | None = None


@dataclass(frozen=True, slots=True)
class Proceed:
    pass


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a yes; nothing else but a yes will do."""

    sentence: str


@dataclass(frozen=True, slots=True)
class AskForName:
    """Ask for a word that shows that the right thing is meant: a name, or the count."""

    sentence: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    problem: GraceProblem


Decision = Proceed | Ask | AskForName | Refuse


def expected_words(plan: Plan) -> tuple[str, ...]:
    """What `--force` or the question accepts: the name of the one thing, or the number of changes."""
    # Two things may share a name, and then the name does not show that both are meant.
    things = {(change.target.id, change.target.name) for change in plan.changes}
    count = str(len(plan.changes))
    return (plan.changes[0].target.name, count) if len(things) == 1 else (count,)


def decide(plan: Plan, flags: Flags, *, can_ask: bool) -> Decision:
    if not plan.changes:
        return Proceed()
    errors = [finding for finding in plan.findings if finding.severity == ERROR]
    if errors and flags.force is None:
        kind = InUse if errors[0].code == IN_USE else InvalidContent
        return Refuse(kind(errors[0].sentence, hint=errors[0].way_out or "--force applies it all the same."))
    if flags.force and not _is_meant(plan, flags.force):
        return Refuse(
            ConfirmationNeeded(
                f'--force says "{flags.force}", but this plan is about {_in_words(expected_words(plan))}.',
                hint="Nothing was changed. Look at the plan once more.",
            )
        )
    if plan.risk is Risk.HIGH:
        return _high(plan, flags, can_ask)
    if plan.risk is Risk.LOW or flags.yes or flags.force is not None:
        return Proceed()
    what = f"these {len(plan.changes)} changes" if len(plan.changes) > 1 else "this change"
    if can_ask:
        return Ask(f"Apply {what} to {plan.tenant.name}?")
    return Refuse(
        ConfirmationNeeded(
            f"{what.capitalize()} would reach people or devices, and nobody can be asked here.",
            hint="Add --yes to apply it, or --what-if to see it.",
        )
    )


def _is_meant(plan: Plan, word: str) -> bool:
    return word.casefold() in {expected.casefold() for expected in expected_words(plan)}


def _high(plan: Plan, flags: Flags, can_ask: bool) -> Decision:
    expected = expected_words(plan)
    if flags.force:
        return Proceed()
    if can_ask:
        return AskForName(f"This is high risk. Type {_in_words(expected)} to apply it", expected)
    shown = f'"{expected[0]}"' if " " in expected[0] or not expected[0].isalnum() else expected[0]
    return Refuse(
        ConfirmationNeeded(
            "This is high risk, and nobody can be asked here.",
            hint=f"Say what you mean: --force {shown}. --what-if shows the plan.",
        )
    )


def _in_words(expected: tuple[str, ...]) -> str:
    if len(expected) == 1:
        return f"{expected[0]}, the number of changes" if expected[0].isdecimal() else f'"{expected[0]}"'
    return f'"{expected[0]}" or {expected[-1]}'
