import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Issue } from "../Issue.js"
import { fieldName } from "./field.js"
import { bodyOf, kinds } from "./raw/body.js"
import { refusals } from "./raw/refusals.js"
import { parseTarget, type Target } from "./raw/target.js"
import { encodeHeaders, encodeParams, encodePath } from "./raw/values.js"
import { type Answers, isIdempotent, isSafe, isSuccess, type Route } from "./route.js"

/** What a call gives of its answer. */
export interface Result {
  readonly reads: Route["reads"]
  /** What is asked for, unless the caller says otherwise. */
  readonly accept: string
  readonly answers: ReadonlyArray<Answers>
  readonly present?: Route["present"]
}

/** A request that no endpoint describes. */
export interface Raw {
  readonly method: HttpMethod
  readonly target: unknown
  readonly result: Result
  readonly body?: unknown
  readonly headers?: unknown
  readonly accepts?: ((status: number) => boolean) | undefined
  readonly idempotent?: boolean | undefined
  readonly idempotencyKey?: string | undefined
  readonly sensitive?: boolean | undefined
  readonly sideEffects?: boolean | undefined
}

/** A path that is refused, as far as it tells which call this is; of what may hold anything, nothing is shown. */
const shown = (target: unknown): string =>
  Predicate.isString(target) && target.startsWith("/") && target.isWellFormed()
    ? target.replace(/[?#].*$/s, "").slice(0, 100)
    : ""

const family = {}

const isResult = (input: unknown): input is Result =>
  Predicate.isRecord(input) && Array.isArray(input["answers"]) && Predicate.isString(input["accept"])

/** What stands for a result that is none, of a request that is refused for it. */
const noResult: Result = { reads: "text", accept: "*/*", answers: [] }

/** The content type that the caller gives a body of theirs, if they do. */
const contentTypeIn = (headers: unknown): string | undefined => {
  if (!Predicate.isRecord(headers)) return undefined
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
  return Predicate.isString(found) ? found : undefined
}

/** The route of a request that no endpoint describes, which takes it along the same road, and the body for its input. */
export const rawRoute = (raw: Raw, baseUrl: URL): { readonly route: Route; readonly payload: unknown } => {
  const { accepts = isSuccess, idempotencyKey, idempotent = false, method, sideEffects = false } = raw
  const result = isResult(raw.result) ? raw.result : noResult
  const hasKey = Predicate.isString(idempotencyKey) && fieldName.test(idempotencyKey)
  const target = parseTarget(raw.target, baseUrl)
  const { query, segments, template } = Either.getOrElse(target, (): Target => ({
    segments: [],
    template: shown(raw.target),
    query: ""
  }))
  const body = raw.body === undefined ? undefined : bodyOf(raw.body)
  const kind = kinds.find(({ name }) => name === body?.name)
  const refused: ReadonlyArray<Issue> = [
    ...(Either.isLeft(target) ? target.left : []),
    ...(raw.body !== undefined && body === undefined
      ? [{ path: ["body"], message: "should be one of json, form, text, bytes or stream" }]
      : []),
    ...(body !== undefined && !hasBody(method) ? [{ path: ["body"], message: `a ${method} has no body` }] : []),
    ...(result === noResult ? [{ path: ["as"], message: "should be one of As, such as As.json" }] : []),
    ...(idempotencyKey === undefined || hasKey
      ? []
      : [{ path: ["idempotencyKey"], message: "must be a name that a header can have" }])
  ]
  const route: Route = {
    name: `${method} ${template}`,
    method,
    template,
    segments,
    refused,
    query,
    encodePath,
    encodeQuery: encodeParams,
    encodeHeaders: (given) =>
      Either.map(encodeHeaders(given), (headers) => ({ accept: result.accept, ...(headers as object) })),
    encodeBody: kind?.encode,
    bodyKind: {
      kind: kind?.kind ?? "Json",
      contentType: contentTypeIn(raw.headers) ?? kind?.contentType ?? "application/json"
    },
    reads: result.reads,
    accepts,
    described: "a success",
    successes: (status) => (accepts(status) ? result.answers : undefined),
    refusals,
    present: result.present,
    safe: isSafe(method) && !sideEffects,
    idempotent: idempotent || hasKey || (isIdempotent(method) && !sideEffects),
    idempotencyKey: hasKey ? idempotencyKey.toLowerCase() : undefined,
    unrepeatable: false,
    sensitive: raw.sensitive ?? false,
    family
  }
  return { route, payload: body?.value }
}
