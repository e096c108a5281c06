import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Body from "../../Body.js"
import type { Any, DeclaredError } from "../../Endpoint.js"
import { isIdempotent, isSafe, isSuccess } from "../http/methods.js"
import type { Reader } from "./Codec.js"
import type { CompiledEndpoint } from "./CompiledEndpoint.js"
import { segmentsOf, templateOf } from "./pathTemplate.js"
import { errorReadersOf } from "./readers.js"
import { encodeFields, encodePath } from "./values.js"

/** The media types that a call accepts. */
const acceptOf = (method: HttpMethod, bodies: ReadonlyArray<Body.Any>): string => {
  // The response has no body, whatever the type of the resource.
  if (method === "HEAD") return "*/*"
  const types = new Set(bodies.map(({ contentType }) => contentType ?? "*/*"))
  // A success without a body may still have an error with one.
  return bodies.every(({ kind }) => kind === "empty") ? "application/json" : [...types].join(", ")
}

/** Readers by status; a lone body is that of every 2xx. */
export const successesOf = (
  method: HttpMethod,
  success: Body.Any | Readonly<Record<number, Body.Any>>
): Pick<CompiledEndpoint, "accept" | "accepts" | "successes" | "successStatuses"> => {
  if (Body.isBody(success)) {
    const readers = [success.codec.reader]
    return {
      accept: acceptOf(method, [success]),
      accepts: isSuccess,
      successStatuses: "a success",
      successes: (status) => (isSuccess(status) ? readers : undefined)
    }
  }
  const entries = Object.entries(success)
  const readers = new Map(entries.map(([status, body]): [number, ReadonlyArray<Reader>] => [Number(status), [body.codec.reader]]))
  return {
    accept: acceptOf(
      method,
      entries.map(([, body]) => body)
    ),
    // Any other 2xx is a success of HTTP, so that it is no failed attempt, but it can't be decoded.
    accepts: (status) => isSuccess(status) || readers.has(status),
    successStatuses: [...readers.keys()].join(" or "),
    successes: (status) => readers.get(status)
  }
}

/** Error readers by status. */
export const errorsOf = (
  errors: Readonly<Record<number, ReadonlyArray<DeclaredError>>>
): CompiledEndpoint["errors"] => {
  const readers = new Map(
    Object.entries(errors).map(([status, declared]) => [Number(status), declared.flatMap(errorReadersOf)] as const)
  )
  return (status) => readers.get(status)
}

const declaresRedirect = (byStatus: object): boolean => Object.keys(byStatus).some((status) => /^3(?!04)\d\d$/.test(status))

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
    ...successesOf(method, success),
    errors: errorsOf(errors),
    safe: isSafe(method) && !sideEffects,
    idempotent:
      endpoint.idempotent === true || idempotencyKey !== undefined || (isIdempotent(method) && !sideEffects),
    idempotencyKey,
    unrepeatable: endpoint.unrepeatable ?? false,
    // A declared redirect is a response of the endpoint.
    followRedirects: endpoint.unrepeatable !== true && !declaresRedirect(success) && !declaresRedirect(errors),
    sensitive: endpoint.sensitive ?? false,
    family: endpoint
  }
}
