import { HttpClient } from "@effect/platform"
import { Effect, Exit, Layer, Logger, Redacted, Schedule, Stream } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { Backoff } from "effect-herald"
import * as Civis from "effect-herald/civis"
import { DocumentFiles } from "effect-herald/node"
import { Client } from "effect-herald/spec"
import { apiKey, jobIds, specificationFile, start, workflowId } from "./demoCivisServer.js"
import { heading, line } from "./print.js"

/** Shows a value in one line, or its first lines. */
const show = (value: unknown, lines = 1) => {
  const text = typeof value === "string" ? value : inspect(value, { breakLength: Infinity, compact: true })
  return Effect.forEach(text.split("\n").slice(0, lines), (one) => line(one.slice(0, 150)), { discard: true })
}

/** Runs a program that fails, and prints its error as Civis' own client does. */
const failing = <R>(program: Effect.Effect<unknown, { readonly message: string }, R>) =>
  Effect.matchEffect(program, {
    onFailure: (error) => show(Civis.errorMessage(error), 5),
    onSuccess: () => line("(it did not fail)")
  })

/** Runs the command with these arguments, and passes on what it prints. */
const herald = (baseUrl: URL, ...args: ReadonlyArray<string>) =>
  Effect.zipRight(
    heading(`$ herald ${args.join(" ")}`),
    Effect.async<void>((resume) => {
      const cache = mkdtempSync(join(tmpdir(), "herald-demo-"))
      const child = spawn(
        process.execPath,
        ["--import", "tsx", fileURLToPath(new URL("../../cli/src/bin.ts", import.meta.url)), ...args],
        {
          env: {
            ...process.env,
            CIVIS_API_KEY: apiKey,
            CIVIS_API_ENDPOINT: baseUrl.href,
            XDG_CACHE_HOME: cache
          },
          stdio: ["ignore", "inherit", "inherit"]
        }
      )
      child.once("close", () => {
        rmSync(cache, { recursive: true })
        resume(Effect.void)
      })
      return Effect.sync(() => child.kill())
    })
  )

const working = Effect.gen(function* () {
  yield* heading("The specification makes the client: resources with methods, which tell their help")
  const client = yield* Civis.client()
  yield* line(`resources: ${Object.keys(client).join(", ")}`)
  const method = (resource: string, name: string) => Effect.orDie(Client.method(client, resource, name))
  yield* show(inspect(yield* method("workflows", "list")), 12)

  yield* heading("list, with the rate limit of the response")
  const listWorkflows = yield* method("workflows", "list")
  const page = yield* listWorkflows.withResponse({ limit: 2 })
  yield* show(page.value)
  yield* line(`${page.status}, ${Civis.callsRemaining(page)} of ${Civis.rateLimit(page)} calls remain`)

  yield* heading("Every page of a list, as a Stream")
  const names = yield* Stream.runCount(listWorkflows.items?.({ limit: 20 }) ?? Stream.empty)
  yield* line(`${names} workflows in pages of 20`)

  yield* heading("get, and post with arguments by position and by name")
  yield* show(yield* (yield* method("workflows", "get"))(workflowId))
  yield* show(yield* (yield* method("workflows", "post"))("nightly", { description: "Runs every night" }))
  const user = yield* Civis.username
  yield* line(`after a 503 and a second attempt: the owner of the key is ${user}`)
  yield* line(`the id of the database redshift-general is ${yield* Civis.databaseId("redshift-general")}`)

  yield* heading("Errors")
  yield* failing((yield* method("workflows", "get"))(1))
  yield* failing((yield* method("workflows", "get"))("one"))
  yield* failing((yield* method("workflows", "list"))({ limt: 1 }))
  yield* failing(Client.method(client, "workflows", "lst"))
  yield* failing(Civis.databaseId("redshft-general"))

  yield* heading("A former name warns once")
  const former = yield* method("users", "list_me")
  yield* former()
  yield* former()

  yield* heading("A job, with progress and its log")
  const run = yield* Civis.runJob(jobIds.succeeding, { onRun: ({ id, state }) => line(`run ${id} is ${state}`) })
  yield* Stream.runForEach(Civis.jobLogs(jobIds.succeeding, run.id), ({ created_at, message }) =>
    line(`${created_at} ${message}`)
  )

  yield* heading("A job that fails")
  yield* failing(Civis.runJob(jobIds.failing, { pollingInterval: "200 millis" }))

  yield* heading("The specification is cached; a refresh makes another client")
  const again = yield* Civis.client()
  const fresh = yield* Civis.client({ forceRefresh: true })
  yield* line(`${Object.keys(again).length} resources from the cache, ${Object.keys(fresh).length} anew`)
})

/** A Civis server on loopback, and everything that is done with it. */
export const demoCivis = Effect.gen(function* () {
  const { requests, url } = yield* start
  yield* heading(`A Civis server listens at ${url.href}`)
  const live = Civis.layer({
    apiKey: Redacted.make(apiKey),
    baseUrl: url,
    retryPolicy: Civis.withSchedule(Schedule.intersect(Schedule.spaced("100 millis"), Backoff.attempts(5)))
  })
  yield* Effect.provide(working, live)
  const fetched = requests.filter(({ target }) => target === "/endpoints").length
  yield* line(`the server was asked for it ${fetched} times`)

  yield* heading("A wrong key")
  const wrong = Civis.layer({ apiKey: Redacted.make("wrong-key"), baseUrl: url })
  yield* failing(Effect.provide(Civis.username, wrong))

  yield* heading("A local specification needs no server")
  const noNetwork = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.dieMessage("a request was sent"))
  )
  const local = yield* Effect.exit(
    Civis.client({ localSpec: fileURLToPath(specificationFile), read: DocumentFiles.read }).pipe(
      Effect.provide(noNetwork)
    )
  )
  yield* line(Exit.isSuccess(local) ? `${Object.keys(local.value).length} resources from a file` : String(local.cause))

  yield* herald(url, "list", "--spec", "civis", "workflows")
  yield* herald(url, "call", "--spec", "civis", "workflows.list", "--limit", "3")
  yield* herald(url, "call", "--spec", "civis", "workflows.get", "1")
  yield* heading("Done.")
}).pipe(Effect.provide(Logger.pretty))
