import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { RetryPolicy } from "effect-herald"
import * as Civis from "effect-herald/civis"
import { Strict } from "effect-herald/descriptor"
import { Client, type Convention, type Document, Names } from "effect-herald/spec"
import { Learn } from "effect-herald/spec/tools"
import { overlay } from "../../../services/civis/corrections.js"
import { correctionsOf } from "../../../services/civis/correctionsOf.js"
import { type Example, examplesOf } from "../../servers/civis/index.js"
import { argumentsOf } from "./support/calls.js"
import { start } from "./support/server.js"
import { readCorrected, readSpecification, specificationText } from "./support/specification.js"

const examples = examplesOf(JSON.parse(specificationText))

/** Calls each recorded example, and counts the outcomes. */
const callAll = (document: Document.Document) =>
  Effect.gen(function* () {
    const { live, server } = yield* start()
    const client = Client.make(Civis.Authoriser, document, { convention: Civis.convention })
    const named = new Map<string, Convention.NamedOperation>(
      Names.make(document, Civis.convention).operations.map((one) => [
        `${one.operation.method} ${one.operation.path}`,
        one
      ])
    )
    const counts = { examples: examples.length, omitted: 0, strict: 0, issues: 0, errors: 0, lost: 0 }
    const lost: Array<string> = []
    const called: Array<Example> = []
    for (const example of examples) {
      const one = named.get(`${example.method} ${example.path}`)
      if (one === undefined) {
        counts.omitted += 1
        continue
      }
      called.push(example)
      const method = yield* Effect.orDie(Client.method(client, one.resource, one.method))
      const args = argumentsOf(one.descriptor(), example)
      const { status } = example.response
      const result = yield* Effect.either(method.withResponse(...args)).pipe(Effect.provide(live))
      if (Either.isRight(result) && result.right.status === status) {
        counts[result.right.issues.length === 0 ? "strict" : "issues"] += 1
      } else if (Either.isLeft(result) && result.left._tag !== "EncodeError" && result.left.status === status) {
        counts.errors += status >= 400 ? 1 : 0
        if (status < 400) lost.push(`${example.method} ${example.path}: ${result.left.message}`)
      } else {
        lost.push(`${example.method} ${example.path}: ${Either.isLeft(result) ? result.left.message : status}`)
      }
    }
    expect(lost).toEqual([])
    return { counts: { ...counts, lost: lost.length }, called, server }
  }).pipe(
    Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
    // Each kind of mismatch is a warning.
    Logger.withMinimumLogLevel(LogLevel.Error)
  )

/** The values of JSON, without the names of keys, in any order. */
const valuesOf = (json: unknown): ReadonlyArray<string> =>
  (typeof json === "object" && json !== null ? Object.values(json).flatMap(valuesOf) : [String(json)]).toSorted()

describe("the recorded examples of Civis", () => {
  it.scopedLive("are all delivered, with what differs from the specification", () =>
    Effect.gen(function* () {
      const { counts } = yield* callAll(yield* readSpecification)
      console.log("Civis, as specified:", JSON.stringify(counts))
      expect(counts).toEqual({ examples: 210, omitted: 4, strict: 40, issues: 158, errors: 8, lost: 0 })
    })
  )

  it.scopedLive("are all delivered strictly once the specification is corrected, and requested as recorded", () =>
    Effect.gen(function* () {
      const { called, counts, server } = yield* Effect.provideService(callAll(yield* readCorrected), Strict, true)
      console.log("Civis, corrected:", JSON.stringify(counts))
      expect(counts).toEqual({ examples: 210, omitted: 4, strict: 198, issues: 0, errors: 8, lost: 0 })
      expect(server.requests).toHaveLength(called.length)
      called.forEach(({ body }, index) => {
        const sent = server.requests[index]!.body
        // Some recordings repeat the id in the path in the body.
        const { syncId: _, ...recorded } = (body ?? {}) as Record<string, unknown>
        expect(valuesOf(sent === "" ? {} : JSON.parse(sent))).toEqual(valuesOf(recorded))
      })
    })
  )
})

describe("the corrections of Civis", () => {
  it.effect("are those that the recorded examples teach", () =>
    Effect.gen(function* () {
      expect(Learn.fromExamples(yield* readSpecification)).toEqual(overlay)
      expect(Learn.fromExamples(yield* readCorrected).actions).toEqual([])
    })
  )

  it.effect("all apply", () =>
    Effect.gen(function* () {
      const [correction] = yield* correctionsOf
      expect(correction).toBeDefined()
      const { json } = yield* readSpecification
      expect(correction!(json).problems).toEqual([])
    })
  )
})
