"""Addresses below the version of Graph: the collections, the steps of an address, and whether a pattern means it."""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote

CLASSIC = "deviceManagement/deviceCompliancePolicies"
CATALOG = "deviceManagement/compliancePolicies"
SUMMARIES = "deviceManagement/deviceCompliancePolicySettingStateSummaries"
TEMPLATES = "deviceManagement/notificationMessageTemplates"
DEVICES = "deviceManagement/managedDevices"
TAGS = "deviceManagement/roleScopeTags"
AUDIT = "deviceManagement/auditEvents"
REPORTS_PATH = "deviceManagement/reports"
JOBS = REPORTS_PATH + "/exportJobs"
JOB = JOBS + "/{}"
"""The one address where a GET changes something: each look takes the job one step on."""
ACCESS = "identity/conditionalAccess/policies"
DELETED = "identity/conditionalAccess/deletedItems/policies"
EVALUATE = "identity/conditionalAccess/evaluate"

REPORT_ACTIONS: dict[str, str] = {
    "getDeviceNonComplianceReport": "DeviceNonCompliance",
    "getDevicesWithoutCompliancePolicyReport": "DevicesWithoutCompliancePolicy",
    "getNoncompliantDevicesAndSettingsReport": "NoncompliantDevicesAndSettings",
    "getCompliancePolicyNonComplianceReport": "NonCompliantCompliancePoliciesAggregate",
    "getCompliancePolicyNonComplianceSummaryReport": "CompliancePolicyNonComplianceSummary",
    "getComplianceSettingNonComplianceReport": "SettingComplianceAggReport",
    "getPolicyNonComplianceReport": "PolicyNonCompliance",
    "getPolicyNonComplianceSummaryReport": "NonCompliantCompliancePoliciesAggregate",
    "getPolicyNonComplianceMetadata": "PolicyNonComplianceMetadata",
    "getSettingNonComplianceReport": "SettingNonCompliance",
    "getReportFilters": "ReportFilters",
    "getHistoricalReport": "DeviceComplianceTrend",
    "getCachedReport": "DeviceCompliance",
}
"""Below REPORTS_PATH (graph-contract 8.4): which report an action answers where the request does not say."""


def steps_of(path: str) -> tuple[str, ...]:
    """In lower case; a key in OData's brackets is a step of its own.

    >>> steps_of("/deviceManagement/deviceCompliancePolicies('1')/assign")
    ('devicemanagement', 'devicecompliancepolicies', '1', 'assign')
    """
    text = unquote(path).lower().replace("(", "/").replace(")", "").replace("'", "")
    return tuple(step for step in text.split("/") if step)


def fits(steps: tuple[str, ...], pattern: str) -> bool:
    """`{}` and `*` stand for one step, `*` at the end for any number of them, or none; letters of either case."""
    wanted = _wanted(pattern)
    if wanted and wanted[-1] == "*":
        wanted = wanted[:-1]
        steps = steps[: len(wanted)]
    return len(steps) == len(wanted) and all(
        want in ("{}", "*", step) for want, step in zip(wanted, steps, strict=True)
    )


@cache
def _wanted(pattern: str) -> tuple[str, ...]:
    return steps_of(pattern)
