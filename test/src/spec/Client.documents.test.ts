import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Client, Document, Names } from "effect-herald/spec"
import { respond } from "../../servers/scripted.js"
import * as Scripted from "../../servers/scripted.js"
import { client as transport } from "../../support/client.js"
import { at, Caller, once } from "../../support/kit.js"
import { inputs } from "../../support/shapeValues.js"

const folder = new URL("../../../node_modules/@readme/oas-examples/", import.meta.url).pathname

const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /json\/.*\.json$/.test(name))

const read = (name: string) =>
  Document.fromJson(JSON.parse(readFileSync(join(folder, name), "utf8")), { source: `file://${folder}${name}` })

describe("a client of real documents", () => {
  it.effect("has a unique and valid name for each operation, and reports those that were changed", () =>
    Effect.gen(function* () {
      const counts = { documents: 0, operations: 0, changed: 0 }
      for (const name of files) {
        const document = yield* read(name)
        const { operations, problems } = Names.make(document)
        const names = operations.map(({ method, resource }) => `${resource}.${method}`)
        expect(new Set(names).size, name).toBe(document.operations.length)
        for (const one of names)
          expect(one).toMatch(/^[\p{ID_Start}_][\p{ID_Continue}]*\.[\p{ID_Start}_][\p{ID_Continue}]*$/u)
        counts.documents += 1
        counts.operations += names.length
        counts.changed += problems.length
      }
      console.log(`names: ${JSON.stringify(counts)}`)
      expect(counts.documents).toBeGreaterThan(60)
    })
  )

  it.scoped("calls each operation, whose request arrives", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([respond({ status: 204 })])
      const live = yield* Layer.build(
        Layer.mergeAll(transport, once, at(server.url), Logger.remove(Logger.defaultLogger))
      )
      const counts = { documents: 0, operations: 0, calls: 0, requests: 0 }
      const failures: Array<string> = []
      for (const name of files) {
        const document = yield* read(name)
        const api = Client.make(Caller, document)
        counts.documents += 1
        for (const { descriptor, method, operation, resource } of Names.make(document).operations) {
          counts.operations += 1
          const call = yield* Client.method(api, resource, method)
          const { server: own } = descriptor()
          for (const input of fc.sample(inputs(descriptor()), { numRuns: 2, seed: 1 })) {
            // Servers elsewhere are not called, and no value is of the types of these operations.
            if ((own !== undefined && /^https?:/.test(own)) || /incompatible.*AllOf|directCircular/i.test(method))
              continue
            counts.calls += 1
            const before = server.requests.length
            const outcome = yield* call(input).pipe(Effect.provide(live), Effect.either)
            counts.requests += server.requests.length - before
            if (server.requests.length === before) {
              if (!failures.at(-1)?.startsWith(`${name} ${operation.method} ${operation.path}:`))
                failures.push(
                  `${name} ${operation.method} ${operation.path}: ${Either.isLeft(outcome) ? outcome.left.message : "nothing"} ${JSON.stringify(input).slice(0, 200)}`
                )
            }
          }
        }
      }
      console.log(`calls: ${JSON.stringify({ ...counts, failures: failures.length })}`)
      expect(failures).toEqual([])
      expect(counts.operations).toBeGreaterThan(600)
    })
  )
})
