"""A change and the plan that holds it: what was read, what it becomes, why, and how risky that is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.model.policy import Assignment, Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template

# What a target can be. The content of each is one model value.
SCHEDULE = "schedule"
POLICY = "policy"
ASSIGNMENTS = "assignments"
TEMPLATE = "template"
REQUEST = "request"
TEST_MAIL = "test-mail"
"""`request` is a raw Graph request (`grace graph POST …`), `test-mail` the preview mail: both have no before."""


class Risk(IntEnum):
    """LOW is reversible and touches no device: not asked. MEDIUM is asked, or `--yes`. HIGH is asked by name or count."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as the user wrote it."""

    method: str
    url: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


def placeholder(old_id: str) -> str:
    """Stands for the id of something that this very plan makes again; `old_id` is the one that it had before."""
    return f"{{new:{old_id}}}"


def is_placeholder(id: str | None) -> bool:
    return id is not None and id.startswith("{new:")


Content = Schedule | Policy | Template | tuple[Assignment, ...] | RawRequest


@dataclass(frozen=True, slots=True)
class Target:
    """One thing in the tenant. `id` is empty for what does not exist yet; `collection` says where a policy lives."""

    kind: str
    id: str
    name: str
    collection: str = ""

    @property
    def words(self) -> str:
        noun = {SCHEDULE: "schedule of policy", ASSIGNMENTS: "assignments of policy", TEST_MAIL: "template"}
        return f'{noun.get(self.kind, self.kind)} "{self.name}"'


@dataclass(frozen=True, slots=True)
class Change:
    """`before` None: it does not exist yet. `after` None: it is removed. `fingerprint` is of what was read."""

    target: Target
    before: Content | None
    after: Content | None
    reason: str
    fingerprint: str = ""
    risk: Risk = Risk.LOW
    consequences: tuple[str, ...] = ()
    """What follows from it, in plain words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say: `severity` is error, warning or note; `code` is stable; `way_out` says what to do."""

    severity: str
    code: str
    sentence: str
    way_out: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class TenantName:
    """Which tenant a plan was made for; a plan is refused on another."""

    profile: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a changing command returns. No changes means the tenant is already as asked."""

    command: str
    tenant: TenantName
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    made: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of the ids that appear in the changes (templates, groups), for people to read."""
    undoes: str | None = None
    """The journal entry that this plan takes back."""
    id: str = ""
    """Given when a plan is saved, so that it is applied once."""

    @property
    def risk(self) -> Risk:
        return max((change.risk for change in self.changes), default=Risk.LOW)

    def check_tenant(self, tenant: TenantName) -> None:
        """Raises UsageProblem on any other tenant than the one that the plan was made for."""
        if self.tenant.id != tenant.id:
            raise UsageProblem(
                f'This plan was made for tenant "{self.tenant.name}" ({self.tenant.profile}), not for'
                f' "{tenant.name}" ({tenant.profile}).',
                hint=f"Nothing was changed. Use --tenant {self.tenant.profile} if that is the one you mean.",
            )

    def with_findings(self, findings: tuple[Finding, ...]) -> Plan:
        return replace(self, findings=(*self.findings, *findings))


def fingerprint(canonical_text: str) -> str:
    """A short, stable name of a content: two readings with the same name are the same."""
    # A name that was cut in the middle of an emoji holds half a character, which plain UTF-8 refuses.
    return hashlib.sha256(canonical_text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
