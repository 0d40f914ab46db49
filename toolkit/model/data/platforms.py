"""The kinds of compliance policy: what people type, what the portal calls it, which Graph type it is."""

from __future__ import annotations

from typing import NamedTuple


class Platform(NamedTuple):
    key: str
    title: str
    odata_type: str
    collection: str
    """Under /deviceManagement."""
    aliases: tuple[str, ...]
    retired: bool
    """Graph still has the type, the admin centre no longer makes such policies."""
    beta_only: bool
    policy_platform_type: str | None
    """Member of Graph's policyPlatformType, or None where the enum has none that is known to mean it."""


PLATFORMS: tuple[Platform, ...] = (
    Platform(
        "android",
        "Android device administrator",
        "#microsoft.graph.androidCompliancePolicy",
        "deviceCompliancePolicies",
        ("android-device-administrator",),
        retired=False,
        beta_only=False,
        policy_platform_type="android",
    ),
    # Plain "androidEnterprise" is no alias: it would mean this one or the next.
    Platform(
        "android-work-profile",
        "Android Enterprise, personally owned work profile",
        "#microsoft.graph.androidWorkProfileCompliancePolicy",
        "deviceCompliancePolicies",
        ("android-enterprise-work-profile", "android-personally-owned-work-profile", "work-profile"),
        retired=False,
        beta_only=False,
        policy_platform_type="androidWorkProfile",
    ),
    Platform(
        "android-device-owner",
        "Android Enterprise, fully managed, dedicated and corporate-owned work profile",
        "#microsoft.graph.androidDeviceOwnerCompliancePolicy",
        "deviceCompliancePolicies",
        (
            "android-enterprise-fully-managed",
            "android-enterprise-dedicated",
            "android-enterprise-corporate-owned-work-profile",
            "android-fully-managed",
            "android-dedicated",
            "device-owner",
        ),
        retired=False,
        beta_only=True,
        policy_platform_type=None,
    ),
    Platform(
        "aosp",
        "Android (AOSP)",
        "#microsoft.graph.aospDeviceOwnerCompliancePolicy",
        "deviceCompliancePolicies",
        ("android-aosp", "aosp-device-owner"),
        retired=False,
        beta_only=True,
        policy_platform_type="androidAOSP",
    ),
    Platform(
        "ios",
        "iOS/iPadOS",
        "#microsoft.graph.iosCompliancePolicy",
        "deviceCompliancePolicies",
        ("ipados", "ios/ipados", "iphone", "ipad"),
        retired=False,
        beta_only=False,
        policy_platform_type="iOS",
    ),
    Platform(
        "macos",
        "macOS",
        "#microsoft.graph.macOSCompliancePolicy",
        "deviceCompliancePolicies",
        ("mac", "osx"),
        retired=False,
        beta_only=False,
        policy_platform_type="macOS",
    ),
    Platform(
        "windows",
        "Windows 10 and later",
        "#microsoft.graph.windows10CompliancePolicy",
        "deviceCompliancePolicies",
        ("windows10", "windows11", "windows10-and-later", "win10", "win11"),
        retired=False,
        beta_only=False,
        policy_platform_type="windows10AndLater",
    ),
    # Linux policies live in the settings catalog; their type is shared by every catalog platform.
    Platform(
        "linux",
        "Linux",
        "#microsoft.graph.deviceManagementCompliancePolicy",
        "compliancePolicies",
        ("ubuntu",),
        retired=False,
        beta_only=True,
        policy_platform_type=None,
    ),
    Platform(
        "android-for-work",
        "Android for Work",
        "#microsoft.graph.androidForWorkCompliancePolicy",
        "deviceCompliancePolicies",
        ("afw",),
        retired=True,
        beta_only=True,
        policy_platform_type="androidForWork",
    ),
    Platform(
        "windows-phone",
        "Windows Phone 8.1",
        "#microsoft.graph.windowsPhone81CompliancePolicy",
        "deviceCompliancePolicies",
        ("windows-phone81", "windows-phone8.1"),
        retired=True,
        beta_only=False,
        policy_platform_type="windowsPhone81",
    ),
    Platform(
        "windows81",
        "Windows 8.1",
        "#microsoft.graph.windows81CompliancePolicy",
        "deviceCompliancePolicies",
        ("windows8.1", "windows81-and-later"),
        retired=True,
        beta_only=False,
        policy_platform_type="windows81AndLater",
    ),
    Platform(
        "windows10-mobile",
        "Windows 10 Mobile",
        "#microsoft.graph.windows10MobileCompliancePolicy",
        "deviceCompliancePolicies",
        (),
        retired=True,
        beta_only=False,
        policy_platform_type=None,
    ),
)

BY_KEY: dict[str, Platform] = {platform.key: platform for platform in PLATFORMS}
BY_ODATA_TYPE: dict[str, Platform] = {platform.odata_type: platform for platform in PLATFORMS}


def platform_key(text: str) -> str | None:
    """The key that a key or alias stands for, or None.

    Case, hyphens, underscores and blanks do not count, so Graph's own spelling is found too.

    >>> platform_key("iPadOS"), platform_key("androidWorkProfile"), platform_key("android enterprise")
    ('ios', 'android-work-profile', None)
    """
    return _SPELLINGS.get(_bare(text))


def _bare(text: str) -> str:
    return text.casefold().replace("-", "").replace("_", "").replace(" ", "")


_SPELLINGS: dict[str, str] = {
    _bare(spelling): platform.key for platform in PLATFORMS for spelling in (platform.key, *platform.aliases)
}
