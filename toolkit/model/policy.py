"""A compliance policy: what it asks of devices, whom it is assigned to, and its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toolkit.model.schedule import Schedule

CLASSIC = "deviceCompliancePolicies"
CATALOG = "compliancePolicies"
"""The two collections that hold compliance policies; Linux policies live in the settings catalog's."""

GROUP = "group"
EXCLUDE = "exclude"
ALL_USERS = "all-users"
ALL_DEVICES = "all-devices"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One target. `kind` is group, exclude, all-users, all-devices, or Graph's own type name for any other."""

    kind: str
    group_id: str | None = None
    filter_id: str | None = None
    filter_type: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.group_id or "")


@dataclass(frozen=True, slots=True)
class Policy:
    """`settings` holds every property of the platform's type by Graph's name, those that Grace does not know too.

    `schedule` and `assignments` are None where they were not read, which is not the same as empty.
    `raw` is the resource exactly as Graph sent it.
    """

    name: str
    platform: str
    """A key of model.data.platforms, or Graph's type name where Grace does not know it."""
    id: str = ""
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    schedule: Schedule | None = None
    assignments: tuple[Assignment, ...] | None = None
    scope_tags: tuple[str, ...] = ("0",)
    collection: str = CLASSIC
    version: int | None = None
    modified: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def content(self) -> tuple[Any, ...]:
        """What two readings of one policy are compared by, without schedule and assignments."""
        return (self.name, self.description, dict(self.settings), self.scope_tags)
