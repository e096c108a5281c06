import { execFileSync } from "node:child_process"
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, truncate, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Body, Endpoint, Operation, RetryPolicy } from "effect-herald"
import { FileContent } from "effect-herald/node"
import * as Receiving from "../../servers/receiving.js"
import { clients } from "../../support/clients.js"
import { at, Caller } from "../../support/kit.js"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-file-content-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Makes a file of this many bytes, each of which tells its place. */
const file = (size: number, name = "data.bin") =>
  Effect.gen(function* () {
    const path = join(yield* folder, name)
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256)
    yield* Effect.promise(() => writeFile(path, bytes))
    return { path, bytes }
  })

const read = (stream: Stream.Stream<Uint8Array, unknown>) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces)))

describe("the content of a file", () => {
  it.scopedLive.each([0, 1, 262_143, 262_144, 262_145, 1_000_000])(
    "of %i bytes has its size, and is read again",
    (size) =>
      Effect.gen(function* () {
        const { bytes, path } = yield* file(size)
        const content = yield* FileContent.make(path)
        expect([content.size, content.repeatable]).toEqual([size, true])
        for (const _ of [1, 2]) expect(Buffer.compare(yield* read(content.stream), Buffer.from(bytes))).toBe(0)
      })
  )

  it.scopedLive("fails for what is no file, with the reason and the path", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const locked = join(path, "locked")
      yield* Effect.promise(() => writeFile(locked, "a"))
      yield* Effect.promise(() => mkdir(join(path, "d")))
      for (const [which, reason] of [
        [join(path, "missing"), "NotFound"],
        [join(locked, "below"), "NotFound"],
        [join(path, "d"), "NotAFile"],
        ["/dev/null", "NotAFile"],
        [`${path}/\u0000`, "NotReadable"]
      ] as const) {
        const error = yield* Effect.flip(FileContent.make(which))
        expect(error).toMatchObject({ _tag: "FileReadError", reason, path: which })
        expect(error.message).toContain(which)
      }
      // The superuser may read any file.
      if (process.getuid?.() !== 0) {
        yield* Effect.promise(() => chmod(locked, 0))
        const content = yield* FileContent.make(locked)
        expect(yield* Effect.flip(read(content.stream))).toMatchObject({ reason: "NotReadable" })
      }
    })
  )

  const changes = [
    ["longer", (path: string) => appendFile(path, "more")],
    ["shorter", (path: string) => truncate(path, 10)],
    ["another one of the same length", (path: string) => utimes(path, 1, 1)]
  ] as const
  it.scopedLive.each(changes)("fails if the file is %s before or while it is read", ([, change]) =>
    Effect.gen(function* () {
      const { path } = yield* file(1_000_000)
      const content = yield* FileContent.make(path)
      let got = 0
      const amid = content.stream.pipe(
        Stream.tap((piece) => {
          const first = got === 0
          got += piece.length
          return first ? Effect.promise(() => change(path)) : Effect.void
        })
      )
      expect(yield* Effect.flip(Stream.runDrain(amid))).toMatchObject({ _tag: "FileReadError", reason: "Changed" })
      // The last byte was not read.
      expect(got).toBeLessThan(1_000_000)
      expect(yield* Effect.flip(read(content.stream))).toMatchObject({ reason: "Changed" })
      yield* Effect.promise(() => rm(path))
      expect(yield* Effect.flip(read(content.stream))).toMatchObject({ reason: "NotFound" })
    })
  )

  it.scopedLive("fails if another file, or a pipe, has taken its place", () =>
    Effect.gen(function* () {
      const { path } = yield* file(100)
      yield* Effect.promise(() => utimes(path, 1, 1))
      const content = yield* FileContent.make(path)
      yield* Effect.promise(async () => {
        await writeFile(`${path}.new`, new Uint8Array(100))
        await utimes(`${path}.new`, 1, 1)
        await rename(`${path}.new`, path)
      })
      expect(yield* Effect.flip(read(content.stream))).toMatchObject({ reason: "Changed" })
      if (process.platform === "win32") return
      yield* Effect.promise(() => rm(path))
      yield* Effect.sync(() => execFileSync("mkfifo", [path]))
      expect(yield* Effect.flip(read(content.stream))).toMatchObject({ reason: "Changed" })
    })
  )

  it.scopedLive("is a file of a form, with its name and its type", () =>
    Effect.gen(function* () {
      const { path } = yield* file(3, "Photo.JPG")
      expect(yield* FileContent.part(path)).toMatchObject({
        name: "Photo.JPG",
        type: "image/jpeg",
        content: { size: 3 }
      })
      const named = yield* FileContent.part(path, { name: "a", type: "text/x" })
      expect(named).toMatchObject({ name: "a", type: "text/x" })
      const unknown = yield* file(1, "data.xyzzy")
      expect((yield* FileContent.part(unknown.path)).type).toBe("application/octet-stream")
    })
  )
})

const put = Operation.make(Caller, () => Endpoint.put("/file", { body: Body.stream({ repeatable: true }) }))

describe.each(clients)("an upload of a file, with %s", (_, client) => {
  const live = (url: URL) =>
    Layer.mergeAll(
      at(url),
      client,
      Layer.succeed(RetryPolicy.Current, RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true }))
    )

  it.scopedLive("fails with the error of the file if it changed between two attempts", () =>
    Effect.gen(function* () {
      const { path } = yield* file(400_000)
      const content = yield* FileContent.make(path)
      const server = yield* Receiving.make([
        (request, response) =>
          void appendFile(path, "x").then(() => Receiving.late(503, { "retry-after": "0" })(request, response)),
        Receiving.readAll
      ])
      const error = yield* Effect.flip(Effect.provide(put({ body: content }), live(server.url)))
      expect(error).toMatchObject({
        _tag: "TransportError",
        reason: "body",
        cause: { _tag: "FileReadError", reason: "Changed" }
      })
    })
  )
})
