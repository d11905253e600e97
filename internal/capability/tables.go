package capability

import (
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/spec"
)

// modules are those whose use is a capability: Node's own, and packages that are
// another name for them.
var modules = map[string]Kind{
	"http": Network, "https": Network, "http2": Network, "net": Network, "tls": Network, "dgram": Network, "dns": Network,
	"node-fetch": Network, "cross-fetch": Network, "isomorphic-fetch": Network, "undici": Network, "axios": Network, "got": Network,
	"request": Network, "superagent": Network, "ws": Network, "needle": Network, "ky": Network, "phin": Network, "bent": Network,
	"socket.io-client": Network, "ssh2": Network, "nodemailer": Network,

	"child_process": Child, "cluster": Child, "execa": Child, "cross-spawn": Child, "shelljs": Child, "node-pty": Child, "zx": Child,
	"tinyexec": Child, "nano-spawn": Child,

	"fs": Files, "fs-extra": Files, "graceful-fs": Files, "original-fs": Files,

	"vm": Eval, "vm2": Eval, "isolated-vm": Eval, "repl": Eval, "inspector": Eval,

	"bindings": Native, "node-gyp-build": Native, "node-pre-gyp": Native, "@mapbox/node-pre-gyp": Native, "ffi-napi": Native, "koffi": Native,

	"wasi": Wasm,
}

// builtin are Node's modules whose names nobody has a reason to hide.
var builtin = map[string]bool{"http": true, "https": true, "http2": true, "net": true, "tls": true, "dgram": true, "dns": true,
	"child_process": true, "cluster": true, "fs": true, "vm": true, "inspector": true}

// kindOf is what loading a module means, "" for nothing.
func kindOf(name string) Kind {
	switch {
	case strings.HasSuffix(name, ".node"):
		return Native
	case strings.HasSuffix(name, ".wasm"):
		return Wasm
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "/"):
		return ""
	}
	return modules[spec.PackageOf(name)]
}

// globals are those that are a capability when they are taken or called.
var globals = map[string]Kind{
	"fetch": Network, "XMLHttpRequest": Network, "WebSocket": Network, "EventSource": Network, "WebTransport": Network,
	"RTCPeerConnection": Network, "navigator.sendBeacon": Network,
	"Deno.Command": Child, "Deno.run": Child, "Bun.spawn": Child, "Bun.spawnSync": Child, "Deno.dlopen": Native, "process.dlopen": Native,
	"WebAssembly.instantiate": Wasm, "WebAssembly.instantiateStreaming": Wasm, "WebAssembly.compile": Wasm, "WebAssembly.compileStreaming": Wasm,
	"WebAssembly.Module": Wasm, "WebAssembly.Instance": Wasm,
}

// hideable are globals that harmless code names as they are.
var hideable = map[string]bool{"eval": true, "Function": true, "process": true, "require": true, "fetch": true, "XMLHttpRequest": true, "WebSocket": true,
	"process.env": true, "process.binding": true, "process.mainModule": true, "process.dlopen": true, "module.constructor": true}

// bindings are Node's internal modules, by what they are the inside of.
var bindings = map[string]Kind{"spawn_sync": Child, "process_wrap": Child, "tcp_wrap": Network, "udp_wrap": Network, "cares_wrap": Network,
	"pipe_wrap": Network, "tls_wrap": Network, "fs": Files, "fs_dir": Files, "contextify": Eval}

// plain are variables of the environment that say how a program is run, and nothing
// about who runs it.
var plain = map[string]bool{"NODE_ENV": true, "CI": true, "DEBUG": true, "NO_COLOR": true, "FORCE_COLOR": true, "TERM": true, "COLORTERM": true,
	"NODE_DEBUG": true, "BABEL_ENV": true, "JEST_WORKER_ID": true, "TZ": true, "LANG": true, "VITEST": true, "LOG_LEVEL": true, "READABLE_STREAM": true,
	"NODE_V8_COVERAGE": true, "__NEXT_PRIVATE_ORIGIN": true, "PORT": true, "DEBUG_COLORS": true, "npm_lifecycle_event": true, "npm_package_version": true}

var (
	// credentialFile are the files in which developers' machines keep it.
	credentialFile = pattern.New(`(?:^|[/\\~])\.(?:npmrc|netrc|pypirc|git-credentials|yarnrc\.yml)$|(?:^|/)\.?(?:aws/credentials|ssh/(?:id_[a-z0-9]+|authorized_keys)|docker/config\.json|kube/config|config/gh/hosts\.yml|config/gcloud(?:/.*)?|gnupg(?:/.*)?)$|^(?:Login Data|Local Extension Settings|key4\.db|wallet\.dat)$`)
	// publishing are commands that put packages into a registry.
	publishing = pattern.New(`\b(?:npm|pnpm|yarn(?: npm)?|bun) publish\b`)
	// walletText are texts of code that looks for money: patterns of addresses.
	walletText = pattern.New(`0x\[a-fA-F0-9\]\{40\}|0x\[0-9a-fA-F\]\{40\}|eth_sendTransaction|\[13\]\[a-km-zA-HJ-NP-Z1-9\]`)
	// obfuscated are the names that the common obfuscator gives.
	obfuscated = pattern.New(`^_0x[0-9a-f]{4,}$`)
	// domainEnd is the end of a host's name.
	domainEnd = pattern.New(`^\.(?:[a-z0-9-]+\.)+[a-z]{2,}$`)
)

// program are files that run by themselves, and no package manager asks for.
func program(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".node", ".so", ".dylib", ".dll", ".exe":
		return true
	}
	return false
}
