"""Which devices are noncompliant under which policy, and since when, with what the journal knows of former graces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolkit.apply.journal import Entry, Journal
from toolkit.forecast.exposure import CHANGED, GraceEdit, by_key, exposures, former_grace
from toolkit.forecast.impact import Exposure
from toolkit.graph.reads import Tenant
from toolkit.model import wire
from toolkit.model.device import PolicyStatus
from toolkit.model.policy import Policy
from toolkit.model.schedule import Schedule


def exposed_devices(
    reported: Sequence[tuple[Policy, Sequence[PolicyStatus]]], tenant: Tenant, journal: Journal
) -> list[Exposure]:
    """The exposures of these policies and their reported states. The journal is read only where it can help."""
    if not reported:
        return []
    table = by_key(tenant.devices())
    found = [e for policy, statuses in reported for e in exposures(policy, statuses, table)]
    if all(exposure.derived != CHANGED for exposure in found):
        return found
    former = former_grace(_grace_edits(journal.entries()))
    return [
        e for policy, statuses in reported for e in exposures(policy, statuses, table, former_grace=former)
    ]


def _grace_edits(entries: Iterable[Entry]) -> tuple[GraceEdit, ...]:
    """What the journal tells of the graces that schedules had, for `former_grace`.

    Every plan counts, whatever became of it: what it read was so when it was made. Its own date is taken and not
    the entry's, because the lab has a clock of its own.
    """
    return tuple(
        GraceEdit(
            change.target.id,
            entry.plan.made,
            change.before.grace,
            change.after.grace,
            # The revision that a fingerprint ends with is version@modified.
            wire.moment(change.fingerprint.rpartition("@")[2] or None),
        )
        for entry in entries
        for change in entry.plan.changes
        if entry.plan.made is not None
        and isinstance(change.before, Schedule)
        and isinstance(change.after, Schedule)
    )
