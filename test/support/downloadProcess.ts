/**
 * A process that Download.files.test.ts starts. It downloads `/file` of the server at the first argument to the path at the second one,
 * and sends the outcome.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Body, Endpoint, Operation } from "effect-herald"
import { Download } from "effect-herald/node"
import { at, Caller } from "./kit.js"

const [server = "", path = ""] = process.argv.slice(2)

const getFile = Operation.make(Caller, () => Endpoint.get("/file", { success: Body.stream() }))

const outcome = await Download.toFile(getFile, {
  path,
  retry: Schedule.stop,
  onProgress: ({ done }) => Effect.sync(() => process.send?.({ done }))
})().pipe(
  Effect.match({
    // The enumerable fields of an error are sent.
    onFailure: (error) => error.toJSON(),
    onSuccess: ({ bytes, resumedFrom }) => ({ bytes, resumedFrom })
  }),
  Effect.provide(at(new URL(server))),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
process.send?.({ outcome }, () => process.disconnect())
