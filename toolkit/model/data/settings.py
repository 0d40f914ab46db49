"""The settings of compliance policies by platform: name, type, range, meaning, and how a device meets them."""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    """One setting. `rule` compares a device's fact, reported under the same name, with the policy's value.

    | rule | the policy's value | the device's fact that meets it |
    |---|---|---|
    | require | True | True |
    | forbid | True | False: the fact says that the unwanted thing is there (jailbroken, USB debugging on) |
    | at_least, at_most | a number | not below it, not above it |
    | version_at_least, version_at_most | a version | not older, not newer. Apple builds hold letters (22E772610a), |
    | | | Android patch levels are dates (2024-05-01): compare runs of digits as numbers |
    | level_at_most | a threat level | not above it: secured < low < medium < high |
    | enum_at_least | a member | the same or a later one: `members` stand from weak to strong |
    | none | anything | not evaluated here |

    A False flag, None, and the members in NOT_EVALUATED ask for nothing.
    """

    name: str
    """Graph's property name; for Linux the settingDefinitionId."""
    type: str
    """bool, int, string, enum, list or object."""
    nullable: bool
    minimum: int | None
    maximum: int | None
    """Inclusive; None where Graph's metadata states no bound."""
    members: tuple[str, ...]
    """Weak to strong where the rule is enum_at_least, else in Graph's order; () if not an enum."""
    beta_only: bool
    category: str
    meaning: str
    rule: str


# Values by which a policy says that it does not care.
NOT_EVALUATED: frozenset[str] = frozenset({"deviceDefault", "none", "notConfigured", "notSet", "unavailable"})

THREAT_LEVELS = ("unavailable", "secured", "low", "medium", "high", "notSet")

# Graph numbers these enums historically (alphabetic=1, numeric=5 ...). The order here is that of Android's own
# password qualities: weak biometric, any, numeric, complex numeric, alphabetic, alphanumeric, complex.
_ANDROID_PASSWORD = (
    "deviceDefault", "lowSecurityBiometric", "any", "numeric", "numericComplex",
    "alphabetic", "alphanumeric", "alphanumericWithSymbols",
)  # fmt: skip
_ANDROID_OWNER_PASSWORD = (
    "deviceDefault", "lowSecurityBiometric", "required", "numeric", "numericComplex",
    "alphabetic", "alphanumeric", "alphanumericWithSymbols", "customPassword",
)  # fmt: skip
_ANDROID_PROFILE_PASSWORD = (
    "deviceDefault", "lowSecurityBiometric", "required", "atLeastNumeric", "numericComplex",
    "atLeastAlphabetic", "atLeastAlphanumeric", "alphanumericWithSymbols",
)  # fmt: skip
_COMPLEXITY = ("none", "low", "medium", "high")
_PLAIN_PASSWORD = ("deviceDefault", "numeric", "alphanumeric")
_ATTESTATION = ("basic", "hardwareBacked")
# Graph's order runs from strict to lax.
_GATEKEEPER = ("notConfigured", "anywhere", "macAppStoreAndIdentifiedDevelopers", "macAppStore")

_HEALTH = "Device health"
_PROPERTIES = "Device properties"
_SECURITY = "System security"
_PASSWORD = "Password"  # noqa: S105 - a heading
_PROFILE_PASSWORD = "Work profile password"  # noqa: S105
_DEFENDER = "Microsoft Defender for Endpoint"
_EMAIL = "Email"
_CUSTOM = "Custom compliance"
_CONFIGURATION_MANAGER = "Configuration Manager"


def _flag(
    category: str,
    name: str,
    meaning: str,
    rule: str = "require",
    *,
    nullable: bool = False,
    beta: bool = False,
) -> Setting:
    return Setting(name, "bool", nullable, None, None, (), beta, category, meaning, rule)


def _number(
    category: str,
    name: str,
    meaning: str,
    rule: str,
    minimum: int | None = None,
    maximum: int | None = None,
    *,
    beta: bool = False,
) -> Setting:
    return Setting(name, "int", True, minimum, maximum, (), beta, category, meaning, rule)


def _text(category: str, name: str, meaning: str, rule: str, *, beta: bool = False) -> Setting:
    return Setting(name, "string", True, None, None, (), beta, category, meaning, rule)


def _choice(
    category: str,
    name: str,
    members: tuple[str, ...],
    meaning: str,
    rule: str = "enum_at_least",
    *,
    nullable: bool = False,
    beta: bool = False,
) -> Setting:
    return Setting(name, "enum", nullable, None, None, members, beta, category, meaning, rule)


def _whole(category: str, name: str, type: str, meaning: str) -> Setting:
    """A list or an object: all of them are beta, and none is evaluated here."""
    return Setting(name, type, True, None, None, (), True, category, meaning, "none")


def _threat(*, beta: bool = False, nullable: bool = False) -> tuple[Setting, Setting]:
    return (
        _flag(
            _HEALTH,
            "deviceThreatProtectionEnabled",
            "mobile threat defence runs on the device",
            nullable=nullable,
            beta=beta,
        ),
        _choice(
            _HEALTH,
            "deviceThreatProtectionRequiredSecurityLevel",
            THREAT_LEVELS,
            "highest threat level that mobile threat defence may report",
            "level_at_most",
            nullable=nullable,
            beta=beta,
        ),
    )


def _defender_level(*, nullable: bool = False) -> Setting:
    return _choice(
        _DEFENDER,
        "advancedThreatProtectionRequiredSecurityLevel",
        THREAT_LEVELS,
        "highest machine risk that Defender for Endpoint may report",
        "level_at_most",
        nullable=nullable,
        beta=True,
    )


def _os_versions(what: str, *, beta: bool = False) -> tuple[Setting, Setting]:
    return (
        _text(
            _PROPERTIES, "osMinimumVersion", f"oldest {what} version allowed", "version_at_least", beta=beta
        ),
        _text(
            _PROPERTIES, "osMaximumVersion", f"newest {what} version allowed", "version_at_most", beta=beta
        ),
    )


_APPLE_BUILDS = (
    _text(
        _PROPERTIES,
        "osMinimumBuildVersion",
        "oldest build allowed, as 22E772610a",
        "version_at_least",
        beta=True,
    ),
    _text(
        _PROPERTIES,
        "osMaximumBuildVersion",
        "newest build allowed, as 22E772610a",
        "version_at_most",
        beta=True,
    ),
)

_NOT_ROOTED = "the device is not rooted"
_PATCH_LEVEL = "oldest security patch level allowed, as YYYY-MM-DD"
_BASIC_INTEGRITY = "Google's basic integrity check passes (Play Integrity, before that SafetyNet)"
_DEVICE_INTEGRITY = "Google's device integrity check passes (Play Integrity, before that SafetyNet)"
_ATTESTATION_KIND = "how Google's integrity check must be carried out: by software or by hardware"
_IDLE = "longest idle time in minutes before the password is asked for"
_HISTORY = "how many earlier passwords may not come back"
_EXPIRY = "longest life of a password in days"
_LENGTH = "shortest password allowed"
_SETS = "how many kinds of character a password needs"
_SIMPLE = "the password is not a simple one such as 1234 or 1111"
_PASSWORD_SET = "unlocking needs a password"  # noqa: S105 - a sentence
_PASSWORD_KIND = "weakest kind of password allowed"  # noqa: S105
_PASSWORD_COMPLEXITY = "weakest password complexity allowed, for Android 11 and later"  # noqa: S105
_WIPE_AFTER = "most wrong passwords before the device resets itself"
_ENCRYPTED = "storage is encrypted"


# What androidCompliancePolicy, androidWorkProfileCompliancePolicy and androidForWorkCompliancePolicy share.
_ANDROID_HEALTH = (
    _flag(_HEALTH, "securityBlockJailbrokenDevices", _NOT_ROOTED, "forbid"),
    *_threat(),
    _flag(_HEALTH, "securityRequireGooglePlayServices", "Google Play services are installed and on"),
    _flag(
        _HEALTH,
        "securityRequireUpToDateSecurityProviders",
        "the security provider is up to date; needs Google Play services",
    ),
    _flag(_HEALTH, "securityRequireVerifyApps", "apps are scanned for threats (Play Protect)"),
    _flag(_HEALTH, "securityRequireSafetyNetAttestationBasicIntegrity", _BASIC_INTEGRITY),
    _flag(_HEALTH, "securityRequireSafetyNetAttestationCertifiedDevice", _DEVICE_INTEGRITY),
)
_ANDROID_PROPERTIES = (
    *_os_versions("Android"),
    _text(_PROPERTIES, "minAndroidSecurityPatchLevel", _PATCH_LEVEL, "version_at_least"),
)
_ANDROID_SECURITY = (
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED),
    _flag(
        _SECURITY,
        "securityPreventInstallAppsFromUnknownSources",
        "apps from unknown sources cannot be installed",
        "forbid",
    ),
    _flag(_SECURITY, "securityDisableUsbDebugging", "USB debugging is off", "forbid"),
    _flag(
        _SECURITY,
        "securityRequireCompanyPortalAppIntegrity",
        "the Company Portal app passes its own integrity check",
    ),
)
_ANDROID_PASSWORDS = (
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET),
    _choice(_PASSWORD, "passwordRequiredType", _ANDROID_PASSWORD, _PASSWORD_KIND),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least", 4, 16),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most"),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most", 1, 365),
    _number(_PASSWORD, "passwordPreviousPasswordBlockCount", _HISTORY, "at_least", 1, 24),
    _number(
        _PASSWORD, "passwordSignInFailureCountBeforeFactoryReset", _WIPE_AFTER, "at_most", 1, 16, beta=True
    ),
)
_EVALUATION_TYPE = _choice(
    _HEALTH, "securityRequiredAndroidSafetyNetEvaluationType", _ATTESTATION, _ATTESTATION_KIND, beta=True
)


def _work_profile_passwords() -> tuple[Setting, ...]:
    return (
        _flag(
            _PROFILE_PASSWORD,
            "workProfileRequirePassword",
            "the work profile has a password of its own",
            nullable=True,
            beta=True,
        ),
        _choice(
            _PROFILE_PASSWORD,
            "workProfilePasswordRequiredType",
            _ANDROID_PROFILE_PASSWORD,
            "weakest kind of work profile password allowed",
            nullable=True,
            beta=True,
        ),
        _choice(
            _PROFILE_PASSWORD,
            "workProfileRequiredPasswordComplexity",
            _COMPLEXITY,
            "weakest work profile password complexity allowed, for Android 12 and later",
            nullable=True,
            beta=True,
        ),
        _number(
            _PROFILE_PASSWORD,
            "workProfilePasswordMinimumLength",
            "shortest work profile password allowed",
            "at_least",
            beta=True,
        ),
        _number(
            _PROFILE_PASSWORD,
            "workProfileInactiveBeforeScreenLockInMinutes",
            "longest idle time in minutes before the work profile locks",
            "at_most",
            beta=True,
        ),
        _number(
            _PROFILE_PASSWORD,
            "workProfilePasswordExpirationInDays",
            "longest life of a work profile password in days",
            "at_most",
            beta=True,
        ),
        _number(
            _PROFILE_PASSWORD,
            "workProfilePreviousPasswordBlockCount",
            "how many earlier work profile passwords may not come back",
            "at_least",
            beta=True,
        ),
    )


def _complexity(*, nullable: bool = False) -> Setting:
    return _choice(
        _PASSWORD,
        "requiredPasswordComplexity",
        _COMPLEXITY,
        _PASSWORD_COMPLEXITY,
        nullable=nullable,
        beta=True,
    )


_ANDROID = (
    _defender_level(),
    _flag(
        _HEALTH,
        "securityBlockDeviceAdministratorManagedDevices",
        "the device is not managed through device administrator",
        "forbid",
        beta=True,
    ),
    *_ANDROID_HEALTH,
    *_ANDROID_PROPERTIES,
    *_ANDROID_SECURITY,
    _whole(_SECURITY, "restrictedApps", "list", "apps that must not be installed"),
    *_ANDROID_PASSWORDS,
    _complexity(),
    _text(_CUSTOM, "conditionStatementId", "id of a condition statement", "none", beta=True),
)
_ANDROID_WORK_PROFILE = (
    _defender_level(),
    *_ANDROID_HEALTH,
    _EVALUATION_TYPE,
    *_ANDROID_PROPERTIES,
    *_ANDROID_SECURITY,
    *_ANDROID_PASSWORDS,
    _complexity(nullable=True),
    *_work_profile_passwords(),
)
# The type itself is beta only, so everything in it is.
_ANDROID_FOR_WORK = tuple(
    setting._replace(beta_only=True)
    for setting in (
        *_ANDROID_HEALTH,
        _EVALUATION_TYPE,
        *_ANDROID_PROPERTIES,
        *_ANDROID_SECURITY,
        *_ANDROID_PASSWORDS,
        _complexity(nullable=True),
        *_work_profile_passwords(),
    )
)

_ANDROID_DEVICE_OWNER = (
    _defender_level(nullable=True),
    _flag(_HEALTH, "securityBlockJailbrokenDevices", _NOT_ROOTED, "forbid", nullable=True, beta=True),
    *_threat(beta=True, nullable=True),
    _flag(
        _HEALTH,
        "securityRequireSafetyNetAttestationBasicIntegrity",
        _BASIC_INTEGRITY,
        nullable=True,
        beta=True,
    ),
    _flag(
        _HEALTH,
        "securityRequireSafetyNetAttestationCertifiedDevice",
        _DEVICE_INTEGRITY,
        nullable=True,
        beta=True,
    ),
    _EVALUATION_TYPE._replace(nullable=True),
    *_os_versions("Android", beta=True),
    _text(_PROPERTIES, "minAndroidSecurityPatchLevel", _PATCH_LEVEL, "version_at_least", beta=True),
    _flag(
        _PROPERTIES,
        "requireNoPendingSystemUpdates",
        "no system update is waiting to be installed",
        "forbid",
        nullable=True,
        beta=True,
    ),
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED, nullable=True, beta=True),
    _flag(
        _SECURITY,
        "securityRequireIntuneAppIntegrity",
        "the Intune app passes its own integrity check",
        nullable=True,
        beta=True,
    ),
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET, nullable=True, beta=True),
    _choice(
        _PASSWORD, "passwordRequiredType", _ANDROID_OWNER_PASSWORD, _PASSWORD_KIND, nullable=True, beta=True
    ),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least", 4, 16, beta=True),
    _number(_PASSWORD, "passwordMinimumLetterCharacters", "fewest letters", "at_least", 1, 16, beta=True),
    _number(
        _PASSWORD, "passwordMinimumLowerCaseCharacters", "fewest small letters", "at_least", 1, 16, beta=True
    ),
    _number(_PASSWORD, "passwordMinimumUpperCaseCharacters", "fewest capitals", "at_least", 1, 16, beta=True),
    _number(
        _PASSWORD,
        "passwordMinimumNonLetterCharacters",
        "fewest digits and symbols",
        "at_least",
        1,
        16,
        beta=True,
    ),
    _number(_PASSWORD, "passwordMinimumNumericCharacters", "fewest digits", "at_least", 1, 16, beta=True),
    _number(_PASSWORD, "passwordMinimumSymbolCharacters", "fewest symbols", "at_least", 1, 16, beta=True),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most", beta=True),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most", 1, 365, beta=True),
    _number(_PASSWORD, "passwordPreviousPasswordCountToBlock", _HISTORY, "at_least", 1, 24, beta=True),
)

_AOSP = (
    _flag(_HEALTH, "securityBlockJailbrokenDevices", _NOT_ROOTED, "forbid", nullable=True, beta=True),
    *_os_versions("Android", beta=True),
    _text(_PROPERTIES, "minAndroidSecurityPatchLevel", _PATCH_LEVEL, "version_at_least", beta=True),
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED, nullable=True, beta=True),
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET, nullable=True, beta=True),
    _choice(
        _PASSWORD, "passwordRequiredType", _ANDROID_OWNER_PASSWORD, _PASSWORD_KIND, nullable=True, beta=True
    ),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least", 4, 16, beta=True),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most", 1, 8640, beta=True),
)

_IOS = (
    _flag(_EMAIL, "managedEmailProfileRequired", "mail is set up by a managed email profile"),
    _defender_level(),
    _flag(_HEALTH, "securityBlockJailbrokenDevices", "the device is not jailbroken", "forbid"),
    *_threat(),
    *_os_versions("iOS"),
    *_APPLE_BUILDS,
    _whole(_SECURITY, "restrictedApps", "list", "apps that must not be installed"),
    _flag(_PASSWORD, "passcodeRequired", "unlocking needs a passcode"),
    _flag(
        _PASSWORD, "passcodeBlockSimple", "the passcode is not a simple one such as 1234 or 1111", "forbid"
    ),
    _choice(_PASSWORD, "passcodeRequiredType", _PLAIN_PASSWORD, "weakest kind of passcode allowed"),
    _number(_PASSWORD, "passcodeMinimumLength", "shortest passcode allowed", "at_least", 4, 14),
    _number(
        _PASSWORD,
        "passcodeMinimumCharacterSetCount",
        "how many kinds of character a passcode needs",
        "at_least",
    ),
    _number(
        _PASSWORD,
        "passcodeMinutesOfInactivityBeforeLock",
        "longest time in minutes after the screen locks before the passcode is asked for",
        "at_most",
    ),
    _number(
        _PASSWORD,
        "passcodeMinutesOfInactivityBeforeScreenTimeout",
        "longest idle time in minutes before the screen locks",
        "at_most",
        beta=True,
    ),
    # The metadata still allows 65535, which is therefore the bound to check; the service caps the effect.
    _number(
        _PASSWORD,
        "passcodeExpirationDays",
        "longest life of a passcode in days; since January 2026 more than 730 counts as 730",
        "at_most",
        1,
        65535,
    ),
    _number(
        _PASSWORD,
        "passcodePreviousPasscodeBlockCount",
        "how many earlier passcodes may not come back",
        "at_least",
        1,
        24,
    ),
)

_MACOS = (
    _defender_level(),
    _flag(_HEALTH, "systemIntegrityProtectionEnabled", "System Integrity Protection is on"),
    *_threat(),
    *_os_versions("macOS"),
    *_APPLE_BUILDS,
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED),
    _flag(_SECURITY, "firewallEnabled", "the firewall is on"),
    _flag(_SECURITY, "firewallBlockAllIncoming", "the firewall refuses all incoming connections"),
    _flag(_SECURITY, "firewallEnableStealthMode", "the firewall does not answer probes (stealth mode)"),
    _choice(
        _SECURITY,
        "gatekeeperAllowedAppSource",
        _GATEKEEPER,
        "widest source of apps that Gatekeeper allows",
        beta=True,
    ),
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET),
    _flag(_PASSWORD, "passwordBlockSimple", _SIMPLE, "forbid"),
    _choice(_PASSWORD, "passwordRequiredType", _PLAIN_PASSWORD, _PASSWORD_KIND),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least", 4, 14),
    _number(_PASSWORD, "passwordMinimumCharacterSetCount", _SETS, "at_least"),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most"),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most", 1, 65535),
    _number(_PASSWORD, "passwordPreviousPasswordBlockCount", _HISTORY, "at_least", 1, 24),
    _whole(
        _CUSTOM, "deviceCompliancePolicyScript", "object", "a discovery script and the rules for its answer"
    ),
)

_BOOT_HEALTH = (
    _flag(_HEALTH, "bitLockerEnabled", "BitLocker was on at the last start"),
    _flag(_HEALTH, "secureBootEnabled", "Secure Boot was on at the last start"),
    _flag(_HEALTH, "codeIntegrityEnabled", "code integrity was on at the last start"),
    _flag(_HEALTH, "earlyLaunchAntiMalwareDriverEnabled", "the early-launch anti-malware driver was loaded"),
)
_BUILD_RANGES = _whole(
    _PROPERTIES,
    "validOperatingSystemBuildRanges",
    "list",
    "ranges of builds, one of which the device must be in",
)
_FIREWALL_ON = _flag(_SECURITY, "activeFirewallRequired", "the firewall is on and watching", beta=True)

_WINDOWS = (
    *_BOOT_HEALTH,
    _flag(_HEALTH, "requireHealthyDeviceReport", "the health attestation report says healthy"),
    _flag(
        _HEALTH,
        "firmwareProtectionEnabled",
        "firmware protection was on at the last start",
        nullable=True,
        beta=True,
    ),
    _flag(
        _HEALTH,
        "kernelDmaProtectionEnabled",
        "memory access protection was on at the last start",
        nullable=True,
        beta=True,
    ),
    _flag(
        _HEALTH,
        "memoryIntegrityEnabled",
        "memory integrity was on at the last start",
        nullable=True,
        beta=True,
    ),
    _flag(
        _HEALTH,
        "virtualizationBasedSecurityEnabled",
        "virtualisation-based security was on at the last start",
        nullable=True,
        beta=True,
    ),
    *_os_versions("Windows"),
    _text(_PROPERTIES, "mobileOsMinimumVersion", "oldest Windows Phone version allowed", "version_at_least"),
    _text(_PROPERTIES, "mobileOsMaximumVersion", "newest Windows Phone version allowed", "version_at_most"),
    _BUILD_RANGES,
    _whole(
        _PROPERTIES, "wslDistributions", "list", "Linux distributions allowed under WSL, with their versions"
    ),
    _flag(
        _CONFIGURATION_MANAGER,
        "configurationManagerComplianceRequired",
        "Configuration Manager calls the device compliant",
        beta=True,
    ),
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED),
    _FIREWALL_ON,
    _flag(_SECURITY, "tpmRequired", "a trusted platform module is present", beta=True),
    _flag(_SECURITY, "antivirusRequired", "an antivirus is on and known to Windows Security", beta=True),
    _flag(_SECURITY, "antiSpywareRequired", "an antispyware is on and known to Windows Security", beta=True),
    _flag(_SECURITY, "defenderEnabled", "Microsoft Defender Antivirus is on", beta=True),
    _text(
        _SECURITY,
        "defenderVersion",
        "oldest Microsoft Defender Antivirus version allowed",
        "version_at_least",
        beta=True,
    ),
    # Named for the fault: true in a policy asks for signatures that are up to date.
    _flag(_SECURITY, "signatureOutOfDate", "the antivirus signatures are up to date", "forbid", beta=True),
    _flag(_SECURITY, "rtpEnabled", "real-time protection is on", beta=True),
    *(setting._replace(category=_DEFENDER) for setting in _threat(beta=True)),
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET),
    _flag(_PASSWORD, "passwordBlockSimple", _SIMPLE, "forbid"),
    _choice(_PASSWORD, "passwordRequiredType", _PLAIN_PASSWORD, _PASSWORD_KIND),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least"),
    _number(_PASSWORD, "passwordMinimumCharacterSetCount", _SETS, "at_least"),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most"),
    _flag(_PASSWORD, "passwordRequiredToUnlockFromIdle", "waking the device needs the password"),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most"),
    _number(_PASSWORD, "passwordPreviousPasswordBlockCount", _HISTORY, "at_least"),
    _whole(
        _CUSTOM, "deviceCompliancePolicyScript", "object", "a discovery script and the rules for its answer"
    ),
)

_WINDOWS10_MOBILE = (
    *_BOOT_HEALTH,
    *_os_versions("Windows 10 Mobile"),
    _BUILD_RANGES,
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED),
    _FIREWALL_ON,
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET),
    _flag(_PASSWORD, "passwordBlockSimple", _SIMPLE, "forbid"),
    _choice(_PASSWORD, "passwordRequiredType", _PLAIN_PASSWORD, _PASSWORD_KIND),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least", 4, 16),
    _number(_PASSWORD, "passwordMinimumCharacterSetCount", _SETS, "at_least"),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most"),
    # Graph's spelling: "Require" here, "Required" on Windows 10.
    _flag(_PASSWORD, "passwordRequireToUnlockFromIdle", "waking the device needs the password"),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most", 1, 255),
    _number(_PASSWORD, "passwordPreviousPasswordBlockCount", _HISTORY, "at_least"),
)

# windows81CompliancePolicy and windowsPhone81CompliancePolicy have the same properties.
_WINDOWS81 = (
    *_os_versions("Windows"),
    _flag(_SECURITY, "storageRequireEncryption", _ENCRYPTED),
    _flag(_PASSWORD, "passwordRequired", _PASSWORD_SET),
    _flag(_PASSWORD, "passwordBlockSimple", _SIMPLE, "forbid"),
    _choice(_PASSWORD, "passwordRequiredType", _PLAIN_PASSWORD, _PASSWORD_KIND),
    _number(_PASSWORD, "passwordMinimumLength", _LENGTH, "at_least"),
    _number(_PASSWORD, "passwordMinimumCharacterSetCount", _SETS, "at_least"),
    _number(_PASSWORD, "passwordMinutesOfInactivityBeforeLock", _IDLE, "at_most"),
    _number(_PASSWORD, "passwordExpirationDays", _EXPIRY, "at_most"),
    _number(_PASSWORD, "passwordPreviousPasswordBlockCount", _HISTORY, "at_least", 0, 24),
)


def _catalog_flag(category: str, name: str, meaning: str) -> Setting:
    """A choice whose two options are the definition id with _true and _false behind it."""
    return _flag(category, name, meaning, nullable=True, beta=True)


# Settings catalog definitions as met in exported policies; the catalog may hold more.
_LINUX = (
    _whole(
        _PROPERTIES,
        "linux_distribution_alloweddistros",
        "list",
        "distributions allowed: holds the next three per entry",
    ),
    # Only the member that was met is listed; the catalog knows others, so do not refuse them.
    _choice(
        _PROPERTIES,
        "linux_distribution_alloweddistros_item_$type",
        ("ubuntu",),
        "a distribution that is allowed",
        "none",
        nullable=True,
        beta=True,
    ),
    _text(
        _PROPERTIES,
        "linux_distribution_alloweddistros_item_minimumversion",
        "oldest version of that distribution allowed",
        "version_at_least",
        beta=True,
    ),
    _text(
        _PROPERTIES,
        "linux_distribution_alloweddistros_item_maximumversion",
        "newest version of that distribution allowed",
        "version_at_most",
        beta=True,
    ),
    _catalog_flag(_SECURITY, "linux_deviceencryption_required", _ENCRYPTED),
    _number(_PASSWORD, "linux_passwordpolicy_minimumlength", _LENGTH, "at_least", beta=True),
    _number(_PASSWORD, "linux_passwordpolicy_minimumdigits", "fewest digits", "at_least", beta=True),
    _number(
        _PASSWORD, "linux_passwordpolicy_minimumlowercase", "fewest small letters", "at_least", beta=True
    ),
    _number(_PASSWORD, "linux_passwordpolicy_minimumuppercase", "fewest capitals", "at_least", beta=True),
    _number(_PASSWORD, "linux_passwordpolicy_minimumsymbols", "fewest symbols", "at_least", beta=True),
    _catalog_flag(
        _CUSTOM, "linux_customcompliance_required", "the discovery script's answer meets its rules"
    ),
    _text(_CUSTOM, "linux_customcompliance_discoveryscript", "id of the discovery script", "none", beta=True),
)

SETTINGS: dict[str, tuple[Setting, ...]] = {
    "android": _ANDROID,
    "android-work-profile": _ANDROID_WORK_PROFILE,
    "android-device-owner": _ANDROID_DEVICE_OWNER,
    "aosp": _AOSP,
    "ios": _IOS,
    "macos": _MACOS,
    "windows": _WINDOWS,
    "linux": _LINUX,
    "android-for-work": _ANDROID_FOR_WORK,
    "windows-phone": _WINDOWS81,
    "windows81": _WINDOWS81,
    "windows10-mobile": _WINDOWS10_MOBILE,
}
"""By platform key, in reading order: what the device is, then what it is set to, then its password."""


def setting(platform_key: str, name: str) -> Setting | None:
    """The setting of that name, whatever its case; None if the platform or the name is not known."""
    wanted = name.casefold()
    return next((found for found in SETTINGS.get(platform_key, ()) if found.name.casefold() == wanted), None)
