import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

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
 * Annotation of an `HttpApiEndpoint`: the name of the header in which the API takes an idempotency key. A key (a random UUID) is
 * made for each call, the same on every attempt, unless the endpoint's own headers hold one; so the call is safe to repeat,
 * whatever its method (draft-ietf-httpapi-idempotency-key-header). Default: none.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Endpoint } from "effect-herald"
 *
 * const charge = () => HttpApiEndpoint.post("charge", "/charges").annotate(Endpoint.IdempotencyKey, "Idempotency-Key")
 * ```
 */
export class IdempotencyKey
  extends /*#__PURE__*/ Context.Reference<IdempotencyKey>()("effect-herald/Endpoint/IdempotencyKey", {
    defaultValue: (): string | undefined => undefined
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
 * Annotation of an `HttpApiEndpoint`: it changes something, though its method says that it does not (RFC 9110, 9.2.1), or gives
 * something else each time. Its answers are never cached nor shared, and an attempt whose fate is unknown is not repeated.
 * Default: false.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Endpoint } from "effect-herald"
 *
 * const draw = () => HttpApiEndpoint.get("draw", "/lots/next").annotate(Endpoint.SideEffects, true)
 * ```
 */
export class SideEffects
  extends /*#__PURE__*/ Context.Reference<SideEffects>()("effect-herald/Endpoint/SideEffects", {
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

/**
 * The payload of an `HttpApiEndpoint` whose body is a Stream of bytes. Once some of it was read the call is not repeated, since
 * a Stream may not give the same twice: its attempt says `body spent`. The content type is `application/octet-stream` unless
 * said otherwise.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Endpoint } from "effect-herald"
 *
 * const upload = () => HttpApiEndpoint.put("upload", "/file").setPayload(Endpoint.StreamPayload("text/csv"))
 * ```
 */
export const StreamPayload = (
  contentType = "application/octet-stream"
): Schema.Schema<Stream.Stream<Uint8Array, unknown>> =>
  Schema.declare(
    (input): input is Stream.Stream<Uint8Array, unknown> => Predicate.hasProperty(input, Stream.StreamTypeId),
    { description: "a Stream of bytes" }
  ).annotations({ [HttpApiSchema.AnnotationEncoding]: { kind: "Uint8Array", contentType } })
