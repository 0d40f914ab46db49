"""What Microsoft's metadata says of the types that the lab imitates, as tables.

Cut from the CSDL of v1.0 and beta; contract.py reads them, and a test compares them with the CSDL again.
A property reads `name:type` with these signs: `@` an enum, `#` another type of these tables, `*` a collection, `?` may be
null, `!` computed by the service, `~` in beta only, and `>` before the name: a navigation, returned when expanded.
A type has its base first, then its properties; `~` behind the base: the type is in beta only; `%`: it is abstract.
"""

from __future__ import annotations

TYPES: dict[str, tuple[str, str]] = {
    "adminConsent": (
        "~",
        "shareAPNSData:@adminConsentState shareUserExperienceAnalyticsData:@adminConsentState",
    ),
    "agentSignIn": ("signInIdentity~", "agentServicePrincipalId:str?"),
    "allDevicesAssignmentTarget": ("deviceAndAppManagementAssignmentTarget", ""),
    "allLicensedUsersAssignmentTarget": ("deviceAndAppManagementAssignmentTarget", ""),
    "androidCompliancePolicy": (
        "deviceCompliancePolicy",
        "deviceThreatProtectionEnabled:bool "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel "
        "minAndroidSecurityPatchLevel:str? osMaximumVersion:str? osMinimumVersion:str? "
        "passwordExpirationDays:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@androidRequiredPasswordType "
        "securityBlockJailbrokenDevices:bool securityDisableUsbDebugging:bool "
        "securityPreventInstallAppsFromUnknownSources:bool securityRequireCompanyPortalAppIntegrity:bool "
        "securityRequireGooglePlayServices:bool securityRequireSafetyNetAttestationBasicIntegrity:bool "
        "securityRequireSafetyNetAttestationCertifiedDevice:bool "
        "securityRequireUpToDateSecurityProviders:bool securityRequireVerifyApps:bool "
        "storageRequireEncryption:bool "
        "advancedThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel~ "
        "conditionStatementId:str?~ passwordSignInFailureCountBeforeFactoryReset:int?~ "
        "requiredPasswordComplexity:@androidRequiredPasswordComplexity~ restrictedApps:#appListItem*?~ "
        "securityBlockDeviceAdministratorManagedDevices:bool~",
    ),
    "androidDeviceOwnerCompliancePolicy": (
        "deviceCompliancePolicy~",
        "advancedThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel? "
        "deviceThreatProtectionEnabled:bool? "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel? "
        "minAndroidSecurityPatchLevel:str? osMaximumVersion:str? osMinimumVersion:str? "
        "passwordExpirationDays:int? passwordMinimumLength:int? passwordMinimumLetterCharacters:int? "
        "passwordMinimumLowerCaseCharacters:int? passwordMinimumNonLetterCharacters:int? "
        "passwordMinimumNumericCharacters:int? passwordMinimumSymbolCharacters:int? "
        "passwordMinimumUpperCaseCharacters:int? passwordMinutesOfInactivityBeforeLock:int? "
        "passwordPreviousPasswordCountToBlock:int? passwordRequired:bool? "
        "passwordRequiredType:@androidDeviceOwnerRequiredPasswordType? "
        "requireNoPendingSystemUpdates:bool? securityBlockJailbrokenDevices:bool? "
        "securityRequiredAndroidSafetyNetEvaluationType:@androidSafetyNetEvaluationType? "
        "securityRequireIntuneAppIntegrity:bool? securityRequireSafetyNetAttestationBasicIntegrity:bool? "
        "securityRequireSafetyNetAttestationCertifiedDevice:bool? storageRequireEncryption:bool?",
    ),
    "androidForWorkCompliancePolicy": (
        "deviceCompliancePolicy~",
        "deviceThreatProtectionEnabled:bool "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel "
        "minAndroidSecurityPatchLevel:str? osMaximumVersion:str? osMinimumVersion:str? "
        "passwordExpirationDays:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@androidRequiredPasswordType "
        "passwordSignInFailureCountBeforeFactoryReset:int? "
        "requiredPasswordComplexity:@androidRequiredPasswordComplexity? "
        "securityBlockJailbrokenDevices:bool securityDisableUsbDebugging:bool "
        "securityPreventInstallAppsFromUnknownSources:bool securityRequireCompanyPortalAppIntegrity:bool "
        "securityRequiredAndroidSafetyNetEvaluationType:@androidSafetyNetEvaluationType "
        "securityRequireGooglePlayServices:bool securityRequireSafetyNetAttestationBasicIntegrity:bool "
        "securityRequireSafetyNetAttestationCertifiedDevice:bool "
        "securityRequireUpToDateSecurityProviders:bool securityRequireVerifyApps:bool "
        "storageRequireEncryption:bool workProfileInactiveBeforeScreenLockInMinutes:int? "
        "workProfilePasswordExpirationInDays:int? workProfilePasswordMinimumLength:int? "
        "workProfilePasswordRequiredType:@androidForWorkRequiredPasswordType? "
        "workProfilePreviousPasswordBlockCount:int? "
        "workProfileRequiredPasswordComplexity:@androidRequiredPasswordComplexity? "
        "workProfileRequirePassword:bool?",
    ),
    "androidWorkProfileCompliancePolicy": (
        "deviceCompliancePolicy",
        "deviceThreatProtectionEnabled:bool "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel "
        "minAndroidSecurityPatchLevel:str? osMaximumVersion:str? osMinimumVersion:str? "
        "passwordExpirationDays:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@androidRequiredPasswordType "
        "securityBlockJailbrokenDevices:bool securityDisableUsbDebugging:bool "
        "securityPreventInstallAppsFromUnknownSources:bool securityRequireCompanyPortalAppIntegrity:bool "
        "securityRequireGooglePlayServices:bool securityRequireSafetyNetAttestationBasicIntegrity:bool "
        "securityRequireSafetyNetAttestationCertifiedDevice:bool "
        "securityRequireUpToDateSecurityProviders:bool securityRequireVerifyApps:bool "
        "storageRequireEncryption:bool "
        "advancedThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel~ "
        "passwordSignInFailureCountBeforeFactoryReset:int?~ "
        "requiredPasswordComplexity:@androidRequiredPasswordComplexity?~ "
        "securityRequiredAndroidSafetyNetEvaluationType:@androidSafetyNetEvaluationType~ "
        "workProfileInactiveBeforeScreenLockInMinutes:int?~ workProfilePasswordExpirationInDays:int?~ "
        "workProfilePasswordMinimumLength:int?~ "
        "workProfilePasswordRequiredType:@androidWorkProfileRequiredPasswordType?~ "
        "workProfilePreviousPasswordBlockCount:int?~ "
        "workProfileRequiredPasswordComplexity:@androidRequiredPasswordComplexity?~ "
        "workProfileRequirePassword:bool?~",
    ),
    "aospDeviceOwnerCompliancePolicy": (
        "deviceCompliancePolicy~",
        "minAndroidSecurityPatchLevel:str? osMaximumVersion:str? osMinimumVersion:str? "
        "passwordMinimumLength:int? passwordMinutesOfInactivityBeforeLock:int? passwordRequired:bool? "
        "passwordRequiredType:@androidDeviceOwnerRequiredPasswordType? "
        "securityBlockJailbrokenDevices:bool? storageRequireEncryption:bool?",
    ),
    "appListItem": ("~", "appId:str? appStoreUrl:str? name:str publisher:str?"),
    "applicationContext": ("signInContext", "includeApplications:str*"),
    "applicationEnforcedRestrictionsSessionControl": ("conditionalAccessSessionControl", ""),
    "auditActor": (
        "",
        "applicationDisplayName:str? applicationId:str? auditActorType:str? ipAddress:str? "
        "servicePrincipalName:str? userId:str? userPermissions:str*? userPrincipalName:str?",
    ),
    "auditEvent": (
        "entity",
        "activity:str? activityDateTime:date activityOperationType:str? activityResult:str? "
        "activityType:str? actor:#auditActor? category:str? componentName:str? correlationId:guid "
        "displayName:str? resources:#auditResource*?",
    ),
    "auditProperty": ("", "displayName:str? newValue:str? oldValue:str?"),
    "auditResource": (
        "",
        "auditResourceType:str? displayName:str? modifiedProperties:#auditProperty*? resourceId:str?",
    ),
    "authContext": ("signInContext", "authenticationContextValue:str?"),
    "authenticationFlow": ("", "transferMethod:@conditionalAccessTransferMethods?"),
    "authenticationStrengthPolicy": (
        "entity",
        "allowedCombinations:@authenticationMethodModes* createdDateTime:date description:str? "
        "displayName:str modifiedDateTime:date policyType:@authenticationStrengthPolicyType "
        "requirementsSatisfied:@authenticationStrengthRequirements",
    ),
    "chromeOSDeviceProperty": ("~", "name:str? updatable:bool value:str? valueType:str?"),
    "cloudAppSecuritySessionControl": (
        "conditionalAccessSessionControl",
        "cloudAppSecurityType:@cloudAppSecuritySessionControlType?",
    ),
    "cloudPcRemoteActionResult": (
        "~",
        "actionName:str? actionState:@actionState? cloudPcId:str? lastUpdatedDateTime:date? "
        "managedDeviceId:str? startDateTime:date? statusDetail:#cloudPcStatusDetail? "
        "statusDetails:#cloudPcStatusDetails?",
    ),
    "cloudPcStatusDetail": ("~", "additionalInformation:#keyValuePair*? code:str? message:str?"),
    "cloudPcStatusDetails": ("~", "additionalInformation:#keyValuePair*? code:str? message:str?"),
    "companyPortalBlockedAction": (
        "~",
        "action:@companyPortalAction ownerType:@ownerType platform:@devicePlatformType",
    ),
    "conditionalAccessAllExternalTenants": ("conditionalAccessExternalTenants", ""),
    "conditionalAccessApplications": (
        "",
        "applicationFilter:#conditionalAccessFilter? excludeApplications:str* includeApplications:str* "
        "includeAuthenticationContextClassReferences:str* includeUserActions:str* "
        "globalSecureAccess:#conditionalAccessGlobalSecureAccess?~ "
        "networkAccess:#conditionalAccessNetworkAccess?~",
    ),
    "conditionalAccessAuthenticationFlows": ("", "transferMethods:@conditionalAccessTransferMethods"),
    "conditionalAccessClientApplications": (
        "",
        "excludeServicePrincipals:str* includeServicePrincipals:str* "
        "servicePrincipalFilter:#conditionalAccessFilter? "
        "agentIdServicePrincipalFilter:#conditionalAccessFilter?~ excludeAgentIdServicePrincipals:str*~ "
        "includeAgentIdServicePrincipals:str*~",
    ),
    "conditionalAccessConditionSet": (
        "",
        "applications:#conditionalAccessApplications? "
        "authenticationFlows:#conditionalAccessAuthenticationFlows? "
        "clientApplications:#conditionalAccessClientApplications? "
        "clientAppTypes:@conditionalAccessClientApp* devices:#conditionalAccessDevices? "
        "insiderRiskLevels:@conditionalAccessInsiderRiskLevels? locations:#conditionalAccessLocations? "
        "platforms:#conditionalAccessPlatforms? servicePrincipalRiskLevels:@riskLevel* "
        "signInRiskLevels:@riskLevel* userRiskLevels:@riskLevel* users:#conditionalAccessUsers? "
        "agentIdRiskLevels:@conditionalAccessAgentIdRiskLevels?~ "
        "deviceStates:#conditionalAccessDeviceStates?~",
    ),
    "conditionalAccessDeviceStates": ("~", "excludeStates:str* includeStates:str*"),
    "conditionalAccessDevices": (
        "",
        "deviceFilter:#conditionalAccessFilter? excludeDevices:str*~ excludeDeviceStates:str*~ "
        "includeDevices:str*~ includeDeviceStates:str*~",
    ),
    "conditionalAccessEnumeratedExternalTenants": ("conditionalAccessExternalTenants", "members:str*"),
    "conditionalAccessExternalTenants": (
        "%",
        "membershipKind:@conditionalAccessExternalTenantsMembershipKind?",
    ),
    "conditionalAccessFilter": ("", "mode:@filterMode rule:str"),
    "conditionalAccessGlobalSecureAccess": ("~", ""),
    "conditionalAccessGrantControls": (
        "",
        "builtInControls:@conditionalAccessGrantControl* customAuthenticationFactors:str* operator:str? "
        "termsOfUse:str* >authenticationStrength:#authenticationStrengthPolicy",
    ),
    "conditionalAccessGuestsOrExternalUsers": (
        "",
        "externalTenants:#conditionalAccessExternalTenants? "
        "guestOrExternalUserTypes:@conditionalAccessGuestOrExternalUserTypes",
    ),
    "conditionalAccessLocations": ("", "excludeLocations:str* includeLocations:str*"),
    "conditionalAccessNetworkAccess": ("~", ""),
    "conditionalAccessPlatforms": (
        "",
        "excludePlatforms:@conditionalAccessDevicePlatform* "
        "includePlatforms:@conditionalAccessDevicePlatform*",
    ),
    "conditionalAccessPolicy": (
        "policyDeletableItem",
        "conditions:#conditionalAccessConditionSet createdDateTime:date? description:str? displayName:str "
        "grantControls:#conditionalAccessGrantControls? modifiedDateTime:date? "
        "sessionControls:#conditionalAccessSessionControls? state:@conditionalAccessPolicyState "
        "templateId:str?",
    ),
    "conditionalAccessSessionControl": ("%", "isEnabled:bool?"),
    "conditionalAccessSessionControls": (
        "",
        "applicationEnforcedRestrictions:#applicationEnforcedRestrictionsSessionControl? "
        "cloudAppSecurity:#cloudAppSecuritySessionControl? disableResilienceDefaults:bool? "
        "persistentBrowser:#persistentBrowserSessionControl? "
        "secureSignInSession:#secureSignInSessionControl? signInFrequency:#signInFrequencySessionControl? "
        "continuousAccessEvaluation:#continuousAccessEvaluationSessionControl?~ "
        "globalSecureAccessFilteringProfile:#globalSecureAccessFilteringProfileSessionControl?~",
    ),
    "conditionalAccessUsers": (
        "",
        "excludeGroups:str* excludeGuestsOrExternalUsers:#conditionalAccessGuestsOrExternalUsers? "
        "excludeRoles:str* excludeUsers:str* includeGroups:str* "
        "includeGuestsOrExternalUsers:#conditionalAccessGuestsOrExternalUsers? includeRoles:str* "
        "includeUsers:str*",
    ),
    "configurationManagerClientEnabledFeatures": (
        "",
        "compliancePolicy:bool deviceConfiguration:bool inventory:bool modernApps:bool "
        "resourceAccess:bool windowsUpdateForBusiness:bool endpointProtection:bool~ officeApps:bool~",
    ),
    "configurationManagerClientHealthState": (
        "~",
        "errorCode:int lastSyncDateTime:date state:@configurationManagerClientState",
    ),
    "configurationManagerClientInformation": (
        "~",
        "clientIdentifier:str? clientVersion:str? isBlocked:bool",
    ),
    "configurationManagerCollectionAssignmentTarget": (
        "deviceAndAppManagementAssignmentTarget",
        "collectionId:str?",
    ),
    "continuousAccessEvaluationSessionControl": ("~", "mode:@continuousAccessEvaluationMode?"),
    "defaultDeviceCompliancePolicy": ("deviceCompliancePolicy~", ""),
    "device": (
        "directoryObject",
        "accountEnabled:bool? approximateLastSignInDateTime:date? complianceExpirationDateTime:date? "
        "deviceCategory:str? deviceId:str? deviceOwnership:str? deviceVersion:int? displayName:str? "
        "enrollmentProfileName:str? enrollmentType:str? isCompliant:bool? isManaged:bool? "
        "isManagementRestricted:bool? isRooted:bool? managementType:str? manufacturer:str? mdmAppId:str? "
        "model:str? onPremisesSyncEnabled:bool? operatingSystem:str? operatingSystemVersion:str? "
        "physicalIds:str* profileType:str? registrationDateTime:date? systemLabels:str* trustType:str?",
    ),
    "deviceActionResult": (
        "",
        "actionName:str? actionState:@actionState lastUpdatedDateTime:date startDateTime:date",
    ),
    "deviceAndAppManagementAssignmentTarget": (
        "%",
        "deviceAndAppManagementAssignmentFilterId:str?~ "
        "deviceAndAppManagementAssignmentFilterType:@deviceAndAppManagementAssignmentFilterType~",
    ),
    "deviceComplianceActionItem": (
        "entity",
        "actionType:@deviceComplianceActionType gracePeriodHours:int notificationMessageCCList:str*? "
        "notificationTemplateId:str?",
    ),
    "deviceComplianceDeviceOverview": (
        "entity",
        "configurationVersion:int errorCount:int failedCount:int lastUpdateDateTime:date "
        "notApplicableCount:int pendingCount:int successCount:int conflictCount:int~ "
        "notApplicablePlatformCount:int~",
    ),
    "deviceComplianceDeviceStatus": (
        "entity",
        "complianceGracePeriodExpirationDateTime:date deviceDisplayName:str? deviceModel:str? "
        "lastReportedDateTime:date status:@complianceStatus userName:str? userPrincipalName:str? "
        "platform:int~",
    ),
    "deviceCompliancePolicy": (
        "entity%",
        "createdDateTime:date description:str? displayName:str lastModifiedDateTime:date version:int "
        ">assignments:#deviceCompliancePolicyAssignment* "
        ">deviceSettingStateSummaries:#settingStateDeviceSummary* "
        ">deviceStatuses:#deviceComplianceDeviceStatus* "
        ">deviceStatusOverview:#deviceComplianceDeviceOverview "
        ">scheduledActionsForRule:#deviceComplianceScheduledActionForRule* "
        ">userStatuses:#deviceComplianceUserStatus* >userStatusOverview:#deviceComplianceUserOverview "
        "roleScopeTagIds:str*?~",
    ),
    "deviceCompliancePolicyAssignment": (
        "entity",
        "target:#deviceAndAppManagementAssignmentTarget? source:@deviceAndAppManagementAssignmentSource~ "
        "sourceId:str?~",
    ),
    "deviceCompliancePolicyDeviceStateSummary": (
        "entity",
        "compliantDeviceCount:int configManagerCount:int conflictDeviceCount:int errorDeviceCount:int "
        "inGracePeriodCount:int nonCompliantDeviceCount:int notApplicableDeviceCount:int "
        "remediatedDeviceCount:int unknownDeviceCount:int",
    ),
    "deviceCompliancePolicyScript": (
        "~",
        "deviceComplianceScriptId:str? rulesContent:bytes? runIntervalInMinutes:int?",
    ),
    "deviceCompliancePolicySettingState": (
        "",
        "currentValue:str? errorCode:long errorDescription:str? instanceDisplayName:str? setting:str? "
        "settingName:str? sources:#settingSource*? state:@complianceStatus userEmail:str? userId:str? "
        "userName:str? userPrincipalName:str? settingInstanceId:str?~",
    ),
    "deviceCompliancePolicySettingStateSummary": (
        "entity",
        "compliantDeviceCount:int conflictDeviceCount:int errorDeviceCount:int "
        "nonCompliantDeviceCount:int notApplicableDeviceCount:int platformType:@policyPlatformType "
        "remediatedDeviceCount:int setting:str? settingName:str? unknownDeviceCount:int "
        ">deviceComplianceSettingStates:#deviceComplianceSettingState*",
    ),
    "deviceCompliancePolicyState": (
        "entity",
        "displayName:str? platformType:@policyPlatformType settingCount:int "
        "settingStates:#deviceCompliancePolicySettingState*? state:@complianceStatus version:int "
        "userId:str?~ userPrincipalName:str?~",
    ),
    "deviceComplianceScheduledActionForRule": (
        "entity",
        "ruleName:str? >scheduledActionConfigurations:#deviceComplianceActionItem*",
    ),
    "deviceComplianceScriptError": (
        "~",
        "code:@code deviceComplianceScriptRulesValidationError:@deviceComplianceScriptRulesValidationError "
        "message:str?",
    ),
    "deviceComplianceScriptRule": (
        "~",
        "dataType:@dataType deviceComplianceScriptRuleDataType:@deviceComplianceScriptRuleDataType "
        "deviceComplianceScriptRulOperator:@deviceComplianceScriptRulOperator operand:str? "
        "operator:@operator settingName:str?",
    ),
    "deviceComplianceScriptRuleError": ("deviceComplianceScriptError~", "settingName:str?"),
    "deviceComplianceScriptValidationResult": (
        "~",
        "ruleErrors:#deviceComplianceScriptRuleError*? rules:#deviceComplianceScriptRule*? "
        "scriptErrors:#deviceComplianceScriptError*?",
    ),
    "deviceComplianceSettingState": (
        "entity",
        "complianceGracePeriodExpirationDateTime:date deviceId:str? deviceModel:str? deviceName:str? "
        "setting:str? settingName:str? state:@complianceStatus userEmail:str? userId:str? userName:str? "
        "userPrincipalName:str? platformType:@deviceType~",
    ),
    "deviceComplianceUserOverview": (
        "entity",
        "configurationVersion:int errorCount:int failedCount:int lastUpdateDateTime:date "
        "notApplicableCount:int pendingCount:int successCount:int conflictCount:int~",
    ),
    "deviceComplianceUserStatus": (
        "entity",
        "devicesCount:int lastReportedDateTime:date status:@complianceStatus userDisplayName:str? "
        "userPrincipalName:str?",
    ),
    "deviceExchangeAccessStateSummary": (
        "",
        "allowedDeviceCount:int blockedDeviceCount:int quarantinedDeviceCount:int "
        "unavailableDeviceCount:int unknownDeviceCount:int",
    ),
    "deviceHealthAttestationState": (
        "",
        "attestationIdentityKey:str? bitLockerStatus:str? bootAppSecurityVersion:str? bootDebugging:str? "
        "bootManagerSecurityVersion:str? bootManagerVersion:str? bootRevisionListInfo:str? "
        "codeIntegrity:str? codeIntegrityCheckVersion:str? codeIntegrityPolicy:str? "
        "contentNamespaceUrl:str? contentVersion:str? dataExcutionPolicy:str? "
        "deviceHealthAttestationStatus:str? earlyLaunchAntiMalwareDriverProtection:str? "
        "healthAttestationSupportedStatus:str? healthStatusMismatchInfo:str? issuedDateTime:date "
        "lastUpdateDateTime:str? operatingSystemKernelDebugging:str? operatingSystemRevListInfo:str? "
        "pcr0:str? pcrHashAlgorithm:str? resetCount:long restartCount:long safeMode:str? secureBoot:str? "
        "secureBootConfigurationPolicyFingerPrint:str? testSigning:str? tpmVersion:str? "
        "virtualSecureMode:str? windowsPE:str? firmwareProtection:@firmwareProtectionType?~ "
        "memoryAccessProtection:@azureAttestationSettingStatus?~ "
        "memoryIntegrityProtection:@azureAttestationSettingStatus?~ "
        "securedCorePC:@azureAttestationSettingStatus?~ systemManagementMode:@systemManagementModeLevel?~ "
        "virtualizationBasedSecurity:@azureAttestationSettingStatus?~",
    ),
    "deviceInfo": (
        "",
        "deviceId:str? displayName:str? enrollmentProfileName:str? extensionAttribute1:str? "
        "extensionAttribute2:str? extensionAttribute3:str? extensionAttribute4:str? "
        "extensionAttribute5:str? extensionAttribute6:str? extensionAttribute7:str? "
        "extensionAttribute8:str? extensionAttribute9:str? extensionAttribute10:str? "
        "extensionAttribute11:str? extensionAttribute12:str? extensionAttribute13:str? "
        "extensionAttribute14:str? extensionAttribute15:str? isCompliant:bool? manufacturer:str? "
        "mdmAppId:str? model:str? operatingSystem:str? operatingSystemVersion:str? ownership:str? "
        "physicalIds:str*? profileType:str? systemLabels:str*? trustType:str?",
    ),
    "deviceManagement": (
        "entity",
        "intuneAccountId:guid intuneBrand:#intuneBrand? settings:#deviceManagementSettings? "
        "subscriptionState:@deviceManagementSubscriptionState accountMoveCompletionDateTime:date~ "
        "adminConsent:#adminConsent?~ deviceComplianceReportSummarizationDateTime:date~ "
        "legacyPcManangementEnabled:bool~",
    ),
    "deviceManagementComplianceActionItem": (
        "entity~",
        "actionType:@deviceManagementComplianceActionType gracePeriodHours:int "
        "notificationMessageCCList:str*? notificationTemplateId:str?",
    ),
    "deviceManagementCompliancePolicy": (
        "entity~",
        "createdDateTime:date creationSource:str? description:str? isAssigned:bool "
        "lastModifiedDateTime:date name:str? platforms:@deviceManagementConfigurationPlatforms "
        "roleScopeTagIds:str*? settingCount:int technologies:@deviceManagementConfigurationTechnologies "
        ">assignments:#deviceManagementConfigurationPolicyAssignment* "
        ">scheduledActionsForRule:#deviceManagementComplianceScheduledActionForRule* "
        ">settings:#deviceManagementConfigurationSetting*",
    ),
    "deviceManagementComplianceScheduledActionForRule": (
        "entity~",
        "ruleName:str? >scheduledActionConfigurations:#deviceManagementComplianceActionItem*",
    ),
    "deviceManagementConfigurationChoiceSettingCollectionInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "choiceSettingCollectionValue:#deviceManagementConfigurationChoiceSettingValue*",
    ),
    "deviceManagementConfigurationChoiceSettingInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "choiceSettingValue:#deviceManagementConfigurationChoiceSettingValue",
    ),
    "deviceManagementConfigurationChoiceSettingValue": (
        "deviceManagementConfigurationSettingValue~",
        "children:#deviceManagementConfigurationSettingInstance*? value:str?",
    ),
    "deviceManagementConfigurationGroupSettingCollectionInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "groupSettingCollectionValue:#deviceManagementConfigurationGroupSettingValue*",
    ),
    "deviceManagementConfigurationGroupSettingInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "groupSettingValue:#deviceManagementConfigurationGroupSettingValue",
    ),
    "deviceManagementConfigurationGroupSettingValue": (
        "deviceManagementConfigurationSettingValue~",
        "children:#deviceManagementConfigurationSettingInstance*?",
    ),
    "deviceManagementConfigurationIntegerSettingValue": (
        "deviceManagementConfigurationSimpleSettingValue~",
        "value:int",
    ),
    "deviceManagementConfigurationPolicyAssignment": (
        "entity~",
        "source:@deviceAndAppManagementAssignmentSource sourceId:str? "
        "target:#deviceAndAppManagementAssignmentTarget?",
    ),
    "deviceManagementConfigurationReferenceSettingValue": (
        "deviceManagementConfigurationStringSettingValue~",
        "note:str?",
    ),
    "deviceManagementConfigurationSecretSettingValue": (
        "deviceManagementConfigurationSimpleSettingValue~",
        "value:str? valueState:@deviceManagementConfigurationSecretSettingValueState",
    ),
    "deviceManagementConfigurationSetting": (
        "entity~",
        "settingInstance:#deviceManagementConfigurationSettingInstance",
    ),
    "deviceManagementConfigurationSettingGroupCollectionInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "",
    ),
    "deviceManagementConfigurationSettingGroupInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "",
    ),
    "deviceManagementConfigurationSettingInstance": (
        "~%",
        "settingDefinitionId:str "
        "settingInstanceTemplateReference:#deviceManagementConfigurationSettingInstanceTemplateReference?",
    ),
    "deviceManagementConfigurationSettingInstanceTemplateReference": (
        "~",
        "settingInstanceTemplateId:str",
    ),
    "deviceManagementConfigurationSettingValue": (
        "~%",
        "settingValueTemplateReference:#deviceManagementConfigurationSettingValueTemplateReference?",
    ),
    "deviceManagementConfigurationSettingValueTemplateReference": (
        "~",
        "settingValueTemplateId:str useTemplateDefault:bool",
    ),
    "deviceManagementConfigurationSimpleSettingCollectionInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "simpleSettingCollectionValue:#deviceManagementConfigurationSimpleSettingValue*",
    ),
    "deviceManagementConfigurationSimpleSettingInstance": (
        "deviceManagementConfigurationSettingInstance~",
        "simpleSettingValue:#deviceManagementConfigurationSimpleSettingValue",
    ),
    "deviceManagementConfigurationSimpleSettingValue": ("deviceManagementConfigurationSettingValue~%", ""),
    "deviceManagementConfigurationStringSettingValue": (
        "deviceManagementConfigurationSimpleSettingValue~",
        "value:str?",
    ),
    "deviceManagementExportJob": (
        "entity",
        "expirationDateTime:date filter:str? format:@deviceManagementReportFileFormat "
        "localizationType:@deviceManagementExportJobLocalizationType reportName:str requestDateTime:date "
        "select:str*? snapshotId:str? status:@deviceManagementReportStatus url:str?",
    ),
    "deviceManagementSettings": (
        "",
        "deviceComplianceCheckinThresholdDays:int isScheduledActionEnabled:bool secureByDefault:bool "
        "androidDeviceAdministratorEnrollmentEnabled:bool~ "
        "derivedCredentialProvider:@derivedCredentialProviderType~ derivedCredentialUrl:str?~ "
        "deviceInactivityBeforeRetirementInDay:int~ enableAutopilotDiagnostics:bool~ "
        "enableDeviceGroupMembershipReport:bool~ enableEnhancedTroubleshootingExperience:bool~ "
        "enableLogCollection:bool~ enhancedJailBreak:bool~ "
        "ignoreDevicesForUnsupportedSettingsEnabled:bool~ m365AppDiagnosticsEnabled:bool?~",
    ),
    "deviceOperatingSystemSummary": (
        "",
        "androidCorporateWorkProfileCount:int androidCount:int androidDedicatedCount:int "
        "androidDeviceAdminCount:int androidFullyManagedCount:int androidWorkProfileCount:int "
        "configMgrDeviceCount:int iosCount:int macOSCount:int unknownCount:int windowsCount:int "
        "windowsMobileCount:int",
    ),
    "exclusionGroupAssignmentTarget": ("groupAssignmentTarget", ""),
    "globalSecureAccessFilteringProfileSessionControl": (
        "conditionalAccessSessionControl~",
        "profileId:str?",
    ),
    "group": (
        "directoryObject",
        "classification:str? createdDateTime:date? description:str? displayName:str? "
        "expirationDateTime:date? groupTypes:str* isAssignableToRole:bool? mail:str? mailEnabled:bool? "
        "mailNickname:str? membershipRule:str? membershipRuleProcessingState:str? "
        "onPremisesSyncEnabled:bool? proxyAddresses:str* securityEnabled:bool? securityIdentifier:str? "
        "theme:str? uniqueName:str? visibility:str?",
    ),
    "groupAssignmentTarget": ("deviceAndAppManagementAssignmentTarget", "groupId:str?"),
    "hardwareInformation": (
        "~",
        "batteryChargeCycles:int batteryHealthPercentage:int batteryLevelPercentage:float? "
        "batterySerialNumber:str? cellularTechnology:str? deviceFullQualifiedDomainName:str? "
        "deviceGuardLocalSystemAuthorityCredentialGuardState:@deviceGuardLocalSystemAuthorityCredentialGuardState "
        "deviceGuardVirtualizationBasedSecurityHardwareRequirementState:@deviceGuardVirtualizationBasedSecurityHardwareRequirementState "
        "deviceGuardVirtualizationBasedSecurityState:@deviceGuardVirtualizationBasedSecurityState "
        "deviceLicensingLastErrorCode:int deviceLicensingLastErrorDescription:str? "
        "deviceLicensingStatus:@deviceLicensingStatus esimIdentifier:str? freeStorageSpace:long imei:str? "
        "ipAddressV4:str? isEncrypted:bool isSharedDevice:bool isSupervised:bool manufacturer:str? "
        "meid:str? model:str? operatingSystemEdition:str? operatingSystemLanguage:str? "
        "operatingSystemProductType:int osBuildNumber:str? phoneNumber:str? productName:str? "
        "residentUsersCount:int? serialNumber:str? sharedDeviceCachedUsers:#sharedAppleDeviceUser*? "
        "subnetAddress:str? subscriberCarrier:str? systemManagementBIOSVersion:str? "
        "totalStorageSpace:long tpmManufacturer:str? tpmSpecificationVersion:str? tpmVersion:str? "
        "wifiMac:str? wiredIPv4Addresses:str*?",
    ),
    "intuneBrand": (
        "",
        "contactITEmailAddress:str? contactITName:str? contactITNotes:str? contactITPhoneNumber:str? "
        "darkBackgroundLogo:#mimeContent? displayName:str? lightBackgroundLogo:#mimeContent? "
        "onlineSupportSiteName:str? onlineSupportSiteUrl:str? privacyUrl:str? "
        "showDisplayNameNextToLogo:bool showLogo:bool showNameNextToLogo:bool themeColor:#rgbColor? "
        "companyPortalBlockedActions:#companyPortalBlockedAction*?~ customCanSeePrivacyMessage:str?~ "
        "customCantSeePrivacyMessage:str?~ customPrivacyMessage:str?~ disableClientTelemetry:bool~ "
        "disableDeviceCategorySelection:bool?~ enrollmentAvailability:@enrollmentAvailabilityOptions~ "
        "isFactoryResetDisabled:bool~ isRemoveDeviceDisabled:bool~ "
        "landingPageCustomizedImage:#mimeContent?~ roleScopeTagIds:str*?~ showAzureADEnterpriseApps:bool~ "
        "showConfigurationManagerApps:bool?~ showOfficeWebApps:bool~",
    ),
    "iosCompliancePolicy": (
        "deviceCompliancePolicy",
        "deviceThreatProtectionEnabled:bool "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel "
        "managedEmailProfileRequired:bool osMaximumVersion:str? osMinimumVersion:str? "
        "passcodeBlockSimple:bool passcodeExpirationDays:int? passcodeMinimumCharacterSetCount:int? "
        "passcodeMinimumLength:int? passcodeMinutesOfInactivityBeforeLock:int? "
        "passcodePreviousPasscodeBlockCount:int? passcodeRequired:bool "
        "passcodeRequiredType:@requiredPasswordType securityBlockJailbrokenDevices:bool "
        "advancedThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel~ "
        "osMaximumBuildVersion:str?~ osMinimumBuildVersion:str?~ "
        "passcodeMinutesOfInactivityBeforeScreenTimeout:int?~ restrictedApps:#appListItem*?~",
    ),
    "keyValuePair": ("~", "name:str value:str?"),
    "localizedNotificationMessage": (
        "entity",
        "isDefault:bool lastModifiedDateTime:date locale:str messageTemplate:str subject:str",
    ),
    "loggedOnUser": ("~", "lastLogOnDateTime:date userId:str?"),
    "macOSCompliancePolicy": (
        "deviceCompliancePolicy",
        "deviceThreatProtectionEnabled:bool "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel "
        "firewallBlockAllIncoming:bool firewallEnabled:bool firewallEnableStealthMode:bool "
        "osMaximumVersion:str? osMinimumVersion:str? passwordBlockSimple:bool passwordExpirationDays:int? "
        "passwordMinimumCharacterSetCount:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@requiredPasswordType storageRequireEncryption:bool "
        "systemIntegrityProtectionEnabled:bool "
        "advancedThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel~ "
        "deviceCompliancePolicyScript:#deviceCompliancePolicyScript?~ "
        "gatekeeperAllowedAppSource:@macOSGatekeeperAppSources~ osMaximumBuildVersion:str?~ "
        "osMinimumBuildVersion:str?~",
    ),
    "managedDevice": (
        "entity",
        "activationLockBypassCode:str?! androidSecurityPatchLevel:str?! azureADDeviceId:str?! "
        "azureADRegistered:bool?! complianceGracePeriodExpirationDateTime:date! "
        "complianceState:@complianceState! "
        "configurationManagerClientEnabledFeatures:#configurationManagerClientEnabledFeatures?! "
        "deviceActionResults:#deviceActionResult*?! deviceCategoryDisplayName:str?! "
        "deviceEnrollmentType:@deviceEnrollmentType! "
        "deviceHealthAttestationState:#deviceHealthAttestationState?! deviceName:str?! "
        "deviceRegistrationState:@deviceRegistrationState! easActivated:bool! easActivationDateTime:date! "
        "easDeviceId:str?! emailAddress:str?! enrolledDateTime:date! enrollmentProfileName:str?! "
        "ethernetMacAddress:str?! exchangeAccessState:@deviceManagementExchangeAccessState! "
        "exchangeAccessStateReason:@deviceManagementExchangeAccessStateReason! "
        "exchangeLastSuccessfulSyncDateTime:date! freeStorageSpaceInBytes:long! iccid:str?! imei:str?! "
        "isEncrypted:bool! isSupervised:bool! jailBroken:str?! lastSyncDateTime:date! "
        "managedDeviceName:str? managedDeviceOwnerType:@managedDeviceOwnerType "
        "managementAgent:@managementAgentType! managementCertificateExpirationDate:date! "
        "managementState:@managementState! manufacturer:str?! meid:str?! model:str?! notes:str? "
        "operatingSystem:str?! osVersion:str?! "
        "partnerReportedThreatState:@managedDevicePartnerReportedHealthState! phoneNumber:str?! "
        "physicalMemoryInBytes:long! remoteAssistanceSessionErrorDetails:str?! "
        "remoteAssistanceSessionUrl:str?! requireUserEnrollmentApproval:bool?! serialNumber:str?! "
        "subscriberCarrier:str?! totalStorageSpaceInBytes:long! udid:str?! userDisplayName:str?! "
        "userId:str?! userPrincipalName:str?! wiFiMacAddress:str?! aadRegistered:bool?~ "
        "autopilotEnrolled:bool~ azureActiveDirectoryDeviceId:str?~ bootstrapTokenEscrowed:bool~ "
        "chassisType:@chassisType~ chromeOSDeviceInfo:#chromeOSDeviceProperty*?~ "
        "cloudPcRemoteActionResults:#cloudPcRemoteActionResult*?~ "
        "configurationManagerClientHealthState:#configurationManagerClientHealthState?~ "
        "configurationManagerClientInformation:#configurationManagerClientInformation?~ "
        "deviceFirmwareConfigurationInterfaceManaged:bool~ deviceType:@deviceType~ "
        "enrolledByUserPrincipalName:str?~ hardwareInformation:#hardwareInformation?~ joinType:@joinType~ "
        "lostModeState:@lostModeState~ managementFeatures:@managedDeviceManagementFeatures~ "
        "ownerType:@ownerType~ preferMdmOverGroupPolicyAppliedDateTime:date~ "
        "processorArchitecture:@managedDeviceArchitecture~ retireAfterDateTime:date~ "
        "roleScopeTagIds:str*?~ securityPatchLevel:str?~ skuFamily:str?~ skuNumber:int~ "
        "specificationVersion:str?~ usersLoggedOn:#loggedOnUser*?~ windowsActiveMalwareCount:int~ "
        "windowsRemediatedMalwareCount:int~",
    ),
    "managedDeviceOverview": (
        "entity",
        "deviceExchangeAccessStateSummary:#deviceExchangeAccessStateSummary? "
        "deviceOperatingSystemSummary:#deviceOperatingSystemSummary? dualEnrolledDeviceCount:int "
        "enrolledDeviceCount:int mdmEnrolledCount:int",
    ),
    "mimeContent": ("", "type:str? value:bytes?"),
    "notificationMessageTemplate": (
        "entity",
        "brandingOptions:@notificationTemplateBrandingOptions defaultLocale:str? displayName:str "
        "lastModifiedDateTime:date roleScopeTagIds:str*? "
        ">localizedNotificationMessages:#localizedNotificationMessage* description:str?~",
    ),
    "operatingSystemVersionRange": ("~", "description:str highestVersion:str lowestVersion:str"),
    "organization": (
        "directoryObject",
        "countryLetterCode:str? createdDateTime:date? displayName:str? preferredLanguage:str? "
        "technicalNotificationMails:str* tenantType:str? verifiedDomains:#verifiedDomain*",
    ),
    "persistentBrowserSessionControl": (
        "conditionalAccessSessionControl",
        "mode:@persistentBrowserSessionMode?",
    ),
    "policyDeletableItem": ("%", "deletedDateTime:date?"),
    "retireScheduledManagedDevice": (
        "~",
        "complianceState:@complianceStatus deviceCompliancePolicyId:str? deviceCompliancePolicyName:str? "
        "deviceType:@deviceType managedDeviceId:str? managedDeviceName:str? "
        "managementAgent:@managementAgentType ownerType:@managedDeviceOwnerType retireAfterDateTime:date "
        "roleScopeTagIds:str*?",
    ),
    "rgbColor": ("", "b:byte g:byte r:byte"),
    "roleScopeTag": (
        "entity~",
        "description:str? displayName:str? isBuiltIn:bool >assignments:#roleScopeTagAutoAssignment*",
    ),
    "roleScopeTagAutoAssignment": ("entity~", "target:#deviceAndAppManagementAssignmentTarget?"),
    "secureSignInSessionControl": ("conditionalAccessSessionControl", ""),
    "settingSource": ("", "displayName:str? sourceType:@settingSourceType"),
    "settingStateDeviceSummary": (
        "entity",
        "compliantDeviceCount:int conflictDeviceCount:int errorDeviceCount:int instancePath:str? "
        "nonCompliantDeviceCount:int notApplicableDeviceCount:int remediatedDeviceCount:int "
        "settingName:str? unknownDeviceCount:int",
    ),
    "sharedAppleDeviceUser": (
        "~",
        "dataQuota:long? dataToSync:bool dataUsed:long userPrincipalName:str?",
    ),
    "servicePrincipalSignIn": ("signInIdentity", "servicePrincipalId:str?"),
    "signInConditions": (
        "",
        "authenticationFlow:#authenticationFlow? clientAppType:@conditionalAccessClientApp? "
        "country:str? deviceInfo:#deviceInfo? devicePlatform:@conditionalAccessDevicePlatform? "
        "insiderRiskLevel:@insiderRiskLevel? ipAddress:str? servicePrincipalRiskLevel:@riskLevel? "
        "signInRiskLevel:@riskLevel? userRiskLevel:@riskLevel? "
        "agentIdRiskLevel:@agentIdRiskLevel?~",
    ),
    "signInContext": ("%", ""),
    "signInFrequencySessionControl": (
        "conditionalAccessSessionControl",
        "authenticationType:@signInFrequencyAuthenticationType? "
        "frequencyInterval:@signInFrequencyInterval? type:@signinFrequencyType? value:int?",
    ),
    "signInIdentity": ("%", ""),
    "user": (
        "directoryObject",
        "accountEnabled:bool? businessPhones:str* companyName:str? department:str? displayName:str? "
        "employeeId:str? givenName:str? jobTitle:str? mail:str? mailNickname:str? mobilePhone:str? "
        "officeLocation:str? onPremisesSyncEnabled:bool? preferredLanguage:str? proxyAddresses:str* "
        "surname:str? usageLocation:str? userPrincipalName:str? userType:str?",
    ),
    "userActionContext": ("signInContext", "userAction:@userAction?"),
    "userSignIn": (
        "signInIdentity",
        "externalTenantId:str? externalUserType:@conditionalAccessGuestOrExternalUserTypes userId:str?",
    ),
    "verifiedDomain": ("", "capabilities:str? isDefault:bool? isInitial:bool? name:str? type:str?"),
    "whatIfAnalysisResult": (
        "conditionalAccessPolicy",
        "analysisReasons:@whatIfAnalysisReasons policyApplies:bool",
    ),
    "windows10CompliancePolicy": (
        "deviceCompliancePolicy",
        "bitLockerEnabled:bool codeIntegrityEnabled:bool earlyLaunchAntiMalwareDriverEnabled:bool "
        "mobileOsMaximumVersion:str? mobileOsMinimumVersion:str? osMaximumVersion:str? "
        "osMinimumVersion:str? passwordBlockSimple:bool passwordExpirationDays:int? "
        "passwordMinimumCharacterSetCount:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredToUnlockFromIdle:bool "
        "passwordRequiredType:@requiredPasswordType requireHealthyDeviceReport:bool "
        "secureBootEnabled:bool storageRequireEncryption:bool activeFirewallRequired:bool~ "
        "antiSpywareRequired:bool~ antivirusRequired:bool~ configurationManagerComplianceRequired:bool~ "
        "defenderEnabled:bool~ defenderVersion:str?~ "
        "deviceCompliancePolicyScript:#deviceCompliancePolicyScript?~ deviceThreatProtectionEnabled:bool~ "
        "deviceThreatProtectionRequiredSecurityLevel:@deviceThreatProtectionLevel~ "
        "firmwareProtectionEnabled:bool?~ kernelDmaProtectionEnabled:bool?~ memoryIntegrityEnabled:bool?~ "
        "rtpEnabled:bool~ signatureOutOfDate:bool~ tpmRequired:bool~ "
        "validOperatingSystemBuildRanges:#operatingSystemVersionRange*?~ "
        "virtualizationBasedSecurityEnabled:bool?~ wslDistributions:#wslDistributionConfiguration*?~",
    ),
    "windows10MobileCompliancePolicy": (
        "deviceCompliancePolicy",
        "bitLockerEnabled:bool codeIntegrityEnabled:bool earlyLaunchAntiMalwareDriverEnabled:bool "
        "osMaximumVersion:str? osMinimumVersion:str? passwordBlockSimple:bool passwordExpirationDays:int? "
        "passwordMinimumCharacterSetCount:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@requiredPasswordType "
        "passwordRequireToUnlockFromIdle:bool secureBootEnabled:bool storageRequireEncryption:bool "
        "activeFirewallRequired:bool~ validOperatingSystemBuildRanges:#operatingSystemVersionRange*?~",
    ),
    "windows81CompliancePolicy": (
        "deviceCompliancePolicy",
        "osMaximumVersion:str? osMinimumVersion:str? passwordBlockSimple:bool passwordExpirationDays:int? "
        "passwordMinimumCharacterSetCount:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@requiredPasswordType storageRequireEncryption:bool",
    ),
    "windowsPhone81CompliancePolicy": (
        "deviceCompliancePolicy",
        "osMaximumVersion:str? osMinimumVersion:str? passwordBlockSimple:bool passwordExpirationDays:int? "
        "passwordMinimumCharacterSetCount:int? passwordMinimumLength:int? "
        "passwordMinutesOfInactivityBeforeLock:int? passwordPreviousPasswordBlockCount:int? "
        "passwordRequired:bool passwordRequiredType:@requiredPasswordType storageRequireEncryption:bool",
    ),
    "wslDistributionConfiguration": (
        "~",
        "distribution:str? maximumOSVersion:str? minimumOSVersion:str?",
    ),
}

ENUMS: dict[str, str] = {
    "actionState": "none pending canceled active done failed notSupported",
    "adminConsentState": "notConfigured granted notGranted",
    "agentIdRiskLevel": "none low medium high unknownFutureValue",
    "androidDeviceOwnerRequiredPasswordType": (
        "deviceDefault required numeric numericComplex alphabetic alphanumeric alphanumericWithSymbols "
        "lowSecurityBiometric customPassword"
    ),
    "androidForWorkRequiredPasswordType": (
        "deviceDefault lowSecurityBiometric required atLeastNumeric numericComplex atLeastAlphabetic "
        "atLeastAlphanumeric alphanumericWithSymbols"
    ),
    "androidRequiredPasswordComplexity": "none low medium high",
    "androidRequiredPasswordType": (
        "deviceDefault alphabetic alphanumeric alphanumericWithSymbols lowSecurityBiometric numeric "
        "numericComplex any"
    ),
    "androidSafetyNetEvaluationType": "basic hardwareBacked",
    "androidWorkProfileRequiredPasswordType": (
        "deviceDefault lowSecurityBiometric required atLeastNumeric numericComplex atLeastAlphabetic "
        "atLeastAlphanumeric alphanumericWithSymbols"
    ),
    "authenticationMethodModes": (
        "| password voice hardwareOath softwareOath sms fido2 windowsHelloForBusiness "
        "microsoftAuthenticatorPush deviceBasedPush temporaryAccessPassOneTime "
        "temporaryAccessPassMultiUse email x509CertificateSingleFactor x509CertificateMultiFactor "
        "federatedSingleFactor federatedMultiFactor unknownFutureValue qrCodePin"
    ),
    "authenticationStrengthPolicyType": "builtIn custom unknownFutureValue",
    "authenticationStrengthRequirements": "| none mfa unknownFutureValue",
    "azureAttestationSettingStatus": "notApplicable enabled disabled unknownFutureValue",
    "chassisType": (
        "unknown desktop laptop worksWorkstation enterpriseServer phone tablet mobileOther mobileUnknown"
    ),
    "cloudAppSecuritySessionControlType": "mcasConfigured monitorOnly blockDownloads unknownFutureValue",
    "code": (
        "none jsonFileInvalid jsonFileMissing jsonFileTooLarge rulesMissing duplicateRules "
        "tooManyRulesSpecified operatorMissing operatorNotSupported datatypeMissing datatypeNotSupported "
        "operatorDataTypeCombinationNotSupported moreInfoUriMissing moreInfoUriInvalid "
        "moreInfoUriTooLarge descriptionMissing descriptionInvalid descriptionTooLarge titleMissing "
        "titleInvalid titleTooLarge operandMissing operandInvalid operandTooLarge settingNameMissing "
        "settingNameInvalid settingNameTooLarge englishLocaleMissing duplicateLocales unrecognizedLocale "
        "unknown remediationStringsMissing"
    ),
    "companyPortalAction": "unknown remove reset",
    "complianceState": "unknown compliant noncompliant conflict error inGracePeriod configManager",
    "complianceStatus": (
        "unknown notApplicable compliant remediated nonCompliant error conflict notAssigned"
    ),
    "conditionalAccessAgentIdRiskLevels": "| low medium high unknownFutureValue",
    "conditionalAccessClientApp": (
        "all browser mobileAppsAndDesktopClients exchangeActiveSync easSupported other unknownFutureValue"
    ),
    "conditionalAccessDevicePlatform": (
        "android iOS windows windowsPhone macOS all unknownFutureValue linux"
    ),
    "conditionalAccessExternalTenantsMembershipKind": "all enumerated unknownFutureValue",
    "conditionalAccessGrantControl": (
        "block mfa compliantDevice domainJoinedDevice approvedApplication compliantApplication "
        "passwordChange unknownFutureValue riskRemediation"
    ),
    "conditionalAccessGuestOrExternalUserTypes": (
        "| none internalGuest b2bCollaborationGuest b2bCollaborationMember b2bDirectConnectUser "
        "otherExternalUser serviceProvider unknownFutureValue"
    ),
    "conditionalAccessInsiderRiskLevels": "| minor moderate elevated unknownFutureValue",
    "conditionalAccessPolicyState": "enabled disabled enabledForReportingButNotEnforced",
    "conditionalAccessTransferMethods": ("| none deviceCodeFlow authenticationTransfer unknownFutureValue"),
    "configurationManagerClientState": (
        "unknown installed healthy installFailed updateFailed communicationError"
    ),
    "continuousAccessEvaluationMode": "strictEnforcement disabled unknownFutureValue strictLocation",
    "dataType": (
        "none boolean int64 double string dateTime version base64 xml booleanArray int64Array "
        "doubleArray stringArray dateTimeArray versionArray"
    ),
    "derivedCredentialProviderType": "notConfigured entrustDataCard purebred xTec intercede",
    "deviceAndAppManagementAssignmentFilterType": "none include exclude",
    "deviceAndAppManagementAssignmentSource": "direct policySets",
    "deviceComplianceActionType": (
        "noAction notification block retire wipe removeResourceAccessProfiles pushNotification remoteLock~"
    ),
    "deviceComplianceScriptRuleDataType": (
        "none boolean int64 double string dateTime version base64 xml booleanArray int64Array "
        "doubleArray stringArray dateTimeArray versionArray"
    ),
    "deviceComplianceScriptRulesValidationError": (
        "none jsonFileInvalid jsonFileMissing jsonFileTooLarge rulesMissing duplicateRules "
        "tooManyRulesSpecified operatorMissing operatorNotSupported datatypeMissing datatypeNotSupported "
        "operatorDataTypeCombinationNotSupported moreInfoUriMissing moreInfoUriInvalid "
        "moreInfoUriTooLarge descriptionMissing descriptionInvalid descriptionTooLarge titleMissing "
        "titleInvalid titleTooLarge operandMissing operandInvalid operandTooLarge settingNameMissing "
        "settingNameInvalid settingNameTooLarge englishLocaleMissing duplicateLocales unrecognizedLocale "
        "unknown remediationStringsMissing"
    ),
    "deviceComplianceScriptRulOperator": (
        "none and or isEquals notEquals greaterThan lessThan between notBetween greaterEquals lessEquals "
        "dayTimeBetween beginsWith notBeginsWith endsWith notEndsWith contains notContains allOf oneOf "
        "noneOf setEquals orderedSetEquals subsetOf excludesAll"
    ),
    "deviceEnrollmentType": (
        "unknown userEnrollment deviceEnrollmentManager appleBulkWithUser appleBulkWithoutUser "
        "windowsAzureADJoin windowsBulkUserless windowsAutoEnrollment windowsBulkAzureDomainJoin "
        "windowsCoManagement windowsAzureADJoinUsingDeviceAuth appleUserEnrollment "
        "appleUserEnrollmentWithServiceAccount azureAdJoinUsingAzureVmExtension~ "
        "androidEnterpriseDedicatedDevice~ androidEnterpriseFullyManaged~ "
        "androidEnterpriseCorporateWorkProfile~ androidAOSPUserOwnedDeviceEnrollment~ "
        "androidAOSPUserlessDeviceEnrollment~ appleAccountDrivenUserEnrollment~ unknownFutureValue"
    ),
    "deviceGuardLocalSystemAuthorityCredentialGuardState": (
        "running rebootRequired notLicensed notConfigured virtualizationBasedSecurityNotRunning"
    ),
    "deviceGuardVirtualizationBasedSecurityHardwareRequirementState": (
        "meetHardwareRequirements secureBootRequired dmaProtectionRequired hyperVNotSupportedForGuestVM "
        "hyperVNotAvailable"
    ),
    "deviceGuardVirtualizationBasedSecurityState": (
        "running rebootRequired require64BitArchitecture notLicensed notConfigured "
        "doesNotMeetHardwareRequirements other"
    ),
    "deviceLicensingStatus": (
        "unknown licenseRefreshStarted licenseRefreshPending deviceIsNotAzureActiveDirectoryJoined "
        "verifyingMicrosoftDeviceIdentity deviceIdentityVerificationFailed "
        "verifyingMicrosoftAccountIdentity microsoftAccountVerificationFailed acquiringDeviceLicense "
        "refreshingDeviceLicense deviceLicenseRefreshSucceed deviceLicenseRefreshFailed "
        "removingDeviceLicense deviceLicenseRemoveSucceed deviceLicenseRemoveFailed unknownFutureValue"
    ),
    "deviceManagementComplianceActionType": (
        "noAction notification block retire wipe removeResourceAccessProfiles pushNotification remoteLock"
    ),
    "deviceManagementConfigurationPlatforms": (
        "| none android iOS macOS windows10X windows10 linux unknownFutureValue androidEnterprise aosp "
        "visionOS tvOS"
    ),
    "deviceManagementConfigurationSecretSettingValueState": "invalid notEncrypted encryptedValueToken",
    "deviceManagementConfigurationTechnologies": (
        "| none mdm windows10XManagement configManager intuneManagementExtension thirdParty "
        "documentGateway appleRemoteManagement microsoftSense exchangeOnline mobileApplicationManagement "
        "linuxMdm enrollment endpointPrivilegeManagement unknownFutureValue windowsOsRecovery android"
    ),
    "deviceManagementExchangeAccessState": "none unknown allowed blocked quarantined",
    "deviceManagementExchangeAccessStateReason": (
        "none unknown exchangeGlobalRule exchangeIndividualRule exchangeDeviceRule exchangeUpgrade "
        "exchangeMailboxPolicy other compliant notCompliant notEnrolled unknownLocation mfaRequired "
        "azureADBlockDueToAccessPolicy compromisedPassword deviceNotKnownWithManagedApp"
    ),
    "deviceManagementExportJobLocalizationType": "localizedValuesAsAdditionalColumn replaceLocalizableValues",
    "deviceManagementReportFileFormat": "csv pdf json unknownFutureValue",
    "deviceManagementReportStatus": "unknown notStarted inProgress completed failed",
    "deviceManagementSubscriptionState": "pending active warning disabled deleted blocked lockedOut",
    "devicePlatformType": (
        "android androidForWork iOS macOS windowsPhone81 windows81AndLater windows10AndLater "
        "androidWorkProfile unknown androidAOSP androidMobileApplicationManagement "
        "iOSMobileApplicationManagement unknownFutureValue windowsMobileApplicationManagement"
    ),
    "deviceRegistrationState": (
        "notRegistered registered revoked keyConflict approvalPending certificateReset "
        "notRegisteredPendingEnrollment unknown"
    ),
    "deviceThreatProtectionLevel": "unavailable secured low medium high notSet",
    "deviceType": (
        "desktop windowsRT winMO6 nokia windowsPhone mac winCE winEmbedded iPhone iPad iPod android "
        "iSocConsumer unix macMDM holoLens surfaceHub androidForWork androidEnterprise windows10x "
        "androidnGMS chromeOS linux visionOS tvOS blackberry palm unknown cloudPC"
    ),
    "enrollmentAvailabilityOptions": "availableWithPrompts availableWithoutPrompts unavailable",
    "filterMode": "include exclude",
    "firmwareProtectionType": (
        "notApplicable systemGuardSecureLaunch firmwareAttackSurfaceReduction disabled unknownFutureValue"
    ),
    "insiderRiskLevel": "none minor moderate elevated unknownFutureValue",
    "joinType": "unknown azureADJoined azureADRegistered hybridAzureADJoined",
    "lostModeState": "disabled enabled",
    "macOSGatekeeperAppSources": "notConfigured macAppStore macAppStoreAndIdentifiedDevelopers anywhere",
    "managedDeviceArchitecture": "unknown x86 x64 arm arM64",
    "managedDeviceManagementFeatures": "none microsoftManagedDesktop",
    "managedDeviceOwnerType": "unknown company personal unknownFutureValue",
    "managedDevicePartnerReportedHealthState": (
        "unknown activated deactivated secured lowSeverity mediumSeverity highSeverity unresponsive "
        "compromised misconfigured"
    ),
    "managementAgentType": (
        "eas mdm easMdm intuneClient easIntuneClient configurationManagerClient "
        "configurationManagerClientMdm configurationManagerClientMdmEas unknown jamf "
        "googleCloudDevicePolicyController microsoft365ManagedMdm msSense intuneAosp~ google~ "
        "unknownFutureValue~"
    ),
    "managementState": (
        "managed retirePending retireFailed wipePending wipeFailed unhealthy deletePending retireIssued "
        "wipeIssued wipeCanceled retireCanceled discovered unknownFutureValue"
    ),
    "notificationTemplateBrandingOptions": (
        "| none includeCompanyLogo includeCompanyName includeContactInformation includeCompanyPortalLink "
        "includeDeviceDetails unknownFutureValue"
    ),
    "operator": (
        "none and or isEquals notEquals greaterThan lessThan between notBetween greaterEquals lessEquals "
        "dayTimeBetween beginsWith notBeginsWith endsWith notEndsWith contains notContains allOf oneOf "
        "noneOf setEquals orderedSetEquals subsetOf excludesAll"
    ),
    "ownerType": "unknown company personal",
    "persistentBrowserSessionMode": "always never",
    "policyPlatformType": (
        "android androidForWork iOS macOS windowsPhone81 windows81AndLater windows10AndLater "
        "androidWorkProfile~ windows10XProfile~ androidAOSP~ all"
    ),
    "requiredPasswordType": "deviceDefault alphanumeric numeric",
    "riskLevel": "low medium high hidden none unknownFutureValue",
    "settingSourceType": "deviceConfiguration deviceIntent",
    "signInFrequencyAuthenticationType": (
        "primaryAndSecondaryAuthentication secondaryAuthentication unknownFutureValue"
    ),
    "signInFrequencyInterval": "timeBased everyTime unknownFutureValue",
    "signinFrequencyType": "days hours",
    "systemManagementModeLevel": "notApplicable level1 level2 level3 unknownFutureValue",
    "userAction": "registerSecurityInformation registerOrJoinDevices unknownFutureValue",
    "whatIfAnalysisReasons": (
        "| notSet notEnoughInformation invalidCondition users workloadIdentities application userActions "
        "authenticationContext devicePlatform devices clientApps location signInRisk emptyPolicy "
        "invalidPolicy policyNotEnabled userRisk time insiderRisk authenticationFlow unknownFutureValue "
        "agentIdRisk~ agentIdentities~"
    ),
}
"""Members in their order of value; a leading `|` marks flags, joined by commas on the wire; `~` a member of beta."""
