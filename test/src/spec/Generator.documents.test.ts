import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { Operation } from "effect-herald"
import { convention } from "effect-herald/civis"
import { Client, Document, Names } from "effect-herald/spec"
import { Generator } from "effect-herald/spec/tools"
import {
  argumentsOf,
  capturing,
  compile,
  directory,
  resolutions,
  type Sent,
  writeFiles
} from "../../support/generated.js"
import { at, Caller, once } from "../../support/kit.js"
import { inputs } from "../../support/shapeValues.js"

const folder = new URL("../../../node_modules/@readme/oas-examples/", import.meta.url).pathname
const civis = new URL("../../fixtures/civis/specification.json", import.meta.url).pathname

const files = [
  ...readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /json\/.*\.json$/.test(name))
    .map((name) => join(folder, name)),
  civis
]

const read = (path: string) =>
  Effect.map(Document.fromJson(JSON.parse(readFileSync(path, "utf8")), { source: `file://${path}` }), (document) => {
    const rules = path === civis ? convention : undefined
    const names = Names.make(document, rules)
    return { document, names, rules, files: Generator.generate(document, names, { name: "Generated" }) }
  })

type AnyOperation = Operation.Operation<ReadonlyArray<unknown>, unknown, unknown, never>
type Module = Readonly<Record<string, Readonly<Record<string, AnyOperation>>>>

/** The outcome of a call: the request that it sends, or the message of the error. */
const outcomeOf = (call: Effect.Effect<unknown, unknown, never>, sent: ReadonlyArray<Sent>) =>
  Effect.map(Effect.either(call), (outcome) =>
    sent.length > 0 ? sent : outcome._tag === "Left" ? String(outcome.left) : "nothing"
  )

describe("code generated from real documents", () => {
  it.scoped("compiles in strict mode, in projects of both module resolutions", () =>
    Effect.gen(function* () {
      const place = yield* directory
      // The two resolutions differ in imports only, which are the same in all documents.
      const other = yield* directory
      const counts = { documents: 0, operations: 0, files: 0 }
      for (const [index, path] of files.entries()) {
        const { files, names } = yield* read(path)
        writeFiles(place, String(index), files)
        if (path === civis) writeFiles(other, String(index), files)
        counts.documents += 1
        counts.operations += names.operations.length
        counts.files += files.size
      }
      const errors = [...(yield* compile(place)), ...(yield* compile(other, resolutions.bundler))]
      console.log(`generated code: ${JSON.stringify({ ...counts, errors: errors.length })}`)
      expect(errors).toEqual([])
      expect(counts.operations).toBeGreaterThan(900)
    })
  )

  it.scoped("sends the requests that a client at run time sends, byte for byte", () =>
    Effect.gen(function* () {
      const place = yield* directory
      const counts = { operations: 0, requests: 0, refused: 0, different: 0 }
      const different: Array<unknown> = []
      const base = at(new URL("https://api.example/base"))
      const runtime = yield* Layer.build(Layer.mergeAll(base, once, Logger.remove(Logger.defaultLogger)))
      for (const [index, path] of files.entries()) {
        const { document, files, names, rules } = yield* read(path)
        const own = writeFiles(place, String(index), files)
        const client = Client.make(Caller, document, { convention: rules }) as unknown as Module
        const generated = (yield* Effect.promise(() => import(join(own, "index.ts")))) as Module & {
          readonly Generated: typeof Caller
        }
        for (const { descriptor, method, resource } of names.operations) {
          counts.operations += 1
          for (const input of fc.sample(inputs(descriptor()), { numRuns: 2, seed: counts.operations })) {
            const args = argumentsOf(descriptor(), input)
            const call = (operation: AnyOperation) => {
              const sent: Array<Sent> = []
              const tagged = Effect.provideServiceEffect(
                operation(...args),
                generated.Generated,
                Caller
              ) as Effect.Effect<unknown, unknown>
              return outcomeOf(
                tagged.pipe(Effect.provide(capturing(sent)), Effect.provide(runtime)) as Effect.Effect<
                  unknown,
                  unknown
                >,
                sent
              )
            }
            const one = yield* call(client[resource]![method]!)
            const other = yield* call(generated[resource]![method]!)
            counts.requests += 1
            if (typeof one === "string") counts.refused += 1
            if (JSON.stringify(one) === JSON.stringify(other)) continue
            counts.different += 1
            different.push({ path, resource, method, one, other })
          }
        }
      }
      console.log(`requests of generated code: ${JSON.stringify(counts)}`)
      expect(different.slice(0, 3)).toEqual([])
      expect(counts.requests - counts.refused).toBeGreaterThan(1500)
    })
  )
})
