/**
 * Runs the tests that depend on the transport, once with each transport. These are the tests that import `test/support/client.ts`, or a
 * module that does.
 *
 * - `npm run test:transports`: with each transport
 * - `npm run test:transports -- fetch undici`: with these
 * - `npx tsx tools/transports.ts --name`: prints the name of a transport that the suite does not run on, another each day
 *
 * Other options, which begin with `--`, are those of vitest.
 */
import { spawnSync } from "node:child_process"
import { names } from "../test/support/clients.js"

const parameters = process.argv.slice(2)
if (parameters.includes("--name")) {
  const dayOfYear = Math.floor((Date.now() - Date.UTC(new Date().getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  console.log(names[1 + (dayOfYear % (names.length - 1))])
  process.exit()
}
const options = parameters.filter((parameter) => parameter.startsWith("--"))
const named = parameters.filter((parameter) => !parameter.startsWith("--"))
const chosen = named.length > 0 ? named : names

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
