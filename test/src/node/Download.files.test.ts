import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import { Body, Endpoint, Operation, type TimeoutError, type TransportError } from "effect-herald"
import { Download } from "effect-herald/node"
import { execFileSync, spawn } from "node:child_process"
import { once as event } from "node:events"
import { mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import * as Scripted from "../../servers/scripted.js"
import { bundleScript, forkBundle } from "../../support/child.js"
import { client } from "../../support/client.js"
import { bytesOf, expectContent, folder, namesIn, serve, serving } from "../../support/downloads.js"
import { at, Caller, once } from "../../support/kit.js"

const etag = '"v1"'
const content = bytesOf(200_000)
const other = bytesOf(200_000, 7)
const half = 70_000
const script = new URL("../../support/downloadProcess.ts", import.meta.url)

const getFile = Operation.make(
  Caller,
  () => Endpoint.get("/{name}", { success: Body.stream() }),
  (name: string = "file") => ({ name })
)

const start = (script: Scripted.Script) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(script)
    const directory = yield* folder
    const path = join(directory, "file.bin")
    const layer = Layer.mergeAll(at(server.url), once, client)
    const run = (options: Partial<Download.Options> = {}, name?: string) =>
      Effect.provide(Download.toFile(getFile, { path, retry: Schedule.stop, ...options })(name), layer)
    return { ...server, directory, path, layer, run }
  })

const io = <A>(work: () => Promise<A>) => Effect.promise(work)

describe("a FileWriteError of Download.toFile", () => {
  it.scopedLive.each([
    ["NoFolder", "ENOENT", "missing/file.bin"],
    ["NoFolder", "ENOTDIR", "a-file/file.bin"],
    ["InvalidPath", undefined, "a-folder"],
    ["InvalidPath", "ENAMETOOLONG", "x".repeat(300)],
    ["InvalidPath", "ERR_INVALID_ARG_VALUE", "a\0b"]
  ] as const)("is %s (%s) before anything is sent", ([reason, code, name]) =>
    Effect.gen(function* () {
      const { directory, requests, run } = yield* start([serve({ body: content })])
      yield* io(() => mkdir(join(directory, "a-folder")))
      yield* io(() => writeFile(join(directory, "a-file"), ""))
      const path = join(directory, name)
      expect(yield* Effect.flip(run({ path }))).toMatchObject({ _tag: "FileWriteError", reason, code, path })
      expect(requests).toHaveLength(0)
      expect(yield* namesIn(directory)).toEqual(["a-file", "a-folder"])
    })
  )

  it.scopedLive("is InvalidPath for a link in the place of the part, which is not followed", () =>
    Effect.gen(function* () {
      const { directory, path, run } = yield* start([serve({ body: content })])
      yield* io(() => writeFile(join(directory, "precious"), "precious"))
      yield* io(() => symlink(join(directory, "precious"), `${path}.part`))
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "FileWriteError", reason: "InvalidPath" })
      yield* expectContent(join(directory, "precious"), Buffer.from("precious"))
    })
  )

  it.scopedLive("is NoSpace where the file can't grow, and nothing stays", () =>
    Effect.gen(function* () {
      const large = bytesOf(3_000_000)
      const { directory, path, url } = yield* start(serving(() => ({ body: large, headers: { etag } })))
      yield* io(() => writeFile(path, "before"))
      const file = yield* bundleScript(script)
      // The limit is in blocks of 512 bytes, or of a kibibyte in some shells. The signal would end the process.
      const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`
      const outcome = yield* Effect.acquireUseRelease(
        Effect.sync(() =>
          spawn("sh", ["-c", command, process.execPath, file, url.href, path], {
            stdio: ["ignore", "ignore", "inherit", "ipc"]
          })
        ),
        (child) =>
          Effect.async<unknown>((resume) => {
            child.on("message", (message) => {
              if ("outcome" in (message as object)) resume(Effect.succeed((message as { outcome: unknown }).outcome))
            })
          }),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      expect(outcome).toMatchObject({ _tag: "FileWriteError", reason: "NoSpace", code: "EFBIG", path })
      expect(yield* namesIn(directory)).toEqual(["file.bin"])
      yield* expectContent(path, Buffer.from("before"))
    })
  )
})

describe("two downloads to the same file", () => {
  it.scopedLive("of one program: the second fails, and the first goes on", () =>
    Effect.gen(function* () {
      let respond = () => {}
      const { directory, next, path, run } = yield* start((received) => (response) => {
        respond = () => serve({ body: content })(response, received)
      })
      const first = yield* Effect.fork(run())
      yield* next
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "FileWriteError", reason: "Busy" })
      respond()
      yield* Fiber.join(first)
      yield* expectContent(path, content)
      expect(yield* namesIn(directory)).toEqual(["file.bin"])
    })
  )

  it.scopedLive("do not wait for a program that has crashed", () =>
    Effect.gen(function* () {
      const { directory, path, run } = yield* start([serve({ body: content })])
      const child = spawn(process.execPath, ["-e", ""])
      yield* io(() => event(child, "exit"))
      yield* io(() => writeFile(`${path}.part.lock`, `abc ${child.pid} ${hostname()}`))
      const before = new Date(Date.now() - 5000)
      yield* io(() => utimes(`${path}.part.lock`, before, before))
      yield* run()
      expect(yield* namesIn(directory)).toEqual(["file.bin"])
    })
  )

  it.scopedLive("do not wait for a program that has crashed, whatever the length of the name", () =>
    Effect.gen(function* () {
      const { directory, run } = yield* start([serve({ body: content })])
      const child = spawn(process.execPath, ["-e", ""])
      yield* io(() => event(child, "exit"))
      const name = "x".repeat(245)
      const lock = join(directory, `${name}.part.lock`)
      yield* io(() => writeFile(lock, `abc ${child.pid} ${hostname()}`))
      const before = new Date(Date.now() - 5000)
      yield* io(() => utimes(lock, before, before))
      yield* run({ path: join(directory, name) })
      expect(yield* namesIn(directory)).toEqual([name])
    })
  )

  it.scopedLive("the one whose lock was taken fails, and leaves the part to the other", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { directory, path, run } = yield* start([
        (response) => {
          response.writeHead(200, { etag, "content-length": `${content.length}` }).write(content.subarray(0, half))
          finish = () => void response.end(content.subarray(half))
        }
      ])
      const first = yield* Effect.fork(
        Effect.flip(run({ onProgress: () => io(() => writeFile(`${path}.part.lock`, "b 1 x")) }))
      )
      yield* Effect.repeat(Effect.sleep(20), {
        until: () => Effect.map(namesIn(directory), (names) => names.includes("file.bin.part.json"))
      })
      finish()
      expect(yield* Fiber.join(first)).toMatchObject({ _tag: "FileWriteError", reason: "Busy" })
      expect(yield* namesIn(directory)).toEqual(["file.bin.part", "file.bin.part.json", "file.bin.part.lock"])
    })
  )
})

describe("a part", () => {
  it.scopedLive("of another URL is not resumed", () =>
    Effect.gen(function* () {
      const { path, requests, run } = yield* start((received, index) =>
        serve({
          body: received.target === "/file" ? content : other,
          headers: { etag },
          breaksAfter: index === 0 ? half : undefined
        })
      )
      yield* Effect.flip(run())
      yield* run({}, "other")
      expect(requests[1]?.headers.range).toBeUndefined()
      yield* expectContent(path, other)
    })
  )

  it.scopedLive("of another URL is no progress of this one", () =>
    Effect.gen(function* () {
      const { path, requests, run } = yield* start(
        serving((index) => ({ body: content, headers: { etag }, breaksAfter: index < 4 ? 30_000 : undefined }))
      )
      yield* io(() => writeFile(`${path}.part`, other.subarray(0, 190_000)))
      yield* io(() => writeFile(`${path}.part.json`, JSON.stringify({ request: "another", etag, total: 200_000 })))
      yield* run({ retry: Schedule.recurs(1) })
      expect(requests).toHaveLength(5)
      yield* expectContent(path, content)
    })
  )

  it.scopedLive.each([
    ["", "is empty"],
    ["{", "is cut"],
    ["null", "is null"],
    ['{"request": 1, "etag": "x"}', "has other types"]
  ])("whose facts are %j is not resumed", ([facts]) =>
    Effect.gen(function* () {
      const { path, requests, run } = yield* start([serve({ body: content, headers: { etag } })])
      yield* io(() => writeFile(`${path}.part`, other.subarray(0, half)))
      yield* io(() => writeFile(`${path}.part.json`, facts!))
      yield* run()
      expect(requests[0]?.headers.range).toBeUndefined()
      yield* expectContent(path, content)
    })
  )

  it.scopedLive("whose facts are a pipe or a link, which another user may have put there, is not resumed", () =>
    Effect.gen(function* () {
      for (const put of [
        async (path: string) => void execFileSync("mkfifo", [path]),
        (path: string) => symlink("secret.json", path)
      ]) {
        const { directory, path, requests, run } = yield* start([serve({ body: content, headers: { etag } })])
        yield* io(() => writeFile(join(directory, "secret.json"), JSON.stringify({ request: "a", etag })))
        yield* io(() => put(`${path}.part.json`))
        yield* run()
        expect(requests[0]?.headers.range).toBeUndefined()
        expect(yield* namesIn(directory)).toEqual(["file.bin", "secret.json"])
      }
    })
  )

  it.scopedLive("that is longer than the content is not resumed", () =>
    Effect.gen(function* () {
      const { path, requests, run } = yield* start(
        serving((index) => ({ body: content, headers: { etag }, breaksAfter: index === 0 ? half : undefined }))
      )
      yield* Effect.flip(run())
      yield* io(() => writeFile(`${path}.part`, bytesOf(300_000, 3)))
      yield* run()
      expect(requests[1]?.headers.range).toBeUndefined()
      yield* expectContent(path, content)
    })
  )

  it.scopedLive("with wrong bytes fails by its digest, and is removed", () =>
    Effect.gen(function* () {
      const { directory, path, run } = yield* start(
        serving((index) => ({ body: content, headers: { etag }, breaksAfter: index === 0 ? half : undefined }))
      )
      yield* Effect.flip(run())
      const part = yield* io(() => readFile(`${path}.part`))
      yield* io(() => writeFile(`${path}.part`, other.subarray(0, part.length)))
      const digest = { algorithm: "sha-256", value: new Uint8Array(32) } as const
      expect(yield* Effect.flip(run({ digest }))).toMatchObject({ _tag: "IntegrityError", reason: "Digest" })
      expect(yield* namesIn(directory)).toEqual([])
    })
  )

  it.scopedLive("is resumed after the program was killed", () =>
    Effect.gen(function* () {
      const { directory, path, url } = yield* start((_, index) =>
        index === 0
          ? (response) => {
              response.writeHead(200, { etag, "content-length": `${content.length}` })
              response.write(content.subarray(0, half))
            }
          : serve({ body: content, headers: { etag } })
      )
      const file = yield* bundleScript(script)
      const child = yield* forkBundle(file, [url.href, path])
      // The bytes arrive in pieces.
      yield* Effect.repeat(Effect.sleep(20), {
        until: () =>
          Effect.map(
            io(() => readFile(`${path}.part`).catch(() => Buffer.alloc(0))),
            ({ length }) => length === half
          )
      })
      child.kill("SIGKILL")
      yield* io(() => event(child, "exit"))
      expect(yield* namesIn(directory)).toEqual(["file.bin.part", "file.bin.part.json", "file.bin.part.lock"])
      const second = yield* forkBundle(file, [url.href, path])
      const outcome = yield* Effect.async<unknown>((resume) => {
        second.on("message", (message) => {
          if ("outcome" in (message as object)) resume(Effect.succeed((message as { outcome: unknown }).outcome))
        })
      })
      expect(outcome).toEqual({ bytes: content.length, resumedFrom: half })
      yield* expectContent(path, content)
      expect(yield* namesIn(directory)).toEqual(["file.bin"])
    })
  )
})

describe("Download.toFile", () => {
  it.scopedLive(
    "takes what it receives of changed content for progress, but not of content that is another each time",
    () =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start(
          serving((index) =>
            index === 0
              ? { body: other, headers: { etag }, breaksAfter: 150_000 }
              : { body: content, headers: { etag: '"v2"' }, breaksAfter: index < 6 ? 20_000 : undefined }
          )
        )
        yield* run({ retry: Schedule.recurs(1) })
        yield* expectContent(path, content)
        expect(requests).toHaveLength(7)

        const restless = yield* start(
          serving((index) => ({ body: content, headers: { etag: `"${index}"` }, breaksAfter: half }))
        )
        const failed = restless.run({ retry: Schedule.recurs(1) })
        expect(yield* Effect.flip(failed)).toMatchObject({ _tag: "TransportError" })
      })
  )

  const make = (
    endpoint: () => Endpoint.Endpoint<{}, Stream.Stream<Uint8Array, TransportError | TimeoutError>, never>
  ) => Operation.make(Caller, endpoint)

  it.scopedLive.each([
    ["a POST is not sent again after a break", () => Endpoint.post("/file", { success: Body.stream() }), 1],
    [
      "a POST that is idempotent starts over after a break",
      () => Endpoint.post("/file", { success: Body.stream(), idempotent: true }),
      2
    ]
  ] as const)("%s", ([, endpoint, count]) =>
    Effect.gen(function* () {
      const { directory, layer, path, requests } = yield* start(
        serving((index) => ({ body: content, headers: { etag }, breaksAfter: index === 0 ? half : undefined }))
      )
      const download = Download.toFile(make(endpoint), { path, retry: Schedule.recurs(2) })()
      const outcome = yield* Effect.either(Effect.provide(download, layer))
      expect(outcome._tag).toBe(count === 1 ? "Left" : "Right")
      expect(requests).toHaveLength(count)
      expect(requests.at(-1)?.headers.range).toBeUndefined()
      expect(yield* namesIn(directory)).toEqual(count === 1 ? [] : ["file.bin"])
    })
  )

  it.scopedLive.each([
    ["sha-256", "abc"],
    ["sha-256", "0".repeat(128)],
    ["sha-512", new Uint8Array(32)],
    ["md5", "0".repeat(32)]
  ] as const)("sends nothing for an invalid digest (%s)", ([algorithm, value]) =>
    Effect.gen(function* () {
      const { directory, requests, run } = yield* start([serve({ body: content })])
      // JavaScript permits other algorithms than the types do.
      const digest = { algorithm: algorithm as "sha-256", value }
      const error = yield* Effect.flip(run({ digest }))
      expect(error).toMatchObject({ _tag: "IntegrityError", reason: "InvalidDigest" })
      expect(error.message).toContain(
        `the option "digest" must be a sha-256 of 32 bytes or a sha-512 of 64 bytes, as bytes, hex or base64, and is a ${algorithm} of`
      )
      expect(requests).toHaveLength(0)
      expect(yield* namesIn(directory)).toEqual([])
    })
  )

  it.scopedLive("sends nothing for input that does not match, and leaves nothing", () =>
    Effect.gen(function* () {
      const { directory, requests, run } = yield* start([serve({ body: content })])
      expect(yield* Effect.flip(run({}, ""))).toMatchObject({ _tag: "EncodeError" })
      expect(requests).toHaveLength(0)
      expect(yield* namesIn(directory)).toEqual([])
    })
  )

  it.scopedLive("refuses a 304, which has no content", () =>
    Effect.gen(function* () {
      const { directory, layer, path } = yield* start([Scripted.respond({ status: 304 })])
      const conditional = make(() => Endpoint.get("/file", { headers: {}, success: Body.stream() }))
      const download = Download.toFile(conditional, { path })()
      expect(yield* Effect.flip(Effect.provide(download, layer))).toMatchObject({ _tag: "DecodeError" })
      expect(yield* namesIn(directory)).toEqual([])
    })
  )
})
