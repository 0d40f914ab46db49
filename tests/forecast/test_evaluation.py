"""From facts to verdicts, from verdicts to records, from records to the device's state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.forecast.evaluation import (
    COMPLIANT,
    ERROR,
    IN_GRACE,
    NONCOMPLIANT,
    NOT_APPLICABLE,
    SEVERITY,
    UNKNOWN,
    Record,
    Standing,
    Verdict,
    device_state,
    effective_at,
    failing_value,
    is_asked,
    is_compliant,
    judge_policy,
    meets,
    policy_actual,
    step,
    version_key,
)
from toolkit.model.data.settings import SETTINGS, setting

T = datetime(2026, 11, 2, tzinfo=UTC)
FRESH = Record("d1", "p1")


def hours(count: float) -> datetime:
    return T + timedelta(hours=count)


@pytest.mark.parametrize(
    ("platform", "name", "expected", "found", "ok"),
    [
        ("windows", "bitLockerEnabled", True, True, True),
        ("windows", "bitLockerEnabled", True, False, False),
        ("windows", "bitLockerEnabled", True, "yes", False),
        ("ios", "securityBlockJailbrokenDevices", True, False, True),
        ("ios", "securityBlockJailbrokenDevices", True, True, False),
        ("windows", "passwordMinimumLength", 8, 8, True),
        ("windows", "passwordMinimumLength", 8, 7, False),
        ("windows", "passwordMinimumLength", 8, "none", False),
        ("windows", "passwordMinutesOfInactivityBeforeLock", 15, 15, True),
        ("windows", "passwordMinutesOfInactivityBeforeLock", 15, 16, False),
        ("windows", "osMinimumVersion", "10.0.19045", "10.0.22631.4169", True),
        ("windows", "osMinimumVersion", "10.0.22631.4169", "10.0.9999.9999", False),
        ("macos", "osMinimumVersion", "14.5", "14.5.0", True),
        ("macos", "osMaximumVersion", "14.5", "14.5.1", False),
        ("android", "minAndroidSecurityPatchLevel", "2024-05-01", "2024-04-05", False),
        ("ios", "osMinimumBuildVersion", "22E772610a", "22E772620a", True),
        ("ios", "deviceThreatProtectionRequiredSecurityLevel", "low", "secured", True),
        ("ios", "deviceThreatProtectionRequiredSecurityLevel", "low", "medium", False),
        ("ios", "deviceThreatProtectionRequiredSecurityLevel", "low", "unavailable", False),
        ("windows", "passwordRequiredType", "numeric", "alphanumeric", True),
        ("windows", "passwordRequiredType", "alphanumeric", "numeric", False),
    ],
)
def test_a_fact_meets_a_setting_by_the_settings_rule(platform, name, expected, found, ok):
    found_setting = setting(platform, name)
    assert found_setting is not None
    assert meets(found_setting, expected, found) is ok


@pytest.mark.parametrize(
    ("older", "newer"),
    [("10.0.9", "10.0.10"), ("14", "14.0.1"), ("17.4", "17.4a"), ("22E772610a", "22E772610b"), ("", "0.1")],
)
def test_versions_compare_part_by_part_as_numbers(older, newer):
    assert version_key(older) < version_key(newer)


@pytest.mark.parametrize("value", [None, False, ""])
def test_a_setting_without_a_demand_asks_nothing(value):
    assert is_asked(SETTINGS["windows"][0], value) is False


def test_the_members_that_mean_no_demand_ask_nothing():
    found = setting("ios", "deviceThreatProtectionRequiredSecurityLevel")
    assert found is not None
    assert [is_asked(found, member) for member in ("unavailable", "notSet", "secured")] == [
        False,
        False,
        True,
    ]


def test_verdicts_say_what_was_expected_and_what_was_found():
    policy = {
        "displayName": "Baseline",
        "passwordRequired": False,
        "osMinimumVersion": "10.0.22631",
        "bitLockerEnabled": True,
        "secureBootEnabled": True,
        "codeIntegrityEnabled": True,
    }
    facts = {"osMinimumVersion": "10.0.19045", "bitLockerEnabled": True, "secureBootEnabled": {"error": 5}}
    by_name = {verdict.setting: verdict for verdict in judge_policy("windows", policy, facts)}
    assert by_name == {
        "passwordRequired": Verdict("passwordRequired", NOT_APPLICABLE, False, None),
        "osMinimumVersion": Verdict("osMinimumVersion", NONCOMPLIANT, "10.0.22631", "10.0.19045"),
        "bitLockerEnabled": Verdict("bitLockerEnabled", COMPLIANT, True, True),
        "secureBootEnabled": Verdict("secureBootEnabled", ERROR, True, {"error": 5}),
        "codeIntegrityEnabled": Verdict("codeIntegrityEnabled", COMPLIANT, True, None),
    }


def test_before_the_first_report_every_demand_is_unknown():
    verdicts = judge_policy("windows", {"bitLockerEnabled": True, "passwordRequired": False}, None)
    assert [(v.setting, v.status) for v in verdicts if v.status == UNKNOWN] == [("bitLockerEnabled", UNKNOWN)]
    assert policy_actual(verdicts) == UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "actual"),
    [
        ([COMPLIANT, ERROR, NONCOMPLIANT], NONCOMPLIANT),
        ([COMPLIANT, ERROR, UNKNOWN], ERROR),
        ([COMPLIANT, UNKNOWN], UNKNOWN),
        ([NOT_APPLICABLE, COMPLIANT], COMPLIANT),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
        ([], NOT_APPLICABLE),
    ],
)
def test_one_failing_setting_decides_a_policy(statuses, actual):
    assert policy_actual(Verdict("s", status, True, None) for status in statuses) == actual


def test_a_value_that_fails_is_found_for_every_rule_that_can_fail():
    demands = {"require": True, "forbid": True, "at_least": 4, "at_most": 10}
    demands |= {"version_at_least": "14.5", "version_at_most": "14.5", "level_at_most": "low"}
    seen = set()
    for rows in SETTINGS.values():
        for row in rows:
            expected = row.members[-1] if row.rule == "enum_at_least" else demands.get(row.rule)
            if expected is not None:
                seen.add(row.rule)
                assert not meets(row, expected, failing_value(row, expected)), row.name
    assert seen == {*demands, "enum_at_least"}


def test_what_cannot_fail_has_no_failing_value():
    level = setting("ios", "deviceThreatProtectionRequiredSecurityLevel")
    length = setting("windows", "passwordMinimumLength")
    assert level is not None
    assert length is not None
    assert (failing_value(level, "high"), failing_value(length, 0)) == (None, None)


def test_the_first_failing_calculation_opens_an_episode_and_starts_the_clock():
    assert step(FRESH, NONCOMPLIANT, 72, T, version=3) == Record(
        "d1", "p1", NONCOMPLIANT, IN_GRACE, t0=T, episode=1, grace_expires=hours(72), evaluated_version=3
    )


def test_later_failing_calculations_keep_the_clock():
    record = step(step(FRESH, NONCOMPLIANT, 72, T), NONCOMPLIANT, 72, hours(72))
    assert (record.t0, record.episode, record.effective) == (T, 1, NONCOMPLIANT)


@pytest.mark.parametrize(("grace", "effective"), [(24, NONCOMPLIANT), (96, IN_GRACE)])
def test_an_edited_grace_period_is_counted_from_the_same_beginning(grace, effective):
    record = step(step(FRESH, NONCOMPLIANT, 72, T), NONCOMPLIANT, grace, hours(48))
    assert (record.t0, record.grace_expires, record.effective) == (T, hours(grace), effective)


@pytest.mark.parametrize("actual", [COMPLIANT, NOT_APPLICABLE])
def test_passing_closes_the_episode_and_the_next_failure_opens_another(actual):
    failing = step(FRESH, NONCOMPLIANT, 72, T)
    closed = step(failing, actual, 72, hours(1))
    assert closed == Record("d1", "p1", actual, actual, episode=1)
    assert step(closed, NONCOMPLIANT, 0, hours(2)).episode == 2


@pytest.mark.parametrize(
    ("after", "effective"), [(71, IN_GRACE), (71.99, IN_GRACE), (72, NONCOMPLIANT), (400, NONCOMPLIANT)]
)
def test_grace_ends_at_its_moment_without_another_calculation(after, effective):
    assert effective_at(step(FRESH, NONCOMPLIANT, 72, T), hours(after)) == effective


def test_an_error_holds_what_was_before_for_seven_days_then_counts_as_failing_from_there():
    record = step(step(FRESH, COMPLIANT, 24, T), ERROR, 24, hours(1))
    assert (record.actual, record.effective, record.is_open) == (ERROR, COMPLIANT, False)
    record = step(record, ERROR, 24, hours(1 + 167))
    assert record.effective == COMPLIANT
    record = step(record, ERROR, 24, hours(1 + 168))
    assert (record.actual, record.effective, record.t0) == (NONCOMPLIANT, IN_GRACE, hours(169))
    assert step(record, ERROR, 24, hours(169 + 24)).effective == NONCOMPLIANT


@pytest.mark.parametrize(
    ("before", "verdict", "during", "after"),
    [
        (COMPLIANT, NONCOMPLIANT, COMPLIANT, NONCOMPLIANT),
        (COMPLIANT, COMPLIANT, COMPLIANT, COMPLIANT),
        (NONCOMPLIANT, COMPLIANT, NONCOMPLIANT, COMPLIANT),
    ],
)
def test_an_error_that_clears_within_a_week_changes_nothing_by_itself(before, verdict, during, after):
    record = step(step(FRESH, before, 0, T), ERROR, 0, hours(1))
    assert record.effective == during
    record = step(record, verdict, 0, hours(73))
    assert (record.effective, record.error_since, record.held_effective) == (after, None, None)


def test_an_error_freezes_a_running_grace_period():
    record = step(step(FRESH, NONCOMPLIANT, 24, T), ERROR, 24, hours(1))
    assert effective_at(record, hours(48)) == IN_GRACE
    assert step(record, NONCOMPLIANT, 24, hours(48)).effective == NONCOMPLIANT


def test_an_error_with_nothing_before_it_is_unknown():
    assert step(FRESH, ERROR, 0, T).effective == UNKNOWN


def stand(contributions, **more):
    options = {"secure_by_default": False, "last_contact": T, "threshold_days": 30, "now": T}
    return device_state(contributions, **(options | more))


@pytest.mark.parametrize(
    ("contributions", "more", "standing"),
    [
        ([UNKNOWN], {}, Standing("unknown")),
        ([UNKNOWN, COMPLIANT, IN_GRACE], {}, Standing("inGracePeriod")),
        ([COMPLIANT, NOT_APPLICABLE], {}, Standing("compliant")),
        ([IN_GRACE, NONCOMPLIANT], {}, Standing("noncompliant")),
        ([], {}, Standing("compliant")),
        ([NOT_APPLICABLE], {"secure_by_default": True}, Standing("noncompliant", ("noPolicy",))),
        ([UNKNOWN], {"secure_by_default": True}, Standing("unknown")),
        ([COMPLIANT], {"now": T + timedelta(days=30)}, Standing("compliant")),
        ([COMPLIANT], {"now": T + timedelta(days=30, minutes=1)}, Standing("noncompliant", ("isActive",))),
        ([COMPLIANT], {"user_problem": "userUnlicensed"}, Standing("noncompliant", ("userUnlicensed",))),
        ([NONCOMPLIANT], {"authority": "partner", "partner_state": "compliant"}, Standing("compliant")),
        ([COMPLIANT], {"authority": "partner"}, Standing("noncompliant")),
        ([COMPLIANT], {"authority": "configmgr"}, Standing("configManager")),
    ],
)
def test_a_device_takes_the_gravest_contribution_and_fails_the_built_in_checks(contributions, more, standing):
    assert stand(contributions, **more) == standing


_ORDER = {"unknown": 1, "compliant": 3, "inGracePeriod": 4, "noncompliant": 5, "error": 6}
applicable = st.sampled_from([status for status in SEVERITY if status != NOT_APPLICABLE])


@given(st.lists(applicable, min_size=1), applicable)
def test_a_further_applicable_policy_never_makes_a_device_better(contributions, further):
    assert _ORDER[stand([*contributions, further]).state] >= _ORDER[stand(contributions).state]


@pytest.mark.parametrize(
    ("state", "verdict", "passes"),
    [
        ("compliant", None, True),
        ("inGracePeriod", None, True),
        ("noncompliant", None, False),
        ("unknown", None, False),
        ("configManager", True, True),
        ("configManager", None, False),
    ],
)
def test_conditional_access_lets_a_device_in_grace_pass(state, verdict, passes):
    assert is_compliant(state, verdict) is passes


verdicts = st.lists(
    st.tuples(
        st.sampled_from([COMPLIANT, NONCOMPLIANT, NOT_APPLICABLE, ERROR, UNKNOWN]), st.integers(0, 300)
    ),
    max_size=20,
)


@given(verdicts, st.sampled_from([0, 1, 72, 200]))
def test_grace_is_only_ever_a_running_grace_period_of_a_failing_policy(doings, grace):
    record, now = FRESH, T
    for actual, wait in doings:
        now += timedelta(hours=wait)
        record = step(record, actual, grace, now)
        if record.actual == NONCOMPLIANT:
            assert (record.effective == IN_GRACE) is (
                record.grace_expires is not None and now < record.grace_expires
            )
        elif record.actual != ERROR:
            assert record.effective == record.actual
        if grace == 0:
            assert record.effective != IN_GRACE


@pytest.mark.parametrize(("before", "state", "expires"), [(96, IN_GRACE, 1 + 168 + 96), (0, NONCOMPLIANT, 0)])
def test_a_grace_period_that_an_error_froze_begins_where_the_hold_ends(before, state, expires):
    record = step(step(FRESH, NONCOMPLIANT, before, T), ERROR, before, hours(1))
    after = step(record, ERROR, before, hours(1 + 168))
    assert (after.effective, after.grace_expires, after.episode) == (state, hours(expires), 1)
