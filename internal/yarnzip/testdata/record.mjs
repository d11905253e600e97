// Records what a real Yarn makes of the tarballs in a folder: serves them as
// packages from a loopback registry, runs `yarn install --mode=update-lockfile`
// in a project of its own for each, and reads the checksum from its lock. With
// patch files in the folder it does so for each of them, applied to the package
// of patched.tgz ("optional-….patch" as an optional patch).
//
//   node record.mjs <folder> <yarn.js> > synthetic.json
import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';

const [folder, yarn] = process.argv.slice(2);
const tarballs = new Map(readdirSync(folder).filter(f => f.endsWith('.tgz')).sort()
  .map(f => [`case-${basename(f, '.tgz')}`, readFileSync(join(folder, f))]));
const patches = readdirSync(folder).filter(f => f.endsWith('.patch')).sort();

const server = createServer((req, res) => {
  const [, name, file] = req.url.split('/');
  const tgz = tarballs.get(name);
  if (!tgz)
    return res.writeHead(404).end();
  if (file)
    return res.end(tgz);
  const version = '1.0.0';
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({
    name,
    'dist-tags': {latest: version},
    time: {[version]: '2020-01-01T00:00:00.000Z'},
    versions: {[version]: {name, version, dist: {
      tarball: `http://127.0.0.1:${server.address().port}/${name}/-/${name}-${version}.tgz`,
      integrity: `sha512-${createHash('sha512').update(tgz).digest('base64')}`,
    }}},
  }));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

function install(name) {
  const patch = patches.find(p => p === `${name}.patch`);
  const dependencies = {};
  if (!patch)
    dependencies[`case-${name}`] = '1.0.0';
  else
    dependencies['case-patched'] = `patch:case-patched@npm%3A1.0.0#${patch.startsWith('optional-') ? 'optional!' : ''}./${patch}`;
  const dir = mkdtempSync(join(tmpdir(), 'record-'));
  const registry = `http://127.0.0.1:${server.address().port}`;
  writeFileSync(join(dir, 'package.json'), JSON.stringify({name: 'root', dependencies}));
  writeFileSync(join(dir, 'yarn.lock'), '');
  if (patch)
    writeFileSync(join(dir, patch), readFileSync(join(folder, patch)));
  writeFileSync(join(dir, '.yarnrc.yml'), [
    `npmRegistryServer: "${registry}"`, 'unsafeHttpWhitelist: ["127.0.0.1"]', 'compressionLevel: 0',
    'enableGlobalCache: false', 'enableTelemetry: false', 'httpRetry: 0', `globalFolder: "${dir}/global"`, '',
  ].join('\n'));
  return new Promise(resolve => {
    const options = {cwd: dir, timeout: 60_000, env: {...process.env, YARN_IGNORE_PATH: '1', CI: ''}};
    execFile(process.execPath, [yarn, 'install', '--mode=update-lockfile'], options, (error, stdout) => {
      const lock = readFileSync(join(dir, 'yarn.lock'), 'utf8');
      const entry = lock.split('\n\n').find(e => e.includes('checksum: ') && (!patch || e.includes('&hash=')));
      const checksum = entry?.match(/^  checksum: (?:10c0\/)?([0-9a-f]{128})$/m)?.[1];
      const hash = entry?.match(/&hash=([0-9a-f]{6})/)?.[1];
      const said = stdout.split('\n').find(l => /Error:|E[A-Z]+:|failed/.test(l)) ?? stdout.split('\n')[0];
      rmSync(dir, {recursive: true, force: true});
      if (!error && checksum)
        resolve({checksum: `10c0/${checksum}`, hash}); // Yarn 4.0 leaves the cache key out
      else
        resolve({error: error?.killed ? 'no end in a minute' : said.replace(/^.*│ /, '').slice(0, 120)});
    });
  });
}

const names = patches.length ? patches.map(f => basename(f, '.patch')) : [...tarballs.keys()].map(n => n.slice('case-'.length));
const results = {};
await Promise.all([1, 2].map(async () => {
  for (let name; (name = names.shift());)
    results[name] = await install(name);
}));
server.close();
console.log(JSON.stringify(Object.fromEntries(Object.entries(results).sort(([a], [b]) => a < b ? -1 : 1)), null, 1));
