import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Civis from "effect-herald/civis"
import { DiskCache, DocumentFiles } from "effect-herald/node"
import * as CivisServer from "../../servers/civis/index.js"
import * as Scripted from "../../servers/scripted.js"
import { client as transport } from "../../support/client.js"
import { layerAt, start } from "./support/server.js"
import { specificationText } from "./support/specification.js"

/** A small specification with these paths, each with a GET. */
const specificationOf = (...paths: ReadonlyArray<string>): string =>
  JSON.stringify({
    swagger: "2.0",
    info: { title: "Civis", version: "1" },
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        { get: { summary: "Get it", responses: { 200: { description: "", schema: { type: "object" } } } } }
      ])
    )
  })

const resourcesOf = (client: object): ReadonlyArray<string> => Object.keys(client)

/** The requests for the specification that the server received: their `If-None-Match`. */
const fetches = ({ requests }: Scripted.Scripted) =>
  requests.filter(({ target }) => target === "/endpoints").map(({ headers }) => headers["if-none-match"])

/** Collects the warnings that an effect logs. */
const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel.label === "WARN") logged.push(String(message))
    })
    return Effect.map(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), () => logged)
  })

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "civis-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("a client of Civis", () => {
  it.scoped("has the resources of the server's specification", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start()
      const client = yield* Effect.provide(Civis.client(), live)
      expect(resourcesOf(client)).toContain("workflows")
      expect(Object.keys(client["workflows"]!)).toContain("list")
      expect(server.requests.map(({ headers, target }) => [target, headers.authorization])).toEqual([
        ["/endpoints", server.authorization]
      ])
    })
  )

  it.scoped("shares the specification with the other clients of its layer", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ specification: specificationOf("/a") })
      yield* Effect.gen(function* () {
        yield* Effect.all([Civis.client(), Civis.client(), Civis.spec()], { concurrency: "unbounded" })
        yield* Civis.client()
      }).pipe(Effect.provide(live))
      expect(fetches(server)).toEqual([undefined])
    })
  )

  it.scoped("asks for the specification of each API key and each endpoint", () =>
    Effect.gen(function* () {
      const key = { apiKey: Redacted.make("another-key-of-civis-0123456789") }
      const instead = ({ target }: Scripted.Received) =>
        target === "/endpoints" ? Scripted.respond({ body: specificationOf("/a") }) : undefined
      const one = yield* CivisServer.make({ specification: specificationOf("/a"), instead })
      const other = yield* CivisServer.make({ specification: specificationOf("/b"), instead })
      const shared = yield* Layer.build(Civis.specifications)
      const use = (live: ReturnType<typeof layerAt>) =>
        Effect.provide(Civis.client(), live.pipe(Layer.provide(Layer.succeedContext(shared)), Layer.merge(transport)))
      for (let count = 0; count < 2; count += 1) {
        yield* use(layerAt(one.url))
        yield* use(layerAt(one.url, key))
        yield* use(layerAt(other.url))
      }
      expect(fetches(one)).toHaveLength(2)
      expect(fetches(other)).toHaveLength(1)
    })
  )

  it.scoped("uses a specification for 24 hours in a program, and 15 minutes in a REPL", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ specification: specificationOf("/a") })
      yield* Effect.gen(function* () {
        yield* Civis.client()
        yield* TestClock.adjust("14 minutes")
        yield* Civis.client({ interactive: true })
        expect(fetches(server)).toHaveLength(1)
        yield* TestClock.adjust("1 minutes")
        yield* Civis.client({ interactive: false })
        yield* Civis.client()
        expect(fetches(server)).toHaveLength(1)
        yield* Civis.client({ interactive: true })
        expect(fetches(server)).toHaveLength(2)
        yield* TestClock.adjust("1439 minutes")
        yield* Civis.client()
        expect(fetches(server)).toHaveLength(2)
        yield* TestClock.adjust("1 minutes")
        yield* Civis.client()
        expect(fetches(server)).toHaveLength(3)
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("knows a REPL by the accessor of its last error", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ specification: specificationOf("/a") })
      yield* Effect.gen(function* () {
        yield* Civis.client()
        yield* TestClock.adjust("15 minutes")
        yield* Effect.acquireRelease(
          Effect.sync(() => Object.defineProperty(globalThis, "_error", { configurable: true, get: () => undefined })),
          () => Effect.sync(() => Reflect.deleteProperty(globalThis, "_error"))
        )
        yield* Civis.client()
        expect(fetches(server)).toHaveLength(2)
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("asks whether an expired specification is still current", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ specification: specificationOf("/a") })
      yield* Effect.gen(function* () {
        yield* Civis.client()
        yield* TestClock.adjust("1 day")
        const same = yield* Civis.client()
        expect(resourcesOf(same)).toEqual(["a"])
        expect(fetches(server)).toEqual([undefined, expect.stringMatching(/^"/)])
        server.setSpecification(specificationOf("/b"))
        yield* Civis.client()
        expect(fetches(server)).toHaveLength(2)
        yield* TestClock.adjust("1 day")
        expect(resourcesOf(yield* Civis.client())).toEqual(["b"])
        expect(resourcesOf(same)).toEqual(["a"])
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("fetches the specification anew with `forceRefresh`, and does not change others", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ specification: specificationOf("/a") })
      yield* Effect.gen(function* () {
        const before = yield* Civis.client()
        server.setSpecification(specificationOf("/b"))
        const refreshed = yield* Civis.client({ forceRefresh: true })
        expect(resourcesOf(refreshed)).toEqual(["b"])
        expect(resourcesOf(yield* Civis.client())).toEqual(["b"])
        expect(resourcesOf(before)).toEqual(["a"])
        expect(fetches(server)).toEqual([undefined, undefined])
        expect(server.requests[1]?.headers["cache-control"]).toBe("no-cache")
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("uses an expired specification if the server can't be reached, with a warning", () =>
    Effect.gen(function* () {
      let isDown = false
      let how: Scripted.Behaviour = Scripted.hangUp
      const { live } = yield* start({
        specification: specificationOf("/a"),
        instead: () => (isDown ? how : undefined)
      })
      yield* Effect.gen(function* () {
        yield* Civis.client()
        yield* TestClock.adjust("2 days")
        isDown = true
        for (how of [
          Scripted.hangUp,
          Scripted.respond({ status: 500 }),
          Scripted.respond({ body: "<html>Sign in</html>" })
        ]) {
          const logged = yield* warnings(
            Effect.map(Civis.client(), (client) => expect(resourcesOf(client)).toEqual(["a"]))
          )
          expect(logged).toHaveLength(1)
          expect(logged[0]).toContain("specification of 1970-01-01T00:00:00.000Z is used, since it can't be fetched: ")
        }
        // The key may have been revoked.
        how = Scripted.respond({ status: 401 })
        expect(yield* Effect.flip(Civis.client())).toMatchObject({ _tag: "Unauthorized" })
        how = Scripted.hangUp
        expect(yield* Effect.flip(Civis.client({ forceRefresh: true }))).toMatchObject({ _tag: "TransportError" })
        isDown = false
        expect(yield* warnings(Civis.client())).toEqual([])
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("fails without a specification, and tries again", () =>
    Effect.gen(function* () {
      const { live } = yield* start({
        specification: specificationOf("/a"),
        instead: (_, index) => (index === 0 ? Scripted.respond({ body: "<html>" }) : undefined)
      })
      yield* Effect.gen(function* () {
        expect(yield* Effect.flip(Civis.client())).toMatchObject({ _tag: "DocumentError" })
        expect(resourcesOf(yield* Civis.client())).toEqual(["a"])
      }).pipe(Effect.provide(live))
    })
  )

  it.scoped("keeps specifications in a store for other processes", () =>
    Effect.gen(function* () {
      const path = yield* directory
      let isDown = false
      const { server } = yield* start({
        specification: specificationOf("/a"),
        instead: () => (isDown ? Scripted.hangUp : undefined)
      })
      /** Makes a client as another process does: with a layer of its own. */
      const inProcess = Effect.map(Effect.scoped(Civis.client()), resourcesOf).pipe(
        Effect.provide(
          layerAt(server.url).pipe(
            Layer.provide(Layer.orDie(DiskCache.store({ directory: path }))),
            Layer.merge(transport)
          )
        )
      )
      expect(yield* inProcess).toEqual(["a"])
      expect(yield* inProcess).toEqual(["a"])
      expect(fetches(server)).toHaveLength(1)
      yield* TestClock.adjust("1 day")
      expect(yield* inProcess).toEqual(["a"])
      expect(fetches(server)).toEqual([undefined, expect.stringMatching(/^"/)])
      // The confirmation counts for other processes, too.
      expect(yield* inProcess).toEqual(["a"])
      expect(fetches(server)).toHaveLength(2)
      yield* TestClock.adjust("1 day")
      isDown = true
      const logged = yield* warnings(Effect.map(inProcess, (resources) => expect(resources).toEqual(["a"])))
      expect(logged).toEqual([expect.stringContaining("specification of 1970-01-02T00:00:00.000Z is used")])
    })
  )

  it.scoped("works without a store that fails", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const { server } = yield* start({ specification: specificationOf("/a") })
      const store = Layer.orDie(DiskCache.store({ directory: join(path, "store") }))
      const live = layerAt(server.url).pipe(Layer.provide(store), Layer.merge(transport))
      writeFileSync(join(path, "file"), "")
      const broken = layerAt(server.url).pipe(
        Layer.provide(Layer.orDie(DiskCache.store({ directory: join(path, "file", "below") }))),
        Layer.merge(transport)
      )
      for (const layer of [live, broken]) {
        expect(resourcesOf(yield* Effect.provide(Civis.client(), layer))).toEqual(["a"])
      }
    })
  )
})

describe("a client of Civis with a local specification", () => {
  const spec = JSON.parse(specificationOf("/local/{id}")) as { paths: Record<string, unknown> }

  it.effect("needs no server, and no services", () =>
    Effect.gen(function* () {
      const client = yield* Civis.client({ localSpec: spec })
      expect(resourcesOf(client)).toEqual(["local"])
      // A change of the value is none of the client.
      const before = JSON.stringify(Object.keys(client["local"]!))
      const copy = structuredClone(spec)
      const other = yield* Civis.client({ localSpec: copy })
      copy.paths["/more"] = {}
      expect(JSON.stringify(Object.keys(other["local"]!))).toBe(before)
    })
  )

  it.scopedLive("is read from a file", () =>
    Effect.gen(function* () {
      const file = join(yield* directory, "spec.json")
      writeFileSync(file, JSON.stringify(spec))
      const client = yield* Effect.provide(
        Civis.client<Civis.AnyClient, Effect.Effect.Context<ReturnType<typeof DocumentFiles.read>>>({
          localSpec: file,
          read: DocumentFiles.read
        }),
        transport
      )
      expect(resourcesOf(client)).toEqual(["local"])
    })
  )

  it.effect("can't be refreshed", () =>
    Effect.gen(function* () {
      const both = { localSpec: spec, forceRefresh: true } as unknown as Civis.LocalOptions
      const error = yield* Effect.flip(Civis.client(both))
      expect(ConfigError.isConfigError(error)).toBe(true)
      expect(String(error)).toContain("can't be combined with localSpec")
    })
  )

  it.effect.each([
    ["no specification", {}],
    ["a value that is no JSON", { swagger: "2.0", paths: {}, make: () => {} }]
  ])("fails with a DocumentError: %s", ([, localSpec]) =>
    Effect.map(Effect.flip(Civis.client({ localSpec: localSpec as {} })), (error) =>
      expect(error).toMatchObject({ _tag: "DocumentError" })
    )
  )

  it.effect("asks for `read` where it is a file", () =>
    Effect.map(Effect.flip(Civis.client({ localSpec: "spec.json" } as unknown as Civis.FileOptions<never>)), (error) =>
      expect(error).toMatchObject({ _tag: "DocumentError", message: expect.stringContaining("DocumentFiles.read") })
    )
  )
})

describe("Civis.spec", () => {
  it.scoped("is the specification as the server sent it", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start()
      expect(yield* Effect.provide(Civis.spec(), live)).toBe(specificationText)
      expect(server.requests).toHaveLength(1)
    })
  )
})
