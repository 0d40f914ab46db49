"""What is in the tenant, as model values: policies with their schedules, templates, groups, devices.

A `Tenant` reads each list once for a command; `forget()` makes it read anew, and `observe()` always does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from toolkit.errors import GraphProblem, NotFound
from toolkit.graph.paging import every
from toolkit.graph.session import Session
from toolkit.graph.versions import version_for
from toolkit.model import wire
from toolkit.model.device import Device, Group, PolicyStatus
from toolkit.model.policy import CATALOG, CLASSIC, Policy
from toolkit.model.refs import ZERO_GUID, Ref, find_each, find_one, is_guid
from toolkit.model.template import Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Content,
    Target,
    TenantName,
)
from toolkit.planning.document import content_fingerprint

T = TypeVar("T")

MANAGEMENT = "/deviceManagement"
ACTIONS = "scheduledActionsForRule($expand=scheduledActionConfigurations)"
TEMPLATES = f"{MANAGEMENT}/notificationMessageTemplates"
LARGE_PAGE = {"$top": "999"}
"""The page that public tools ask for where there are many rows; the default is not documented."""
NO_QUERY: Mapping[str, str] = {}
SYSTEM_TEMPLATE = "EnrollmentNotificationInternalMEO"
"""A hidden template of the service's own that shares the collection."""


class Observed:
    """One reading of a target: its content (None: not there), its revision, and the fingerprint of both."""

    def __init__(self, content: Content | None, revision: str = "") -> None:
        self.content = content
        self.revision = revision

    @property
    def fingerprint(self) -> str:
        if self.content is None:
            return "absent"
        return f"{content_fingerprint(self.content)}/{self.revision}"


class Tenant:
    """Reads of one tenant. `now` is the tenant's own clock: the lab's can be turned."""

    def __init__(
        self,
        session: Session,
        name: TenantName,
        *,
        now: Callable[[], datetime],
        forced_version: str | None = None,
        expand: str | None = None,
    ) -> None:
        self.session = session
        self.name = name
        self.now = now
        self.forced_version = forced_version
        self.expand = expand
        """A further navigation property that the lists bring along (`--expand`)."""
        self._kept: dict[str, Any] = {}

    def forget(self) -> None:
        self._kept.clear()

    def version(self, path: str) -> str:
        return version_for(path, self.forced_version)

    def get(self, path: str, query: Mapping[str, str] = NO_QUERY) -> Any:
        return self.session.get(_with(path, query), version=self.version(path))

    def listed(
        self, path: str, query: Mapping[str, str] = NO_QUERY, *, top: int | None = None
    ) -> list[dict[str, Any]]:
        """Every page of a collection."""
        return every(self.session, _with(path, query), version=self.version(path), top=top)

    # Policies

    def policies(self) -> tuple[Policy, ...]:
        """Every compliance policy of both collections with schedule and assignments, in the tenant's order."""
        return self._once("policies", self._read_policies)

    def _read_policies(self) -> tuple[Policy, ...]:
        classic = [
            wire.policy_from(item, CLASSIC)
            for item in self.listed(f"{MANAGEMENT}/{CLASSIC}", self._expanded(f"{ACTIONS},assignments"))
        ]
        if self.forced_version == "v1.0":
            return tuple(classic)  # the settings catalog's policies exist on beta only
        catalog = [
            wire.policy_from(item, CATALOG)
            for item in self.listed(f"{MANAGEMENT}/{CATALOG}", self._expanded(f"{ACTIONS},assignments"))
        ]
        return (*classic, *catalog)

    def policy(self, id: str, collection: str = CLASSIC) -> Policy:
        """One policy, read now, with settings, schedule and assignments."""
        expand = f"{ACTIONS},assignments" + (",settings" if collection == CATALOG else "")
        item = self.get(f"{MANAGEMENT}/{collection}/{quote(id)}", {"$expand": expand})
        more = item.get("settings@odata.nextLink")
        if isinstance(more, str):
            # The settings come by 25; what was not read would be lost at the next write.
            rest = every(self.session, more, version=self.version(MANAGEMENT + "/" + CATALOG))
            item = {key: value for key, value in item.items() if key != "settings@odata.nextLink"}
            item["settings"] = [*item["settings"], *rest]
        return wire.policy_from(item, collection)

    def find_policies(self, refs: Iterable[Ref]) -> tuple[Policy, ...]:
        return find_each(refs, self.policies())

    def find_policy(self, ref: Ref) -> Policy:
        return find_one(ref, self.policies())

    def statuses(self, policy: Policy) -> tuple[PolicyStatus, ...]:
        """How this policy stands with each device that reported; the devices' ids where the names tell them."""
        kept = self._kept.setdefault("statuses", {})
        if policy.id not in kept:
            path = f"{MANAGEMENT}/{policy.collection}/{quote(policy.id)}/deviceStatuses"
            try:
                items = self.listed(path, LARGE_PAGE)
            except GraphProblem as problem:
                # The settings catalog's policies have no such route on every tenant.
                if policy.collection == CATALOG and problem.status in (400, 404, 501):
                    items = []
                else:
                    raise
            except NotFound:
                items = []
            kept[policy.id] = tuple(wire.policy_status_from(item, policy.id) for item in items)
        found: tuple[PolicyStatus, ...] = kept[policy.id]
        return found

    # Templates

    def templates(self) -> tuple[Template, ...]:
        """Every template with its messages; the service's own hidden one is left out."""
        return self._once("templates", self._read_templates)

    def _read_templates(self) -> tuple[Template, ...]:
        items = self.listed(TEMPLATES, self._expanded("localizedNotificationMessages"))
        return tuple(wire.template_from(item) for item in items if item.get("displayName") != SYSTEM_TEMPLATE)

    def template(self, id: str) -> Template:
        item = self.get(f"{TEMPLATES}/{quote(id)}", {"$expand": "localizedNotificationMessages"})
        return wire.template_from(item)

    def find_template(self, ref: Ref) -> Template:
        return find_one(ref, self.templates())

    def template_users(self, template_id: str) -> tuple[Policy, ...]:
        """The policies whose schedule names this template. Raises rather than answer from a list it could not read."""
        wanted = template_id.lower()
        return tuple(
            policy
            for policy in self.policies()
            if policy.schedule is not None
            and any((a.template_id or "").lower() == wanted for a in policy.schedule.actions)
        )

    # Groups, people, devices

    def groups(self) -> tuple[Group, ...]:
        return self._once(
            "groups",
            lambda: tuple(wire.group_from(item) for item in self.listed("/groups", self._expanded())),
        )

    def find_groups(self, refs: Iterable[Ref]) -> tuple[Group, ...]:
        return find_each(refs, self.groups())

    def groups_by_id(self, ids: Iterable[str]) -> dict[str, Group]:
        """The groups of these ids; one that no longer exists is missing from the answer."""
        wanted = sorted({id for id in ids if id != ZERO_GUID})
        kept: dict[str, Group | None] = self._kept.setdefault("group", {})
        for group in self._kept.get("groups", ()):
            kept.setdefault(group.id, group)
        missing = [id for id in wanted if id not in kept]
        # One GET for fifteen, the most that Graph takes in such a list; a batch would be a POST, and a dry
        # run sends none.
        for start in range(0, len(missing), 15):
            part = missing[start : start + 15]
            wanted_ids = ",".join(f"'{id}'" for id in part if is_guid(id))
            items = self.listed("/groups", {"$filter": f"id in ({wanted_ids})"}) if wanted_ids else []
            found = {group.id: group for group in map(wire.group_from, items)}
            kept.update({id: found.get(id) for id in part})
        return {id: group for id in wanted if (group := kept[id]) is not None}

    def members(self, group_id: str) -> list[dict[str, Any]]:
        """Everybody and everything in the group, nested groups opened."""
        return self.listed(f"/groups/{quote(group_id)}/transitiveMembers")

    def devices(self) -> tuple[Device, ...]:
        return self._once(
            "devices",
            lambda: tuple(
                wire.device_from(item)
                for item in self.listed(f"{MANAGEMENT}/managedDevices", self._expanded() | LARGE_PAGE)
            ),
        )

    def find_device(self, ref: Ref) -> Device:
        return find_one(ref, self.devices())

    def device(self, id: str) -> Device:
        return wire.device_from(self.get(f"{MANAGEMENT}/managedDevices/{quote(id)}"))

    def device_states(self, device_id: str) -> list[dict[str, Any]]:
        """deviceCompliancePolicyStates of one device, as Graph sends them."""
        return self.listed(f"{MANAGEMENT}/managedDevices/{quote(device_id)}/deviceCompliancePolicyStates")

    def brand(self) -> Mapping[str, Any]:
        """The Company Portal branding that the mails use."""
        answer = self.get(f"{MANAGEMENT}/intuneBrand")
        brand: Mapping[str, Any] = answer.get("value", answer) if isinstance(answer, Mapping) else {}
        return brand

    # For applying and undoing

    def observe(self, target: Target) -> Observed:
        """What the target is now, never from memory. For what has no id yet: whether that name is taken."""
        if target.kind in (SCHEDULE, ASSIGNMENTS, POLICY):
            return self._observe_policy(target)
        if target.kind in (TEMPLATE, TEST_MAIL):
            return self._observe_template(target)
        return Observed(None)

    def glance(self, target: Target) -> Observed:
        """The same as `observe`, from lists that are read once: for a first look at many targets."""
        if target.kind in (SCHEDULE, ASSIGNMENTS) and target.id:
            for policy in self.policies():
                if policy.id.lower() == target.id.lower():
                    part = policy.schedule if target.kind == SCHEDULE else policy.assignments
                    return Observed(part, revision(policy))
            return Observed(None)
        return self.observe(target)

    def _observe_policy(self, target: Target) -> Observed:
        collection = target.collection or CLASSIC
        if not target.id:
            self._kept.pop("policies", None)
            same = [p for p in self.policies() if p.name == target.name]
            return (
                Observed(self.policy(same[0].id, same[0].collection), revision(same[0]))
                if same
                else Observed(None)
            )
        try:
            policy = self.policy(target.id, collection)
        except NotFound:
            return Observed(None)
        if target.kind == SCHEDULE:
            return Observed(policy.schedule, revision(policy))
        if target.kind == ASSIGNMENTS:
            return Observed(policy.assignments, revision(policy))
        return Observed(policy, revision(policy))

    def _observe_template(self, target: Target) -> Observed:
        try:
            if not target.id:
                self._kept.pop("templates", None)
                same = [t for t in self.templates() if t.name == target.name]
                return Observed(same[0], revision(same[0])) if same else Observed(None)
            template = self.template(target.id)
        except NotFound:
            return Observed(None)
        return Observed(template, revision(template))

    def _expanded(self, always: str = "") -> dict[str, str]:
        both = ",".join(part for part in (always, self.expand) if part)
        return {"$expand": both} if both else {}

    def _once(self, key: str, read: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = read()
        kept: T = self._kept[key]
        return kept


def revision(thing: Policy | Template) -> str:
    version = thing.version if isinstance(thing, Policy) else ""
    modified = wire.stamp(thing.modified) if thing.modified is not None else ""
    return f"{version if version is not None else ''}@{modified}"


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote, safe='$(),=*@')}" if query else path
