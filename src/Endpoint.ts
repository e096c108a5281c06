import * as Context from "effect/Context"

/**
 * Annotation of an `HttpApiEndpoint`: calling it twice does what calling it once does, though its method does not say so.
 * An attempt whose fate is unknown may then be repeated. Default: false, which leaves it to the method (RFC 9110, 9.2.2).
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Endpoint } from "effect-herald"
 *
 * const search = () => HttpApiEndpoint.post("search", "/search").annotate(Endpoint.Idempotent, true)
 * ```
 */
export class Idempotent
  extends /*#__PURE__*/ Context.Reference<Idempotent>()("effect-herald/Endpoint/Idempotent", {
    defaultValue: () => false
  }) {}

/**
 * Annotation of an `HttpApiEndpoint`: no attempt is ever repeated, whatever the policy says, and no redirect followed. For
 * calls that replace the credentials that they were made with. Default: false.
 */
export class Unrepeatable
  extends /*#__PURE__*/ Context.Reference<Unrepeatable>()("effect-herald/Endpoint/Unrepeatable", {
    defaultValue: () => false
  }) {}

/**
 * Annotation of an `HttpApiEndpoint`: its answers or inputs hold secrets, so no error carries a part of a body. Default:
 * false.
 */
export class Sensitive
  extends /*#__PURE__*/ Context.Reference<Sensitive>()("effect-herald/Endpoint/Sensitive", {
    defaultValue: () => false
  }) {}
