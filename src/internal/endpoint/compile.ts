import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Body from "../../Body.js"
import { type Any, type DeclaredError, type ErrorsSpec, isErrorAs } from "../../Endpoint.js"
import { isIdempotent, isSafe } from "../http/methods.js"
import { isSuccess } from "../http/statuses.js"
import type { Reader } from "./Codec.js"
import type { CompiledEndpoint, ErrorReader } from "./CompiledEndpoint.js"
import { withoutCredentials } from "./withoutCredentials.js"
import { segmentsOf, templateOf } from "./pathTemplate.js"
import { errorReadersOf } from "./readers.js"
import { encodeFields, encodePath } from "./values.js"

/** Matches the media types of JSON. */
const jsonType = /^application\/(?:.+\+)?json\b/i

/**
 * Makes the `Accept` header of a call.
 *
 * - `successes`: the content types of successes with a body; undefined is any type
 * - `errors`: the content types of declared errors. Those of JSON are accepted, but a success of one of them is not preferred
 */
export const acceptOf = (
  method: HttpMethod,
  successes: ReadonlyArray<string | undefined>,
  errors: ReadonlyArray<string | undefined>
): string => {
  // The response has no body, whatever the type of the resource.
  if (method === "HEAD") return "*/*"
  // A success without a body may still have an error with one.
  const own = new Set(successes.length === 0 ? ["application/json"] : successes.map((type) => type ?? "*/*"))
  const others = new Set(errors.flatMap((type) => (type !== undefined && jsonType.test(type) ? [type] : [])))
  const added = own.has("*/*") ? [] : [...others].filter((type) => !own.has(type))
  return [...own, ...added.map((type) => `${type};q=0.9`)].join(", ")
}

const contentTypesOf = (bodies: ReadonlyArray<Body.Any>): ReadonlyArray<string | undefined> =>
  bodies.filter(({ kind }) => kind !== "empty").map(({ contentType }) => contentType)

/** The content types of declared errors: schemas are of JSON. */
const errorTypesOf = (errors: ErrorsSpec): ReadonlyArray<string | undefined> =>
  Object.values(errors).flatMap((declared: DeclaredError | ReadonlyArray<DeclaredError>) =>
    (Array.isArray(declared) ? declared : [declared]).map((one: DeclaredError) =>
      isErrorAs(one) ? one.body?.contentType : "application/json"
    )
  )

/** The key of a status in a declaration, and its rank: the status itself, then its class, then `default` (OpenAPI 3.1, 4.8.16). */
const keyOf = (declared: object, status: number): readonly [key: string, rank: number] => {
  const keys = ["default", `${Math.floor(status / 100)}XX`, `${status}`]
  const rank = keys.findLastIndex((key) => Object.hasOwn(declared, key))
  return [keys[rank] ?? "", rank]
}

/** The readers of responses with one status. */
interface Readers {
  readonly successes: ReadonlyArray<Reader> | undefined
  readonly errors: ReadonlyArray<ErrorReader> | undefined
}

/** The parts of an endpoint that read responses. */
export type Responses = Pick<
  CompiledEndpoint,
  "accept" | "accepts" | "successes" | "successStatuses" | "errors" | "follows" | "notModified" | "streams"
>

/**
 * Makes the readers of responses. A single success is that of every 2xx.
 */
export const responsesOf = (
  method: HttpMethod,
  success: Body.Any | Readonly<Record<string, Body.Any>>,
  errors: ErrorsSpec
): Responses => {
  const bodies: Readonly<Record<string, Body.Any>> = Body.isBody(success) ? { "2XX": success } : success
  const successes = new Map(
    Object.entries(bodies).map(([key, body]): [string, ReadonlyArray<Reader>] => [key, [body.codec.reader]])
  )
  const declaredErrors = new Map(
    Object.entries(errors).map(([key, declared]: [string, DeclaredError | ReadonlyArray<DeclaredError>]) => [
      key,
      (Array.isArray(declared) ? declared : [declared]).flatMap(errorReadersOf)
    ])
  )
  const find = (status: number): Readers => {
    const [successKey, successRank] = keyOf(bodies, status)
    const [errorKey, errorRank] = keyOf(errors, status)
    return successRank >= errorRank
      ? { successes: successes.get(successKey), errors: undefined }
      : { successes: undefined, errors: declaredErrors.get(errorKey) }
  }
  const found = new Map<number, Readers>()
  const readersOf = (status: number): Readers => {
    const readers = found.get(status) ?? find(status)
    found.set(status, readers)
    return readers
  }
  const isDeclared = (key: string) => successes.has(key) || declaredErrors.has(key)
  return {
    accept: acceptOf(method, contentTypesOf(Object.values(bodies)), errorTypesOf(errors)),
    // Any other 2xx fails to decode, but it is not a failed attempt: HTTP defines it as a success.
    accepts: (status) => successes.has(`${status}`) || (isSuccess(status) && readersOf(status).errors === undefined),
    successStatuses: Body.isBody(success) ? "a success" : [...successes.keys()].join(" or "),
    successes: (status) => readersOf(status).successes,
    errors: (status) => readersOf(status).errors,
    streams: Object.values(bodies).some(({ kind }) => kind === "stream"),
    follows: (status) => !isDeclared(`${status}`) && !isDeclared("3XX"),
    notModified:
      (method === "GET" || method === "HEAD") && !["304", "3XX"].some(isDeclared) && !successes.has("default")
  }
}

/** Compiles an endpoint. */
export const compile = (endpoint: Any): CompiledEndpoint => {
  const {
    anonymous = false,
    body,
    errors,
    headers,
    method,
    name,
    pathSchemas,
    query,
    sideEffects = false,
    success
  } = endpoint
  const segments = segmentsOf(endpoint.path)
  const responses = responsesOf(method, success, errors)
  const idempotencyKey = endpoint.idempotencyKey?.toLowerCase()
  const names = segments.flatMap(({ optional, parts }) =>
    parts.flatMap((part) => ("name" in part ? [{ name: part.name, optional }] : []))
  )
  return {
    name,
    method,
    template: templateOf(segments),
    segments,
    templates: new WeakMap(),
    authoriserOf: anonymous ? withoutCredentials() : undefined,
    encodePath: names.length === 0 ? undefined : encodePath(names, pathSchemas),
    encodeQuery: query && encodeFields(query),
    encodeHeaders: headers && encodeFields(headers),
    body: body && { writer: body.codec.writer, contentType: body.contentType },
    issuePaths: { path: [], query: [] },
    ...responses,
    safe: isSafe(method) && !sideEffects,
    idempotent: endpoint.idempotent === true || idempotencyKey !== undefined || (isIdempotent(method) && !sideEffects),
    idempotencyKey,
    neverRetried: endpoint.neverRetried ?? false,
    follows: endpoint.neverRetried === true ? () => false : responses.follows,
    sensitive: endpoint.sensitive ?? false,
    family: endpoint
  }
}
