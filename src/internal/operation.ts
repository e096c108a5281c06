import type * as Context from "effect/Context"

import type { Authoriser } from "../Authoriser.js"
import type { Attempt } from "../Attempt.js"
import type { Timing } from "../Timing.js"
import type { Descriptor } from "./descriptor/Descriptor.js"
import type { CallInfo } from "./call/CallInfo.js"
import type { Declared } from "./httpApi/compile.js"
import type { CompiledEndpoint, Parts } from "./endpoint/CompiledEndpoint.js"

/** The key of an operation's internals, for modules that make other calls from them, such as `Batch` and `Pagination`. */
export const internals: unique symbol = Symbol.for("effect-herald/Operation/internals")

/** The internals of an operation. */
export interface Internals {
  readonly tag: Context.Tag<unknown, Authoriser>
  readonly compiled: () => CompiledEndpoint
  /** Converts the arguments of the operation to its input. */
  readonly inputOf: (args: ReadonlyArray<unknown>) => unknown
  /** Splits an input into the parts that the endpoint encodes. */
  readonly partsOf: (input: unknown) => Parts
  /** Sets query parameters of an input, for a page of a list. */
  readonly withParams: (input: unknown, params: Readonly<Record<string, unknown>>) => unknown
  /** Sets headers of an input, for a page of a list. */
  readonly withHeaders: (input: unknown, headers: Readonly<Record<string, unknown>>) => unknown
  /** Sets fields of the JSON body of an input, for a page of a list. */
  readonly withBody: (input: unknown, fields: Readonly<Record<string, unknown>>) => unknown
  /** The endpoint of an `HttpApi`, of an operation that was made from one. */
  readonly declared?: Declared | undefined
  /** The descriptor, of an operation that was made from one. An unknown name in its input is an issue. */
  readonly descriptor?: (() => Descriptor) | undefined
}

const callKey: unique symbol = Symbol.for("effect-herald/Operation/call")

/** A call that has completed. */
interface CompletedCall {
  readonly call: CallInfo
  readonly timing: Timing
  readonly attempts: ReadonlyArray<Attempt>
}

/** Attaches its call to a response. The call is behind a function, so that printing the response does not print it. */
export const attachCall = <A extends object>(response: A, call: CompletedCall): A =>
  Object.defineProperty(response, callKey, { value: () => call })

/** Returns the call of a response. Undefined for a response that does not come from an operation or a verb. */
export const completedCallOf = (response: object): CompletedCall | undefined =>
  // Only `attachCall` sets this property.
  (response as { readonly [callKey]?: () => CompletedCall })[callKey]?.()

/** `completedCallOf`, without the times of the call. */
export const callOf = (response: object): CallInfo | undefined => completedCallOf(response)?.call
