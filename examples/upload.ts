/**
 * Uploads a file of 8 MiB to a server that refuses it amid the first attempt, with its progress, and then a form with two files. Run it
 * with `npx tsx examples/upload.ts`.
 */
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { Authoriser, Body, Content, Endpoint, Operation, Progress } from "effect-herald"
import { FileContent, Transport } from "effect-herald/node"
import { ok, strictEqual } from "node:assert"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

class Files extends Authoriser.Tag("example/Files")<Files>() {}

const Stored = Schema.Struct({ bytes: Schema.Number, attempts: Schema.Number })

const putFile = Operation.make(Files, () =>
  Endpoint.put("/files/{name}", { body: Body.stream({ repeatable: true }), success: Stored })
)
const postForm = Operation.make(Files, () =>
  Endpoint.post("/forms", {
    body: Body.multipart({ title: Schema.String, files: Schema.Array(Body.file) }),
    success: Stored
  })
)

/** A server that counts bytes. It refuses the first request once it has received a part of it. */
const serve = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly close: () => void }>((resume) => {
    let attempts = 0
    const refuse = (response: ServerResponse) => void response.writeHead(503, { "retry-after": "0" }).end()
    const server = createServer((request, response) => {
      attempts += 1
      const isFirst = attempts === 1
      let bytes = 0
      request.on("error", () => {})
      request.on("data", (piece: Uint8Array) => {
        bytes += piece.length
        if (isFirst && bytes > 2_000_000 && !response.headersSent) refuse(response)
      })
      request.on("end", () => {
        if (response.headersSent) return
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ bytes, attempts }))
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      const close = () => {
        server.close()
        server.closeAllConnections()
      }
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-upload-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const percent = ({ done, total }: Progress.Progress) =>
  Console.log(total === undefined ? `${done} bytes` : `${Math.round((100 * done) / total)} percent`)

const program = Effect.gen(function* () {
  const path = join(yield* folder, "backup.bin")
  const size = 8 * 1024 * 1024
  yield* Effect.promise(() => writeFile(path, new Uint8Array(size)))

  const body = yield* FileContent.make(path)
  const stored = yield* putFile({ name: "backup.bin", body }).pipe(Progress.ofUpload(percent))
  yield* Console.log(`stored ${stored.bytes} bytes with attempt ${stored.attempts}`)
  strictEqual(stored.bytes, size)
  strictEqual(stored.attempts, 2)

  const rows = Content.make(() => Stream.make("id,name\n", "1,Oslo\n").pipe(Stream.encodeText))
  const form = yield* postForm({
    body: {
      title: "Cities",
      files: [Content.filePart(rows, { name: "cities.csv", type: "text/csv" }), yield* FileContent.part(path)]
    }
  })
  yield* Console.log(`sent a form of ${form.bytes} bytes`)
  ok(form.bytes > size)

  const missing = yield* Effect.flip(FileContent.make(join(path, "missing")))
  yield* Console.log(missing.message)
  strictEqual(missing.reason, "NotFound")
})

const live = (baseUrl: string) => Layer.provideMerge(Files.layer({ baseUrl }), Transport.layer())

await Effect.runPromise(Effect.scoped(Effect.flatMap(serve, ({ url }) => Effect.provide(program, live(url)))))
