"""Which version a call goes to."""

from __future__ import annotations

import pytest

from toolkit.graph.versions import VERSIONS, bare_path, row_for, version_for

POLICIES = "/deviceManagement/deviceCompliancePolicies"


@pytest.mark.parametrize(
    ("path", "version"),
    [
        (POLICIES, "beta"),
        (f"{POLICIES}?$expand=assignments", "beta"),
        (f"{POLICIES}/1", "beta"),
        (f"{POLICIES}('1')", "beta"),
        (f"{POLICIES}/1/scheduleActionsForRules", "beta"),
        (f"{POLICIES}/1/assign", "beta"),
        (f"{POLICIES}/1/assignments", "beta"),
        (f"{POLICIES}/1/scheduledActionsForRule/1/scheduledActionConfigurations", "beta"),
        (f"{POLICIES}/getDevicesScheduledToRetire()", "beta"),
        (f"{POLICIES}/setScheduledRetireState", "beta"),
        (f"{POLICIES.lower()}/1", "beta"),
        (f"{POLICIES}/1/deviceStatuses", "beta"),
        (f"{POLICIES}/1/deviceStatusOverview", "beta"),
        ("/deviceManagement/compliancePolicies/1/setScheduledActions", "beta"),
        ("/deviceManagement/roleScopeTags", "beta"),
        ("/deviceManagement/intuneBrandingProfiles", "beta"),
        ("/deviceManagement", "v1.0"),
        ("/deviceManagement/intuneBrand", "v1.0"),
        ("/deviceManagement/notificationMessageTemplates/1/localizedNotificationMessages", "beta"),
        ("/deviceManagement/managedDevices/1/deviceCompliancePolicyStates", "v1.0"),
        ("/identity/conditionalAccess/policies", "v1.0"),
        ("/groups/1/transitiveMembers/microsoft.graph.device/$count", "v1.0"),
        ("/", "v1.0"),
        ("", "v1.0"),
        ("/v1.0/deviceManagement/roleScopeTags", "beta"),
        ("https://graph.microsoft.com/v1.0/deviceManagement/roleScopeTags", "beta"),
    ],
)
def test_each_path_goes_to_the_version_that_knows_it(path, version):
    assert version_for(path) == version


@pytest.mark.parametrize("forced", ["v1.0", "beta"])
@pytest.mark.parametrize("path", [POLICIES, "/groups"])
def test_a_forced_version_beats_the_table(path, forced):
    assert version_for(path, forced) == forced


def test_every_row_gives_a_reason_and_can_be_reached():
    for row in VERSIONS:
        assert row.reason
        path = row.pattern.replace("*/", "1/").removesuffix("/**")
        assert row_for(path) == row, row.pattern


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("deviceManagement/managedDevices", "/deviceManagement/managedDevices"),
        ("/beta/users/1?$select=a/b", "/users/1"),
        ("https://graph.microsoft.com/v1.0/users('a@b.c')/manager", "/users/a@b.c/manager"),
        ("https://graph.microsoft.com", "/"),
        ("https://graph.microsoft.com?x=/beta/users", "/"),
        ("/users?next=https://other/beta/groups", "/users"),
        ("/v1.0/beta/users", "/beta/users"),
    ],
)
def test_a_bare_path_has_neither_host_nor_version_nor_query(address, bare):
    assert bare_path(address) == bare
