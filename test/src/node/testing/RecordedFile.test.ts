import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Authoriser, Credentials, Endpoint, Operation, Verbs } from "effect-herald"
import type { Exchange } from "effect-herald/testing"
import { RecordedFile } from "effect-herald/testing/node"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { clients } from "../../../support/clients.js"

class Things extends Authoriser.Tag("test/Things")<Things>() {}

const Thing = Schema.Struct({ name: Schema.String, id: Schema.BigIntFromSelf })

const getThing = Operation.make(Things, () =>
  Endpoint.get("/things/{name}", { success: Thing, query: { page: Schema.optional(Schema.Number) } })
)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const api = (baseUrl: URL, key: string) =>
  Things.layer({ baseUrl, credentials: Credentials.bearer(Redacted.make(key)) })

describe.each(clients)("a recording by %s", (_, transport: Layer.Layer<HttpClient>) => {
  it.scopedLive("is a readable file without secrets, and is replayed without a network", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "things.json")
      const server = yield* Scripted.make([
        Scripted.respond({ status: 503, headers: { "retry-after": "0" } }),
        Scripted.respond({
          headers: {
            "content-type": "application/json",
            "x-request-id": "1234",
            "set-cookie": "sid=cookie-value; Path=/"
          },
          body: `{"name": "Ä", "id": 12345678901234567890, "access_token": "token-of-the-server", "echo": "key-of-the-caller"}`
        })
      ])
      const call = getThing({ name: "Ä", page: 2 })
      const recorded = yield* call.pipe(
        Effect.provide(RecordedFile.layer(path, { record: true }).pipe(Layer.provide(transport))),
        Effect.provide(api(server.url, "key-of-the-caller"))
      )
      const text = yield* Effect.promise(() => readFile(path, "utf8"))
      for (const secret of ["cookie-value", "token-of-the-server", "key-of-the-caller", '1234"'])
        expect(text).not.toContain(secret)
      const replayed = yield* call.pipe(
        Effect.provide(RecordedFile.layer(path).pipe(Layer.provide(transport))),
        Effect.provide(api(server.url, "another-key"))
      )
      expect(replayed).toEqual(recorded)
      expect(server.requests.length).toBe(2)
      const differs = yield* getThing({ name: "Ö", page: 2 }).pipe(
        Effect.provide(RecordedFile.layer(path, { order: "loose" }).pipe(Layer.provide(transport))),
        Effect.provide(api(server.url, "another-key")),
        Effect.sandbox,
        Effect.flip
      )
      expect(String(differs)).toContain('path: recorded "/things/Ä", requested "/things/Ö"')
    })
  )
})

const exchange = (name: string, body: Exchange.Body): Exchange.Exchange => ({
  request: { method: "GET", url: `https://things.example/things/${name}`, headers: { accept: "application/json" } },
  response: { status: 200, headers: { "content-type": "application/json" }, body }
})

const big = { name: "big", id: 2n ** 60n, text: "x".repeat(100_000) }

const files = (path: string) => Effect.promise(async () => (await readdir(path, { recursive: true })).toSorted())

/** Replays a file, whose requests are not sent. */
const replay = (path: string, options: RecordedFile.Options = {}) =>
  Effect.exit(Layer.build(RecordedFile.layer(path, options).pipe(Layer.provide(client))))

const failureOf = (exit: Exit.Exit<unknown, { readonly message?: string }>) =>
  Exit.match(exit, { onSuccess: () => "none", onFailure: (cause) => String(cause) })

describe("a recorded file", () => {
  it.scopedLive("has large bodies beside it, by digest, without those of an earlier recording", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const file = join(path, "a.json")
      const bytes = new Uint8Array(50_000).map((_, index) => index)
      const exchanges = [
        exchange("json", { json: big }),
        exchange("text", { text: "Grüße\n".repeat(20_000) }),
        exchange("bytes", { bytes }),
        exchange("small", { json: 1 })
      ]
      yield* RecordedFile.write(file, exchanges)
      const names = yield* files(path)
      expect(names.map((name) => name.replace(/[0-9a-f]{16}/, "*")).toSorted()).toEqual(
        ["a.bodies", "a.bodies/*.bin", "a.bodies/*.json", "a.bodies/*.txt", "a.json"].toSorted()
      )
      expect((yield* Effect.promise(() => readFile(file))).length).toBeLessThan(3000)
      expect(yield* RecordedFile.read(file)).toEqual(exchanges)
      yield* RecordedFile.write(file, [exchange("small", { json: 1 })])
      expect(yield* files(path)).toEqual(["a.json"])
    })
  )

  it.scopedLive("is refused with the place if a body is missing, changed, or outside of its folder", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const file = join(path, "a.json")
      yield* RecordedFile.write(file, [exchange("json", { json: big })])
      const text = yield* Effect.promise(() => readFile(file, "utf8"))
      const read = Effect.map(Effect.flip(RecordedFile.read(file)), ({ message }) => message)
      const name = (yield* files(path)).find((one) => one.endsWith(".json") && one.startsWith("a.bodies"))!
      yield* Effect.promise(() => writeFile(join(path, name), "{}"))
      expect(yield* read).toContain(`does not have the digest that ${file} has at /exchanges/0/response/body/sha256`)
      yield* Effect.promise(() => rm(join(path, name)))
      expect(yield* read).toContain(`${file}, at /exchanges/0/response/body/file: `)
      for (const outside of ["/etc/passwd", "../a.json", "a.bodies/../a.json"]) {
        yield* Effect.promise(() => writeFile(file, text.replace(name, outside)))
        expect(yield* read).toBe(`${file}, at /exchanges/0/response/body/file: is not a file of a.bodies`)
      }
    })
  )

  it.scopedLive("that does not exist says how to record, and one that is no file why", () =>
    Effect.gen(function* () {
      const path = yield* folder
      expect(failureOf(yield* replay(join(path, "none.json")))).toContain(
        `${join(path, "none.json")} does not exist: run the test with HERALD_RECORD=1 to record it`
      )
      yield* Effect.promise(() => mkdir(join(path, "dir.json")))
      expect(failureOf(yield* replay(join(path, "dir.json")))).toContain("dir.json can't be read: EISDIR")
      yield* Effect.promise(() => writeFile(join(path, "cut.json"), '{"format"'))
      expect(failureOf(yield* replay(join(path, "cut.json")))).toContain("cut.json is not JSON")
    })
  )

  it.scopedLive("is written after a failure, too, and recorded by HERALD_RECORD", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "nested", "failed.json")
      const server = yield* Scripted.make([Scripted.respond({ status: 404 })])
      const exit = yield* Verbs.make(Things)
        .get("/none")
        .pipe(
          Effect.provide(RecordedFile.layer(path).pipe(Layer.provide(client))),
          Effect.provide(Things.layer({ baseUrl: server.url })),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["HERALD_RECORD", "1"]]))),
          Effect.exit
        )
      expect(Exit.isFailure(exit)).toBe(true)
      expect(yield* RecordedFile.read(path)).toMatchObject([{ response: { status: 404 } }])
      expect(yield* files(join(path, ".."))).toEqual(["failed.json"])
    })
  )

  it.scopedLive("is recorded by one test at a time, and by one process that exists", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "shared.json")
      const first = yield* replay(path, { record: true })
      expect(Exit.isSuccess(first)).toBe(true)
      expect(failureOf(yield* replay(path, { record: true }))).toContain(
        "is being recorded by another test: give each test a file of its own"
      )
      const other = join(path, "..", "other.json")
      // The greatest number of a process is less.
      yield* Effect.promise(() => writeFile(`${other}.recording`, "99999999"))
      expect(Exit.isSuccess(yield* replay(other, { record: true }))).toBe(true)
    })
  )
})
