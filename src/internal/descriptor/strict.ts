import * as Context from "effect/Context"

/**
 * Strictness of calls of operations that come from a document. If true, a call whose response differs from its description fails with a
 * `DecodeError`. If false, the response is delivered, and the differences are the `issues` of `withResponse`. Provide it, as a service, to
 * a single call or to a program. Default: that of the API's layer (`strict`), or else false.
 */
export class Strict extends Context.Reference<Strict>()("effect-herald/Descriptor/Strict", {
  defaultValue: (): boolean | undefined => undefined
}) {}
