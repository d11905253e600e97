package capability

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// facts are what is known of one file besides what it reaches: together they make
// the signs.
type facts struct {
	at map[Kind]Place
	// credentials is the first text that names a file with credentials.
	credentials, publishes, hook *Place
	// wholeEnv: all of the environment is made a text. lookup: it asks DNS for names
	// that it makes. wallet: it knows what addresses of wallets look like.
	wholeEnv, lookup, wallet bool
	escaped                  int
	names                    map[string]bool
	hidden                   []Place
}

func (x *facts) note(k Kind, at Place) {
	if x.at == nil {
		x.at = map[Kind]Place{}
	}
	if _, ok := x.at[k]; !ok {
		x.at[k] = at
	}
	if k == Obfuscation {
		x.hidden = append(x.hidden, at)
	}
}

// maxSigns is how many hidden things of one file become signs.
const maxSigns = 4

// signs are what the facts of a file say together.
func (f *follower) signs() {
	x := f.facts
	if x.escaped >= 5 || len(x.names) >= 5 {
		f.line = 0
		f.use(Obfuscation, "an obfuscator's names and tables")
	}
	for _, at := range x.hidden[:min(len(x.hidden), maxSigns)] {
		f.p.sign("hidden: "+at.What, Place{at.File, at.Line, "hides " + at.What})
	}
	out, sends := x.at[Network]
	_, starts := x.at[Child]
	env, reads := x.at[Env]
	switch {
	case x.credentials != nil && (sends || starts):
		f.p.sign("credentials", Place{f.file, x.credentials.Line, "reads " + x.credentials.What + " and reaches the network or other programs"})
	case x.wholeEnv && sends:
		f.p.sign("environment", Place{f.file, out.Line, "makes a text of all of process.env and reaches the network"})
	}
	if x.publishes != nil && starts {
		f.p.sign("publishes", Place{f.file, x.publishes.Line, "publishes packages (" + x.publishes.What + ")"})
	}
	if x.hook != nil && x.wallet {
		f.p.sign("wallet", Place{f.file, x.hook.Line, "replaces " + x.hook.What + " and looks for addresses of wallets"})
	}
	if x.lookup && reads {
		f.p.sign("dns", Place{f.file, env.Line, "reads " + env.What + " and asks DNS for names that it makes"})
	}
	if at, ok := x.at[Wasm]; ok && starts {
		f.p.sign("wasm", Place{f.file, at.Line, "runs WebAssembly and other programs"})
	}
}

// constant looks at a literal.
func (f *follower) constant(e *js.LiteralExpr) {
	if e.TokenType != js.StringToken && e.TokenType != js.RegExpToken {
		return
	}
	raw := string(e.Data)
	f.facts.wallet = f.facts.wallet || walletText().MatchString(raw)
	if e.TokenType == js.RegExpToken || len(raw) < 4 {
		return
	}
	if isEscaped(raw[1 : len(raw)-1]) {
		f.facts.escaped++
	}
	f.textual(raw[1 : len(raw)-1])
}

// textual looks at a text of the code.
func (f *follower) textual(s string) {
	if len(s) > 400 {
		return
	}
	s = strings.Trim(s, "`}$ \t\n")
	if f.facts.credentials == nil && strings.ContainsAny(s, "./\\ ") && credentialFile().MatchString(s) {
		f.facts.credentials = &Place{f.file, f.line, s}
	}
	if f.facts.publishes == nil && strings.Contains(s, "publish") && publishing().MatchString(s) {
		f.facts.publishes = &Place{f.file, f.line, publishing().FindString(s)}
	}
}

// isEscaped tells a text of letters that are all written as \xNN: no tool that makes
// code smaller does that.
func isEscaped(s string) bool {
	if len(s) < 12 || len(s)%4 != 0 {
		return false
	}
	for i := 0; i < len(s); i += 4 {
		if s[i] != '\\' || s[i+1] != 'x' || s[i+2] < '2' || s[i+2] > '7' {
			return false
		}
	}
	return true
}

// named looks at the name of a variable.
func (f *follower) named(v *js.Var) {
	if len(v.Data) > 6 && v.Data[0] == '_' && obfuscated().Match(v.Data) && len(f.facts.names) < 64 {
		if f.facts.names == nil {
			f.facts.names = map[string]bool{}
		}
		f.facts.names[string(v.Data)] = true
	}
}

// assigned looks for the functions of a browser that code puts its own in place of.
func (f *follower) assigned(n *js.BinaryExpr) {
	v, ok := one(f.values(n.X))
	if !ok || v.kind != global || f.facts.hook != nil {
		return
	}
	switch v.text {
	case "fetch", "XMLHttpRequest.prototype.open", "XMLHttpRequest.prototype.send", "ethereum.request":
		if dot, ok := n.X.(*js.DotExpr); ok {
			if lit, ok := dot.Y.(js.LiteralExpr); ok {
				f.at(lit.Data)
			}
		}
		f.facts.hook = &Place{f.file, f.line, v.text}
	}
}
