"""Carrying out a plan: re-read, compare, write down, send, read back. The only caller of `graph.writes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from toolkit.apply.journal import DONE, FAILED, NOT_DONE, PARTLY, UNCONFIRMED, Entry, Item, Journal
from toolkit.errors import GraceProblem, GraphProblem, PartlyApplied, StalePlan, StorageProblem, Unconfirmed
from toolkit.graph.reads import Observed, Tenant
from toolkit.graph.writes import Receipt, perform, recreated
from toolkit.model.policy import Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template
from toolkit.planning.change import (
    REQUEST,
    TEST_MAIL,
    Change,
    Content,
    Plan,
)
from toolkit.planning.diff import mismatch
from toolkit.planning.document import content_fingerprint

Step = Callable[[str], None]
"""Called between any two steps with the name of the one that comes; tests stop the process there."""

FRESH = timedelta(seconds=2)
"""How old the first look at a target may be before it is looked at again just before its write."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change."""

    change: Change
    state: str
    id: str = ""
    problem: GraceProblem | None = None
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: one result for each change, in order."""

    entry: str
    results: tuple[Result, ...]

    @property
    def problem(self) -> GraceProblem | None:
        """None if all is done; else what the process has to say at its end."""
        bad = [result for result in self.results if result.state != DONE]
        if not bad:
            return None
        first = next((r.problem for r in bad if r.problem is not None), None)
        if any(r.state == UNCONFIRMED for r in bad):
            words = "; ".join(r.change.target.words for r in bad if r.state == UNCONFIRMED)
            return Unconfirmed(
                f"Whether this took effect is not known: {words}.",
                hint="grace journal list reads the tenant and settles it.",
                detail={"entry": self.entry, "cause": first.as_json() if first is not None else None},
            )
        done = sum(r.state == DONE for r in self.results)
        if done or any(r.state == PARTLY for r in bad):
            reason = f" First problem: {first.message}" if first is not None else ""
            return PartlyApplied(
                f"{done} of {len(self.results)} changes were applied.{reason}",
                hint=f"See what was done: grace journal show {self.entry}. Take it back: grace undo {self.entry}.",
                detail={"entry": self.entry},
            )
        return first


def apply(
    plan: Plan,
    tenant: Tenant,
    journal: Journal,
    *,
    continue_on_error: bool = False,
    actions_api: str = "set",
    step: Step = lambda _name: None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Applied:
    """Carries out `plan`. Raises StalePlan, with nothing written, if the tenant is not what the plan was made for."""
    with journal.lock():
        step("look")
        first_look = journal.clock.now()
        for change in plan.changes:
            _compare(change, tenant)
        step("begin")
        entry = journal.begin(plan)
        results: list[Result] = []
        ids: dict[str, str] = {}
        touched: set[str] = set()
        for index, planned in enumerate(plan.changes):
            progress(index, len(plan.changes))
            if results and results[-1].state != DONE and not continue_on_error:
                results.append(Result(planned, NOT_DONE))
                continue
            change = _renamed(planned, ids)
            try:
                _look_again(change, tenant, first_look, journal, touched)
            except GraceProblem as problem:
                journal.outcome(entry, index, NOT_DONE, problem=problem.message)
                results.append(Result(change, NOT_DONE, problem=problem))
                continue
            result = _one(change, entry, index, tenant, journal, actions_api, step)
            if result.state == DONE and result.id and not planned.target.id:
                old = _content_id(planned.after)
                if old:
                    ids[old] = result.id
            touched.add(change.target.id or result.id)
            results.append(result)
        progress(len(plan.changes), len(plan.changes))
        step("end")
        journal.end(entry)
        return Applied(entry, tuple(results))


def _one(
    change: Change, entry: str, index: int, tenant: Tenant, journal: Journal, actions_api: str, step: Step
) -> Result:
    step("sending")
    journal.sending(entry, index)
    receipt: Receipt | None = None
    trouble: GraceProblem | None = None
    try:
        step("write")
        receipt = perform(change, tenant, actions_api)
        step("written")
    except KeyboardInterrupt:
        # What was in flight may have arrived; the reading below tells.
        trouble = Unconfirmed(f"Interrupted while {change.target.words} was being written.")
        result = _settled(change, trouble, tenant)
        journal.outcome(
            entry, index, result.state, id=result.id, left=_left(result, tenant), problem=trouble.message
        )
        raise
    except GraceProblem as problem:
        trouble = problem
    if receipt is not None:
        result = _verified(change, receipt, tenant)
    else:
        assert trouble is not None
        result = _settled(change, trouble, tenant)
    step("outcome")
    try:
        journal.outcome(
            entry,
            index,
            result.state,
            id=result.id,
            left=_left(result, tenant),
            problem=result.problem.message if result.problem is not None else "",
        )
    except StorageProblem as problem:
        raise Unconfirmed(
            f"{change.target.words} was sent ({result.state}), but the journal could not be written: {problem.message}",
            hint="Free the disk; then grace journal list reads the tenant and sets the journal right.",
        ) from problem
    return result


def _verified(change: Change, receipt: Receipt, tenant: Tenant) -> Result:
    """Reads back. A short lag between write and read is normal; a lasting difference is said."""
    if change.target.kind in (REQUEST, TEST_MAIL):
        return Result(change, DONE, receipt.id, answer=receipt.answer)
    done = recreated(change, receipt.id) if receipt.id != change.target.id else change
    lines: Any = ()
    for wait in (0.0, 0.5, 1.0, 2.0):
        if wait:
            tenant.session.sleep(wait)
        try:
            found = _comparable(change, tenant.observe(done.target).content)
        except GraceProblem as problem:
            unread = Unconfirmed(
                f"{change.target.words} was written, but could not be read back: {problem.message}",
                hint="grace journal list reads the tenant and settles it.",
            )
            return Result(change, UNCONFIRMED, receipt.id, unread, receipt.answer)
        lines = mismatch(done.after, found)
        if not lines and (done.after is None) == (found is None):
            return Result(change, DONE, receipt.id, answer=receipt.answer)
    what = ", ".join(line.path for line in lines[:3]) or "it is still there"
    return Result(
        change,
        PARTLY,
        receipt.id,
        PartlyApplied(
            f"The service accepted {change.target.words}, but holds something else: {what}.",
            hint="See both with: grace journal show",
        ),
        receipt.answer,
    )


def _settled(change: Change, trouble: GraceProblem, tenant: Tenant) -> Result:
    """What became of a write that raised, told by reading the tenant unless the service refused it for certain."""
    if isinstance(trouble, GraphProblem) and 400 <= trouble.status < 500:
        return Result(change, FAILED, problem=trouble)
    if trouble.exit_code in (2, 3, 4) or (trouble.exit_code == 7 and trouble.detail.get("sent") is False):
        return Result(change, FAILED, problem=trouble)
    if change.target.kind in (REQUEST, TEST_MAIL):
        return Result(change, UNCONFIRMED, problem=trouble)
    id = str(trouble.detail.get("id") or "")
    state, found_id, _ = settle_by_reading(change, id, tenant)
    if state == DONE:
        return Result(change, DONE, found_id)
    return Result(change, FAILED if state == NOT_DONE else state, found_id, trouble)


def settle_by_reading(change: Change, id: str, tenant: Tenant) -> tuple[str, str, Content | None]:
    """(state, id, what the tenant holds) of a change whose fate is not known.

    done if the tenant is as it was to become, not done if it is as it was, partly done if it is
    neither, unconfirmed if it cannot be read.
    """
    target = replace(change.target, id=id) if id else change.target
    if change.target.kind in (REQUEST, TEST_MAIL):
        return UNCONFIRMED, id, None
    try:
        found = _comparable(change, tenant.observe(target).content)
    except GraceProblem:
        return UNCONFIRMED, id, None
    found_id = target.id or _content_id(found)
    if not mismatch(change.after, found) and (change.after is None) == (found is None):
        return DONE, found_id, found
    if (change.before is None) == (found is None) and not mismatch(change.before, found):
        return NOT_DONE, "", found
    return PARTLY, found_id, found


def settle(journal: Journal, tenant: Tenant) -> None:
    """Settles every unconfirmed item of the journal by reading the tenant."""
    with journal.lock():
        for entry in journal.entries():
            for index, item in enumerate(entry.items):
                if item.state == UNCONFIRMED:
                    state, id, found = settle_by_reading(item.change, item.id, tenant)
                    if state != UNCONFIRMED:
                        journal.settle(entry.id, index, state, id=id, left=found)


def has_unconfirmed(entries: tuple[Entry, ...]) -> bool:
    return any(item.state == UNCONFIRMED and _can_be_read(item) for entry in entries for item in entry.items)


def _can_be_read(item: Item) -> bool:
    return item.change.target.kind not in (REQUEST, TEST_MAIL)


def _compare(change: Change, tenant: Tenant, *, content_only: bool = False) -> None:
    """Raises StalePlan where the target is no longer what the plan read."""
    if change.target.kind in (REQUEST, TEST_MAIL):
        return
    now = tenant.observe(change.target)
    if now.fingerprint == change.fingerprint:
        return
    planned = content_fingerprint(change.before) if change.before is not None else "absent"
    current = content_fingerprint(_comparable(change, now.content)) if now.content is not None else "absent"
    same_content = (
        planned == current or change.fingerprint.partition("/")[0] == now.fingerprint.partition("/")[0]
    )
    if content_only and same_content:
        return
    raise stale(change, now, same_content=same_content)


def stale(change: Change, now: Observed, *, same_content: bool = False) -> StalePlan:
    from toolkit.planning.document import content_json

    if change.before is None:
        sentence = f"There is a {change.target.words} now; there was none when the plan was made."
    elif now.content is None:
        sentence = f"{_capital(change.target.words)} is gone since the plan was made."
    elif same_content:
        sentence = (
            f"{_capital(change.target.words)} belongs to something that was changed since the plan was made."
        )
    else:
        sentence = f"{_capital(change.target.words)} was changed by somebody else since the plan was made."
    return StalePlan(
        sentence,
        hint="Nothing was overwritten. Give the command again to plan on what is there now.",
        detail={
            "target": change.target.name,
            "states": {
                "before": content_json(change.before),
                "planned": content_json(change.after),
                "now": content_json(now.content),
            },
        },
    )


def _look_again(
    change: Change, tenant: Tenant, first_look: datetime, journal: Journal, touched: set[str]
) -> None:
    if change.target.id and change.target.id in touched:
        # Our own earlier write moved its revision; its content must still be what was planned for.
        _compare(change, tenant, content_only=True)
    elif journal.clock.now() - first_look > FRESH:
        _compare(change, tenant)


def _left(result: Result, tenant: Tenant) -> Content | None:
    """What the tenant holds after a write, for the journal; what was planned where it cannot be read."""
    change = result.change
    if result.state not in (DONE, PARTLY) or change.target.kind in (REQUEST, TEST_MAIL):
        return None
    if change.after is None and result.state == DONE:
        return None
    target = replace(change.target, id=result.id) if result.id else change.target
    try:
        return _comparable(change, tenant.observe(target).content)
    except GraceProblem:
        return change.after


def _comparable(change: Change, found: Content | None) -> Content | None:
    """What was found, as far as the change speaks of it: a change of properties says nothing of the schedule."""
    wanted = change.after if change.after is not None else change.before
    if isinstance(found, Policy) and isinstance(wanted, Policy):
        return replace(
            found,
            schedule=found.schedule if wanted.schedule is not None else None,
            assignments=found.assignments if wanted.assignments is not None else None,
        )
    return found


def _renamed(change: Change, ids: dict[str, str]) -> Change:
    """The change with ids that were given anew during this run."""
    if not ids or not isinstance(change.after, Schedule):
        return change
    actions = tuple(
        replace(action, template_id=ids.get(action.template_id or "", action.template_id))
        for action in change.after.actions
    )
    return replace(change, after=Schedule(actions))


def _content_id(content: Content | None) -> str:
    return content.id if isinstance(content, Policy | Template) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
