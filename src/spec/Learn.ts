import { examplesOf } from "../internal/spec/learn/examples.js"
import type { Example } from "../internal/spec/learn/examples.js"
import * as learn from "../internal/spec/learn/learn.js"
import type { SeenMismatch } from "../internal/spec/learn/learn.js"
import type { Overlay } from "../internal/spec/overlay/model.js"
import type { Document } from "./Document.js"

export type { Example } from "../internal/spec/learn/examples.js"
export type { SeenMismatch } from "../internal/spec/learn/learn.js"

/**
 * The examples of a document's responses, in the order of the document: exchanges that were recorded in the `x-examples` of operations,
 * the `examples` of responses (Swagger 2.0), and the `example` and `examples` of media types (OpenAPI 3). Examples of media types other
 * than JSON are left out, as are those of statuses that are not described.
 */
export const examples: (document: Document) => ReadonlyArray<Example> = examplesOf

/**
 * Learns corrections from the examples of a document: makes an overlay with which they all match their schemas.
 *
 * - A null makes its schema nullable, where the schema is used: `x-nullable` in Swagger 2.0, `nullable` in OpenAPI 3.0, the type `null`
 *   from 3.1 on.
 * - Another type is added to the declared types, as an array of types in every version. It replaces the declared type if there were at
 *   least three values of other types, none of the declared one, and no request has the schema. A number with a fraction makes an integer
 *   a number.
 * - A required property that was absent is no longer required.
 * - A value that an enum does not list changes nothing: enums are open in responses.
 *
 * A schema that several operations refer to is corrected once. Each action says what was seen and how often. The same document gives
 * the same overlay, and a corrected document one without actions.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Document, Overlay } from "effect-herald/spec"
 * import { Learn } from "effect-herald/spec/tools"
 *
 * const corrected = (text: string) =>
 *   Effect.gen(function* () {
 *     const overlay = Learn.fromExamples(yield* Document.parse(text))
 *     return yield* Document.parse(text, { corrections: [yield* Overlay.correction(overlay)] })
 *   })
 * ```
 */
export const fromExamples: (document: Document) => Overlay = learn.fromExamples

/**
 * Learns corrections from mismatches that were seen in responses, as `fromExamples` does from examples. Since values without mismatches
 * are not known, no declared type is replaced. Mismatches of operations or statuses that the document does not describe are ignored.
 */
export const fromMismatches: (document: Document, mismatches: Iterable<SeenMismatch>) => Overlay = learn.fromMismatches
