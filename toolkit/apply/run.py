"""Carrying out a plan: re-read, compare, write down, send, read back. The only caller of `graph.writes`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from toolkit.apply.journal import DONE, FAILED, NOT_DONE, PARTLY, UNCONFIRMED, Entry, Item, Journal
from toolkit.errors import (
    Cancelled,
    GraceProblem,
    GraphProblem,
    PartlyApplied,
    StalePlan,
    StorageProblem,
    Unconfirmed,
    Unreachable,
)
from toolkit.graph.errors import NOT_KNOWN, PASSING
from toolkit.graph.reads import Observed, Tenant
from toolkit.graph.writes import Receipt, perform, recreated
from toolkit.model.policy import Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template
from toolkit.planning.change import (
    REQUEST,
    SCHEDULE,
    TEST_MAIL,
    Change,
    Content,
    Plan,
    is_placeholder,
    placeholder,
)
from toolkit.planning.diff import mismatch
from toolkit.planning.document import content_fingerprint, content_json

Step = Callable[[str], None]
"""Called between any two steps with the name of the one that comes; tests stop the process there."""

FRESH = timedelta(seconds=2)
"""How old the first look at a target may be before it is looked at again just before its write."""

LAG = (0.0, 0.5, 1.0, 2.0)
"""Seconds to wait before each reading of what was just written: a short lag between write and read is normal."""

STATELESS = (REQUEST, TEST_MAIL)
"""Kinds of which nothing can be read back: there is no before, and no after to look at."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change. `left` is what the tenant held right after, None where nothing was left or read."""

    change: Change
    state: str
    id: str = ""
    problem: GraceProblem | None = None
    answer: Any = None
    left: Content | None = None


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
            unknown = [r for r in bad if r.state == UNCONFIRMED]
            words = "; ".join(r.change.target.words for r in unknown)
            can_read = any(r.change.target.kind not in STATELESS for r in unknown)
            return Unconfirmed(
                f"Whether this took effect is not known: {words}.",
                hint="grace journal list reads the tenant and settles it."
                if can_read
                else "Look in the tenant.",
                detail={"entry": self.entry, "cause": first.as_json() if first is not None else None},
            )
        done = sum(r.state == DONE for r in self.results)
        if done or any(r.state == PARTLY for r in bad):
            reason = f" First problem: {first.message}" if first is not None else ""
            return PartlyApplied(
                f"{done} of {len(self.results)} changes were applied whole.{reason}",
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
) -> Applied:
    """Carries out `plan`. Raises StalePlan, with nothing written, if the tenant is not what the plan was made for.

    Whatever else is raised says how far it came: Cancelled after Ctrl-C, Unconfirmed or PartlyApplied where the
    journal or the program itself failed after the first request had left.
    """
    with journal.lock():
        run = _Run(plan, tenant, journal, continue_on_error, actions_api, step)
        try:
            return run.all()
        except KeyboardInterrupt:
            raise Cancelled(run.how_far("Interrupted")) from None
        except GraceProblem as problem:
            if not run.has_sent:
                raise
            raise run.ended_early(problem.message) from problem
        except Exception as error:
            # A bug after the first request has left: what was done must be said before anything else.
            if not run.has_sent:
                raise
            raise run.ended_early(f"Grace has a bug here: {type(error).__name__}: {error}") from error


class _Run:
    """One plan on its way into the tenant, and how far it has come."""

    def __init__(
        self,
        plan: Plan,
        tenant: Tenant,
        journal: Journal,
        continue_on_error: bool,
        actions_api: str,
        step: Step,
    ) -> None:
        self.plan = plan
        self.tenant = tenant
        self.journal = journal
        self.continue_on_error = continue_on_error
        self.actions_api = actions_api
        self.step = step
        self.entry = ""
        self.results: list[Result] = []
        self.has_sent = False
        self.ids: dict[str, str] = {}
        """Placeholder -> the id that the service gave in this run."""
        self.touched: set[str] = set()

    def all(self) -> Applied:
        self.step("look")
        looked_at = self.journal.clock.now()
        self.tenant.forget()
        seen = {index: _compare(change, self.tenant) for index, change in enumerate(self.plan.changes)}
        self.step("begin")
        self.entry = self.journal.begin(self.plan)
        for index, planned in enumerate(self.plan.changes):
            self.results.append(self._next(planned, index, seen[index], looked_at))
        self.step("end")
        with suppress(StorageProblem):
            # Every outcome is on the disk; that nothing follows them is worth no failure.
            self.journal.end(self.entry)
        return Applied(self.entry, tuple(self.results))

    def how_far(self, why: str) -> str:
        """One sentence for a run that did not come to its end."""
        if not self.has_sent:
            return "Cancelled. Nothing was changed."
        done = sum(result.state == DONE for result in self.results)
        with suppress(StorageProblem):
            self.journal.end(self.entry)
        return (
            f"{why}: {done} of {len(self.plan.changes)} changes were applied before."
            f" See what was done: grace journal show {self.entry}. Take it back: grace undo {self.entry}."
        )

    def ended_early(self, why: str) -> GraceProblem:
        sure = len(self.results) and all(result.state != UNCONFIRMED for result in self.results)
        kind = PartlyApplied if sure else Unconfirmed
        done = sum(result.state == DONE for result in self.results)
        return kind(
            f"Ended early, with {done} of {len(self.plan.changes)} changes known to be applied. {why}",
            hint="Mend that; then grace journal list reads the tenant and says what was done.",
            detail={"entry": self.entry},
        )

    def _next(self, planned: Change, index: int, seen: Observed | None, looked_at: datetime) -> Result:
        if self.results and self.results[-1].state != DONE and not self.continue_on_error:
            return Result(planned, NOT_DONE)
        change = _renamed(planned, self.ids)
        if change is None:
            # What it refers to was to be made by this very plan, and was not.
            problem = GraphProblem("What this refers to could not be made.", status=0)
            self.journal.outcome(self.entry, index, NOT_DONE, problem=problem.message)
            return Result(planned, NOT_DONE, problem=problem)
        try:
            seen = self._look_again(change, seen, looked_at)
        except GraceProblem as problem:
            self.journal.outcome(self.entry, index, NOT_DONE, problem=problem.message)
            return Result(change, NOT_DONE, problem=problem)
        if seen is not None and change.target.kind == SCHEDULE and isinstance(seen.content, Schedule):
            # The same content as read just now, with the ids that the writer of single actions needs.
            change = replace(change, before=seen.content)
        result = self._one(change, planned, index)
        if result.state == DONE and result.id and not planned.target.id:
            self.ids[placeholder(_content_id(planned.after))] = result.id
        self.touched.add(change.target.id or result.id)
        return result

    def _one(self, change: Change, planned: Change, index: int) -> Result:
        self.step("sending")
        renamed = change.after if planned.after != change.after else None
        self.journal.sending(self.entry, index, after=renamed)
        self.has_sent = True
        receipt: Receipt | None = None
        try:
            self.step("write")
            receipt = perform(change, self.tenant, self.actions_api)
            self.step("written")
        except KeyboardInterrupt:
            # What was in flight may have arrived; the reading tells.
            trouble: GraceProblem = Unconfirmed(f"Interrupted while {change.target.words} was being written.")
            result = _settled(change, trouble, self.tenant)
            self._record(index, result)
            self.results.append(result)
            raise
        except GraceProblem as problem:
            trouble = problem
        result = (
            _verified(change, receipt, self.tenant)
            if receipt is not None
            else _settled(change, trouble, self.tenant)
        )
        self.step("outcome")
        self._record(index, result)
        return result

    def _record(self, index: int, result: Result) -> None:
        self.journal.outcome(
            self.entry,
            index,
            result.state,
            id=result.id,
            left=result.left,
            problem=result.problem.message if result.problem is not None else "",
        )

    def _look_again(self, change: Change, seen: Observed | None, looked_at: datetime) -> Observed | None:
        if change.target.id and change.target.id in self.touched:
            # Our own earlier write moved its revision; its content must still be what was planned for.
            return _compare(change, self.tenant, content_only=True, fresh=True)
        if self.journal.clock.now() - looked_at > FRESH:
            return _compare(change, self.tenant, fresh=True)
        return seen


def _verified(change: Change, receipt: Receipt, tenant: Tenant) -> Result:
    """Reads back. A lasting difference is said; what lastingly reads as before may still be on its way."""
    if change.target.kind in STATELESS:
        return Result(change, DONE, receipt.id, answer=receipt.answer)
    done = recreated(change, receipt.id) if receipt.id != change.target.id else change
    found: Content | None = None
    lines: Any = ()
    for wait in LAG:
        if wait:
            tenant.session.sleep(wait)
        try:
            found = comparable(change, tenant.observe(done.target).content)
        except GraceProblem as problem:
            unread = Unconfirmed(
                f"{change.target.words} was written, but could not be read back: {problem.message}",
                hint="grace journal list reads the tenant and settles it.",
            )
            return Result(change, UNCONFIRMED, receipt.id, unread, receipt.answer)
        lines = mismatch(done.after, found)
        if not lines and (done.after is None) == (found is None):
            return Result(change, DONE, receipt.id, answer=receipt.answer, left=found)
    if _is_same(change.before, found):
        behind = Unconfirmed(
            f"The service accepted {change.target.words}, but reading it still shows what was there before.",
            hint="grace journal list reads the tenant and settles it.",
        )
        return Result(change, UNCONFIRMED, receipt.id, behind, receipt.answer)
    what = ", ".join(line.path for line in lines[:3]) or "it is still there"
    differs = PartlyApplied(
        f"The service accepted {change.target.words}, but holds something else: {what}.",
        hint="See both with: grace journal show",
    )
    return Result(change, PARTLY, receipt.id, differs, receipt.answer, left=found)


def _settled(change: Change, trouble: GraceProblem, tenant: Tenant) -> Result:
    """What became of a write that raised, told by reading the tenant unless it was refused for certain."""
    if _is_certain_refusal(trouble):
        return Result(change, FAILED, problem=trouble)
    if change.target.kind in STATELESS:
        return Result(change, UNCONFIRMED, problem=trouble)
    for wait in LAG:
        if wait:
            tenant.session.sleep(wait)
        state, id, found = settle_by_reading(change, str(trouble.detail.get("id") or ""), tenant)
        if state in (DONE, UNCONFIRMED):
            break
    if state == DONE:
        return Result(change, DONE, id, left=found)
    return Result(
        change,
        FAILED if state == NOT_DONE else state,
        id,
        _as_settled(state, trouble),
        left=found if state == PARTLY else None,
    )


def _as_settled(state: str, trouble: GraceProblem) -> GraceProblem:
    """What is said of a write that was not known to have taken effect, now that it is."""
    if not isinstance(trouble, Unconfirmed) or state == UNCONFIRMED:
        return trouble
    cause = trouble.message.removesuffix(NOT_KNOWN)
    facts = {**trouble.detail, "sent": True}
    if state == PARTLY:
        return PartlyApplied(
            f"{cause} Reading shows that a part of it took effect.",
            hint="See what was done: grace journal show",
            detail=facts,
        )
    status = facts.get("status")
    words = f"{cause} Reading shows that nothing was changed."
    hint = "It can be repeated."
    if isinstance(status, int) and status not in PASSING:
        return GraphProblem(words, status=status, request_id=facts.get("requestId"), hint=hint)
    return Unreachable(words, hint=hint, detail=facts)


def _is_certain_refusal(trouble: GraceProblem) -> bool:
    """Whether nothing can have taken effect: the service said no, or nothing ever left."""
    if isinstance(trouble, PartlyApplied):
        return False
    if isinstance(trouble, GraphProblem):
        # 501 and 505: the service has no such thing. Any other 5xx, and 408, may have taken effect.
        return trouble.status in (0, 501, 505) or (400 <= trouble.status < 500 and trouble.status != 408)
    return trouble.exit_code in (2, 3, 4) or (trouble.exit_code == 7 and trouble.detail.get("sent") is False)


def settle_by_reading(change: Change, id: str, tenant: Tenant) -> tuple[str, str, Content | None]:
    """(state, id, what the tenant holds) of a change whose fate is not known.

    not done if the tenant is as it was, done if it is as it was to become, partly done if it is
    neither, unconfirmed if it cannot be read.
    """
    target = replace(change.target, id=id) if id else change.target
    if change.target.kind in STATELESS:
        return UNCONFIRMED, id, None
    try:
        found = comparable(change, tenant.observe(target).content)
    except GraceProblem:
        return UNCONFIRMED, id, None
    if _is_same(change.before, found):
        return NOT_DONE, "", found
    found_id = target.id or _content_id(found)
    if _is_same(change.after, found):
        return DONE, found_id, found
    return PARTLY, found_id, found


def _is_same(wanted: Content | None, found: Content | None) -> bool:
    return (wanted is None) == (found is None) and not mismatch(wanted, found)


def settle(journal: Journal, tenant: Tenant) -> None:
    """Settles every unconfirmed item of the journal by reading the tenant, and ends what no process will end."""
    with journal.lock():
        for entry in journal.entries():
            is_settled = True
            for index, item in enumerate(entry.items):
                if item.state == UNCONFIRMED:
                    state, id, found = settle_by_reading(item.change, item.id, tenant)
                    is_settled = is_settled and state != UNCONFIRMED
                    if state != UNCONFIRMED:
                        journal.settle(entry.id, index, state, id=id, left=found)
            if is_settled and not entry.is_ended:
                journal.end(entry.id)


def has_unconfirmed(entries: tuple[Entry, ...]) -> bool:
    return any(item.state == UNCONFIRMED and _can_be_read(item) for entry in entries for item in entry.items)


def _can_be_read(item: Item) -> bool:
    return item.change.target.kind not in STATELESS


def _compare(
    change: Change, tenant: Tenant, *, content_only: bool = False, fresh: bool = False
) -> Observed | None:
    """What the target is now. Raises StalePlan where that is no longer what the plan read."""
    if change.target.kind in STATELESS:
        return None
    now = tenant.observe(change.target) if fresh else tenant.glance(change.target)
    found = comparable(change, now.content)
    planned = content_fingerprint(change.before) if change.before is not None else "absent"
    current = content_fingerprint(found) if found is not None else "absent"
    # Both: a plan is a file that anybody can edit, and its "before" is what the journal will keep.
    if planned == current and (content_only or now.fingerprint == change.fingerprint):
        return now
    raise _stale(change, now, same_content=planned == current)


def _stale(change: Change, now: Observed, *, same_content: bool) -> StalePlan:
    if change.before is None:
        sentence = f"There is a {change.target.words} now; there was none when the plan was made."
    elif now.content is None:
        sentence = f"{_capital(change.target.words)} is gone since the plan was made."
    elif same_content:
        sentence = (
            f"{_capital(change.target.words)} belongs to something that was changed since the plan was made."
        )
    else:
        sentence = f"{_capital(change.target.words)} is not what it was when the plan was made."
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


def comparable(change: Change, found: Content | None) -> Content | None:
    """What was found, as far as the change speaks of it: a change of properties says nothing of the schedule."""
    wanted = change.after if change.after is not None else change.before
    if isinstance(found, Policy) and isinstance(wanted, Policy):
        return replace(
            found,
            schedule=found.schedule if wanted.schedule is not None else None,
            assignments=found.assignments if wanted.assignments is not None else None,
        )
    return found


def _renamed(change: Change, ids: dict[str, str]) -> Change | None:
    """The change with the ids that were given in this run for its placeholders; None where one is missing."""
    if not isinstance(change.after, Schedule):
        return change
    actions = change.after.actions
    wanted = {action.template_id for action in actions if is_placeholder(action.template_id)}
    if not wanted:
        return change
    if not wanted <= set(ids):
        return None
    renamed = tuple(replace(a, template_id=ids.get(a.template_id or "", a.template_id)) for a in actions)
    return replace(change, after=Schedule(renamed))


def _content_id(content: Content | None) -> str:
    return content.id if isinstance(content, Policy | Template) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
