package trust

import (
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yamledit"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// legacy is the header by which Yarn takes a file for one in the form of Yarn
// 1's lock, which is not YAML (parseSyml's LEGACY_REGEXP).
var legacy = pattern.New(`(?i)^(#.*(\r?\n))*?#\s+yarn\s+lockfile\s+v1\r?\n`)

// berry reads a .yarnrc.yml.
func (s *settings) berry(src []byte) {
	doc, err := yamledit.Parse(s.file, src)
	if err != nil {
		s.err = err
		return
	}
	s.doc = doc
	switch {
	case legacy().Match(src):
		s.err = fault.At(posOf(s.file), "the file is in the old form of settings, which only Yarn reads")
		return
	case doc.Root().Kind() != yamledit.Mapping && doc.Root().Kind() != yamledit.Null:
		s.err = fault.At(doc.Root().Pos(), "the settings are %s, but must be a mapping", doc.Root().Kind())
		return
	}
	for _, m := range doc.Root().Members() {
		s.setting(m.Key, m.Value)
	}
}

func (s *settings) setting(key string, v yamledit.Value) {
	text, known := yarnrc.Defaults(v.String())
	at := item{key, text, v.Pos()}
	if !known && slices.Contains(guards, key) {
		s.note(item{key, v.String(), v.Pos()}, key+" depends on the environment: what it is cannot be known", "Write the value", finding.Info)
	}
	switch key {
	case "npmRegistryServer":
		s.registry(key, "", v.String(), v.Pos())
	case "npmPublishRegistry", "npmAuditRegistry":
		s.plainHTTP(key, text, v.Pos())
	case "npmScopes", "npmRegistries":
		s.perRegistry(key, v)
	case "npmMinimalAgeGate":
		s.gate("", at)
	case "npmPreapprovedPackages":
		s.preapproved = append(s.preapproved, items(key, v)...)
	case "enableScripts":
		s.scripts = at
	case "plugins":
		s.readPlugins(v)
	case "yarnPath":
		s.yarnPath = at
	case "lockfileFilename":
		if text != "yarn.lock" {
			s.note(at, "lockfileFilename is "+text+": Yarn installs from a lock that is not audited", "Remove the setting", finding.Warning)
		}
	case "injectEnvironmentFiles":
		for _, it := range items(key, v) {
			if strings.TrimSuffix(it.text, "?") != envFile {
				s.changed = append(s.changed, weakSetting{item: it, message: "injectEnvironmentFiles has Yarn take variables for its settings from " + it.text, next: "Write the values into .yarnrc.yml"})
			}
		}
	case "unsafeHttpWhitelist":
		for _, it := range items(key, v) {
			if !local(it.text) {
				s.note(it, "unsafeHttpWhitelist lets packages come over plain http from "+it.text,
					"Use https, and remove the entry", finding.Info)
			}
		}
	case "approvedGitRepositories":
		for _, it := range items(key, v) {
			if matchesAll(it.text) {
				s.note(it, "approvedGitRepositories has "+it.text+", which approves every git repository", "Name the repositories that are needed", finding.Info)
			}
		}
	case "enableStrictSsl":
		if off(text) {
			s.note(at, "enableStrictSsl is off: the certificate of a registry is not checked", "Remove the setting; for a certificate of your own set httpsCaFilePath", finding.Warning)
		}
	case "checksumBehavior":
		if text == "ignore" || text == "update" {
			s.note(at, "checksumBehavior is "+text+": a package that is not the one in yarn.lock is installed all the same", "Remove the setting", finding.Warning)
		}
	case "enableHardenedMode", "enableImmutableInstalls", "enableImmutableCache":
		if off(text) {
			s.note(at, key+" is off: Yarn does not check what yarn.lock says where it would by itself", "Remove the setting", finding.Info)
		}
	case "httpProxy", "httpsProxy", "httpsCaFilePath", "caFilePath":
		s.network = append(s.network, at)
	case "defaultProtocol":
		if text != string(spec.NPM) {
			s.changed = append(s.changed, weakSetting{item: at, message: "defaultProtocol is " + text + ": ranges no longer lead to a registry", next: "Remove the setting"})
		}
	case "cacheFolder", "globalFolder":
		s.changed = append(s.changed, weakSetting{item: at, message: key + " is set by this change: Yarn takes packages from there before it asks a registry", next: "Leave it out; set it on the machine, if it is needed"})
	case "networkSettings":
		for _, host := range v.Members() {
			for _, m := range host.Value.Members() {
				switch m.Key {
				case "httpProxy", "httpsProxy", "httpsCaFilePath", "caFilePath":
					s.network = append(s.network, item{"networkSettings." + host.Key + "." + m.Key, m.Value.String(), m.Value.Pos()})
				}
			}
		}
	}
}

// settingOf is the text of one setting of a .yarnrc.yml, "" without it.
func settingOf(list []*settings, file, key string) string {
	i := slices.IndexFunc(list, func(s *settings) bool { return s.file == file && s.doc != nil })
	if i < 0 {
		return ""
	}
	v, _ := list[i].doc.Get(key)
	return v.String()
}

// guards are the settings that keep something out.
var guards = []string{"npmMinimalAgeGate", "enableScripts", "enableStrictSsl", "checksumBehavior", "enableHardenedMode",
	"enableImmutableInstalls", "enableImmutableCache", "yarnPath", "lockfileFilename"}

func (s *settings) note(at item, message, next string, standing finding.Severity) {
	s.weak = append(s.weak, weakSetting{at, message, next, standing})
}

// perRegistry reads npmScopes, by scope, or npmRegistries, by address.
func (s *settings) perRegistry(key string, v yamledit.Value) {
	for _, m := range v.Members() {
		name := key + "." + m.Key
		if key == "npmRegistries" {
			if !strings.HasPrefix(m.Key, "//") {
				s.plainHTTP(name, m.Key, m.KeyPos)
			}
			continue
		}
		for _, f := range m.Value.Members() {
			switch f.Key {
			case "npmRegistryServer":
				s.registry(name+"."+f.Key, "@"+m.Key, f.Value.String(), f.Value.Pos())
			case "npmPublishRegistry", "npmAuditRegistry":
				s.plainHTTP(name+"."+f.Key, f.Value.String(), f.Value.Pos())
			case "npmMinimalAgeGate":
				age, _ := yarnrc.Defaults(f.Value.String())
				s.gate("@"+m.Key, item{name + "." + f.Key, age, f.Value.Pos()})
			}
		}
	}
}

func (s *settings) gate(scope string, at item) {
	s.gates[scope] = at
	if age, ok := yarnrc.ParseAge(at.text); ok && age == 0 {
		s.note(item{at.key, "0", at.pos}, at.key+" is 0: a version counts the moment it is published, which is when malicious ones are taken", "Remove the setting, or give it an age such as 3d", finding.Info)
	}
}

func (s *settings) readPlugins(v yamledit.Value) {
	for _, it := range v.Items() {
		p := plugin{path: it.String(), pos: it.Pos()}
		if it.Kind() == yamledit.Mapping {
			for _, m := range it.Members() {
				switch m.Key {
				case "path":
					p.path = m.Value.String()
				case "spec":
					p.spec = m.Value.String()
				case "checksum":
					p.checksum = m.Value.String()
				}
			}
		}
		s.plugins = append(s.plugins, p)
		at := item{"plugins", p.path + " " + p.spec, p.pos}
		switch {
		case spec.HTTP.In(p.spec):
			s.note(at, "the plugin "+p.name()+" comes over plain http", "Import it again from an https address", finding.Warning)
		case spec.HTTPS.In(p.spec) && p.checksum == "":
			s.note(at, "the plugin "+p.name()+" comes from a URL and has no checksum, so a changed file would go unnoticed",
				"Import it again with Yarn 4: yarn plugin import "+p.spec, finding.Info)
		}
	}
}

func (p plugin) name() string {
	if p.path != "" {
		return path.Base(p.path)
	}
	return p.spec
}

// items are the texts of a list; one text counts as a list, separated by
// commas, as in Yarn.
func items(key string, v yamledit.Value) []item {
	var out []item
	if v.Kind() != yamledit.Sequence {
		for part := range strings.SplitSeq(v.String(), ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, item{key, part, v.Pos()})
			}
		}
		return out
	}
	for _, it := range v.Items() {
		out = append(out, item{key, it.String(), it.Pos()})
	}
	return out
}

// matchesAll tells globs that leave nothing out.
func matchesAll(glob string) bool {
	return strings.Trim(glob, "*/@") == "" && strings.Contains(glob, "*")
}

func posOf(file string) fault.Pos { return fault.Pos{File: file, Line: 1, Col: 1} }
