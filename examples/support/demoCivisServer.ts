import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as CivisServer from "../../test/servers/civis/index.js"
import * as Scripted from "../../test/servers/scripted.js"

/** The job that succeeds, and the one that fails. */
export const jobIds = { succeeding: 2303, failing: 2304 }

export const specificationFile = new URL("../../test/fixtures/civis/specification.json", import.meta.url)

const specification = readFileSync(specificationFile, "utf8")

const examples = CivisServer.examplesOf(JSON.parse(specification))

/** The id of a workflow that was recorded. */
export const workflowId = Number(
  examples.find(({ method, path }) => method === "GET" && path === "/workflows/{id}")?.target.split("/")[2]
)

/** The workflows of the server: a recorded one, under other names. */
const workflows = () => {
  const recorded = examples.find(({ method, path }) => method === "GET" && path === "/workflows/")
  const [workflow] = JSON.parse(recorded?.response.body ?? "[{}]") as ReadonlyArray<object>
  return Array.from({ length: 45 }, (_, index) => ({ ...workflow, id: index + 1, name: `workflow ${index + 1}` }))
}

/** Starts a Civis server on loopback. The first request for the user fails with a 503. */
export const start = Effect.suspend(() => {
  let outages = 1
  return CivisServer.make({
    specification,
    lists: {
      "/workflows": workflows(),
      "/databases": [{ id: 32, name: "redshift-general" }]
    },
    jobs: {
      [jobIds.succeeding]: {
        states: ["queued", "running", "running", "succeeded"],
        logs: ["Pulling the image", "Running the script", "Done"]
      },
      [jobIds.failing]: {
        states: ["running", "failed"],
        error: "Exit code 1",
        logs: ["Running the script", "Traceback (most recent call last):", "ZeroDivisionError: division by zero"]
      }
    },
    instead: ({ target }) =>
      target === "/users/me" && outages-- > 0
        ? Scripted.respond({ status: 503, headers: { "retry-after": "1" } })
        : undefined
  })
})

export { apiKey } from "../../test/servers/civis/index.js"
