package yarnrc

import "strings"

// ignoredVars are YARN_* variables that Yarn skips because other programs set
// them (IGNORED_ENV_VARIABLES in its Configuration).
var ignoredVars = map[string]bool{
	"isTestEnv": true, "injectNpmUser": true, "injectNpmPassword": true, "injectNpm2FaToken": true,
	"zipDataEpilogue": true, "cacheCheckpointOverride": true, "cacheVersionOverride": true,
	"lockfileVersionOverride": true, "osOverride": true, "cpuOverride": true, "libcOverride": true,
	"binFolder": true, "version": true, "flags": true, "profile": true, "gpg": true, "ignoreNode": true,
	"wrapOutput": true, "home": true, "confDir": true, "registry": true, "ignoreScripts": true, "ignoreCwd": true,
}

// knownKeys are the settings of Yarn 3.8 to 4.18 with their built-in plugins.
const knownKeys = ` approvedGitRepositories caFilePath cacheFolder cacheKeyOverride cacheMigrationMode catalog catalogs
 changesetBaseRefs changesetIgnorePatterns checksumBehavior cloneConcurrency compressionLevel constraintsPath
 defaultLanguageName defaultProtocol defaultSemverRangePrefix deferredVersionFolder enableCacheClean enableColors
 enableConstraintsChecks enableGlobalCache enableHardenedMode enableHyperlinks enableImmutableCache
 enableImmutableInstalls enableInlineBuilds enableInlineHunks enableMessageNames enableMirror enableNetwork
 enableOfflineMode enableProgressBars enableScripts enableStrictSettings enableStrictSsl enableTelemetry enableTimers
 enableTips enableTransparentWorkspaces globalFolder httpProxy httpRetry httpTimeout httpsCaFilePath httpsCertFilePath
 httpsKeyFilePath httpsProxy ignoreCwd ignorePath immutablePatterns initEditorConfig initFields initScope
 injectEnvironmentFiles installStatePath lastUpdateCheck lockfileFilename logFilters minizip networkConcurrency
 networkSettings nmHoistingLimits nmMode nmSelfReferences nodeExperimentalPackageMap nodeLinker nodePackageMapType
 npmAlwaysAuth npmAuditExcludePackages npmAuditIgnoreAdvisories npmAuditRegistry npmAuthIdent npmAuthToken
 npmMinimalAgeGate npmPreapprovedPackages npmPublishAccess npmPublishProvenance npmPublishRegistry npmRegistries
 npmRegistryServer npmScopes packageExtensions patchFolder plugins pnpDataPath pnpEnableEsmLoader pnpEnableInlining
 pnpFallbackMode pnpIgnorePatterns pnpMode pnpShebang pnpUnpluggedFolder pnpZipBackend pnpmInstallConcurrency
 pnpmStoreFolder preferAggregateCacheInfo preferDeferredVersions preferInteractive preferReuse preferTruncatedLines
 progressBarStyle rcFilename supportedArchitectures taskPoolConcurrency taskPoolMode telemetryInterval telemetryUserId
 tsEnableAutoTypes unsafeHttpWhitelist virtualFolder winLinkType yarnPath `

func isKnown(key string) bool {
	return key != "" && !strings.ContainsAny(key, " \n") &&
		(strings.Contains(knownKeys, " "+key+" ") || strings.Contains(knownKeys, " "+key+"\n"))
}
