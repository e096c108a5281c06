/** Downloads or uploads a file in one of several ways, and prints time and memory as JSON. */
import { Effect, Layer, Schema } from "effect"
import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
import { Download, FileContent, Transport } from "effect-herald/node"
import { createReadStream, createWriteStream } from "node:fs"
import { stat } from "node:fs/promises"
import { pipeline } from "node:stream/promises"
import * as undici from "undici"

const [baseUrl, way, path] = process.argv.slice(2) as [string, string, string]

class Files extends Authoriser.Tag("bench/Files")<Files>() {}

const getFile = Operation.make(Files, () => Endpoint.get("/file", { success: Body.stream() }))
const putFile = Operation.make(Files, () =>
  Endpoint.put("/file", {
    body: Body.stream(),
    success: Schema.Struct({ count: Schema.Number })
  })
)

const run = <A, E>(effect: Effect.Effect<A, E, Layer.Layer.Success<typeof layer>>) =>
  Effect.runPromise(Effect.provide(effect, layer))

const layer = Layer.mergeAll(Layer.orDie(Authoriser.layer(Files, { baseUrl: new URL(baseUrl) })), Transport.layer())

const ways: Record<string, () => Promise<number>> = {
  "down-herald": async () => (await run(Download.toFile(getFile, { path })())).bytes,
  "down-undici": async () => {
    const { body } = await undici.request(`${baseUrl}/file`)
    await pipeline(body, createWriteStream(path, { flush: true }))
    return (await stat(path)).size
  },
  "up-herald": async () => {
    const { count } = await run(Effect.flatMap(FileContent.make(path), (body) => putFile({ body })))
    return count
  },
  "up-undici": async () => {
    const { size } = await stat(path)
    const headers = { "content-length": `${size}` }
    const response = await undici.request(`${baseUrl}/file`, { method: "PUT", headers, body: createReadStream(path) })
    return ((await response.body.json()) as { readonly count: number }).count
  }
}

let peak = 0
const watch = setInterval(() => {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  peak = Math.max(peak, heapUsed + arrayBuffers)
}, 20)
const cpu = process.cpuUsage()
const begun = performance.now()
const bytes = await ways[way]!()
clearInterval(watch)
const seconds = (performance.now() - begun) / 1000
const { system, user } = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    bytes,
    seconds,
    cpuSeconds: (system + user) / 1e6,
    peakMegabytes: peak / 1e6,
    peakResidentMegabytes: process.resourceUsage().maxRSS / 1000
  })
)
process.exit(0)
