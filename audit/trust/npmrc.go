package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// line judges a setting of an .npmrc or a .yarnrc, which know the same.
func (s *settings) line(l yarnrc.Line) {
	key, text, pos := l.Key, l.Value, l.Pos
	at := item{key, text, pos}
	if scope, ok := strings.CutSuffix(key, ":registry"); ok && strings.HasPrefix(scope, "@") {
		s.registry(key, scope, text, pos)
		return
	}
	if flag, ok := strings.CutPrefix(key, "--"); ok {
		s.flag(at, flag[strings.LastIndexByte(flag, '.')+1:])
		return
	}
	switch key {
	case "registry":
		s.registry(key, "", text, pos)
	case "strict-ssl":
		if off(text) {
			s.note(at, "strict-ssl is off: the certificate of a registry is not checked", "Remove the setting; for a certificate of your own set cafile", finding.Warning)
		}
	case "ignore-scripts":
		s.scripts = item{key, "true", pos}
		if on(text) {
			s.scripts.text = "false"
		}
	case "proxy", "http-proxy", "https-proxy", "cafile", "ca", "ca[]":
		s.network = append(s.network, at)
	case "script-shell", "node-options", "git":
		s.changed = append(s.changed, weakSetting{item: at, message: key + " decides which code runs when packages are installed", next: "Leave it out"})
	case "yarn-offline-mirror", "cache-folder", "preferred-cache-folder", "cache", "cache-dir", "store-dir":
		s.changed = append(s.changed, weakSetting{item: at, message: key + " decides where packages are taken from before any registry is asked", next: "Leave it out; set it on the machine, if it is needed"})
	case "package-lock", "shrinkwrap", "lockfile":
		if off(text) {
			s.note(at, key+" is off: packages are installed without the lock", "Remove the setting", finding.Warning)
		}
	case "unsafe-disable-integrity-migration":
		if on(text) {
			s.note(at, key+" is on: Yarn installs packages without a checksum as they come", "Remove the setting", finding.Info)
		}
	case "yarn-path":
		s.yarnPath = at
	}
}

// flag is an option that a .yarnrc adds to commands (--install.name value).
func (s *settings) flag(at item, name string) {
	switch name {
	case "update-checksums", "no-lockfile", "skip-integrity-check", "registry", "cwd", "cache-folder", "preferred-cache-folder", "use-yarnrc",
		"no-default-rc", "link-folder", "global-folder", "modules-folder":
		s.changed = append(s.changed, weakSetting{item: at, message: "every command of Yarn gets the option " + at.key + ", by which it installs something else than what the lock says", next: "Remove the line"})
	}
}

// variables reads a .env.yarn. Its values may be secrets: only the names count.
func (s *settings) variables(src []byte) {
	n := 0
	for line := range strings.SplitSeq(string(src), "\n") {
		n++
		name, text, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok && !strings.HasPrefix(name, "#") {
			sum := sha256.Sum256([]byte(text))
			s.changed = append(s.changed, weakSetting{item: item{strings.TrimSpace(name), hex.EncodeToString(sum[:]), fault.Pos{File: s.file, Line: n, Col: 1}},
				message: envFile + " sets " + strings.TrimSpace(name) + " for the settings of Yarn", next: "Write the value into .yarnrc.yml, where it can be judged"})
		}
	}
}
