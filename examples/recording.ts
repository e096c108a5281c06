/** Records calls of a server to a file, and replays them after the server has stopped. */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted, Schema } from "effect"
import { Authoriser, Credentials, Endpoint, Operation } from "effect-herald"
import { contract } from "effect-herald/testing"
import { RecordedFile } from "effect-herald/testing/node"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

class Weather extends Authoriser.Tag("example/RecordedWeather")<Weather>() {}

const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", { name: "getForecast", success: Schema.Struct({ celsius: Schema.Number }) })
)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "recording-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** A server that fails once, and repeats the caller's key. */
const server = Effect.acquireRelease(
  Effect.promise(
    () =>
      new Promise<{ readonly url: string; readonly stop: () => void }>((resolve) => {
        let count = 0
        const listening = createServer((request, response) => {
          count += 1
          response.writeHead(count === 1 ? 503 : 200, { "content-type": "application/json", "retry-after": "0" })
          response.end(JSON.stringify({ celsius: 3, caller: request.headers.authorization }))
        }).listen(0, "127.0.0.1", () => {
          const { port } = listening.address() as AddressInfo
          resolve({ url: `http://127.0.0.1:${port}`, stop: () => listening.close() })
        })
      })
  ),
  ({ stop }) => Effect.sync(stop)
)

const program = Effect.scoped(
  Effect.gen(function* () {
    const file = join(yield* folder, "forecast.json")
    const call = (baseUrl: string, key: string, record: boolean) =>
      getForecast({ city: "Oslo" }).pipe(
        Effect.provide(Weather.layer({ baseUrl, credentials: Credentials.bearer(Redacted.make(key)) })),
        Effect.provide(RecordedFile.layer(file, { record }).pipe(Layer.provide(NodeHttpClient.layerUndici)))
      )

    const url = yield* Effect.scoped(
      Effect.flatMap(server, ({ url }) => Effect.as(call(url, "the-real-key", true), url))
    )
    yield* Console.log(yield* Effect.promise(() => readFile(file, "utf8")))

    const { celsius } = yield* call(url, "any-key", false)
    yield* Console.log(`Replayed without the server: ${celsius} degrees`)

    const { problems } = yield* contract([getForecast], yield* RecordedFile.read(file), { strict: true })
    yield* Console.log(`The contract: ${problems.join("\n")}`)
  })
)

NodeRuntime.runMain(program)
