/**
 * Downloads a file of 8 MiB whose connection breaks twice, with its progress, and checks its digest. The server is on loopback. Run it with
 * `npx tsx examples/download.ts`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Schedule, type Scope } from "effect"
import { Authoriser, Body, Endpoint, Operation, type Progress } from "effect-herald"
import { Download, Transport } from "effect-herald/node"
import { createHash, randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

class Files extends Authoriser.Tag("examples/Files")<Files>() {}

const getExport = Operation.make(Files, () => Endpoint.get("/exports/{id}", { success: Body.stream() }))

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1)

const report = ({ done, rate, remaining, total = 0 }: Progress.Progress) =>
  Console.log(
    `${megabytes(done)} of ${megabytes(total)} MB, ${megabytes(rate)} MB/s, ` +
      `${remaining === undefined ? "?" : Duration.toSeconds(remaining).toFixed(1)} s left`
  )

/** Starts a server whose first two responses break. Its content has an entity tag and a digest. */
const start: Effect.Effect<URL, never, Scope.Scope> = Effect.gen(function* () {
  const content = randomBytes(8 * 1_048_576)
  const digest = createHash("sha256").update(content).digest("base64")
  let requests = 0
  const server = createServer((request, response) => {
    const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0)
    const rest = content.subarray(first)
    response.writeHead(first === 0 ? 200 : 206, {
      etag: '"1"',
      "content-length": rest.length,
      "repr-digest": `sha-256=:${digest}:`,
      ...(first === 0 ? {} : { "content-range": `bytes ${first}-${content.length - 1}/${content.length}` })
    })
    requests += 1
    if (requests > 2) response.end(rest)
    else response.write(rest.subarray(0, 3_000_000), () => response.destroy())
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => void server.close())
  )
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "download-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const program = Effect.gen(function* () {
  const path = join(yield* folder, "export.bin")
  const downloadExport = Download.toFile(getExport, {
    path,
    onProgress: report,
    retry: Schedule.spaced("200 millis").pipe(
      Schedule.tapInput((error: { readonly message: string }) => Console.log(error.message)),
      Schedule.intersect(Schedule.recurs(5))
    )
  })
  const { bytes, digest } = yield* downloadExport({ id: "7" })
  yield* Console.log(`${bytes} bytes; verified ${digest?.algorithm} ${digest?.value}`)
})

Effect.flatMap(start, (baseUrl) => Effect.provide(program, Authoriser.layer(Files, { baseUrl }))).pipe(
  Effect.scoped,
  Effect.provide(Transport.layer()),
  NodeRuntime.runMain
)
