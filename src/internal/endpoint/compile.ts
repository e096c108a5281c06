import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Body from "../../Body.js"
import { type Any, type DeclaredError, type ErrorsSpec, isErrorAs } from "../../Endpoint.js"
import { isIdempotent, isSafe } from "../http/methods.js"
import { isSuccess } from "../http/statuses.js"
import type { Reader } from "./Codec.js"
import type { CompiledEndpoint } from "./CompiledEndpoint.js"
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

/** Makes the readers of successes by status. A single body is that of every 2xx. */
export const successesOf = (
  method: HttpMethod,
  success: Body.Any | Readonly<Record<number, Body.Any>>,
  errors: ErrorsSpec = {}
): Pick<CompiledEndpoint, "accept" | "accepts" | "successes" | "successStatuses"> => {
  if (Body.isBody(success)) {
    const readers = [success.codec.reader]
    return {
      accept: acceptOf(method, contentTypesOf([success]), errorTypesOf(errors)),
      accepts: isSuccess,
      successStatuses: "a success",
      successes: (status) => (isSuccess(status) ? readers : undefined)
    }
  }
  const entries = Object.entries(success)
  const readers = new Map(
    entries.map(([status, body]): [number, ReadonlyArray<Reader>] => [Number(status), [body.codec.reader]])
  )
  return {
    accept: acceptOf(method, contentTypesOf(Object.values(success)), errorTypesOf(errors)),
    // Any other 2xx fails to decode, but it is not a failed attempt: HTTP defines it as a success.
    accepts: (status) => isSuccess(status) || readers.has(status),
    successStatuses: [...readers.keys()].join(" or "),
    successes: (status) => readers.get(status)
  }
}

/** Makes the readers of errors by status. */
export const errorsOf = (errors: ErrorsSpec): CompiledEndpoint["errors"] => {
  const readers = new Map(
    Object.entries(errors).map(([status, declared]: [string, DeclaredError | ReadonlyArray<DeclaredError>]) => [
      Number(status),
      (Array.isArray(declared) ? declared : [declared]).flatMap(errorReadersOf)
    ])
  )
  return (status) => readers.get(status)
}

/** Reports whether a status is declared that could be followed as a redirect. A 304 is not a redirect. */
const declaresRedirect = (byStatus: object): boolean =>
  Object.keys(byStatus).some((status) => /^3(?!04)\d\d$/.test(status))

/** Compiles an endpoint. */
export const compile = (endpoint: Any): CompiledEndpoint => {
  const { body, errors, headers, method, name, pathSchemas, query, sideEffects = false, success } = endpoint
  const segments = segmentsOf(endpoint.path)
  const idempotencyKey = endpoint.idempotencyKey?.toLowerCase()
  const names = segments.flatMap(({ optional, parts }) =>
    parts.flatMap((part) => ("name" in part ? [{ name: part.name, optional }] : []))
  )
  return {
    name,
    method,
    template: templateOf(segments),
    segments,
    encodePath: names.length === 0 ? undefined : encodePath(names, pathSchemas),
    encodeQuery: query && encodeFields(query),
    encodeHeaders: headers && encodeFields(headers),
    body: body && { writer: body.codec.writer, contentType: body.contentType },
    issuePaths: { path: [], query: [] },
    ...successesOf(method, success, errors),
    errors: errorsOf(errors),
    safe: isSafe(method) && !sideEffects,
    idempotent: endpoint.idempotent === true || idempotencyKey !== undefined || (isIdempotent(method) && !sideEffects),
    idempotencyKey,
    unrepeatable: endpoint.unrepeatable ?? false,
    // A redirect that the endpoint declares is a response to decode.
    followRedirects: endpoint.unrepeatable !== true && !declaresRedirect(success) && !declaresRedirect(errors),
    sensitive: endpoint.sensitive ?? false,
    family: endpoint
  }
}
