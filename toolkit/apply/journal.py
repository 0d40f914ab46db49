"""The journal: what was done to a tenant, on disk before it was done.

One append-only file of JSON lines for each tenant. An entry is one applied plan: a `begin` with the whole
plan (before and after of every change), then for each change a `sending` before the request leaves and one
line with what became of it. Every line is on the disk (fsync) before the next step. So whatever instant the
process dies at, the lines say truthfully: not done (no `sending`), done, or unconfirmed (a `sending` with
nothing after it), and a read of the tenant settles the last.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from toolkit.clock import Clock
from toolkit.errors import GraceProblem, NotFound, StorageProblem
from toolkit.graph.secrets import MASK, masked, masked_text
from toolkit.planning.change import REQUEST, Change, Content, Plan
from toolkit.planning.document import content_from, content_json, plan_from, plan_json

DONE = "done"
NOT_DONE = "not done"
FAILED = "failed"
UNCONFIRMED = "unconfirmed"
PARTLY = "partly done"


@dataclass(frozen=True, slots=True)
class Item:
    """One change of an entry and what became of it. `left` is what the tenant held right after."""

    change: Change
    state: str
    id: str = ""
    left: Content | None = None
    problem: str = ""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    at: datetime
    plan: Plan
    items: tuple[Item, ...]
    is_ended: bool
    undone_by: str | None = None

    @property
    def undoes(self) -> str | None:
        return self.plan.undoes

    @property
    def state(self) -> str:
        """done, not done, failed, unconfirmed, or "partly done": true of the entry as a whole."""
        states = {item.state for item in self.items}
        if UNCONFIRMED in states:
            return UNCONFIRMED
        if states == {DONE}:
            return DONE
        if DONE in states or PARTLY in states:
            return PARTLY
        return FAILED if FAILED in states else NOT_DONE


class Journal:
    """The journal of one tenant. `folder` is made when the first line is written."""

    def __init__(self, folder: str, tenant_id: str, clock: Clock) -> None:
        self.path = os.path.join(folder, re.sub(r"[^A-Za-z0-9._-]", "_", tenant_id) + ".jsonl")
        self.folder = folder
        self.clock = clock
        self._held = False

    # Writing

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One writer at a time on this machine: a second Grace waits here, and then sees what the first one did."""
        if self._held:
            yield
            return
        with _storage("lock", self.path):
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            handle = open(self.path + ".lock", "a+b")  # noqa: SIM115 closed below, after the lock is given back
        try:
            _lock(handle)
            self._held = True
            yield
        finally:
            self._held = False
            handle.close()

    def begin(self, plan: Plan) -> str:
        """Writes the plan down and gives the entry's id: the next whole number."""
        id = str(self._read().newest + 1)
        self._append({"entry": id, "what": "begin", "plan": _without_secrets(plan_json(plan))})
        return id

    def sending(self, entry: str, item: int, *, after: Content | None = None) -> None:
        """`after` is what really goes out, where ids that were given in this run replaced placeholders of the plan."""
        line: dict[str, Any] = {"entry": entry, "what": "sending", "item": item}
        if after is not None:
            line["after"] = content_json(after)
        self._append(line)

    def outcome(
        self,
        entry: str,
        item: int,
        state: str,
        *,
        id: str = "",
        left: Content | None = None,
        problem: str = "",
    ) -> None:
        self._append(
            {
                "entry": entry,
                "what": "outcome",
                "item": item,
                "state": state,
                "id": id,
                "left": content_json(left),
                "problem": problem,
            }
        )

    def settle(self, entry: str, item: int, state: str, *, id: str = "", left: Content | None = None) -> None:
        self._append(
            {
                "entry": entry,
                "what": "settled",
                "item": item,
                "state": state,
                "id": id,
                "left": content_json(left),
            }
        )

    def end(self, entry: str) -> None:
        self._append({"entry": entry, "what": "end"})

    def _append(self, line: dict[str, Any]) -> None:
        at = self.clock.now().isoformat().replace("+00:00", "Z")
        data = (json.dumps({**line, "at": at}, ensure_ascii=True, separators=(",", ":")) + "\n").encode()
        with _storage("write", self.path):
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            is_new = not os.path.exists(self.path)
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600
            )
            try:
                size = os.lseek(descriptor, 0, os.SEEK_END)
                if size:
                    os.lseek(descriptor, size - 1, os.SEEK_SET)
                    if os.read(descriptor, 1) != b"\n":
                        # A process died in the middle of a line; it must not swallow this one.
                        data = b"\n" + data
                written = 0
                while written < len(data):
                    written += os.write(descriptor, data[written:])
                os.fsync(descriptor)
                if is_new:
                    _sync_folder(self.folder)
            except OSError:
                # Half a line must not stay: the file ends as it did before. If even that fails, the reader
                # passes over a torn line.
                with suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
            finally:
                os.close(descriptor)

    # Reading

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, oldest first. A line torn by a crash is passed over; it was never acted on."""
        return self._read().entries

    @property
    def damaged(self) -> tuple[str, ...]:
        """Ids of entries that are on the disk but cannot be read any more."""
        return self._read().damaged

    def _read(self) -> _Reading:
        try:
            with _storage("read", self.path), open(self.path, encoding="utf-8", errors="replace") as handle:
                text = handle.read()
        except FileNotFoundError:
            return _Reading((), (), 0)
        begun: dict[str, list[dict[str, Any]]] = {}
        for raw in text.split("\n"):
            line = _parsed(raw)
            if line is not None:
                begun.setdefault(line["entry"], []).append(line)
        newest = max((int(id) for id in begun if id.isdecimal()), default=0)
        found, damaged = [], []
        for id, lines in begun.items():
            try:
                found.append(_entry(id, lines))
            except (GraceProblem, KeyError, TypeError, ValueError, AttributeError):
                # One entry that somebody damaged must not hide the others.
                damaged.append(id)
        undone_by = {e.undoes: e.id for e in found if e.undoes is not None and e.state == DONE}
        entries = tuple(replace(entry, undone_by=_standing(entry.id, undone_by)) for entry in found)
        return _Reading(entries, tuple(damaged), newest)

    def entry(self, id: str) -> Entry:
        """Raises NotFound with the ids there are."""
        entries = self.entries()
        for entry in entries:
            if entry.id == id:
                return entry
        ids = ", ".join(entry.id for entry in entries[-5:])
        hint = f"The newest are: {ids}." if ids else "This tenant's journal is empty."
        raise NotFound(f'The journal has no entry "{id}".', hint=hint)


@dataclass(frozen=True, slots=True)
class _Reading:
    entries: tuple[Entry, ...]
    damaged: tuple[str, ...]
    newest: int


def _parsed(raw: str) -> dict[str, Any] | None:
    """One line, or None for a torn or a foreign one."""
    if not raw.strip():
        return None
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    is_ours = (
        isinstance(line, dict) and isinstance(line.get("entry"), str) and isinstance(line.get("what"), str)
    )
    return line if is_ours else None


def _entry(id: str, lines: list[dict[str, Any]]) -> Entry:
    begin = lines[0] if lines[0]["what"] == "begin" else {}
    plan = plan_from(begin.get("plan"), f"Entry {id}")
    items = tuple(
        _item(change, [line for line in lines if line.get("item") == index])
        for index, change in enumerate(plan.changes)
    )
    is_ended = any(line["what"] == "end" for line in lines)
    return Entry(id, datetime.fromisoformat(begin["at"]), plan, items, is_ended)


def _standing(id: str, undone_by: Mapping[str, str]) -> str | None:
    """The entry that took this one back, unless that one was taken back in its turn."""
    undo = undone_by.get(id)
    if undo is None or _standing(undo, undone_by) is not None:
        return None
    return undo


def _item(change: Change, lines: Any) -> Item:
    item = Item(change, NOT_DONE)
    for line in lines:
        if line["what"] == "sending":
            item = replace(item, state=UNCONFIRMED)
            if "after" in line:
                sent = content_from(change.target.kind, line["after"], change.target.collection)
                item = replace(item, change=replace(change, after=sent))
        elif line["what"] in ("outcome", "settled"):
            left = content_from(change.target.kind, line.get("left"), change.target.collection)
            item = replace(
                item,
                state=str(line.get("state")),
                id=str(line.get("id") or ""),
                left=left,
                problem=str(line.get("problem") or ""),
                settled=line["what"] == "settled",
            )
    return item


_PLAIN_HEADERS = frozenset(
    ("consistencylevel", "content-type", "accept", "prefer", "if-match", "if-none-match")
)


def _without_secrets(plan: dict[str, Any]) -> dict[str, Any]:
    """Raw requests may carry anything; what is called a secret does not reach the disk."""
    for change in plan["changes"]:
        after = change["after"]
        if change["target"]["kind"] == REQUEST and isinstance(after, dict):
            headers = [
                [name, text if name.lower() in _PLAIN_HEADERS else MASK] for name, text in after["headers"]
            ]
            change["after"] = {
                **after,
                "url": masked_text(after["url"]),
                "body": masked(after["body"]),
                "headers": headers,
            }
    return plan


def _sync_folder(folder: str) -> None:
    """Makes the name of a new file durable too. Windows has no such call, and needs none."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _storage(verb: str, path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        if verb == "read":
            raise
        raise StorageProblem(f"Cannot {verb} the journal {path}: its folder went away.") from None
    except OSError as problem:
        raise StorageProblem(
            f"Cannot {verb} the journal {path}: {problem.strerror or problem}.",
            hint="Nothing is sent to a tenant that cannot be written down first. Free the disk or set GRACE_HOME.",
        ) from problem


def _lock(handle: Any) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(handle.fileno(), fcntl.LOCK_EX)
