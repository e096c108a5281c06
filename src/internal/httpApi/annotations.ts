import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import type { Behavior } from "../../Endpoint.js"
import type { TimeoutError, TransportError } from "../../HeraldError.js"
import { isSafe } from "../http/methods.js"

/**
 * Annotation of an `HttpApiEndpoint`, a group or an API: sending the request twice has the effect of sending it once (RFC 9110,
 * 9.2.2), so that an attempt with an unknown outcome is retried. Default: false, so that the method decides.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Idempotent } from "effect-herald/http-api"
 *
 * const search = HttpApiEndpoint.post("search", "/search").annotate(Idempotent, true)
 * ```
 */
export class Idempotent extends Context.Reference<Idempotent>()("effect-herald/HttpApi/Idempotent", {
  defaultValue: () => false
}) {}

/**
 * Annotation of an `HttpApiEndpoint`, a group or an API: the header in which the API takes an idempotency key. All attempts
 * of a call send the same key: that of the call's own headers, or else a random UUID. The call then counts as idempotent,
 * whatever its method (draft-ietf-httpapi-idempotency-key-header). The annotation of a group or an API does not apply to
 * GET, HEAD and OPTIONS. Default: none.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { IdempotencyKey } from "effect-herald/http-api"
 *
 * const charge = HttpApiEndpoint.post("charge", "/charges").annotate(IdempotencyKey, "Idempotency-Key")
 * ```
 */
export class IdempotencyKey extends Context.Reference<IdempotencyKey>()("effect-herald/HttpApi/IdempotencyKey", {
  defaultValue: (): string | undefined => undefined
}) {}

/**
 * Annotation of an `HttpApiEndpoint`, a group or an API that forbids retries and redirects, whatever the policy says, for calls
 * that replace their own credentials. Default: false.
 */
export class NeverRetried extends Context.Reference<NeverRetried>()("effect-herald/HttpApi/NeverRetried", {
  defaultValue: () => false
}) {}

/**
 * Annotation of an `HttpApiEndpoint`, a group or an API: the call has side effects that its method should not have (RFC 9110,
 * 9.2.1 and 9.2.2): a GET that changes something, or a PUT that is not idempotent. It is neither cached nor shared, and not
 * retried once its outcome is unknown. Default: false.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { SideEffects } from "effect-herald/http-api"
 *
 * const draw = HttpApiEndpoint.get("draw", "/lots/next").annotate(SideEffects, true)
 * ```
 */
export class SideEffects extends Context.Reference<SideEffects>()("effect-herald/HttpApi/SideEffects", {
  defaultValue: () => false
}) {}

/**
 * Annotation of an `HttpApiEndpoint`, a group or an API: input or output hold secrets: errors have no `body` and no
 * `data`, only neutral headers, and of the body only what the server explains in JSON. Responses are not cached. Default: false.
 */
export class Sensitive extends Context.Reference<Sensitive>()("effect-herald/HttpApi/Sensitive", {
  defaultValue: () => false
}) {}

/**
 * Reads the behavior of an endpoint from annotations.
 *
 * - `merged`: the annotations of the endpoint, its group and its API
 * - `own`: the annotations of the endpoint
 */
export const behaviorOf = (
  method: Parameters<typeof isSafe>[0],
  merged: Context.Context<never>,
  own: Context.Context<never>
): Behavior => ({
  idempotent: Context.get(merged, Idempotent),
  // An API that takes a key for all endpoints needs it for writes.
  idempotencyKey: Context.get(isSafe(method) ? own : merged, IdempotencyKey),
  sideEffects: Context.get(merged, SideEffects),
  sensitive: Context.get(merged, Sensitive),
  neverRetried: Context.get(merged, NeverRetried)
})

const streamAnnotation: unique symbol = Symbol.for("effect-herald/HttpApi/Stream")

const streamSchema = <E>(contentType = "application/octet-stream"): Schema.Schema<Stream.Stream<Uint8Array, E>> =>
  Schema.declare((input): input is Stream.Stream<Uint8Array, E> => Predicate.hasProperty(input, Stream.StreamTypeId), {
    description: "a Stream of bytes",
    [streamAnnotation]: true,
    [HttpApiSchema.AnnotationEncoding]: { kind: "Uint8Array", contentType }
  })

/**
 * The payload of an `HttpApiEndpoint` whose body is a Stream of bytes, sent as it is pulled. Once part of it was read the call
 * is not retried. A server handles it by `handleRaw`. Default content type: `application/octet-stream`.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { StreamPayload } from "effect-herald/http-api"
 *
 * const upload = HttpApiEndpoint.put("upload", "/export.csv").setPayload(StreamPayload("text/csv"))
 * ```
 */
export const StreamPayload = (contentType?: string): Schema.Schema<Stream.Stream<Uint8Array, unknown>> =>
  streamSchema(contentType)

/**
 * The success of an `HttpApiEndpoint` whose body is not read by the call, but returned as a Stream of bytes. A server's handler
 * returns an `HttpServerResponse` for it. Default content type: `application/octet-stream`.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { StreamSuccess } from "effect-herald/http-api"
 *
 * const download = HttpApiEndpoint.get("download", "/export.csv").addSuccess(StreamSuccess("text/csv"))
 * ```
 */
export const StreamSuccess = (
  contentType?: string
): Schema.Schema<Stream.Stream<Uint8Array, TransportError | TimeoutError>> => streamSchema(contentType)

/** Reports whether a schema is `StreamPayload` or `StreamSuccess`. */
export const isStream = (ast: AST.AST): boolean => ast.annotations[streamAnnotation] === true
