// Package relock writes the yarn.lock of a Yarn 4 project without Yarn: given
// the project's package.json files and the lock as it was, Solve returns the
// lock that `yarn install --mode=update-lockfile` would write, byte for byte,
// if the policy is Highest; with Release, every package of a Backstage release
// is on the release's version wherever a range allows it.
//
// # What Yarn does, and where it is here
//
// Read in the bundles of Yarn 4.0 to 4.18 (@yarnpkg/cli-dist); the algorithm is
// the same in all of them, what changed is noted below.
//
//   - Project.setupResolutions reads the lock into descriptor → locator and
//     locator → package. resolveEverything first forgets what is transient
//     (forgetTransientResolutions: workspaces, patches, link:, portal:, file:,
//     exec:), which it resolves anew each time. [newSolver]
//   - From each workspace on, each descriptor is resolved once (solver.resolve):
//     first its resolution dependencies (what a patch applies to; the npm:
//     range behind a backstage: binding), then the first candidate of the first
//     resolver that supports it: the lockfile (the descriptor is locked, or is
//     itself a locked locator), a workspace, then by protocol. Only the lock as
//     it was counts, never what this run found: there is no other dedupe, and
//     the order of answers has no influence. [solver.candidate]
//   - A new npm range takes the highest version that satisfies it and is old
//     enough (npmMinimalAgeGate since 4.10, one day by default since 4.15),
//     one that is not deprecated if there is one; latest is not preferred. A
//     backstage: range is resolved from the registry even if the npm: range
//     behind it is locked. [candidates.best]
//   - preparePackage then makes edges of a package's dependencies: rules of
//     packageExtensions (Yarn's own list, which grew in 4.1, 4.2, 4.5.3, 4.9.2
//     and 4.18, and .yarnrc.yml's) add to the graph, never to the entry; the
//     reduceDependency hooks replace ranges: resolutions, catalogs, builtin
//     patches, the Backstage plugin, in this order. [solver.prepare]
//   - Nothing is pruned: what no workspace reaches is never resolved.
//   - applyVirtualResolutionMutations walks the graph to find what only
//     optional edges reach. Of those, packages with conditions (os, cpu, libc)
//     have no checksum, unless the lock had one, or a patch or backstage:
//     range stands on them. [solver.conditional]
//   - generateLockfile prints every package that a descriptor resolves to.
//     Checksums of kept packages stay verbatim; missing ones are fetched.
//     [solver.write]
//
// A lock older than its Yarn (version 8 under Yarn 4.15, say) is migrated by
// Yarn's next install: all metadata is fetched anew and settings are written
// to .yarnrc.yml. That is left to Yarn. A lock newer than its Yarn just gets
// the older version number.
//
// What is not understood is never guessed: Solve returns an *Unsupported that
// names the construct and its place, and the caller lets Yarn do the work.
package relock
