"""The table of what the lab imitates: method, address, versions, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import unquote

from toolkit.lab.addresses import (
    ACCESS,
    AUDIT,
    DELETED,
    DEVICES,
    EVALUATE,
    JOBS,
    REPORT_ACTIONS,
    REPORTS_PATH,
    SUMMARIES,
    TAGS,
    TEMPLATES,
)
from toolkit.lab.addresses import CATALOG as _G
from toolkit.lab.addresses import CLASSIC as _C
from toolkit.lab.contract import Version

if TYPE_CHECKING:
    from toolkit.lab.answers import Answer, Call

    Handler = Callable[[Call], Answer]


class Route(NamedTuple):
    method: str
    pattern: str
    """Below the version; `{}` stands for a key."""
    handler: str
    """Module and function below `answers`: see `handler_of`."""
    versions: tuple[Version, ...]
    note: str
    counts: Literal["", "list", "directory"] = ""
    """For a segment /$count: which kind of list it counts."""


BOTH: tuple[Version, ...] = ("v1.0", "beta")
BETA: tuple[Version, ...] = ("beta",)
_S = "{}/scheduledActionsForRule"
_ITEMS = "{}/scheduledActionConfigurations"
_CASTS = ("", "/microsoft.graph.user", "/microsoft.graph.device", "/microsoft.graph.group")

ROUTES: tuple[Route, ...] = (
    Route("GET", _C, "policies.list_policies", BOTH, "v1.0 leaves out the types that only beta has"),
    Route("POST", _C, "policies.create_policy", BOTH, "needs @odata.type and exactly one block"),
    Route("GET", _C + "/{}", "policies.get_policy", BOTH, "$expand of schedule, assignments and overviews"),
    Route(
        "PATCH", _C + "/{}", "policies.patch_policy", BOTH, "refuses scheduledActionsForRule and assignments"
    ),
    Route("DELETE", _C + "/{}", "policies.delete_policy", BOTH, ""),
    Route(
        "POST",
        _C + "/{}/scheduleActionsForRules",
        "policies.schedule_actions",
        BOTH,
        "replaces the schedule; 204",
    ),
    Route("POST", _C + "/{}/assign", "policies.assign", BOTH, "replaces the assignments"),
    Route("GET", _C + "/{}/assignments", "policies.list_assignments", BOTH, ""),
    Route("GET", _C + "/{}/assignments/{}", "policies.list_assignments", BOTH, ""),
    *(
        Route(
            method,
            f"{_C}/{path}",
            "policies.children",
            BOTH,
            "400 as the service does, unless actions-api=documented",
        )
        for method, path in (
            ("GET", _S),
            ("POST", _S),
            ("GET", f"{_S}/{{}}"),
            ("PATCH", f"{_S}/{{}}"),
            ("DELETE", f"{_S}/{{}}"),
            ("GET", f"{_S}/{_ITEMS}"),
            ("POST", f"{_S}/{_ITEMS}"),
            ("GET", f"{_S}/{_ITEMS}/{{}}"),
            ("PATCH", f"{_S}/{_ITEMS}/{{}}"),
            ("DELETE", f"{_S}/{_ITEMS}/{{}}"),
        )
    ),
    Route("GET", _C + "/{}/deviceStatuses", "statuses.list_device_statuses", BOTH, "ids are policy_device"),
    Route("GET", _C + "/{}/deviceStatuses/{}", "statuses.get_device_status", BOTH, ""),
    Route(
        "GET",
        _C + "/{}/userStatuses",
        "statuses.list_user_statuses",
        BOTH,
        "the worst state of a user's devices",
    ),
    Route("GET", _C + "/{}/deviceStatusOverview", "statuses.get_overview", BOTH, ""),
    Route("GET", _C + "/{}/userStatusOverview", "statuses.get_overview", BOTH, ""),
    Route("GET", _C + "/{}/deviceSettingStateSummaries", "statuses.list_setting_summaries", BOTH, ""),
    Route("GET", SUMMARIES, "statuses.setting_state_summaries", BOTH, "the id is type.setting"),
    Route("GET", SUMMARIES + "/{}", "statuses.setting_state_summaries", BOTH, ""),
    Route(
        "GET", SUMMARIES + "/{}/deviceComplianceSettingStates", "statuses.setting_state_summaries", BOTH, ""
    ),
    Route("GET", _C + "/getDevicesScheduledToRetire()", "statuses.list_retire", BETA, "the retire list"),
    Route(
        "POST",
        _C + "/setScheduledRetireState",
        "statuses.set_retire_state",
        BETA,
        "confirmRetire or cancelRetire",
    ),
    Route(
        "GET",
        "deviceManagement/deviceCompliancePolicyDeviceStateSummary",
        "statuses.device_state_summary",
        BOTH,
        "",
    ),
    Route("GET", _G, "policies.list_policies", BETA, "the settings catalog's policies (Linux)"),
    Route("POST", _G, "policies.create_policy", BETA, "marks at once until setScheduledActions"),
    Route("GET", _G + "/{}", "policies.get_policy", BETA, "$expand of settings, schedule, assignments"),
    Route("PATCH", _G + "/{}", "policies.patch_policy", BETA, ""),
    Route("DELETE", _G + "/{}", "policies.delete_policy", BETA, ""),
    Route("GET", _G + "/{}/settings", "policies.list_settings", BETA, "25 a page"),
    Route(
        "POST",
        _G + "/{}/setScheduledActions",
        "policies.schedule_actions",
        BETA,
        "replaces the schedule; 200",
    ),
    Route("GET", _G + "/{}/scheduledActionsForRule", "policies.read_rules", BETA, ""),
    Route("POST", _G + "/{}/assign", "policies.assign", BETA, "replaces the assignments"),
    Route("GET", _G + "/{}/assignments", "policies.list_assignments", BETA, ""),
    Route("GET", TEMPLATES, "templates.list_templates", BOTH, "v1.0 has no description"),
    Route("POST", TEMPLATES, "templates.create_template", BOTH, "without messages"),
    Route("GET", TEMPLATES + "/{}", "templates.get_template", BOTH, ""),
    Route("PATCH", TEMPLATES + "/{}", "templates.patch_template", BOTH, ""),
    Route("DELETE", TEMPLATES + "/{}", "templates.delete_template", BOTH, "rule template-delete-in-use"),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages", "templates.messages", BOTH, ""),
    Route(
        "POST",
        TEMPLATES + "/{}/localizedNotificationMessages",
        "templates.messages",
        BOTH,
        "the id is template_locale",
    ),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages/{}", "templates.messages", BOTH, ""),
    Route(
        "PATCH",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        "templates.messages",
        BOTH,
        "neither locale nor isDefault=false",
    ),
    Route(
        "DELETE",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        "templates.messages",
        BOTH,
        "not the default message",
    ),
    Route(
        "POST",
        TEMPLATES + "/{}/sendTestMessage",
        "templates.send_test_message",
        BOTH,
        "a preview in the lab's mail log",
    ),
    Route("GET", DEVICES, "devices.list_devices", BOTH, "filters as the metadata allows, joined by and"),
    Route("GET", DEVICES + "/{}", "devices.get_device", BOTH, ""),
    *(
        Route("POST", f"{DEVICES}/{{}}/{action}", "devices.device_action", BOTH, note)
        for action, note in (
            ("remoteLock", "400 for Windows"),
            ("retire", "at the next check-in"),
            ("wipe", "at the next check-in"),
            ("syncDevice", ""),
        )
    ),
    Route("GET", DEVICES + "/{}/deviceCompliancePolicyStates", "devices.list_policy_states", BOTH, ""),
    Route("GET", DEVICES + "/{}/deviceCompliancePolicyStates/{}", "devices.get_policy_state", BOTH, ""),
    Route(
        "PATCH",
        DEVICES + "/{}/deviceCompliancePolicyStates/{}",
        "devices.read_only_states",
        BOTH,
        "400 as the service does",
    ),
    Route("GET", "deviceManagement", "tenant.get_tenant", BOTH, "settings and intuneBrand"),
    Route("PATCH", "deviceManagement", "tenant.patch_tenant", BOTH, "settings go together"),
    Route("GET", "deviceManagement/intuneBrand", "tenant.get_brand", BOTH, ""),
    Route("GET", "deviceManagement/settings", "tenant.get_settings", BOTH, ""),
    Route(
        "GET", "deviceManagement/intuneBrandingProfiles", "tenant.list_brands", BETA, "the default profile"
    ),
    Route("GET", "deviceManagement/managedDeviceOverview", "tenant.managed_device_overview", BOTH, ""),
    Route("GET", TAGS, "tenant.list_scope_tags", BETA, ""),
    Route("POST", TAGS, "tenant.create_scope_tag", BETA, "ids are small numbers as text"),
    Route("POST", TAGS + "/getRoleScopeTagsById", "tenant.tags_by_id", BETA, ""),
    Route("GET", TAGS + "/hasCustomRoleScopeTag()", "tenant.has_custom_tag", BETA, ""),
    Route("GET", TAGS + "/{}", "tenant.get_scope_tag", BETA, ""),
    Route("PATCH", TAGS + "/{}", "tenant.patch_scope_tag", BETA, "not the built-in one"),
    Route("DELETE", TAGS + "/{}", "tenant.delete_scope_tag", BETA, "not the built-in one"),
    Route("POST", TAGS + "/{}/assign", "tenant.assign_scope_tag", BETA, "replaces the groups"),
    Route("GET", TAGS + "/{}/assignments", "tenant.list_tag_assignments", BETA, ""),
    *(
        Route(
            "POST", f"{REPORTS_PATH}/{action}", "reports.get_report", BOTH, "JSON as application/octet-stream"
        )
        for action in REPORT_ACTIONS
    ),
    Route("GET", JOBS, "reports.list_jobs", BOTH, ""),
    Route("POST", JOBS, "reports.create_job", BOTH, "csv or json, zipped"),
    Route("GET", JOBS + "/{}", "reports.get_job", BOTH, "each look brings the job one step on"),
    Route(
        "POST",
        _C + "/getNoncompliantDevicesToRetire",
        "reports.get_report",
        BETA,
        "the retire list as a report",
    ),
    Route(
        "POST", _C + "/refreshDeviceComplianceReportSummarization", "tenant.refresh_summarization", BETA, ""
    ),
    Route(
        "POST",
        _C + "/validateComplianceScript",
        "tenant.validate_script",
        BETA,
        "presence, operators and types",
    ),
    Route("GET", AUDIT, "audit.list_events", BOTH, "the writes that went through the lab, newest first"),
    Route("GET", AUDIT + "/{}", "audit.get_event", BOTH, ""),
    *(
        Route("GET", f"{collection}/$count", handler, versions, "", "list")
        for collection, handler, versions in (
            (_C, "policies.list_policies", BOTH),
            (_G, "policies.list_policies", BETA),
            (TEMPLATES, "templates.list_templates", BOTH),
            (DEVICES, "devices.list_devices", BOTH),
            (TAGS, "tenant.list_scope_tags", BETA),
            (AUDIT, "audit.list_events", BOTH),
            (JOBS, "reports.list_jobs", BOTH),
            (DELETED, "access.list_deleted", BOTH),
            (_C + "/{}/assignments", "policies.list_assignments", BOTH),
            (_C + "/{}/deviceStatuses", "statuses.list_device_statuses", BOTH),
            (_C + "/{}/userStatuses", "statuses.list_user_statuses", BOTH),
            (_C + "/{}/deviceSettingStateSummaries", "statuses.list_setting_summaries", BOTH),
            (SUMMARIES, "statuses.setting_state_summaries", BOTH),
            (SUMMARIES + "/{}/deviceComplianceSettingStates", "statuses.setting_state_summaries", BOTH),
            (_G + "/{}/assignments", "policies.list_assignments", BETA),
            (_G + "/{}/settings", "policies.list_settings", BETA),
            (TEMPLATES + "/{}/localizedNotificationMessages", "templates.messages", BOTH),
            (DEVICES + "/{}/deviceCompliancePolicyStates", "devices.list_policy_states", BOTH),
            (ACCESS, "access.list_access", BOTH),
        )
    ),
    *(
        Route(
            "GET",
            f"{collection}/$count",
            handler,
            BOTH,
            "needs ConsistencyLevel: eventual",
            "directory",
        )
        for collection, handler in (
            ("users", "directory.list_users"),
            ("groups", "directory.list_groups"),
            ("devices", "directory.list_entra_devices"),
        )
    ),
    Route("GET", ACCESS, "access.list_access", BOTH, ""),
    Route("POST", ACCESS, "access.create_access", BOTH, ""),
    Route("GET", ACCESS + "/{}", "access.get_access", BOTH, ""),
    Route("PATCH", ACCESS + "/{}", "access.patch_access", BOTH, "204"),
    Route("DELETE", ACCESS + "/{}", "access.delete_access", BOTH, "can be restored for 30 days"),
    Route("GET", DELETED, "access.list_deleted", BOTH, ""),
    Route("GET", DELETED + "/{}", "access.get_deleted", BOTH, ""),
    Route("POST", DELETED + "/{}/restore", "access.restore_access", BOTH, "in the state that it had"),
    Route("DELETE", DELETED + "/{}", "access.delete_for_good", BOTH, "for good"),
    Route("POST", EVALUATE, "access.evaluate", BOTH, "What If: all policies, disabled ones too"),
    Route("GET", "groups", "directory.list_groups", BOTH, ""),
    Route("GET", "groups/{}", "directory.get_group", BOTH, ""),
    *(
        Route("GET", f"groups/{{}}/{navigation}{cast}{count}", "directory.list_members", BOTH, note)
        for navigation in ("members", "transitiveMembers")
        for cast in _CASTS
        for count, note in (("", ""), ("/$count", "needs ConsistencyLevel: eventual"))
    ),
    Route("GET", "users", "directory.list_users", BOTH, ""),
    Route("GET", "users/{}", "directory.get_user", BOTH, "by id or user principal name"),
    Route("GET", "me", "directory.get_me", BOTH, "the signed-in administrator"),
    Route(
        "GET", "devices", "directory.list_entra_devices", BOTH, "the directory's objects, with isCompliant"
    ),
    Route("GET", "devices/{}", "directory.get_entra_device", BOTH, ""),
    Route("POST", "directoryObjects/getByIds", "directory.get_by_ids", BOTH, ""),
    Route("GET", "organization", "directory.list_organization", BOTH, ""),
    Route("GET", "organization/{}", "directory.get_organization", BOTH, ""),
)


class Found(NamedTuple):
    route: Route | None
    """None where the address is known and the method is not."""
    path: str
    """The address with its keys as segments."""
    keys: tuple[str, ...]


_KEY = re.compile(r"([\w.]+)\('([^']*)'\)")


@cache
def _tree() -> dict[str, Any]:
    """Nested by segment in lower case, `{}` for a key; the routes of an address are under "" by method."""
    tree: dict[str, Any] = {}
    for route in ROUTES:
        node = tree
        for step in route.pattern.split("/"):
            node = node.setdefault(step.lower(), {})
        node.setdefault("", {})[route.method] = route
    return tree


_NO_WRITES = (
    "reports.get_report",
    "reports.create_job",
    "tenant.tags_by_id",
    "tenant.validate_script",
    "devices.read_only_states",
    "tenant.refresh_summarization",
)
"""Handlers of POST and PATCH that the audit log does not tell of: they change nothing of the tenant's own."""


@cache
def handler_of(route: Route) -> Handler:
    """The function behind a route. Its module is imported now: most runs of a lab need one or two of them."""
    module, _, name = route.handler.partition(".")
    handler: Handler = getattr(import_module(f"toolkit.lab.answers.{module}"), name)
    if route.counts:
        from toolkit.lab.answers.counts import counted_directory, counted_list

        return counted_list(handler) if route.counts == "list" else counted_directory(handler)
    is_write = route.method != "GET" and route.pattern.lower().startswith("devicemanagement")
    if is_write and route.handler not in _NO_WRITES:
        from toolkit.lab.answers.audit import audited

        return audited(handler)
    return handler


# One request asks for its route up to three times: what it may, what strikes it, what answers it.
@lru_cache(maxsize=64)
def find(method: str, path: str) -> Found | None:
    """The route of an address below its version, None where the lab has nothing there."""
    steps: list[str] = []
    for step in path.strip("/").split("/"):
        keyed = _KEY.fullmatch(unquote(step))
        steps += keyed.groups() if keyed is not None else (unquote(step),)
    node: dict[str, Any] = _tree()
    keys = []
    for position, step in enumerate(steps):
        if step.lower().startswith("graph."):
            # The namespace has a short name too, and Microsoft's clients write casts with it.
            step = steps[position] = "microsoft." + step
        if step.lower().startswith("microsoft.graph.") and step.lower() not in node:
            # An action may be called by its whole name; a cast is a step of its own.
            step = steps[position] = step[len("microsoft.graph.") :]
        if step.lower() in node and step:
            node = node[step.lower()]
        elif "{}" in node and step:
            node = node["{}"]
            keys.append(step)
        else:
            return None
    if "" not in node:
        return None
    return Found(node[""].get(method), "/".join(steps), tuple(keys))


def coverage_markdown() -> str:
    """docs/lab-coverage.md."""
    lines = [
        "# What the lab tenant imitates",
        "",
        "Generated from the table of routes (`toolkit/lab/routes.py`). Any other address answers 501 with the code",
        "`NotImplementedByLab`. `{}` stands for a key. `$batch` takes up to 20 of these in one request.",
        "",
        "| method | address | v1.0 | beta | remarks |",
        "|---|---|---|---|---|",
    ]
    for route in ROUTES:
        marks = ["yes" if version in route.versions else "" for version in BOTH]
        lines.append(f"| {route.method} | `/{route.pattern}` | {marks[0]} | {marks[1]} | {route.note} |")
    lines += ["", "Apart from both versions, for the one who plays: ", ""]
    from toolkit.lab.control import CONTROLS

    lines[-2] = "Apart from both versions, the lab itself is steered by:"
    lines += ["| method | address | what |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {what} |" for method, path, what in CONTROLS]
    return "\n".join(lines) + "\n"
