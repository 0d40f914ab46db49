"""The life of a lab tenant: check-ins, calculations, states, and everything that its schedules carry out.

Rules: intune-behaviour section 11; what they compute is in `forecast`, the lab only says when. Every operation is
one transaction: read the tenant, run, write what changed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.lab.life import Life
from toolkit.lab.reading import moment, written
from toolkit.lab.store import Store

FORCED_STATES = ("error", "conflict")


class World:
    """One lab's simulated tenant. Its clock moves only in `advance`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def now(self) -> datetime:
        found = moment(self._store.meta("clock"))
        if found is None:
            raise UsageProblem("This lab has no clock yet.", hint="Make it with a story: grace lab init")
        return found

    def settle(self) -> None:
        """The first calculation of a freshly loaded story, each device as it stood at its own last contact.

        A device that never synced stays unknown. What was due by the story's start counts as done, without
        mails: only the retire list shows it. `lab.failingSince` is when the facts that fail were first seen.
        """
        with self._run() as run:
            run.settle()

    def advance(self, until: datetime) -> int:
        """Lives until that moment and returns how many events there were. Raises UsageProblem for a moment in the past."""
        with self._run() as run:
            until = until.astimezone(UTC).replace(second=0, microsecond=0)
            if until < run.now:
                raise UsageProblem(
                    f"The lab's clock shows {written(run.now)}; time never goes back.",
                    hint="Start again from the beginning: grace lab reset",
                )
            run.live(until)
            return run.events

    def policy_changed(self, policy_id: str) -> None:
        """To be called after a policy was created, changed, assigned or deleted.

        Devices that it left are calculated at once with what is known of them; the others hear of it within three
        hours if they are online. Actions that are now overdue are carried out (rule retroactive-actions).
        """
        with self._run() as run:
            run.policy_changed(policy_id)

    def group_changed(self, group_id: str) -> None:
        with self._run() as run:
            run.reassess(f"group|{group_id}")

    def settings_changed(self) -> None:
        """To be called after users or the tenant's compliance settings changed: the built-in checks run again."""
        with self._run() as run:
            run.recheck()

    def break_device(self, device_id: str, setting: str | None = None) -> str:
        """Makes one fact fail the device's policies and returns the setting's name; it is reported at the next check-in.

        Without a name, the first setting that can fail. Raises UsageProblem where no policy of the device asks for it.
        """
        with self._run((device_id,)) as run:
            return run.break_device(run.device(device_id), setting)

    def fix_device(self, device_id: str) -> None:
        """Makes every fact pass every policy of the device; it is reported at the next check-in."""
        with self._run((device_id,)) as run:
            run.fix_device(run.device(device_id))

    def set_fact(self, device_id: str, setting: str, value: Any) -> None:
        """A fact as the device will report it next; {"error": code} for a setting that it cannot tell."""
        with self._run((device_id,)) as run:
            run.set_facts(run.device(device_id), {setting: value})

    def check_in(self, device_id: str, *, calculate: bool = True) -> None:
        """The device syncs now; with `calculate`, as by the user's "Check status". Raises UsageProblem if it is offline."""
        with self._run((device_id,)) as run:
            device = run.device(device_id)
            if not device.online:
                raise UsageProblem(
                    f'"{device.name}" is offline.',
                    hint=f'Bring it back first: grace lab device online "{device.name}"',
                )
            run.check_in(device, "checkStatus" if calculate else None)

    def enrol(self, device_id: str) -> None:
        """Enrols the device anew, now: its history with policies is forgotten."""
        with self._run((device_id,)) as run:
            run.enrol(run.device(device_id))

    def offline(self, device_id: str, is_offline: bool) -> None:
        """Takes a device off the network, or brings it back, upon which it checks in at once."""
        with self._run((device_id,)) as run:
            run.set_online(run.device(device_id), not is_offline)

    def force_state(self, device_id: str, state: str | None) -> None:
        """Lets the device read as "error" or "conflict", whatever its policies say, until None lifts it.

        No rule leads to these states by itself (intune-behaviour 11.4). Raises UsageProblem for another state.
        """
        if state not in (None, *FORCED_STATES):
            raise UsageProblem(
                f'"{state}" cannot be forced upon a device.', hint=f"It is {' or '.join(FORCED_STATES)}."
            )
        with self._run((device_id,)) as run:
            run.force_state(run.device(device_id), state)

    def queue_action(self, device_id: str, name: str) -> bool:
        """Queues remoteLock, retire, wipe or syncDevice; an online device is called to check in within a minute.

        False where a retire is refused because the tenant has had its 1,000 for this day.
        """
        with self._run((device_id,)) as run:
            return run.queue_by_hand(run.device(device_id), name)

    def confirm_retire(self, device_ids: Iterable[str]) -> tuple[str, ...]:
        """Lets listed devices be retired at their next check-in; those that are not on the list are passed over.

        Returns the devices that were refused because the tenant has had its 1,000 retires for this day.
        """
        ids = tuple(device_ids)
        with self._run(ids) as run:
            return tuple(id for id in ids if not run.confirm_retire(id))

    def cancel_retire(self, device_ids: Iterable[str]) -> None:
        """Takes devices off the list, confirmed ones too as long as they have not checked in."""
        ids = tuple(device_ids)
        with self._run(ids) as run:
            for id in ids:
                run.cancel_retire(id)

    @contextmanager
    def _run(self, device_ids: tuple[str, ...] | None = None) -> Iterator[Life]:
        """With ids, these devices alone are read: what one device does is of no consequence to another."""
        with self._store.transaction(), _uncollected():
            run = Life(self._store, self.now, device_ids)
            yield run
            run.live(run.now)
            run.save()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles, of which an operation makes none: a large tenant would be walked again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
