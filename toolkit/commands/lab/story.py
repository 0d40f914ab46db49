"""Which lab this is, what time it is in it and how much is in it, as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.outcome import Column

if TYPE_CHECKING:
    from toolkit.lab.app import Lab

COLUMNS = (
    Column("Lab", "name"),
    Column("Tenant", "organization"),
    Column("Story", "story"),
    Column("Seed", "seed"),
    Column("Time", "now", "date"),
    Column("Devices", "device", "count"),
    Column("Users", "user", "count"),
    Column("Groups", "group", "count"),
    Column("Policies", "policies", "count"),
    Column("Templates", "template", "count"),
)


def document(lab: Lab, name: str) -> dict[str, Any]:
    """{schema, name, organization, story, seed, now, counts: {kind: how many}}."""
    from toolkit.lab.control import story

    data = story(lab.store)
    counts = dict(data["counts"])
    counts["policies"] = counts.pop("policy", 0) + counts.pop("catalogPolicy", 0)
    return {"schema": "grace/lab/1", "name": name, **data, "counts": counts}
