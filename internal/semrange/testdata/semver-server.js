// Answers one JSON line per JSON line on stdin with the node-semver in the
// folder given as the argument. Used by node_test.go.
const semver = require(require('path').resolve(process.argv[1]))

// Yarn's semverUtils.satisfiesWithPrereleases, without its cache.
const peer = (version, range) => {
  if (!version) return false
  let r, v
  try { r = new semver.Range(range, { includePrerelease: true, loose: false }) } catch { return false }
  try { v = new semver.SemVer(version, r) } catch { return false }
  if (r.test(v)) return true
  if (v.prerelease) v.prerelease = []
  return r.set.some(set => {
    for (const c of set) if (c.semver.prerelease) c.semver.prerelease = []
    return set.every(c => c.test(v))
  })
}

require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const q = JSON.parse(line)
  console.log(JSON.stringify({
    valid: semver.validRange(q.range) !== null,
    version: semver.valid(q.v) !== null,
    default: semver.satisfies(q.v, q.range),
    pre: semver.satisfies(q.v, q.range, { includePrerelease: true }),
    peer: peer(q.v, q.range),
  }))
})
