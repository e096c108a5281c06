/**
 * Completes package-lock.json, or with `--check` says whether it is complete.
 *
 * Compilers and linters come as one optional package a platform, and a lock file has an entry for each. From a registry that
 * lacks those of other platforms npm writes a lock file without them, which `npm ci` then refuses (npm 11: "Missing: ...
 * from lock file"). Their versions are pinned by the package that wants them and their platforms are in their names, so the
 * entries can be written all the same; only the checksum is left to whoever installs there. It also drops `resolved`: where
 * this file was made is nobody's business.
 */
import { readFileSync, writeFileSync } from "node:fs"

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const path = "package-lock.json"
const before = readFileSync(path, "utf8")
const lock = JSON.parse(before) as { packages: Record<string, Entry> }

const platform =
  /(?<os>aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(?<cpu>[a-z\d]+)(?:-(?<abi>[a-z]+))?$/

/** In the order that npm has the fields in, so that it leaves the file alone. */
const entryOf = (name: string, version: string, dev: boolean): Entry => {
  const { abi, cpu, os } = platform.exec(name)?.groups ?? {}
  if (os === undefined || cpu === undefined) throw new Error(`${name} is not in ${path}, nor named after a platform`)
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

const packages = Object.entries(lock.packages)
const present = new Set(packages.map(([location]) => location.slice(location.lastIndexOf("node_modules/") + 13)))
const missing = packages.flatMap(([, { dev = false, optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !present.has(name))
    .map(([name, version]): [string, Entry] => {
      if (!/^\d/.test(version)) throw new Error(`${name} is not in ${path}, and its version ${version} is not pinned`)
      return [`node_modules/${name}`, entryOf(name, version, dev)]
    })
)
lock.packages = Object.fromEntries(
  [...packages, ...missing]
    .map(([location, { resolved: _, ...entry }]) => [location, entry] as const)
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
