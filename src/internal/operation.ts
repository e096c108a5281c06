import type * as Context from "effect/Context"
import type { Authoriser } from "../Authoriser.js"
import type { CallInfo } from "./call/CallInfo.js"
import type { CompiledEndpoint, Parts } from "./endpoint/CompiledEndpoint.js"

/** The key under which an operation has its internals, for modules that make calls of it in other ways. */
export const internals: unique symbol = /*#__PURE__*/ Symbol.for("effect-herald/Operation/internals")

/** The internals of an operation. */
export interface Internals {
  readonly tag: Context.Tag<unknown, Authoriser>
  readonly compiled: () => CompiledEndpoint
  /** The input that arguments stand for. */
  readonly inputOf: (args: ReadonlyArray<unknown>) => unknown
  /** The parts of an input, as the endpoint encodes them. */
  readonly partsOf: (input: unknown) => Parts
  /** An input with other query parameters, headers, or fields of a JSON body, for the next page of a list. */
  readonly withParams: (input: unknown, params: Readonly<Record<string, unknown>>) => unknown
  readonly withHeaders: (input: unknown, headers: Readonly<Record<string, unknown>>) => unknown
  readonly withBody: (input: unknown, fields: Readonly<Record<string, unknown>>) => unknown
}

const callKey: unique symbol = /*#__PURE__*/ Symbol.for("effect-herald/Operation/call")

/** Attaches the call that a response belongs to. It is a function, so that printing a response does not print the call. */
export const attachCall = <A extends object>(response: A, call: CallInfo): A =>
  Object.defineProperty(response, callKey, { value: () => call })

/** The call that a response belongs to. Undefined for a response that did not come from an operation or a verb. */
export const callOf = (response: object): CallInfo | undefined =>
  (response as { readonly [callKey]?: () => CallInfo })[callKey]?.()
