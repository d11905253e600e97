package capability

import (
	"slices"
	"testing"
)

// The ways to the same thing: what a file reaches does not depend on how it is spelled.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		src   string
		wants []Kind
	}{
		{`const cp = require('node:child_process'); cp.exec('x')`, []Kind{Child}},
		{`const { exec: run } = require("child_process")`, []Kind{Child}},
		{`import * as cp from 'child_process'`, []Kind{Child}},
		{`import { exec as e } from 'node:child_process'; e()`, []Kind{Child}},
		{`export * from 'child_process'`, []Kind{Child}},
		{`export { exec } from 'child_process'`, []Kind{Child}},
		{`import m from "node:module"; const r = m.createRequire(import.meta.url); x({a: () => r("child_process")})`, []Kind{Child}},
		{`const { createRequire: c } = require("module"); c(__filename)("child_process")`, []Kind{Child}},
		{"import(`child_process`)", []Kind{Child}},
		{`const a = 'child_process'; import(a)`, []Kind{Child}},
		{`const r = require; const n = 'child_process'; r(n)`, []Kind{Child}},
		{`process.getBuiltinModule('child_process').exec('x')`, []Kind{Child}},
		{`(function (r) { r('child_process') })(require)`, []Kind{Child}},
		{`(r => r('child_process'))(require)`, []Kind{Child}},
		{`module.require('child_process')`, []Kind{Child}},
		{`__non_webpack_require__('child_process')`, []Kind{Child}},
		{`require.main.require('child_process')`, []Kind{Child}},
		{`require('child_' + 'process')`, []Kind{Obfuscation, Child}},
		{"const p = 'proc'; require(`child_${p}ess`)", []Kind{Obfuscation, Child}},
		{`require('ssecorp_dlihc'.split('').reverse().join(''))`, []Kind{Obfuscation, Child}},
		{`require(Buffer.from('Y2hpbGRfcHJvY2Vzcw==', 'base64').toString())`, []Kind{Obfuscation, Child}},
		{`require(atob('Y2hpbGRfcHJvY2Vzcw'))`, []Kind{Obfuscation, Child}},
		{`require(String.fromCharCode(102, 115))`, []Kind{Obfuscation, Files}},
		{`const t = ['fs', 'child_', 'process']; require(t[1] + t[2])`, []Kind{Obfuscation, Child}},
		{`process.mainModule.require('child_process')`, []Kind{Obfuscation, Child}},
		{`require('module')._load('child_process')`, []Kind{Obfuscation, Child}},
		{`const M = require('module'); M.prototype; new M('x')`, nil},
		{`eval("require('child_process')")`, []Kind{Child, Eval}},
		{`new Function('r', "return r('x')")(1)`, nil},
		{`new Function('return this')().process.env.SECRET`, []Kind{Env}},
		{`(0, eval)(x)`, []Kind{Eval}},
		{`const e = eval; e(x)`, []Kind{Eval}},
		{`globalThis.eval(x)`, []Kind{Eval}},
		{`window['ev' + 'al'](x)`, []Kind{Obfuscation, Eval}},
		{`setTimeout("fetch('https://x')", 1)`, []Kind{Eval, Network}},
		{`setTimeout(() => {}, 1)`, nil},
		{`(function(){}).constructor(x)`, []Kind{Obfuscation, Eval}},
		{`''.trim.constructor(x)()`, []Kind{Obfuscation, Eval}},
		{`Object.getPrototypeOf(async function(){}).constructor`, nil},
		{`this.constructor(x); new this.constructor(y)`, nil},
		{`require('vm').runInThisContext(x)`, []Kind{Eval}},
		{`process.env.HOME`, []Kind{Env}},
		{`const { env } = process; env.HOME`, []Kind{Env}},
		{`import { env } from 'node:process'; env.X`, []Kind{Env}},
		{`process['env']['TOKEN']`, []Kind{Env}},
		{`process['en' + 'v'].TOKEN`, []Kind{Obfuscation, Env}},
		{`const k = f(); process.env[k]`, []Kind{Env}},
		{`process.env.NODE_ENV !== 'production' && typeof process.env`, nil},
		{`window.fetch('/x')`, []Kind{Network}},
		{`const f = opts.fetch || fetch; f()`, []Kind{Network}},
		{`if (typeof fetch === 'function' && window.fetch) {}`, nil},
		{`import fetch from './fetch'; fetch('x')`, nil},
		{`import fetch from 'node-fetch'; fetch('x')`, []Kind{Network}},
		{`new XMLHttpRequest()`, []Kind{Network}},
		{`require('./build/Release/x.node')`, []Kind{Native}},
		{`process.dlopen(module, p)`, []Kind{Native}},
		{`require(x)`, []Kind{Dynamic}},
		{"require('./locale/' + x); import(`./a/${x}.js`)", nil},
		{`require.resolve('child_process')`, nil},
		{`import { SomeType } from '@backstage/core-plugin-api'; const p = { fs: 1 }; p.fs`, nil},
		{"#!/usr/bin/env node\nrequire('fs')", []Kind{Files}},
		{`const a = b, b = a; a.x; require(a)`, []Kind{Dynamic}},
		{`let x = 'a'; x = x + x; require(x)`, nil},
	} {
		p := Read(map[string][]byte{"package.json": []byte("{}"), "a.js": []byte(tc.src)})
		if got := p.Reached(); !slices.Equal(got, tc.wants) || p.UnreadCount > 0 {
			t.Errorf("%s\n  reaches %v, want %v: %+v", tc.src, got, tc.wants, p)
		}
	}
}
