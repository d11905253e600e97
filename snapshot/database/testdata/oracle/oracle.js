// Answers, for one case a line on stdin, what Backstage itself makes of an
// app-config: the merged configuration by @backstage/config-loader, and for
// each plugin the connection that the DatabaseManager of
// @backstage/backend-defaults gives knex, as node-pg completes it. Nothing is
// connected to: knex is replaced by a recorder.
//
//   {"root": dir, "cwd": dir, "config": [file], "env": ["NAME=value"], "plugins": [id]}
//   -> {"config": ..., "plugins": {id: {...}}} or {"error": text}
//
// or, for random tests:
//
//   {"uris": [text], "texts": [text], "env": ["NAME=value"]}
//   -> {"uris": [connection or null for one that is refused], "texts": [text or null for undefined]}
'use strict';
const path = require('node:path');
const [home, backendDefaults] = process.argv.slice(2); // the folder with node_modules, the package's folder
const load = name => require(require.resolve(name, { paths: [home] }));

process.env.NODE_ENV = 'test'; // no keepalive queries
const calls = [];
let seen = {};
const knexPath = require.resolve('knex', { paths: [home] });
require.cache[knexPath] = {
  id: knexPath, filename: knexPath, loaded: true,
  exports: Object.assign(recorder, { default: recorder, knex: recorder }),
};

function recorder(config) {
  const hooks = [];
  calls.push({ config, hooks });
  return {
    config,
    from: () => ({ where: (_, name) => ({ count: async () => { seen.ensured = name; return [{ count: '1' }]; } }) }),
    raw: async (sql, args) => { if (/SCHEMA/.test(sql)) seen.ensuredSchema = args[0]; },
    destroy: async () => {},
    client: { config: { client: config.client }, pool: { on: (event, hook) => hooks.push(hook) } },
  };
}

const { loadConfig } = load('@backstage/config-loader');
const { ConfigReader } = load('@backstage/config');
const base = path.join(backendDefaults, 'dist/entrypoints/database');
const { DatabaseManager } = require(path.join(base, 'DatabaseManager.cjs.js'));
const ConnectionParameters = load('pg/lib/connection-parameters');
const pgDefaults = load('pg/lib/defaults');

const { parse } = load('pg-connection-string');
const { createSubstitutionTransform } = require(path.join(path.dirname(require.resolve('@backstage/config-loader/package.json', { paths: [home] })), 'dist/sources/transform/substitution.cjs.js'));

async function random(c) {
  const uris = c.uris.map(uri => {
    try {
      const { host, port, user, password, database, ssl } = parse(uri);
      return { host, port, user, password, database, ...(ssl === undefined ? {} : typeof ssl === 'string' ? { sslmode: ssl } : tls(ssl)) };
    } catch {
      return null;
    }
  });
  const substitute = createSubstitutionTransform(async name => process.env[name]?.trim());
  const texts = [];
  for (const t of c.texts) {
    texts.push((await substitute(t)).value ?? null);
  }
  return { uris, texts };
}

async function answer(c) {
  for (const k of Object.keys(process.env)) delete process.env[k];
  for (const entry of c.env) {
    const at = entry.indexOf('=');
    process.env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  process.env.NODE_ENV = 'test';
  if (c.uris) return random(c);
  pgDefaults.user = process.env.USER;
  process.chdir(c.cwd);
  let reader;
  try {
    const { appConfigs } = await loadConfig({
      configRoot: c.root,
      configTargets: c.config.map(p => ({ path: p })),
    });
    reader = ConfigReader.fromConfigs(appConfigs);
  } catch (e) {
    return { error: String(e).split('\n')[0] };
  }
  const out = { config: reader.getOptional() ?? null, plugins: {} };
  let manage;
  try {
    const config = reader.getOptional('backend.database') ? reader : new ConfigReader({
      backend: { database: { client: 'better-sqlite3', connection: ':memory:' } },
    });
    manage = () => DatabaseManager.fromConfig(config); // remembers what it made sure of
    manage();
  } catch (e) {
    return { ...out, refused: String(e) };
  }
  for (const id of c.plugins) {
    try {
      out.plugins[id] = await plugin(manage(), id);
    } catch (e) {
      out.plugins[id] = { error: String(e).split('\n')[0] };
    }
  }
  return out;
}

async function plugin(manager, id) {
  calls.length = 0;
  seen = {};
  const logger = { warn() {}, error() {}, info() {}, debug() {} };
  const service = manager.forPlugin(id, { logger, lifecycle: { addShutdownHook() {} } });
  await service.getClient();
  const { config, hooks } = calls[calls.length - 1];
  const out = { client: config.client, skipMigrations: service.migrations.skip };
  if (/sqlite3/.test(config.client)) {
    const file = config.connection.filename;
    return { ...out, path: file === ':memory:' ? file : path.resolve(file) };
  }
  if (config.client !== 'pg') {
    return out;
  }
  for (const hook of hooks) await hook(0, { query: async sql => { seen.role = sql.replace(/^SET ROLE /, ''); } });
  if (typeof config.connection === 'function') {
    return { error: 'the connection needs a token' };
  }
  const p = new ConnectionParameters(config.connection);
  Object.assign(out, {
    host: p.host, port: p.port, user: p.user, password: String(p.password ?? ''), database: p.database,
    schema: (config.searchPath ?? [''])[0], role: seen.role ?? '',
    ensures: seen.ensured !== undefined, ensuresSchema: seen.ensuredSchema !== undefined, ...tls(p.ssl),
  });
  return out;
}

// tls says in libpq's words what node does with pg's ssl value: connection.js of
// pg hands it to tls.connect, which checks certificate and name unless
// rejectUnauthorized is false.
function tls(ssl) {
  if (!ssl) return { sslmode: 'disable' };
  const o = ssl === true ? {} : ssl;
  'key' in o; // as connection.js does; throws for a text
  const out = { sslmode: 'verify-full' };
  if (o.checkServerIdentity) out.sslmode = 'verify-ca';
  if (o.rejectUnauthorized === false) out.sslmode = 'require';
  if (o.ca && out.sslmode !== 'require') out.ca = [o.ca].flat().map(s => s.trim()).join('\n');
  if (o.cert) out.cert = o.cert;
  if (o.key) out.key = o.key;
  return out;
}

(async () => {
  const rl = require('node:readline').createInterface({ input: process.stdin });
  for await (const line of rl) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
  }
  process.stdout.write('', () => process.exit(0));
})();
