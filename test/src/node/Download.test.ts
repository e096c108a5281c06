import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Body, Endpoint, Operation, type Progress } from "effect-herald"
import { Download } from "effect-herald/node"
import { createHash } from "node:crypto"
import { readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Scripted from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { bytesOf, expectContent, folder, namesIn, serve, serving, sha256 } from "../../support/downloads.js"
import { at, Caller, once } from "../../support/kit.js"

const getFile = Operation.make(
  Caller,
  () => Endpoint.get("/{name}", { success: { 200: Body.stream() } }),
  ({ name = "file" }: { readonly name?: string } = {}) => ({ name })
)
const etag = '"v1"'
const content = bytesOf(200_000)
const other = bytesOf(210_000, 7)
const soon = { retry: Schedule.recurs(3) }
const never = { retry: Schedule.stop }
/** The number of bytes after which connections break. */
const half = 70_000
const past = "Mon, 05 Jan 2026 10:00:00 GMT"

for (const [name, client] of clients) {
  describe(`Download.toFile on ${name}`, () => {
    const start = (script: Scripted.Script) =>
      Effect.gen(function* () {
        const server = yield* Scripted.make(script)
        const directory = yield* folder
        const path = join(directory, "file.bin")
        const layer = Layer.mergeAll(at(server.url), once, client)
        const run = (options: Partial<Download.Options> = {}, name?: string) =>
          Effect.provide(Download.toFile(getFile, { path, ...options })(name === undefined ? {} : { name }), layer)
        return { ...server, directory, path, layer, run }
      })

    /** Breaks the first requests, up to this number. */
    const breaking = (breaks: number, headers: Record<string, string> = { etag }) =>
      serving((index) => ({ body: content, headers, breaksAfter: index < breaks ? half : undefined }))

    it.scopedLive("writes the content, and leaves nothing else", () =>
      Effect.gen(function* () {
        const { directory, path, requests, run, url } = yield* start([serve({ body: content })])
        expect(yield* run()).toMatchObject({
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

    it.scopedLive("writes content of no known length, and of no bytes", () =>
      Effect.gen(function* () {
        const { path, run } = yield* start([Scripted.chunked(["one ", "two"]), Scripted.respond()])
        expect(yield* run()).toMatchObject({ bytes: 7 })
        yield* expectContent(path, Buffer.from("one two"))
        expect(yield* run()).toMatchObject({ bytes: 0 })
        yield* expectContent(path, Buffer.alloc(0))
      })
    )

    it.scopedLive("resumes after breaks, with the entity tag", () =>
      Effect.gen(function* () {
        const { directory, path, requests, run } = yield* start(breaking(2))
        expect(yield* run(soon)).toMatchObject({
          bytes: content.length,
          resumedFrom: 0,
          response: { status: 206 }
        })
        yield* expectContent(path, content)
        expect(requests).toHaveLength(3)
        expect(requests[1]?.headers).toMatchObject({
          "if-range": etag,
          // Node's `fetch` adds its own to a request with a range.
          "accept-encoding": expect.stringMatching(/^identity(, identity)?$/)
        })
        expect(requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/)
        expect(yield* namesIn(directory)).toEqual(["file.bin"])
      })
    )

    it.scopedLive("resumes in a later run, from the part that stays", () =>
      Effect.gen(function* () {
        const { directory, path, requests, run } = yield* start(breaking(1))
        yield* Effect.promise(() => writeFile(path, "before"))
        expect(yield* Effect.flip(run(never))).toMatchObject({ _tag: "TransportError" })
        expect(yield* namesIn(directory)).toEqual(["file.bin", "file.bin.part", "file.bin.part.json"])
        yield* expectContent(path, Buffer.from("before"))
        const { resumedFrom } = yield* run(never)
        expect(requests[1]?.headers.range).toBe(`bytes=${resumedFrom}-`)
        expect(resumedFrom).toBeGreaterThan(0)
        yield* expectContent(path, content)
        expect(yield* namesIn(directory)).toEqual(["file.bin"])
      })
    )

    it.scopedLive("asks for the last byte where a part is complete", () =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start(breaking(1))
        yield* Effect.flip(run(never))
        yield* Effect.promise(() => writeFile(`${path}.part`, content))
        const digest = { algorithm: "sha-256", value: sha256(content) } as const
        expect(yield* run({ ...never, digest })).toMatchObject({ resumedFrom: content.length })
        expect(requests[1]?.headers.range).toBe(`bytes=${content.length - 1}-`)
        yield* expectContent(path, content)
      })
    )

    it.scopedLive.each([
      ["has changed (200)", { ifRange: true }],
      ["has changed, and the server ignores If-Range", { ifRange: false }],
      ["has changed, and the server has no ranges", { ranges: false }]
    ] as const)("starts over where the resource %s", ([, how]) =>
      Effect.gen(function* () {
        const { path, run } = yield* start(
          serving((index) =>
            index === 0
              ? { body: content, headers: { etag }, breaksAfter: half }
              : { body: other, headers: { etag: '"v2"' }, ...how }
          )
        )
        yield* Effect.flip(run(never))
        expect(yield* run(never)).toMatchObject({ bytes: other.length, resumedFrom: 0, response: { status: 200 } })
        yield* expectContent(path, other)
      })
    )

    const elsewhere =
      (headers: Record<string, string>, body: Uint8Array = content, status = 206): Scripted.Behaviour =>
      (response, received) => {
        if (received.headers.range === undefined) serve({ body: content, headers: { etag } })(response, received)
        else response.writeHead(status, { etag, "content-length": `${body.length}`, ...headers }).end(body)
      }

    it.scopedLive.each([
      ["a part that starts elsewhere", elsewhere({ "content-range": `bytes 0-199999/200000` })],
      ["a part without its range", elsewhere({})],
      ["a part with an invalid range", elsewhere({ "content-range": `bytes 70000-60000/200000` })],
      ["a part of another length", elsewhere({ "content-range": `bytes 0-199999/300000` })],
      ["several parts", elsewhere({ "content-type": "multipart/byteranges; boundary=x" })],
      ["a part with a content coding", elsewhere({ "content-encoding": "gzip" }, gzipSync(content))],
      ["a 416", elsewhere({ "content-range": "bytes */200000" }, Buffer.from("no"), 416)]
    ])("starts over without ranges after %s", ([, behaviour]) =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start([
          serve({ body: content, headers: { etag }, breaksAfter: half }),
          behaviour as Scripted.Behaviour
        ])
        expect(yield* run(soon)).toMatchObject({ bytes: content.length, resumedFrom: 0 })
        yield* expectContent(path, content)
        expect(requests.map(({ headers }) => headers.range !== undefined)).toEqual([false, true, false])
      })
    )

    it.scopedLive("asks for the next part where the server sends less than the rest", () =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start(
          serving((index) => ({
            body: content,
            headers: { etag },
            breaksAfter: index === 0 ? half : undefined,
            most: 50_000
          }))
        )
        expect(yield* run({ retry: Schedule.recurs(1) })).toMatchObject({ bytes: content.length })
        yield* expectContent(path, content)
        expect(requests.length).toBeGreaterThan(3)
      })
    )

    it.scopedLive("asks on until the server says that nothing is missing, where it does not know the length", () =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start((received, index) => (response) => {
          const [, from] = /^bytes=(\d+)-$/.exec(received.headers.range ?? "") ?? []
          const first = Number(from ?? 0)
          if (first >= content.length) {
            response.writeHead(416, { etag, "content-range": `bytes */${content.length}`, "content-length": "0" }).end()
            return
          }
          const last = Math.min(first + half, content.length) - 1
          const piece = content.subarray(first, last + 1)
          response.writeHead(index === 0 ? 200 : 206, {
            etag,
            ...(index === 0 ? {} : { "content-range": `bytes ${first}-${last}/*` })
          })
          if (index > 0) response.end(piece)
          else response.write(piece, () => setTimeout(() => response.socket?.destroy(), 5))
        })
        const reports: Array<Progress.Progress> = []
        const onProgress: Progress.Report = (progress) => Effect.sync(() => void reports.push(progress))
        const digest = { algorithm: "sha-256", value: sha256(content) } as const
        expect(yield* run({ ...soon, digest, onProgress })).toMatchObject({ bytes: content.length })
        yield* expectContent(path, content)
        expect(requests.at(-1)?.headers.range).toBe(`bytes=${content.length}-`)
        expect(reports.at(-1)).toMatchObject({ done: content.length, total: content.length })
      })
    )

    it.scopedLive.each([
      ["a date of modification", { "last-modified": past }, past],
      ["a date of modification beside a weak entity tag", { etag: 'W/"v1"', "last-modified": past }, undefined],
      ["a weak entity tag", { etag: 'W/"v1"' }, undefined],
      ["an invalid entity tag", { etag: "v1" }, undefined],
      ["nothing", {}, undefined],
      ["an entity tag, and no ranges", { etag, "accept-ranges": "none" }, undefined],
      ["a date of modification of the same second", { "last-modified": past, date: past }, undefined]
    ] as const)("resumes, or starts over, as it may with %s", ([, headers, validator]) =>
      Effect.gen(function* () {
        const { directory, path, requests, run } = yield* start(breaking(2, headers))
        yield* Effect.flip(run(never))
        expect(yield* namesIn(directory)).toEqual(
          validator === undefined ? [] : ["file.bin.part", "file.bin.part.json"]
        )
        yield* run(soon)
        yield* expectContent(path, content)
        for (const { headers } of requests.slice(1)) expect(headers["if-range"]).toBe(validator)
        for (const { headers } of requests.slice(1)) expect(headers.range === undefined).toBe(validator === undefined)
      })
    )

    it.scopedLive("starts over after a break of a content coding, and leaves nothing of it", () =>
      Effect.gen(function* () {
        const zipped = gzipSync(content)
        const headers = { etag, "content-encoding": "gzip", "repr-digest": `sha-256=:${sha256(zipped)}:` }
        const { directory, path, requests, run } = yield* start(
          serving((index) => ({ body: zipped, headers, breaksAfter: index < 2 ? half : undefined }))
        )
        yield* Effect.flip(run(never))
        expect(yield* namesIn(directory)).toEqual([])
        const digest = { algorithm: "sha-256", value: sha256(content) } as const
        expect(yield* run({ ...soon, digest })).toMatchObject({ bytes: content.length })
        yield* expectContent(path, content)
        expect(requests[2]?.headers.range).toBeUndefined()
      })
    )

    it.scopedLive("fails for a part that was not asked for", () =>
      Effect.gen(function* () {
        const { directory, run } = yield* start([
          Scripted.respond({ status: 206, headers: { "content-range": "bytes 5-6/7" }, body: "67" })
        ])
        expect(yield* Effect.flip(run())).toMatchObject({
          _tag: "IntegrityError",
          reason: "Range",
          actual: "bytes 5-6/7"
        })
        expect(yield* namesIn(directory)).toEqual([])
      })
    )

    it.scopedLive("reports the bytes with the total, and those of the earlier run as done at first", () =>
      Effect.gen(function* () {
        const { run } = yield* start(breaking(1))
        yield* Effect.flip(run(never))
        const reports: Array<Progress.Progress> = []
        const { resumedFrom } = yield* run({ onProgress: (progress) => Effect.sync(() => reports.push(progress)) })
        expect(reports[0]?.done).toBeGreaterThanOrEqual(resumedFrom)
        expect(reports.at(-1)).toMatchObject({ unit: "bytes", done: content.length, total: content.length })
        expect(reports.every(({ done }, index) => done >= (reports[index - 1]?.done ?? resumedFrom))).toBe(true)
      })
    )

    it.scopedLive("counts breaks since the last progress only", () =>
      Effect.gen(function* () {
        // Every second request breaks at once, and each of the others brings 20,000 bytes.
        const { path, requests, run } = yield* start(
          serving((index) => ({ body: content, headers: { etag }, breaksAfter: index % 2 === 0 ? 20_000 : 0 }))
        )
        yield* run({ retry: Schedule.recurs(2) })
        yield* expectContent(path, content)
        expect(requests.length).toBeGreaterThan(10)
      })
    )

    it.scopedLive("fails after as many breaks without progress as the schedule has waits", () =>
      Effect.gen(function* () {
        const { directory, requests, run } = yield* start(
          serving((index) => ({ body: content, headers: { etag }, breaksAfter: index === 0 ? half : 0 }))
        )
        expect(yield* Effect.flip(run({ retry: Schedule.recurs(2) }))).toMatchObject({ _tag: "TransportError" })
        expect(requests).toHaveLength(3)
        expect(yield* namesIn(directory)).toEqual(["file.bin.part", "file.bin.part.json"])
      })
    )

    it.scopedLive("goes on after responses that a temporary problem of the server explains", () =>
      Effect.gen(function* () {
        const { path, requests, run } = yield* start((_, index) =>
          index === 0
            ? serve({ body: content, headers: { etag }, breaksAfter: half })
            : index === 1
              ? Scripted.respond({ status: 503 })
              : index === 2
                ? Scripted.reset
                : serve({ body: content, headers: { etag } })
        )
        yield* run(soon)
        yield* expectContent(path, content)
        expect(requests).toHaveLength(4)
      })
    )

    it.scopedLive("fails as the operation does, and leaves nothing", () =>
      Effect.gen(function* () {
        const { directory, requests, run } = yield* start([Scripted.respond({ status: 404 })])
        expect(yield* Effect.flip(run(soon))).toMatchObject({ _tag: "NotFound" })
        expect(requests).toHaveLength(1)
        expect(yield* namesIn(directory)).toEqual([])
      })
    )

    it.scopedLive("keeps the range across a redirect to another origin", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make(breaking(1))
        const { path, run } = yield* start([Scripted.redirect(new URL("/elsewhere", url))])
        expect(yield* run(soon)).toMatchObject({ response: { url: new URL("/elsewhere", url).href } })
        yield* expectContent(path, content)
        expect(requests[1]?.headers).toMatchObject({ "if-range": etag })
      })
    )

    const hex = createHash("sha256").update(content).digest("hex")
    const long = createHash("sha512").update(content).digest()

    it.scopedLive.each([
      ["sha-256", hex.toUpperCase(), hex],
      ["sha-256", sha256(content), hex],
      ["sha-256", Buffer.from(hex, "hex"), hex],
      ["sha-512", long.toString("base64"), long.toString("hex")],
      ["sha-512", long.toString("base64url"), long.toString("hex")]
    ] as const)("verifies the %s of the option, after a break and in a later run", ([algorithm, value, digest]) =>
      Effect.gen(function* () {
        const { path, run } = yield* start(breaking(2))
        yield* Effect.flip(run({ ...never, digest: { algorithm, value } }))
        expect(yield* run({ ...soon, digest: { algorithm, value } })).toMatchObject({
          digest: { algorithm, value: digest }
        })
        yield* expectContent(path, content)
      })
    )

    it.scopedLive.each([
      ["Repr-Digest", { "repr-digest": `sha-256=:${sha256(content)}:` }],
      ["Content-Digest", { "content-digest": `unixsum=1, sha-512=:${long.toString("base64")}:` }]
    ] as const)("verifies the %s of the server, also after a restart", ([name, headers]) =>
      Effect.gen(function* () {
        const algorithm = name === "Repr-Digest" ? "sha-256" : "sha-512"
        const { path, run } = yield* start(
          serving((index) => ({
            body: content,
            headers: index === 0 ? { etag, ...headers } : { etag },
            breaksAfter: index < 2 ? half : undefined
          }))
        )
        yield* Effect.flip(run(never))
        expect(yield* run(soon)).toMatchObject({ digest: { algorithm } })
        yield* expectContent(path, content)
      })
    )

    it.scopedLive.each([
      ["the option", {}, { digest: { algorithm: "sha-256", value: sha256(other) } }],
      ["Repr-Digest", { "repr-digest": `sha-256=:${sha256(other)}:` }, {}],
      ["Content-Digest", { "content-digest": `sha-256=:${sha256(other)}:` }, {}]
    ] as const)("fails for content that does not match %s, and leaves nothing", ([, headers, options]) =>
      Effect.gen(function* () {
        const { directory, run } = yield* start([serve({ body: content, headers: { etag, ...headers } })])
        expect(yield* Effect.flip(run(options))).toMatchObject({
          _tag: "IntegrityError",
          reason: "Digest",
          expected: Buffer.from(sha256(other), "base64").toString("hex"),
          actual: hex
        })
        expect(yield* namesIn(directory)).toEqual([])
      })
    )

    it.scopedLive("verifies the Content-Digest of a part", () =>
      Effect.gen(function* () {
        const { directory, run } = yield* start((received, index) => (response) => {
          const headers = { etag, "content-digest": `sha-256=:${sha256(other)}:` }
          const behaviour =
            index === 0
              ? serve({ body: content, headers: { etag }, breaksAfter: half })
              : serve({ body: content, headers })
          behaviour(response, received)
        })
        expect(yield* Effect.flip(run(soon))).toMatchObject({ _tag: "IntegrityError", reason: "Digest" })
        expect(yield* namesIn(directory)).toEqual([])
      })
    )

    it.scopedLive("ignores digests that can't be parsed, and those of unknown algorithms", () =>
      Effect.gen(function* () {
        const { path, run } = yield* start([
          serve({
            body: content,
            headers: { "repr-digest": "sha-256=abc", "content-digest": "md5=:AAAA:, sha-256=:AAAA:" }
          })
        ])
        expect(yield* run()).toMatchObject({ digest: undefined })
        yield* expectContent(path, content)
      })
    )

    it.scopedLive("leaves a part to resume, or nothing, when it is interrupted at any time", () =>
      Effect.gen(function* () {
        const { directory, path, run } = yield* start((received, index) => (response) => {
          // Slowly, so that interruptions meet each step.
          const from = Number(/\d+/.exec(received.headers.range ?? "0")?.[0])
          const rest = content.subarray(from)
          response.writeHead(from === 0 ? 200 : 206, {
            etag,
            "content-length": `${rest.length}`,
            ...(from === 0 ? {} : { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` })
          })
          for (let sent = 0; sent < rest.length; sent += 10_000) {
            setTimeout(() => response.write(rest.subarray(sent, sent + 10_000)), (index % 3) * (sent / 10_000))
          }
          setTimeout(() => response.end(), (index % 3) * 21)
        })
        // Later and later, until a run ends before it is interrupted.
        for (let wait = 0, ended = false; !ended; wait = Math.ceil(wait * 1.2) + 1) {
          const fiber = yield* Effect.fork(run(never))
          yield* Effect.sleep(wait)
          ended = Exit.isSuccess(yield* Fiber.interrupt(fiber))
          const names = yield* namesIn(directory)
          if (names.length === 0) continue
          if (names.includes("file.bin")) {
            expect(names).toEqual(["file.bin"])
            yield* expectContent(path, content)
            // It may have been interrupted just after it gave the file its name.
            if (!ended) yield* Effect.promise(() => rm(path))
            continue
          }
          expect(names).toEqual(["file.bin.part", "file.bin.part.json"])
          const part = yield* Effect.promise(() => readFile(`${path}.part`))
          expect(part.equals(content.subarray(0, part.length))).toBe(true)
        }
        yield* expectContent(path, content)
      })
    )
  })
}
