"""The table of what the lab imitates: method, address, versions, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from toolkit.lab.answers import Answer, Call
from toolkit.lab.answers.access import (
    ACCESS,
    DELETED,
    EVALUATE,
    create_access,
    delete_access,
    delete_for_good,
    evaluate,
    get_access,
    get_deleted,
    list_access,
    list_deleted,
    patch_access,
    restore_access,
)
from toolkit.lab.answers.audit import AUDIT, audited, get_event, list_events
from toolkit.lab.answers.counts import counted_directory, counted_list
from toolkit.lab.answers.devices import (
    DEVICES,
    device_action,
    get_device,
    list_devices,
    list_policy_states,
    read_only_states,
)
from toolkit.lab.answers.directory import (
    get_by_ids,
    get_entra_device,
    get_group,
    get_me,
    get_user,
    list_entra_devices,
    list_groups,
    list_members,
    list_organization,
    list_users,
)
from toolkit.lab.answers.policies import (
    CATALOG,
    CLASSIC,
    assign,
    children,
    create_policy,
    delete_policy,
    get_policy,
    list_assignments,
    list_policies,
    list_settings,
    patch_policy,
    read_rules,
    schedule_actions,
)
from toolkit.lab.answers.reports import ACTIONS as REPORT_ACTIONS
from toolkit.lab.answers.reports import JOBS, REPORTS_PATH, create_job, get_job, get_report, list_jobs
from toolkit.lab.answers.statuses import (
    SUMMARIES,
    device_state_summary,
    get_overview,
    list_device_statuses,
    list_retire,
    list_setting_summaries,
    list_user_statuses,
    set_retire_state,
    setting_state_summaries,
)
from toolkit.lab.answers.templates import (
    TEMPLATES,
    create_template,
    delete_template,
    get_template,
    list_templates,
    messages,
    patch_template,
    send_test_message,
)
from toolkit.lab.answers.tenant import (
    TAGS,
    assign_scope_tag,
    create_scope_tag,
    delete_scope_tag,
    get_brand,
    get_scope_tag,
    get_settings,
    get_tenant,
    has_custom_tag,
    list_brands,
    list_scope_tags,
    list_tag_assignments,
    managed_device_overview,
    patch_scope_tag,
    patch_tenant,
    refresh_summarization,
    tags_by_id,
    validate_script,
)
from toolkit.lab.contract import Version


class Route(NamedTuple):
    method: str
    pattern: str
    """Below the version; `{}` stands for a key."""
    handler: Callable[[Call], Answer]
    versions: tuple[Version, ...]
    note: str


BOTH: tuple[Version, ...] = ("v1.0", "beta")
BETA: tuple[Version, ...] = ("beta",)
_C = CLASSIC.collection
_G = CATALOG.collection
_S = "{}/scheduledActionsForRule"
_ITEMS = "{}/scheduledActionConfigurations"
_CASTS = ("", "/microsoft.graph.user", "/microsoft.graph.device", "/microsoft.graph.group")

ROUTES: tuple[Route, ...] = (
    Route("GET", _C, list_policies, BOTH, "v1.0 leaves out the types that only beta has"),
    Route("POST", _C, create_policy, BOTH, "needs @odata.type and exactly one block"),
    Route("GET", _C + "/{}", get_policy, BOTH, "$expand of schedule, assignments and overviews"),
    Route("PATCH", _C + "/{}", patch_policy, BOTH, "refuses scheduledActionsForRule and assignments"),
    Route("DELETE", _C + "/{}", delete_policy, BOTH, ""),
    Route("POST", _C + "/{}/scheduleActionsForRules", schedule_actions, BOTH, "replaces the schedule; 204"),
    Route("POST", _C + "/{}/assign", assign, BOTH, "replaces the assignments"),
    Route("GET", _C + "/{}/assignments", list_assignments, BOTH, ""),
    Route("GET", _C + "/{}/assignments/{}", list_assignments, BOTH, ""),
    *(
        Route(
            method, f"{_C}/{path}", children, BOTH, "400 as the service does, unless actions-api=documented"
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
    Route("GET", _C + "/{}/deviceStatuses", list_device_statuses, BOTH, "ids are policy_device"),
    Route("GET", _C + "/{}/userStatuses", list_user_statuses, BOTH, "the worst state of a user's devices"),
    Route("GET", _C + "/{}/deviceStatusOverview", get_overview, BOTH, ""),
    Route("GET", _C + "/{}/userStatusOverview", get_overview, BOTH, ""),
    Route("GET", _C + "/{}/deviceSettingStateSummaries", list_setting_summaries, BOTH, ""),
    Route("GET", SUMMARIES, setting_state_summaries, BOTH, "the id is type.setting"),
    Route("GET", SUMMARIES + "/{}", setting_state_summaries, BOTH, ""),
    Route("GET", SUMMARIES + "/{}/deviceComplianceSettingStates", setting_state_summaries, BOTH, ""),
    Route("GET", _C + "/getDevicesScheduledToRetire()", list_retire, BETA, "the retire list"),
    Route("POST", _C + "/setScheduledRetireState", set_retire_state, BETA, "confirmRetire or cancelRetire"),
    Route("GET", "deviceManagement/deviceCompliancePolicyDeviceStateSummary", device_state_summary, BOTH, ""),
    Route("GET", _G, list_policies, BETA, "the settings catalog's policies (Linux)"),
    Route("POST", _G, create_policy, BETA, "marks at once until setScheduledActions"),
    Route("GET", _G + "/{}", get_policy, BETA, "$expand of settings, schedule, assignments"),
    Route("PATCH", _G + "/{}", patch_policy, BETA, ""),
    Route("DELETE", _G + "/{}", delete_policy, BETA, ""),
    Route("GET", _G + "/{}/settings", list_settings, BETA, "25 a page"),
    Route("POST", _G + "/{}/setScheduledActions", schedule_actions, BETA, "replaces the schedule; 200"),
    Route("GET", _G + "/{}/scheduledActionsForRule", read_rules, BETA, ""),
    Route("POST", _G + "/{}/assign", assign, BETA, "replaces the assignments"),
    Route("GET", _G + "/{}/assignments", list_assignments, BETA, ""),
    Route("GET", TEMPLATES, list_templates, BOTH, "v1.0 has no description"),
    Route("POST", TEMPLATES, create_template, BOTH, "without messages"),
    Route("GET", TEMPLATES + "/{}", get_template, BOTH, ""),
    Route("PATCH", TEMPLATES + "/{}", patch_template, BOTH, ""),
    Route("DELETE", TEMPLATES + "/{}", delete_template, BOTH, "rule template-delete-in-use"),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages", messages, BOTH, ""),
    Route(
        "POST", TEMPLATES + "/{}/localizedNotificationMessages", messages, BOTH, "the id is template_locale"
    ),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages/{}", messages, BOTH, ""),
    Route(
        "PATCH",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        messages,
        BOTH,
        "neither locale nor isDefault=false",
    ),
    Route(
        "DELETE",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        messages,
        BOTH,
        "not the default message",
    ),
    Route(
        "POST", TEMPLATES + "/{}/sendTestMessage", send_test_message, BOTH, "a preview in the lab's mail log"
    ),
    Route("GET", DEVICES, list_devices, BOTH, "filters as the metadata allows, joined by and"),
    Route("GET", DEVICES + "/{}", get_device, BOTH, ""),
    *(
        Route("POST", f"{DEVICES}/{{}}/{action}", device_action, BOTH, note)
        for action, note in (
            ("remoteLock", "400 for Windows"),
            ("retire", "at the next check-in"),
            ("wipe", "at the next check-in"),
            ("syncDevice", ""),
        )
    ),
    Route("GET", DEVICES + "/{}/deviceCompliancePolicyStates", list_policy_states, BOTH, ""),
    Route(
        "PATCH",
        DEVICES + "/{}/deviceCompliancePolicyStates/{}",
        read_only_states,
        BOTH,
        "400 as the service does",
    ),
    Route("GET", "deviceManagement", get_tenant, BOTH, "settings and intuneBrand"),
    Route("PATCH", "deviceManagement", patch_tenant, BOTH, "settings go together"),
    Route("GET", "deviceManagement/intuneBrand", get_brand, BOTH, ""),
    Route("GET", "deviceManagement/settings", get_settings, BOTH, ""),
    Route("GET", "deviceManagement/intuneBrandingProfiles", list_brands, BETA, "the default profile"),
    Route("GET", "deviceManagement/managedDeviceOverview", managed_device_overview, BOTH, ""),
    Route("GET", TAGS, list_scope_tags, BETA, ""),
    Route("POST", TAGS, create_scope_tag, BETA, "ids are small numbers as text"),
    Route("POST", TAGS + "/getRoleScopeTagsById", tags_by_id, BETA, ""),
    Route("GET", TAGS + "/hasCustomRoleScopeTag()", has_custom_tag, BETA, ""),
    Route("GET", TAGS + "/{}", get_scope_tag, BETA, ""),
    Route("PATCH", TAGS + "/{}", patch_scope_tag, BETA, "not the built-in one"),
    Route("DELETE", TAGS + "/{}", delete_scope_tag, BETA, "not the built-in one"),
    Route("POST", TAGS + "/{}/assign", assign_scope_tag, BETA, "replaces the groups"),
    Route("GET", TAGS + "/{}/assignments", list_tag_assignments, BETA, ""),
    *(
        Route("POST", f"{REPORTS_PATH}/{action}", get_report, BOTH, "JSON as application/octet-stream")
        for action in REPORT_ACTIONS
    ),
    Route("GET", JOBS, list_jobs, BOTH, ""),
    Route("POST", JOBS, create_job, BOTH, "csv or json, zipped"),
    Route("GET", JOBS + "/{}", get_job, BOTH, "each look brings the job one step on"),
    Route("POST", _C + "/getNoncompliantDevicesToRetire", get_report, BETA, "the retire list as a report"),
    Route("POST", _C + "/refreshDeviceComplianceReportSummarization", refresh_summarization, BETA, ""),
    Route("POST", _C + "/validateComplianceScript", validate_script, BETA, "presence, operators and types"),
    Route("GET", AUDIT, list_events, BOTH, "the writes that went through the lab, newest first"),
    Route("GET", AUDIT + "/{}", get_event, BOTH, ""),
    *(
        Route("GET", f"{collection}/$count", counted_list(handler), versions, "")
        for collection, handler, versions in (
            (_C, list_policies, BOTH),
            (_G, list_policies, BETA),
            (TEMPLATES, list_templates, BOTH),
            (DEVICES, list_devices, BOTH),
            (TAGS, list_scope_tags, BETA),
            (AUDIT, list_events, BOTH),
            (ACCESS, list_access, BOTH),
        )
    ),
    *(
        Route(
            "GET",
            f"{collection}/$count",
            counted_directory(handler),
            BOTH,
            "needs ConsistencyLevel: eventual",
        )
        for collection, handler in (
            ("users", list_users),
            ("groups", list_groups),
            ("devices", list_entra_devices),
        )
    ),
    Route("GET", ACCESS, list_access, BOTH, ""),
    Route("POST", ACCESS, create_access, BOTH, ""),
    Route("GET", ACCESS + "/{}", get_access, BOTH, ""),
    Route("PATCH", ACCESS + "/{}", patch_access, BOTH, "204"),
    Route("DELETE", ACCESS + "/{}", delete_access, BOTH, "can be restored for 30 days"),
    Route("GET", DELETED, list_deleted, BOTH, ""),
    Route("GET", DELETED + "/{}", get_deleted, BOTH, ""),
    Route("POST", DELETED + "/{}/restore", restore_access, BOTH, "in the state that it had"),
    Route("DELETE", DELETED + "/{}", delete_for_good, BOTH, "for good"),
    Route("POST", EVALUATE, evaluate, BOTH, "What If: all policies, disabled ones too"),
    Route("GET", "groups", list_groups, BOTH, ""),
    Route("GET", "groups/{}", get_group, BOTH, ""),
    *(
        Route("GET", f"groups/{{}}/{navigation}{cast}{count}", list_members, BOTH, note)
        for navigation in ("members", "transitiveMembers")
        for cast in _CASTS
        for count, note in (("", ""), ("/$count", "needs ConsistencyLevel: eventual"))
    ),
    Route("GET", "users", list_users, BOTH, ""),
    Route("GET", "users/{}", get_user, BOTH, "by id or user principal name"),
    Route("GET", "me", get_me, BOTH, "the signed-in administrator"),
    Route("GET", "devices", list_entra_devices, BOTH, "the directory's objects, with isCompliant"),
    Route("GET", "devices/{}", get_entra_device, BOTH, ""),
    Route("POST", "directoryObjects/getByIds", get_by_ids, BOTH, ""),
    Route("GET", "organization", list_organization, BOTH, ""),
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
        is_write = route.method != "GET" and route.pattern.lower().startswith("devicemanagement")
        if is_write and route.handler not in _NO_WRITES:
            route = route._replace(handler=audited(route.handler))
        node.setdefault("", {})[route.method] = route
    return tree


_NO_WRITES = (get_report, create_job, tags_by_id, validate_script, read_only_states, refresh_summarization)
"""Handlers of POST and PATCH after which the tenant is as it was: nothing for the audit log."""


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
