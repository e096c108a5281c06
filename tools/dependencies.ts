/**
 * Checks what the packages bring with them: licenses of all dependencies, install scripts of those that users get, and known
 * vulnerabilities. A registry may have no list of vulnerabilities. Then that check is left out, unless there is `--require-audit`.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

/** The licenses that ask for no more than a notice, as SPDX identifiers. */
const permissive =
  /^\(?(MIT|MIT-0|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-4\.0|Python-2\.0|Unlicense)\b/

/** Packages that only tests and checks use, and no user gets. */
const exceptions: Readonly<Record<string, string>> = {
  "axe-core": "MPL-2.0",
  // Its manifest has no license. Its file Readme.md says MIT.
  only: "none"
}

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly hasInstallScript?: boolean
  readonly license?: string
  readonly link?: boolean
  readonly os?: ReadonlyArray<string>
}

interface Audit {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly via: ReadonlyArray<unknown> }>
  >
}

const failures: Array<string> = []
const passed = (check: string) => console.log(`ok  ${check}`)

const lockOf = (folder: string) =>
  (
    JSON.parse(readFileSync(`${folder}/package-lock.json`, "utf8")) as {
      readonly packages: Readonly<Record<string, Locked>>
    }
  ).packages

const checkLicenses = (folder: string) => {
  const locked = Object.entries(lockOf(folder)).flatMap(([path, { license = "none", link = false, os }]) => {
    const name = path.split("node_modules/").at(-1)!
    // The lock file does not have the licenses of packages for other platforms, which are those of the packages that depend on them.
    const known = path !== name && !link && (license !== "none" || os === undefined)
    return known ? [{ name, license }] : []
  })
  const others = locked.filter(({ license, name }) => !permissive.test(license) && exceptions[name] !== license)
  for (const { license, name } of others) failures.push(`${folder}: ${name} has the license ${license}`)
  if (others.length === 0) passed(`${folder}: the licenses of ${locked.length} dependencies are permissive`)
}

/** Checks the packages themselves and their dependencies. Peers are packages that users choose. */
const checkInstallScripts = () => {
  const lock = lockOf(".")
  const names = new Set<string>()
  const add = ({ dependencies = {}, optionalDependencies = {} }: Locked) => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (names.has(name)) continue
      names.add(name)
      add(lock[`node_modules/${name}`]!)
    }
  }
  const packages = ["", "cli"]
  for (const path of packages) add(lock[path]!)
  const scripted = [...packages, ...Array.from(names, (name) => `node_modules/${name}`)].filter(
    (path) => lock[path]!.hasInstallScript === true
  )
  for (const path of scripted) failures.push(`${path === "" ? "the package" : path} has an install script`)
  if (scripted.length === 0) passed(`no install script in the packages and their ${names.size} dependencies`)
}

const checkVulnerabilities = (folder: string) => {
  const { stdout } = spawnSync("npm", ["audit", "--json", "--prefix", folder], { encoding: "utf8" })
  const { vulnerabilities } = JSON.parse(stdout) as Audit
  if (vulnerabilities === undefined) {
    const left = `${folder}: the registry has no list of vulnerabilities`
    if (process.argv.includes("--require-audit")) failures.push(left)
    else console.log(`--  ${left}: not checked`)
    return
  }
  for (const [name, { severity }] of Object.entries(vulnerabilities)) failures.push(`${folder}: ${name} (${severity})`)
  if (Object.keys(vulnerabilities).length === 0) passed(`${folder}: no known vulnerability`)
}

const folders = [".", "docs", "test/runtimes"]
folders.forEach(checkLicenses)
checkInstallScripts()
folders.forEach(checkVulnerabilities)
for (const failure of failures) console.error(`FAILED  ${failure}`)
process.exitCode = failures.length === 0 ? 0 : 1
