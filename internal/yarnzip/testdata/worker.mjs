// Converts tarballs with the very code of a Yarn 4 release: the worker that
// convertToZip runs is a string within its bundle. Reads paths of tarballs
// from stdin, and prints for each the checksum of its zip or "! <error>".
//
//   node worker.mjs <yarn.js> < paths
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {Worker} from 'node:worker_threads';
import {brotliDecompressSync} from 'node:zlib';

const bundle = readFileSync(process.argv[2], 'utf8');
const code = [...bundle.matchAll(/brotliDecompressSync\(Buffer\.from\("([A-Za-z0-9+/=]+)"/g)]
  .map(m => brotliDecompressSync(Buffer.from(m[1], 'base64')).toString())
  .find(s => s.includes('convertToZipWorker'));
const dir = mkdtempSync(join(tmpdir(), 'worker-'));
let worker = new Worker(code, {eval: true});

function convert(path) {
  return new Promise(resolve => {
    const done = zip => end(createHash('sha512').update(readFileSync(zip)).digest('hex'));
    const failed = e => end(`! ${String(e?.message ?? e).split('\n')[0]}`);
    const timer = setTimeout(() => end('! no end'), 5000);
    const end = result => {
      clearTimeout(timer);
      worker.off('message', done).off('error', failed);
      if (result.startsWith('!')) {
        worker.terminate();
        worker = new Worker(code, {eval: true});
      }
      resolve(result);
    };
    worker.on('message', done).on('error', failed);
    worker.postMessage({
      tmpFile: join(dir, 'out.zip'),
      tgz: readFileSync(path),
      compressionLevel: 0,
      extractBufferOpts: {prefixPath: 'node_modules/x', stripComponents: 1},
    });
  });
}

for await (const path of createInterface({input: process.stdin}))
  console.log(await convert(path));
await worker.terminate();
rmSync(dir, {recursive: true, force: true});
