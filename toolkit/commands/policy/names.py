"""Names that a policy may still be given."""

from __future__ import annotations

from toolkit.errors import UsageProblem
from toolkit.graph.reads import Tenant


def check_free(tenant: Tenant, name: str, but_for: str = "") -> None:
    """Raises UsageProblem for an empty name and for one that another policy than `but_for` (an id) has.

    The service would take it, but no command could tell the two apart by name.
    """
    if not name.strip():
        raise UsageProblem("A policy needs a name that is not empty.")
    for policy in tenant.policies():
        if policy.id != but_for and policy.name.strip().casefold() == name.strip().casefold():
            raise UsageProblem(
                f'A policy "{policy.name}" exists already.',
                hint=f"Choose another name, or change that one: grace policy edit '{policy.name}'",
            )
