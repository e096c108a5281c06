/**
 * Runs the tests that depend on the transport, once with each transport. These are the tests that import `test/support/client.ts`, or a
 * module that does.
 *
 * - `npm run test:transports`: with each transport
 * - `npm run test:transports -- fetch undici`: with these
 * - `npm run test:transports -- --one`: with the one that `HERALD_TRANSPORT` names, by default one that the suite does not run on,
 *   another each day
 *
 * Other options, which begin with `--`, are those of vitest.
 */
import { spawnSync } from "node:child_process"
import { names } from "../test/support/clients.js"

const [, ...others] = names
const dayOfYear = Math.floor((Date.now() - Date.UTC(new Date().getUTCFullYear(), 0, 1)) / 86_400_000) + 1

/** The transport of one run, and the reason for it. */
const one = (): string => {
  const selected = process.env["HERALD_TRANSPORT"]
  const today = others[dayOfYear % others.length] ?? names[0]
  console.log(
    selected === undefined
      ? `${today} is the transport of day ${dayOfYear} of the year: HERALD_TRANSPORT sets another`
      : `${selected} is the transport that HERALD_TRANSPORT sets`
  )
  return selected ?? today
}

const parameters = process.argv.slice(2)
const options = parameters.filter((parameter) => parameter.startsWith("--") && parameter !== "--one")
const named = parameters.filter((parameter) => !parameter.startsWith("--"))
const chosen = parameters.includes("--one") ? [one()] : named.length > 0 ? named : names

const failed = chosen.filter((name) => {
  console.log(`\n== the transport ${name}\n`)
  const { status } = spawnSync(
    "node_modules/.bin/vitest",
    ["related", "--run", "--no-typecheck", ...options, "test/support/client.ts"],
    { stdio: "inherit", env: { ...process.env, HERALD_TRANSPORT: name } }
  )
  return status !== 0
})
console.log(`\n${chosen.length - failed.length} of ${chosen.length} transports passed: ${chosen.join(", ")}`)
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`)
  process.exitCode = 1
}
