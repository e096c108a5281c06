/**
 * Completes the lock files. With `--check`, only checks whether they are complete.
 *
 * Compilers and linters have an optional package for each platform, and a lock file has an entry for each of these. If the registry
 * lacks the packages of other platforms, npm writes a lock file without their entries, and `npm ci` refuses it (npm 11: "Missing: ...
 * from lock file"). This tool writes the missing entries: the package that depends on them pins their versions, and their names
 * contain their platforms. The entries have no checksum.
 *
 * It also removes `resolved`, the URL of the registry from which a package was installed. A link to a workspace keeps it: there it is the
 * folder of the workspace, without which npm can't read the file.
 */
import { readFileSync, writeFileSync } from "node:fs"

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The documentation site and the runtimes of tests have lock files of their own: their packages are not installed with the library's. */
const paths = ["package-lock.json", "docs/package-lock.json", "test/runtimes/package-lock.json"]

const platform =
  /(?<os>aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(?<cpu>[a-z\d]+)(?:-(?<abi>[a-z]+))?$/

/** Makes an entry. The fields are in npm's order, so that npm does not rewrite the file. */
const entryOf = (path: string, name: string, version: string, dev: boolean): Entry => {
  const { abi, cpu, os } = platform.exec(name)?.groups ?? {}
  if (os === undefined || cpu === undefined)
    throw new Error(`${name} is not in ${path}, and its name does not contain a platform`)
  const libc = os !== "linux" ? undefined : { gnu: "glibc", musl: "musl" }[abi ?? ""]
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [os]
  }
}

/** The entries for the optional dependencies of these packages that the lock file at the path lacks. */
const missingFrom = (path: string, packages: ReadonlyArray<[location: string, entry: Entry]>) => {
  const present = new Set(packages.map(([location]) => location.slice(location.lastIndexOf("node_modules/") + 13)))
  return packages.flatMap(([, { dev = false, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !present.has(name))
      .map(([name, version]): [string, Entry] => {
        if (!/^\d/.test(version)) throw new Error(`${name} is not in ${path}, and its version ${version} is not pinned`)
        return [`node_modules/${name}`, entryOf(path, name, version, dev)]
      })
  )
}

/** An entry without the URL of a registry. */
const withoutRegistry = ({ resolved, ...entry }: Entry): Entry =>
  entry.link === true && resolved !== undefined ? { resolved, ...entry } : entry

const complete = (path: string) => {
  const before = readFileSync(path, "utf8")
  const lock = JSON.parse(before) as { packages: Record<string, Entry> }
  const packages = Object.entries(lock.packages)
  const missing = missingFrom(path, packages)
  lock.packages = Object.fromEntries(
    [...packages, ...missing]
      .map(([location, entry]): [string, Entry] => [location, withoutRegistry(entry)])
      .sort(([a], [b]) => a.localeCompare(b, "en"))
  )

  const after = `${JSON.stringify(lock, null, 2)}\n`
  if (after === before) console.log(`${path} is complete`)
  else if (process.argv.includes("--check")) {
    console.error(`${path} is not complete: run \`npm run lock\``)
    process.exitCode = 1
  } else {
    writeFileSync(path, after)
    console.log(`${path}: ${missing.length} entries added`)
  }
}

paths.forEach(complete)
