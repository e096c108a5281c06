import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inspect } from "node:util"
import { Verbs } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { at, Caller, once } from "./kit.js"

/** The verbs of the tests' API. */
export const verbs = Verbs.make(Caller)

export type Result = Effect.Effect<unknown, Verbs.Errors, Effect.Effect.Context<ReturnType<typeof verbs.get>>>

type Loose = (...parameters: ReadonlyArray<unknown>) => Result

/** The verbs without types, as JavaScript has them. */
export const loose = verbs as unknown as Record<keyof typeof verbs, Loose & { readonly withResponse: Loose }>

/** The names of all verbs. */
export const every = Object.keys(verbs) as ReadonlyArray<keyof typeof verbs>

/** The verbs that return the value of the response. */
export const returningValues = ["get", "post", "put", "patch", "delete"] as const

/** A `Caller` at this URL, without retries. */
export const place = (url: URL): Layer.Layer<Caller> => Layer.merge(at(url), once)

/** The result of a call with this response. */
export const resultOf = <A, E, R>(call: Effect.Effect<A, E, R>, response: Scripted.Behaviour) =>
  Effect.gen(function* () {
    const { url } = yield* Scripted.make([response])
    return yield* Effect.provide(call, place(url))
  })

/** All texts that an error can be shown as. */
export const textsOf = (error: unknown): string =>
  inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
