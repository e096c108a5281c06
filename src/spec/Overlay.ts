import type * as Effect from "effect/Effect"
import { apply as applyOverlay, correction as makeCorrection } from "../internal/spec/overlay/apply.js"
import type { Applied, Options, Overlay, OverlayError } from "../internal/spec/overlay/model.js"
import * as read from "../internal/spec/overlay/read.js"
import type { Json } from "../Shape.js"

export { OverlayError } from "../internal/spec/overlay/model.js"
export type { Action, ActionProblem, Applied, Options, Overlay } from "../internal/spec/overlay/model.js"

/**
 * Reads an overlay from JSON or YAML. Fails with an `OverlayError` that lists all that is wrong, including targets that are no
 * JSONPath.
 *
 * @example
 * ```ts
 * import { Overlay } from "effect-herald/spec"
 *
 * const overlay = Overlay.parse(`
 * overlay: 1.0.0
 * info: { title: Corrections, version: 1.0.0 }
 * actions:
 *   - target: $.definitions.Pet.properties.owner
 *     update: { x-nullable: true }
 * `)
 * ```
 */
export const parse: (text: string, options?: Options) => Effect.Effect<Overlay, OverlayError> = read.parse

/** Reads an overlay from a value, as `parse` does from text. */
export const fromJson: (value: unknown, options?: Options) => Effect.Effect<Overlay, OverlayError> = read.fromJson

/**
 * Applies an overlay to the JSON of a document of any version. The JSON that is given is not changed; the result shares with it what
 * the overlay leaves alone.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Overlay } from "effect-herald/spec"
 *
 * const program = Effect.gen(function* () {
 *   const { json, problems } = yield* Overlay.apply(
 *     { paths: { "/pets": { get: { operationId: "list" } } } },
 *     {
 *       overlay: "1.0.0",
 *       info: { title: "Corrections", version: "1.0.0" },
 *       actions: [{ target: "$.paths['/pets'].get", update: { deprecated: true } }]
 *     }
 *   )
 *   return { json, problems }
 * })
 * ```
 */
export const apply: (document: Json, overlay: Overlay, options?: Options) => Effect.Effect<Applied> = applyOverlay

/**
 * Makes a correction of an overlay, which the functions that read documents take. Loads the engine of JSONPath if a target needs it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Document, Overlay } from "effect-herald/spec"
 *
 * const program = Effect.gen(function* () {
 *   const overlay = yield* Overlay.parse('{ "overlay": "1.0.0", "info": { "title": "", "version": "" }, "actions": [] }')
 *   const correction = yield* Overlay.correction(overlay)
 *   return yield* Document.parse('{ "openapi": "3.1.0", "paths": {} }', { corrections: [correction] })
 * })
 * ```
 */
export const correction: (overlay: Overlay, options?: Options) => Effect.Effect<(json: Json) => Applied> =
  makeCorrection
