"""Microsoft's own Python client (msgraph-sdk) works with the lab as with the service.

Opt-in: pip install 'grace-intune[test,conformance]', then pytest -m conformance tests/conformance. The client is not
changed: it gets the lab's address as its base URL and a token that the lab gave out, nothing else.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from conformance.packages import package

# The client warns of parts of itself.
pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Token:
    """A credential as azure-identity's are, which has its token already."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture
def run(server) -> Callable[[Callable[[Any], Awaitable[Any]]], Any]:
    """Runs a coroutine function with a client of the served lab."""
    package("msgraph")

    async def with_client(use: Callable[[Any], Awaitable[Any]]) -> Any:
        from kiota_authentication_azure.azure_identity_authentication_provider import (
            AzureIdentityAuthenticationProvider,
        )
        from msgraph import GraphRequestAdapter, GraphServiceClient
        from msgraph.graph_request_adapter import options
        from msgraph_core import GraphClientFactory

        provider = AzureIdentityAuthenticationProvider(Token(server.token), allowed_hosts=["127.0.0.1"])
        http = GraphClientFactory.create_with_default_middleware(options=options)
        adapter = GraphRequestAdapter(provider, http)
        adapter.base_url = f"{server.url}/v1.0"
        try:
            return await use(GraphServiceClient(request_adapter=adapter))
        finally:
            # Closing the client leaves the connections open that lie below its own transport.
            await http._transport.transport.aclose()

    return lambda use: asyncio.run(with_client(use))


def expanding(builder: Any, *navigations: str) -> Any:
    """A request configuration with $expand for a request builder of the client."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    name = next(name for name in vars(type(builder)) if name.endswith("GetQueryParameters"))
    parameters = getattr(type(builder), name)(expand=list(navigations))
    return RequestConfiguration(query_parameters=parameters)


NESTED = "scheduledActionsForRule($expand=scheduledActionConfigurations)"


def rule_of(*actions: tuple[str, int]) -> Any:
    from msgraph.generated.models.device_compliance_action_item import DeviceComplianceActionItem
    from msgraph.generated.models.device_compliance_action_type import DeviceComplianceActionType
    from msgraph.generated.models.device_compliance_scheduled_action_for_rule import (
        DeviceComplianceScheduledActionForRule,
    )

    return DeviceComplianceScheduledActionForRule(
        rule_name="PasswordRequired",
        scheduled_action_configurations=[
            DeviceComplianceActionItem(
                action_type=DeviceComplianceActionType(kind),
                grace_period_hours=hours,
                notification_template_id="",
                notification_message_c_c_list=[],
            )
            for kind, hours in actions
        ],
    )


def test_a_policy_is_made_read_scheduled_assigned_changed_and_deleted(run):
    async def life(client):
        from msgraph.generated.device_management.device_compliance_policies.item.assign.assign_post_request_body import (
            AssignPostRequestBody,
        )
        from msgraph.generated.device_management.device_compliance_policies.item.schedule_actions_for_rules.schedule_actions_for_rules_post_request_body import (
            ScheduleActionsForRulesPostRequestBody,
        )
        from msgraph.generated.models.device_compliance_policy_assignment import (
            DeviceCompliancePolicyAssignment,
        )
        from msgraph.generated.models.group_assignment_target import GroupAssignmentTarget
        from msgraph.generated.models.ios_compliance_policy import IosCompliancePolicy
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError
        from msgraph.generated.models.required_password_type import RequiredPasswordType

        policies = client.device_management.device_compliance_policies
        made = await policies.post(
            IosCompliancePolicy(
                display_name="From the SDK",
                passcode_required=True,
                passcode_required_type=RequiredPasswordType.Numeric,
                os_minimum_version="17.0",
                scheduled_actions_for_rule=[rule_of(("block", 24), ("notification", 0))],
            )
        )
        assert isinstance(made, IosCompliancePolicy)
        one = policies.by_device_compliance_policy_id(made.id)
        read = await one.get(request_configuration=expanding(one, NESTED, "assignments"))
        assert isinstance(read, IosCompliancePolicy)
        assert (read.passcode_required_type, read.os_minimum_version) == (
            RequiredPasswordType.Numeric,
            "17.0",
        )
        assert (read.version, read.created_date_time.tzinfo, read.assignments) == (1, UTC, [])
        actions = read.scheduled_actions_for_rule[0].scheduled_action_configurations
        assert [(row.action_type.value, row.grace_period_hours) for row in actions] == [
            ("block", 24),
            ("notification", 0),
        ]
        await one.schedule_actions_for_rules.post(
            ScheduleActionsForRulesPostRequestBody(
                device_compliance_scheduled_action_for_rules=[rule_of(("block", 48), ("retire", 720))]
            )
        )
        group = (await client.groups.get()).value[0]
        assigned = await one.assign.post(
            AssignPostRequestBody(
                assignments=[
                    DeviceCompliancePolicyAssignment(target=GroupAssignmentTarget(group_id=group.id))
                ]
            )
        )
        assert [row.target.group_id for row in assigned.value] == [group.id]
        await one.patch(IosCompliancePolicy(description="changed"))
        read = await one.get(request_configuration=expanding(one, NESTED, "assignments"))
        actions = read.scheduled_actions_for_rule[0].scheduled_action_configurations
        assert [(row.action_type.value, row.grace_period_hours) for row in actions] == [
            ("block", 48),
            ("retire", 720),
        ]
        assert (read.description, type(read.assignments[0].target)) == ("changed", GroupAssignmentTarget)
        await one.delete()
        with pytest.raises(ODataError) as caught:
            await one.get()
        assert (caught.value.response_status_code, caught.value.error.code) == (404, "ResourceNotFound")
        assert caught.value.error.inner_error.request_id

    run(life)


def test_a_refusal_arrives_as_graphs_error(run):
    async def refused(client):
        from msgraph.generated.models.ios_compliance_policy import IosCompliancePolicy
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        with pytest.raises(ODataError) as caught:
            await client.device_management.device_compliance_policies.post(
                IosCompliancePolicy(display_name="Without a schedule")
            )
        assert caught.value.response_status_code == 400
        assert "one and only one block" in json.loads(caught.value.error.message)["Message"]

    run(refused)


def test_a_template_is_made_localised_tried_and_deleted(run, server):
    async def life(client):
        from msgraph.generated.models.localized_notification_message import LocalizedNotificationMessage
        from msgraph.generated.models.notification_message_template import NotificationMessageTemplate
        from msgraph.generated.models.notification_template_branding_options import (
            NotificationTemplateBrandingOptions,
        )

        templates = client.device_management.notification_message_templates
        made = await templates.post(
            NotificationMessageTemplate(
                display_name="From the SDK",
                branding_options=NotificationTemplateBrandingOptions.IncludeCompanyName,
            )
        )
        assert made.default_locale is None
        one = templates.by_notification_message_template_id(made.id)
        for locale, is_default in (("en-US", True), ("fr-FR", False)):
            message = await one.localized_notification_messages.post(
                LocalizedNotificationMessage(
                    locale=locale,
                    subject=f"In {locale}",
                    message_template="<p>{{DeviceName}}</p>",
                    is_default=is_default,
                )
            )
            assert message.id == f"{made.id}_{locale.lower()}"
        french = one.localized_notification_messages.by_localized_notification_message_id(f"{made.id}_fr-fr")
        await french.patch(LocalizedNotificationMessage(subject="Autrement"))
        await one.send_test_message.post()
        read = await one.get(request_configuration=expanding(one, "localizedNotificationMessages"))
        assert read.default_locale == "en-us"
        assert read.branding_options == [NotificationTemplateBrandingOptions.IncludeCompanyName]
        assert [row.subject for row in read.localized_notification_messages] == ["In en-US", "Autrement"]
        await one.delete()

    run(life)
    assert server.lab.store.log("mail")[-1][1]["subject"] == "In en-US"


def test_lists_are_read_page_by_page(run):
    async def pages(client):
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph_core.tasks.page_iterator import PageIterator

        devices = client.device_management.managed_devices
        first = await devices.get(
            request_configuration=RequestConfiguration(
                query_parameters=type(devices).ManagedDevicesRequestBuilderGetQueryParameters(
                    top=7,
                    filter="complianceState eq 'noncompliant'",
                    select=["id", "deviceName", "complianceState"],
                )
            )
        )
        assert len(first.value) == 7
        seen = []

        def keep(device):
            seen.append(device)
            return True

        await PageIterator(first, client.request_adapter).iterate(keep)
        return seen

    seen = run(pages)
    assert len({device.id for device in seen}) == len(seen) > 14
    assert {device.compliance_state.value for device in seen} == {"noncompliant"}


def test_devices_people_groups_and_statuses_are_read_whole(run):
    async def read(client):
        from kiota_abstractions.base_request_configuration import RequestConfiguration

        manage = client.device_management
        devices = (await manage.managed_devices.get()).value
        assert any(
            device.compliance_grace_period_expiration_date_time.year == NEVER.year for device in devices
        )
        phone = next(device for device in devices if device.device_name == "iPhone Ada")
        one = manage.managed_devices.by_managed_device_id(phone.id)
        states = (await one.device_compliance_policy_states.get()).value
        assert states[0].setting_states[0].setting_name
        await one.remote_lock.post()
        assert (await one.get()).device_action_results[0].action_name == "remoteLock"
        settings = (await manage.get()).settings
        assert settings.device_compliance_checkin_threshold_days == 30
        summary = await manage.device_compliance_policy_device_state_summary.get()
        assert summary.compliant_device_count + summary.non_compliant_device_count > 0
        policy = (await manage.device_compliance_policies.get()).value[0]
        statuses = manage.device_compliance_policies.by_device_compliance_policy_id(policy.id)
        assert (await statuses.device_statuses.get()).value[0].status.value
        assert (await statuses.device_status_overview.get()).success_count > 0
        groups = (await client.groups.get()).value
        desk = next(group for group in groups if group.display_name == "Help desk")
        members = client.groups.by_group_id(desk.id).transitive_members
        kinds = {type(member).__name__ for member in (await members.get()).value}
        assert kinds == {"User", "Group"}
        eventual = RequestConfiguration()
        eventual.headers.add("ConsistencyLevel", "eventual")
        assert await members.graph_user.count.get(request_configuration=eventual) == 4
        assert (await client.me.get()).user_principal_name == "admin@contoso.example"
        events = (await manage.audit_events.get()).value
        assert events[0].resources[0].display_name == "iPhone Ada"

    run(read)


def test_a_report_is_a_stream_and_an_export_names_a_file(run, server):
    async def reports(client):
        from msgraph.generated.device_management.reports.get_device_non_compliance_report.get_device_non_compliance_report_post_request_body import (
            GetDeviceNonComplianceReportPostRequestBody,
        )
        from msgraph.generated.models.device_management_export_job import DeviceManagementExportJob

        reports = client.device_management.reports
        stream = await reports.get_device_non_compliance_report.post(
            GetDeviceNonComplianceReportPostRequestBody(select=["DeviceName"], top=5)
        )
        assert len(json.loads(stream)["Values"]) == 5
        job = await reports.export_jobs.post(DeviceManagementExportJob(report_name="DeviceCompliance"))
        one = reports.export_jobs.by_device_management_export_job_id(job.id)
        looks = [await one.get() for _ in range(2)]
        assert [look.status.value for look in looks] == ["inProgress", "completed"]
        return looks[1].url

    url = run(reports)
    assert url.startswith(server.url)
    # The address is the secret: no token goes with it.
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    (name,) = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert name.endswith(".csv")
    assert requests.get(url.replace(".zip", "x.zip"), timeout=10).status_code == 404


def test_what_if_says_which_policies_would_apply(run):
    async def evaluate(client):
        from msgraph.generated.identity.conditional_access.evaluate.evaluate_post_request_body import (
            EvaluatePostRequestBody,
        )
        from msgraph.generated.models.application_context import ApplicationContext
        from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp
        from msgraph.generated.models.conditional_access_device_platform import (
            ConditionalAccessDevicePlatform,
        )
        from msgraph.generated.models.device_info import DeviceInfo
        from msgraph.generated.models.sign_in_conditions import SignInConditions
        from msgraph.generated.models.user_sign_in import UserSignIn

        user = (await client.users.by_user_id("ada.novak@contoso.example").get()).id
        answer = await client.identity.conditional_access.evaluate.post(
            EvaluatePostRequestBody(
                sign_in_identity=UserSignIn(user_id=user, odata_type="#microsoft.graph.userSignIn"),
                sign_in_context=ApplicationContext(
                    include_applications=["00000003-0000-0ff1-ce00-000000000000"],
                    odata_type="#microsoft.graph.applicationContext",
                ),
                sign_in_conditions=SignInConditions(
                    device_platform=ConditionalAccessDevicePlatform.IOS,
                    client_app_type=ConditionalAccessClientApp.Browser,
                    device_info=DeviceInfo(is_compliant=False),
                ),
            )
        )
        policies = (await client.identity.conditional_access.policies.get()).value
        assert {row.id for row in answer.value} == {row.id for row in policies}
        for row in answer.value:
            assert row.policy_applies is ([reason.value for reason in row.analysis_reasons] == ["notSet"])
        return [row for row in answer.value if row.policy_applies]

    assert run(evaluate)
