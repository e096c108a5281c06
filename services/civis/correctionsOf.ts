import * as Effect from "effect/Effect"
import type { Correction } from "../../src/spec/Document.js"

/** Civis' corrections. They are loaded when they are first needed, since not every program makes a client. */
export const correctionsOf: Effect.Effect<ReadonlyArray<Correction>> = Effect.flatMap(
  Effect.promise(() => import("./corrections.js")),
  ({ corrections }) => corrections
)
