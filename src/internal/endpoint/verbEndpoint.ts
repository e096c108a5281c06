import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Body from "../../Body.js"
import type { ErrorsSpec } from "../../Endpoint.js"
import type { Issue } from "../../Issue.js"
import { isRequestField } from "../http/fieldSyntax.js"
import { isIdempotent, isSafe } from "../http/methods.js"
import { statusKey } from "../http/statuses.js"
import { verbBodyNames, verbWriters } from "./bodies.js"
import type { CompiledEndpoint } from "./CompiledEndpoint.js"
import { type Responses, responsesOf } from "./compile.js"
import { encodeHeaderValues, encodeParams, encodePathValues } from "./values.js"
import { anyPath } from "./pathTemplate.js"
import { parseTarget, type Target } from "./verbTarget.js"

/** A request that no endpoint describes. Target and options may have any type, since callers may use JavaScript. */
export interface VerbRequest {
  readonly method: HttpMethod
  readonly target: unknown
  readonly options: Readonly<Record<string, unknown>>
  /** The success, unless the options declare one. */
  readonly success: Body.Any
}

/**
 * Returns the path of a refused target, for messages. A URL is not shown, nor is a query, since they may hold secrets. Empty for a
 * target that has no path.
 */
const shownTarget = (target: unknown): string => {
  if (target instanceof URL) return anyPath
  if (!Predicate.isString(target) || !target.isWellFormed()) return ""
  if (/^[^/?#]*:/.test(target)) return anyPath
  const path = target.replace(/[?#].*$/s, "").slice(0, 100)
  return path === "" || path.startsWith("/") ? path : `/${path}`
}

/** Returns the content type that the caller's headers set. */
const contentTypeIn = (headers: unknown): string | undefined => {
  if (!Predicate.isRecord(headers)) return undefined
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
  return Predicate.isString(found) ? found : undefined
}

const toBody = (success: unknown): Body.Any | undefined => {
  if (Body.isBody(success)) return success
  // `SuccessSpec` has schemas without requirements only.
  return Schema.isSchema(success) ? Body.json(success as Schema.Schema<unknown>) : undefined
}

const byStatus = (success: unknown): Readonly<Record<string, Body.Any>> | undefined => {
  if (!Predicate.isRecord(success)) return undefined
  const bodies = Object.entries(success).map(([status, one]) => [status, toBody(one)] as const)
  return bodies.length > 0 && bodies.every(([status, body]) => statusKey.test(status) && body !== undefined)
    ? // Every body is defined.
      (Object.fromEntries(bodies) as Record<string, Body.Any>)
    : undefined
}

/** Makes the readers of responses, as `responsesOf` does, for a success and errors that are declared in the same objects again. */
export type MakeResponses = (
  method: HttpMethod,
  success: Body.Any | Readonly<Record<string, Body.Any>>,
  errors: ErrorsSpec,
  /** The declaration of the success: a schema, bodies, or these by status. */
  declared: object
) => Responses

/** Makes a `MakeResponses` that compiles the schemas of a declaration once. */
export const rememberResponses = (): MakeResponses => {
  const made = new WeakMap<object, WeakMap<object, Map<HttpMethod, Responses>>>()
  return (method, success, errors, declared) => {
    const byErrors = made.get(declared) ?? new WeakMap<object, Map<HttpMethod, Responses>>()
    const byMethod = byErrors.get(errors) ?? new Map<HttpMethod, Responses>()
    const responses = byMethod.get(method) ?? responsesOf(method, success, errors)
    made.set(declared, byErrors.set(errors, byMethod.set(method, responses)))
    return responses
  }
}

/** No declared errors. */
const noErrors: ErrorsSpec = {}

/** Makes the compiled endpoint of a request that no endpoint describes. Returns it with the value of the body. */
export const verbEndpoint = (
  { method, options, success: defaultSuccess, target: given }: VerbRequest,
  baseUrl: URL,
  makeResponses: MakeResponses = responsesOf
): { readonly endpoint: CompiledEndpoint; readonly body: unknown } => {
  const { errors, headers, idempotencyKey, success } = options
  const sideEffects = options["sideEffects"] === true
  const target = parseTarget(given, baseUrl)
  const { fromOrigin, query, segments, template } = Either.getOrElse(target, (): Target => ({
    segments: [],
    template: shownTarget(given),
    query: ""
  }))
  const result = success === undefined ? defaultSuccess : (toBody(success) ?? byStatus(success))
  const names = verbBodyNames.filter((name) => options[name] !== undefined)
  const [name] = names
  // The types of `Verbs` check the values of `errors`.
  const declared = Predicate.isRecord(errors) ? (errors as unknown as ErrorsSpec) : noErrors
  const validKey = Predicate.isString(idempotencyKey) && isRequestField(idempotencyKey)
  const problems: ReadonlyArray<Issue> = [
    ...(Either.isLeft(target) ? target.left : []),
    ...(names.length > 1 ? [{ path: ["body"], message: `should be one body, and is ${names.join(" and ")}` }] : []),
    ...("body" in options ? [{ path: ["body"], message: `should be one of ${verbBodyNames.join(", ")}` }] : []),
    ...(name !== undefined && !hasBody(method) ? [{ path: ["body"], message: `a ${method} has no body` }] : []),
    ...(result === undefined ? [{ path: ["success"], message: "should be a schema, a Body, or these by status" }] : []),
    ...(errors === undefined || Predicate.isRecord(errors)
      ? []
      : [{ path: ["errors"], message: "should be schemas by status" }]),
    ...(idempotencyKey === undefined || validKey
      ? []
      : [{ path: ["idempotencyKey"], message: "must be a name that a header can have" }])
  ]
  const responses = makeResponses(
    method,
    result ?? defaultSuccess,
    declared,
    result === undefined || !Predicate.isObject(success) ? defaultSuccess : success
  )
  const endpoint: CompiledEndpoint = {
    name: template === "" ? method : `${method} ${template}`,
    method,
    template,
    segments,
    fromOrigin,
    problems,
    query,
    encodePath: encodePathValues,
    encodeQuery: encodeParams,
    encodeHeaders: encodeHeaderValues,
    body: name && { writer: verbWriters[name](), contentType: contentTypeIn(headers) },
    issuePaths: { path: ["path"], query: ["query"] },
    ...responses,
    safe: isSafe(method) && !sideEffects,
    idempotent: options["idempotent"] === true || validKey || (isIdempotent(method) && !sideEffects),
    idempotencyKey: validKey ? idempotencyKey.toLowerCase() : undefined,
    neverRetried: false,
    sensitive: options["sensitive"] === true,
    family: declared
  }
  return { endpoint, body: name === undefined ? undefined : options[name] }
}
