"""Contoso: 25 people, some 60 devices of every platform in every state, on a Monday morning.

What a device reports is written here as facts, and since when it fails; the states come from the first calculation.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from toolkit.lab.tenants import NEVER, START, Action, Builder

DOMAIN = "contoso.example"

# name, user name, preferred language; None: no preference
PEOPLE: tuple[tuple[str, str, str | None], ...] = (
    ("Ada Novak", "ada.novak", "en-US"),
    ("Bruno Keller", "bruno.keller", "de-DE"),
    ("Chiara Ricci", "chiara.ricci", "it-IT"),
    ("Dewi Anggraini", "dewi.anggraini", None),
    ("Elif Demir", "elif.demir", "en-GB"),
    ("Farid Haddad", "farid.haddad", "fr-FR"),
    ("Greta Lindqvist", "greta.lindqvist", "sv-SE"),
    ("Hana Suzuki", "hana.suzuki", "ja-JP"),
    ("Igor Petrov", "igor.petrov", "ru-RU"),
    ("Jules Tremblay", "jules.tremblay", "fr-CA"),
    ("Katrin Vogel", "katrin.vogel", "de-DE"),
    ("Liam O'Connor", "liam.oconnor", "en-US"),
    ("Maja Horvat", "maja.horvat", None),
    ("Noor Bakker", "noor.bakker", "nl-NL"),
    ("Olivia Brown", "olivia.brown", "en-US"),
    ("Pavel Dvořák", "pavel.dvorak", "cs-CZ"),
    ("Quentin Moreau", "quentin.moreau", "fr-FR"),
    ("Ruth Adeyemi", "ruth.adeyemi", "en-US"),
    ("Sven Aalto", "sven.aalto", "fi-FI"),
    ("Tamar Levi", "tamar.levi", "he-IL"),
    ("Uma Raman", "uma.raman", "en-US"),
    ("Víctor Soto", "victor.soto", "es-MX"),
    ("Wanda Kowalska", "wanda.kowalska", "pl-PL"),
    ("Admin One", "admin", "en-US"),
    ("Break Glass", "breakglass", None),
)
LOGO = (
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAoAQMAAAC2MCouAAAABlBMVEX///8PbL0iBn/ZAAAAbElEQVR42mNgQAH/"
    "QQT7/wdAUv7/DyBZ//8fSPg/UIIRSDYwMAPJA0AlIDY7WJz/fyNQDf8/hgqgpj8MBkASpJNB/gOItIeQD4ggPyB0"
    "QU0AmwYxGWILxEZ2JJdAXAVxIdS1EJdDfAHxEQIAAA+2SJOd+teDAAAAAElFTkSuQmCC"
)
"""A blue letter C, 40 by 40, as PNG in base64."""
NO_MAIL = ("sven.aalto", "breakglass")
UNLICENSED = ("uma.raman", "breakglass")
FINANCE = ("bruno.keller", "elif.demir", "katrin.vogel", "olivia.brown", "quentin.moreau")
PILOT = ("ada.novak", "farid.haddad", "igor.petrov", "jules.tremblay", "tamar.levi")
IT_LEADS = ("ada.novak", "ruth.adeyemi")
HELP_DESK = ("liam.oconnor", "noor.bakker")

NOT_ENCRYPTED = {"bitLockerEnabled": False, "storageRequireEncryption": False}
NO_PASSCODE = {"passcodeRequired": False}
NO_PASSWORD = {"passwordRequired": False}
ROOTED = {"securityBlockJailbrokenDevices": True}
FIREWALL_OFF = {"activeFirewallRequired": False}
UNREADABLE = {"bitLockerEnabled": {"error": -2016281112}}

# name, variant, user, model, OS version, facts that fail, days since they fail, further
Row = tuple[str, str, str | None, str, str, dict[str, Any], float | None, dict[str, Any]]
OK: dict[str, Any] = {}
OLD: dict[str, Any] = {}
"""Fails by the version of its system alone, which every device tells."""
WIN = "10.0.26100.6899"
DEVICES: tuple[Row, ...] = (
    ("WIN-0001", "windows", "ada.novak", "Lenovo ThinkPad T14", WIN, OK, None, {}),
    ("WIN-0002", "windows", "bruno.keller", "Lenovo ThinkPad T14", WIN, NOT_ENCRYPTED, 12, {}),
    ("WIN-0003", "windows", "chiara.ricci", "Dell Latitude 7450", WIN, NOT_ENCRYPTED, 2, {}),
    ("WIN-0004", "windows", "dewi.anggraini", "Dell Latitude 7450", WIN, OK, None, {}),
    ("WIN-0005", "windows", "elif.demir", "Microsoft Surface Laptop 6", WIN, FIREWALL_OFF, 1, {}),
    ("WIN-0006", "windows", "farid.haddad", "Microsoft Surface Laptop 6", "10.0.22631.5000", OK, None, {}),
    ("WIN-0007", "windows", "greta.lindqvist", "HP EliteBook 840", "10.0.19045.2006", OLD, 40, {}),
    ("WIN-0008", "windows", "hana.suzuki", "HP EliteBook 840", WIN, OK, None, {}),
    ("WIN-0009", "windows", "igor.petrov", "Dell Latitude 7450", WIN, NO_PASSWORD, 5, {}),
    ("WIN-0010", "windows", "jules.tremblay", "Lenovo ThinkPad X1", WIN, NOT_ENCRYPTED, 1.5, {}),
    ("WIN-0011", "windows", "katrin.vogel", "Lenovo ThinkPad X1", WIN, {"passwordMinimumLength": 6}, 9, {}),
    ("WIN-0012", "windows", "liam.oconnor", "Lenovo ThinkPad T14", WIN, OK, None, {}),
    ("WIN-0013", "windows", "maja.horvat", "Dell Latitude 7450", WIN, UNREADABLE, 2, {}),
    ("WIN-0014", "windows", "noor.bakker", "Dell Latitude 7450", WIN, UNREADABLE, 9, {}),
    ("WIN-0015", "windows", "olivia.brown", "HP EliteBook 840", WIN, OK, None, {}),
    ("WIN-0016", "windows", "pavel.dvorak", "HP EliteBook 840", WIN, OK, None, {"stale_days": 41}),
    ("WIN-0017", "windows", "quentin.moreau", "Microsoft Surface Pro 10", WIN, FIREWALL_OFF, 20, {}),
    ("WIN-0018", "windows", "ruth.adeyemi", "Microsoft Surface Pro 10", WIN, OK, None, {}),
    ("WIN-0019", "windows", "sven.aalto", "Dell Latitude 7450", WIN, NOT_ENCRYPTED, 4, {}),
    ("WIN-0020", "windows", "uma.raman", "Dell Latitude 7450", WIN, OK, None, {}),
    ("WIN-0021", "windows", "victor.soto", "Lenovo ThinkPad T14", WIN, OK, None, {"new": True}),
    ("WIN-0022 [loaner]", "windows", "wanda.kowalska", "Lenovo ThinkPad T14", WIN, FIREWALL_OFF, 0.25, {}),
    ("WIN-COMANAGED", "windows", "chiara.ricci", "Dell OptiPlex 7010", WIN, OK, None, {"authority": "configmgr"}),
    ("ПК Игоря", "windows", "igor.petrov", "Lenovo ThinkPad X1", WIN, OK, None, {}),
    ("MAC-0001", "macos", "ada.novak", "Apple MacBook Pro", "15.7", OK, None, {}),
    ("MAC-0002", "macos", "farid.haddad", "Apple MacBook Air", "15.7", {"storageRequireEncryption": False}, 3, {}),
    ("MAC-0003", "macos", "hana.suzuki", "Apple MacBook Air", "13.6", OLD, 11, {}),
    ("MAC-0004", "macos", "tamar.levi", "Apple MacBook Pro", "15.7", {"firewallEnabled": False}, 6, {}),
    ("MAC-0005", "macos", "ruth.adeyemi", "Apple MacBook Pro", "15.7", OK, None, {}),
    ("MAC-0006 🎨", "macos", "chiara.ricci", "Apple Mac Studio", "15.7", OK, None, {}),
    ("MAC-JAMF-01", "macos", "greta.lindqvist", "Apple MacBook Pro", "15.7", OK, None, {"authority": "partner"}),
    ("iPhone Ada", "ios", "ada.novak", "Apple iPhone 16", "18.6", OK, None, {}),
    ("iPhone Bruno", "ios", "bruno.keller", "Apple iPhone 15", "18.6", NO_PASSCODE, 2, {}),
    ("iPhone Dewi", "ios", "dewi.anggraini", "Apple iPhone 15", "16.2", OLD, 8, {}),
    ("iPhone Farid", "ios", "farid.haddad", "Apple iPhone 16", "18.6", OK, None, {}),
    ("iPhone Jules", "ios", "jules.tremblay", "Apple iPhone 14", "18.6", NO_PASSCODE, 0.5, {"pushAllowed": False}),
    ("iPhone Maja", "ios", "maja.horvat", "Apple iPhone 14", "17.7", OK, None, {}),
    ("iPhone Olivia", "ios", "olivia.brown", "Apple iPhone 16", "18.6", ROOTED, 15, {}),
    ("iPad Quentin", "ios", "quentin.moreau", "Apple iPad Air", "18.6", OK, None, {"stale_days": 33}),
    ("iPad Victor", "ios", "victor.soto", "Apple iPad Air", "18.6", OK, None, {"new": True}),
    ("iPhone Wanda", "ios", "wanda.kowalska", "Apple iPhone 15", "18.6", OK, None, {"companyPortal": False}),
    ("[Kiosk] Lobby", "ios", None, "Apple iPad", "18.6", NO_PASSCODE, 3, {"company": True}),
    ("Pixel Elif", "android-work-profile", "elif.demir", "Google Pixel 9", "15.0", OK, None, {}),
    ("Pixel Hana", "android-work-profile", "hana.suzuki", "Google Pixel 8", "15.0", NO_PASSWORD, 2, {}),
    ("Galaxy Katrin", "android-work-profile", "katrin.vogel", "Samsung Galaxy S24", "14.0", OK, None, {}),
    ("Galaxy Liam", "android-work-profile", "liam.oconnor", "Samsung Galaxy S21", "11.0", OLD, 30, {}),
    ("Galaxy Noor", "android-work-profile", "noor.bakker", "Samsung Galaxy S23", "14.0", ROOTED, 1, {}),
    ("Galaxy Pavel", "android-work-profile", "pavel.dvorak", "Samsung Galaxy S23", "14.0", OK, None, {"online": False}),
    ("AND-FM-01", "android-fully-managed", "sven.aalto", "Samsung Galaxy XCover 6", "14.0", NO_PASSWORD, 4, {}),
    ("AND-FM-02", "android-fully-managed", "uma.raman", "Samsung Galaxy XCover 6", "14.0", OK, None, {}),
    ("AND-FM-03", "android-fully-managed", "wanda.kowalska", "Samsung Galaxy XCover 6", "14.0", OK, None, {}),
    ("AND-COPE-01", "android-corporate-work-profile", "ruth.adeyemi", "Google Pixel 9", "15.0", OK, None, {}),
    ("AND-KIOSK-01", "android-dedicated", None, "Zebra TC52", "13.0", NO_PASSWORD, 10, {"passcodeSet": False}),
    ("AND-KIOSK-02", "android-dedicated", None, "Zebra TC52", "13.0", OK, None, {}),
    ("AOSP-HEADSET-01", "aosp", None, "RealWear Navigator 520", "12.0", OK, None, {}),
    ("AOSP-HEADSET-02", "aosp", "maja.horvat", "RealWear Navigator 520", "12.0", NO_PASSWORD, 2, {}),
    ("AND-OLD-01", "android", "greta.lindqvist", "Huawei P40", "10.0", OK, None, {}),
    ("LNX-0001", "linux", "pavel.dvorak", "Dell XPS 13", "24.04", OK, None, {}),
    ("LNX-0002", "linux", "igor.petrov", "Dell XPS 13", "24.04", {"linux_deviceencryption_required": False}, 4, {}),
    ("LNX-0003", "linux", "noor.bakker", "Lenovo ThinkPad P14s", "24.04", {"linux_deviceencryption_required": False}, 12, {}),
)  # fmt: skip
ROUTINE_HOURS = 8

WINDOWS = {
    "bitLockerEnabled": True,
    "secureBootEnabled": True,
    "codeIntegrityEnabled": True,
    "storageRequireEncryption": True,
    "osMinimumVersion": "10.0.22631.4169",
    "activeFirewallRequired": True,
    "tpmRequired": True,
    "antivirusRequired": True,
    "antiSpywareRequired": True,
    "defenderEnabled": True,
    "rtpEnabled": True,
    "passwordRequired": True,
    "passwordRequiredType": "deviceDefault",
}
MACOS = {
    "systemIntegrityProtectionEnabled": True,
    "osMinimumVersion": "14.0",
    "storageRequireEncryption": True,
    "firewallEnabled": True,
    "gatekeeperAllowedAppSource": "macAppStoreAndIdentifiedDevelopers",
    "passwordRequired": True,
    "passwordMinimumLength": 8,
}
IOS = {
    "securityBlockJailbrokenDevices": True,
    "osMinimumVersion": "17.0",
    "passcodeRequired": True,
    "passcodeBlockSimple": True,
    "passcodeMinimumLength": 6,
    "passcodeRequiredType": "numeric",
}
WORK_PROFILE = {
    "securityBlockJailbrokenDevices": True,
    "osMinimumVersion": "12.0",
    "storageRequireEncryption": True,
    "passwordRequired": True,
    "securityRequireSafetyNetAttestationBasicIntegrity": True,
    "requiredPasswordComplexity": "medium",
}
DEVICE_OWNER = {
    "osMinimumVersion": "12.0",
    "passwordRequired": True,
    "passwordRequiredType": "numericComplex",
    "passwordMinimumLength": 6,
    "storageRequireEncryption": True,
}
AOSP = {"osMinimumVersion": "11.0", "passwordRequired": True, "storageRequireEncryption": True}


def load(tenant: Builder, seed: int) -> None:
    tenant.organization(
        "Contoso",
        DOMAIN,
        contactITName="Contoso Help desk",
        contactITPhoneNumber="+1 555 0100",
        contactITEmailAddress=f"helpdesk@{DOMAIN}",
        onlineSupportSiteName="Contoso support",
        onlineSupportSiteUrl=f"https://support.{DOMAIN}",
        privacyUrl=f"https://www.{DOMAIN}/privacy",
        lightBackgroundLogo={"type": "image/png", "value": LOGO},
    )
    for name, account, language in PEOPLE:
        upn = f"{account}@{DOMAIN}"
        mail = None if account in NO_MAIL else upn
        tenant.user(name, upn, mail=mail, language=language, licensed=account not in UNLICENSED)
    tenant.sign_in(f"admin@{DOMAIN}")
    _devices(tenant, random.Random(seed))
    _groups(tenant)
    _templates(tenant)
    _policies(tenant)
    tenant.access(
        "Require a compliant device for all apps",
        "enabled",
        controls=("compliantDevice",),
        exclude_groups=("Emergency access",),
        exclude_platforms=("iOS", "android"),
    )
    tenant.access(
        "Require compliant phones and tablets",
        "enabledForReportingButNotEnforced",
        controls=("compliantDevice", "mfa"),
        exclude_groups=("Emergency access",),
    )


def _devices(tenant: Builder, chance: random.Random) -> None:
    for name, variant, account, model, os_version, failing, days, further in DEVICES:
        lab = dict(further)
        is_new = lab.pop("new", False)
        stale_days = lab.pop("stale_days", None)
        company = lab.pop(
            "company", variant != "android-work-profile" and (variant != "ios" or account is None)
        )
        minutes = chance.randrange(5, ROUTINE_HOURS * 60)
        synced = START - timedelta(minutes=minutes if stale_days is None else stale_days * 24 * 60 + minutes)
        enrolled = START - timedelta(days=chance.randrange(60, 600), minutes=chance.randrange(1440))
        agent = "mdm"
        if is_new:
            enrolled, synced = START - timedelta(minutes=2), NEVER
        if stale_days is not None:
            lab["online"] = False
        if lab.get("authority") == "partner":
            agent, lab["partnerState"] = "jamf", "noncompliant"
        elif lab.get("authority") == "configmgr":
            agent = "configurationManagerClientMdm"
        tenant.device(
            name,
            variant,
            user=None if account is None else f"{account}@{DOMAIN}",
            model=model,
            os_version=os_version,
            facts=None
            if is_new
            else {"osMinimumVersion": os_version, "osMaximumVersion": os_version, **failing},
            enrolled=enrolled,
            synced=synced,
            failing_since=None if days is None else START - timedelta(minutes=round(days * 1440)),
            company=company,
            agent=agent,
            **lab,
        )


def _groups(tenant: Builder) -> None:
    def people(accounts: tuple[str, ...]) -> list[tuple[str, str]]:
        return [("user", f"{account}@{DOMAIN}") for account in accounts]

    everybody = tuple(account for _, account, _ in PEOPLE if account not in ("admin", "breakglass"))
    laptops = [row[0] for row in DEVICES if row[1] == "windows"]
    tenant.group("All employees", "Everybody on the payroll", people(everybody))
    tenant.group("Pilot users", "The first to get what is new", people(PILOT))
    tenant.group("Finance", "Accounting and controlling", people(FINANCE))
    tenant.group("Emergency access", "Accounts that no policy may lock out", people(("breakglass",)))
    tenant.group("IT leads", "Heads of IT", people(IT_LEADS), mail=f"it-leads@{DOMAIN}")
    tenant.group(
        "Help desk",
        "First line support",
        [*people(HELP_DESK), ("group", "IT leads")],
        mail=f"helpdesk@{DOMAIN}",
    )
    tenant.group(
        "Kiosk devices",
        "Devices without a user in public places",
        [("device", "[Kiosk] Lobby"), ("device", "AND-KIOSK-01"), ("device", "AND-KIOSK-02")],
    )
    tenant.group(
        "Windows laptops",
        "Every Windows device of the company",
        [("device", name) for name in laptops],
        rule='(device.deviceOSType -eq "Windows") and (device.deviceOwnership -eq "Company")',
    )


def _templates(tenant: Builder) -> None:
    tenant.template(
        "First warning",
        (
            (
                "en-us",
                "Your device {{DeviceName}} needs attention",
                "<p>Hello {{UserName}},</p><p>{{DeviceName}} ({{OSAndVersion}}) does not meet our rules."
                " Open <strong>Company Portal</strong> to see what to do.</p>",
            ),
            (
                "fr-fr",
                "Votre appareil {{DeviceName}} demande votre attention",
                "<p>Bonjour {{UserName}},</p><p>{{DeviceName}} ne respecte pas nos règles."
                " Ouvrez le <strong>Portail d’entreprise</strong> pour savoir quoi faire.</p>",
            ),
            (
                "de-de",
                "Ihr Gerät {{DeviceName}} braucht Aufmerksamkeit",
                "<p>Guten Tag {{UserName}},</p><p>{{DeviceName}} erfüllt unsere Regeln nicht."
                " Im <strong>Unternehmensportal</strong> steht, was zu tun ist.</p>",
            ),
        ),
    )
    tenant.template(
        "Final warning",
        (
            (
                "en-us",
                "Last reminder for {{DeviceName}}",
                "<p>{{UserName}}, access from {{DeviceName}} ends soon.</p><ul><li>Open Company Portal</li>"
                f'<li>or call the <a href="https://support.{DOMAIN}">help desk</a></li></ul>',
            ),
            (
                "fr-fr",
                "Dernier rappel pour {{DeviceName}}",
                "<p>{{UserName}}, l’accès prend fin bientôt.</p>",
            ),
        ),
        branding="includeCompanyLogo,includeCompanyName,includeContactInformation,includeCompanyPortalLink",
    )
    tenant.template(
        "Access blocked",
        (
            (
                "en-us",
                "{{DeviceName}} is blocked",
                "{{DeviceName}} has no access any more.<br>Device: {{DeviceId}}",
            ),
        ),
        branding="none",
    )
    tenant.template("Unused draft", ())
    tenant.template(
        "Напоминание",
        (("ru-ru", "Проверьте устройство {{DeviceName}}", "Здравствуйте, {{UserName}}!<br>{{DeviceName}}"),),
    )
    # The service keeps this one for itself; tools that list templates meet it.
    tenant.template(
        "EnrollmentNotificationInternalMEO",
        (("en-us", "A device was enrolled", "{{DeviceName}} was enrolled."),),
    )


def _policies(tenant: Builder) -> None:
    def mail(hours: int, template: str, *copies: str) -> Action:
        return ("notification", hours, template, copies)

    tenant.policy(
        "Windows baseline",
        "windows10CompliancePolicy",
        WINDOWS,
        [
            ("block", 72),
            mail(0, "First warning"),
            mail(48, "Final warning", "Help desk"),
            mail(72, "Access blocked"),
            ("retire", 720),
        ],
        ["All employees", "-Emergency access"],
        description="What every Windows device has to have",
        version=7,
    )
    tenant.policy(
        "macOS baseline",
        "macOSCompliancePolicy",
        MACOS,
        [
            ("block", 168),
            mail(0, "First warning"),
            mail(120, "Final warning"),
            ("remoteLock", 336),
            ("retire", 720),
        ],
        ["All employees", "-Emergency access"],
        version=4,
    )
    tenant.policy(
        "iOS baseline",
        "iosCompliancePolicy",
        IOS,
        [("block", 72), mail(0, "First warning"), ("pushNotification", 24), ("retire", 2160)],
        ["all users", "-Emergency access"],
        version=5,
    )
    tenant.policy(
        "Android work profile baseline",
        "androidWorkProfileCompliancePolicy",
        WORK_PROFILE,
        [("block", 72), mail(0, "First warning"), ("pushNotification", 48), ("retire", 720)],
        ["all users"],
        version=3,
    )
    tenant.policy(
        "Android baseline",
        "androidDeviceOwnerCompliancePolicy",
        DEVICE_OWNER,
        [("block", 0), mail(0, "Access blocked"), ("remoteLock", 168)],
        ["all devices"],
        version=2,
    )
    tenant.policy(
        "Linux baseline",
        "deviceManagementCompliancePolicy",
        _linux(),
        [("block", 168), mail(0, "First warning")],
        ["All employees"],
    )
    tenant.policy(
        "Windows strict",
        "windows10CompliancePolicy",
        {
            **WINDOWS,
            "passwordMinimumLength": 10,
            "passwordRequiredType": "alphanumeric",
            "memoryIntegrityEnabled": True,
        },
        [("block", 0), mail(0, "Access blocked", "IT leads"), ("retire", 2160)],
        ["Finance"],
        description="For those who can move money",
        version=2,
    )
    tenant.policy(
        "iOS pilot",
        "iosCompliancePolicy",
        {**IOS, "osMinimumVersion": "18.0"},
        [("block", 24), ("pushNotification", 0), mail(12, "Final warning")],
        ["Pilot users"],
    )
    tenant.policy(
        "[ios] Kiosk", "iosCompliancePolicy", IOS, [("block", 0), mail(0, "First warning")], ["Kiosk devices"]
    )
    tenant.policy(
        "Политика Windows",
        "windows10CompliancePolicy",
        {"passwordRequired": True, "osMinimumVersion": "10.0.22631.4169"},
        [("block", 72), mail(24, "Напоминание")],
        ["Pilot users"],
    )
    tenant.policy(
        "🥽 Headsets",
        "aospDeviceOwnerCompliancePolicy",
        AOSP,
        [("block", 0), ("remoteLock", 72)],
        ["all devices"],
    )
    tenant.policy(
        "סקר מכשירים",
        "macOSCompliancePolicy",
        {"firewallEnabled": True, "osMinimumVersion": "15.0"},
        [("block", 168), mail(0, "First warning")],
        ["Pilot users"],
    )
    tenant.policy("Windows baseline (unassigned)", "windows10CompliancePolicy", WINDOWS, [("block", 0)], [])


def _linux() -> list[dict[str, Any]]:
    configuration = "#microsoft.graph.deviceManagementConfiguration"

    def setting(instance: dict[str, Any]) -> dict[str, Any]:
        return {"@odata.type": configuration + "Setting", "settingInstance": instance}

    def version(bound: str, value: str) -> dict[str, Any]:
        return {
            "@odata.type": configuration + "SimpleSettingInstance",
            "settingDefinitionId": f"linux_distribution_alloweddistros_item_{bound}",
            "simpleSettingValue": {"@odata.type": configuration + "StringSettingValue", "value": value},
        }

    distribution = {
        "@odata.type": configuration + "ChoiceSettingInstance",
        "settingDefinitionId": "linux_distribution_alloweddistros_item_$type",
        "choiceSettingValue": {
            "@odata.type": configuration + "ChoiceSettingValue",
            "value": "linux_distribution_alloweddistros_item_$type_ubuntu",
            "children": [],
        },
    }
    return [
        setting(
            {
                "@odata.type": configuration + "GroupSettingCollectionInstance",
                "settingDefinitionId": "linux_distribution_alloweddistros",
                "groupSettingCollectionValue": [
                    {
                        "children": [
                            distribution,
                            version("minimumversion", "22.04"),
                            version("maximumversion", "26.04"),
                        ]
                    }
                ],
            }
        ),
        setting(
            {
                "@odata.type": configuration + "ChoiceSettingInstance",
                "settingDefinitionId": "linux_deviceencryption_required",
                "choiceSettingValue": {
                    "@odata.type": configuration + "ChoiceSettingValue",
                    "value": "linux_deviceencryption_required_true",
                    "children": [],
                },
            }
        ),
        setting(
            {
                "@odata.type": configuration + "SimpleSettingInstance",
                "settingDefinitionId": "linux_passwordpolicy_minimumlength",
                "simpleSettingValue": {"@odata.type": configuration + "IntegerSettingValue", "value": 8},
            }
        ),
    ]
