import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Body, Endpoint, Operation } from "effect-herald"
import { Download } from "effect-herald/node"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Scripted from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { bytesOf, folder, namesIn, serve, serving } from "../../support/downloads.js"
import { at, Caller, once } from "../../support/kit.js"

const getFile = Operation.make(Caller, () => Endpoint.get("/file", { success: Body.stream() }))
const etag = '"v1"'
const soon = { retry: Schedule.recurs(5) }
const content = bytesOf(300_000)

for (const [name, client] of clients) {
  describe(`Download.toFile on ${name}`, () => {
    const start = (script: Scripted.Script) =>
      Effect.gen(function* () {
        const server = yield* Scripted.make(script)
        const directory = yield* folder
        const layer = Layer.mergeAll(at(server.url), once, client)
        return { ...server, directory, path: join(directory, "file.bin"), layer }
      })

    /** Fails unless a file has this content. `toEqual` takes seconds for it. */
    const expectContent = (path: string, content: Buffer) =>
      Effect.map(
        Effect.promise(() => readFile(path)),
        (bytes) =>
          expect({ length: bytes.length, same: bytes.equals(content) }).toEqual({
            length: content.length,
            same: true
          })
      )

    it.scopedLive("writes the content, and leaves nothing else", () =>
      Effect.gen(function* () {
        const { directory, layer, path, requests, url } = yield* start([serve({ body: content })])
        const result = yield* Effect.provide(Download.toFile(getFile, { path })(), layer)
        expect(result).toMatchObject({
          path,
          bytes: content.length,
          resumedFrom: 0,
          digest: undefined,
          response: { status: 200, url: new URL("/file", url).href }
        })
        yield* expectContent(path, content)
        expect(yield* namesIn(directory)).toEqual(["file.bin"])
        expect(requests[0]?.headers).toMatchObject({ "accept-encoding": "identity" })
        expect(requests[0]?.headers.range).toBeUndefined()
      })
    )

    it.scopedLive("resumes after breaks", () =>
      Effect.gen(function* () {
        const { directory, layer, path, requests } = yield* start(
          serving((index) => ({ body: content, headers: { etag }, breaksAfter: index < 4 ? 70_000 : undefined }))
        )
        const result = yield* Effect.provide(Download.toFile(getFile, { path, ...soon })(), layer)
        expect(result).toMatchObject({ bytes: content.length, resumedFrom: 0, response: { status: 206 } })
        yield* expectContent(path, content)
        expect(requests).toHaveLength(5)
        expect(requests[1]?.headers).toMatchObject({ "if-range": etag })
        expect(yield* namesIn(directory)).toEqual(["file.bin"])
      })
    )
  })
}
