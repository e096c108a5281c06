import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { Attempt } from "../Attempt.js"
import { type CallKind, type CallObserver, type ObservedCall, Observer } from "../internal/call/observer.js"
import { hrefOf } from "../internal/http/baseUrl.js"
import { decodeText } from "../internal/http/charset.js"
import { isFormType, isJsonType } from "../internal/http/mediaType.js"
import { type Internals, internals } from "../internal/operation.js"
import { parseJson } from "../internal/parseJson.js"
import { fieldsOf } from "../internal/testing/receivedRequest.js"
import { makeRedactor } from "../internal/testing/redactor.js"

export type { CallKind }

/** A request that was sent. Secrets are `<redacted>`: credentials, and `Redacted` values of the input. */
export interface SentRequest {
  /** The time at which it was sent, in milliseconds since the epoch. */
  readonly at: number
  readonly method: HttpMethod
  /** The whole URL, with its query. */
  readonly url: string
  /** The path of the URL. */
  readonly path: string
  /** The query. A repeated name has a list of values. */
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as text: empty if there is none, and undefined if it is a Stream. */
  readonly body: string | undefined
  /** The JSON of the body. Undefined if the body is not JSON. */
  readonly json: unknown
  /** The fields of an `application/x-www-form-urlencoded` body. A repeated name has a list of values. Undefined for any other body. */
  readonly form: Readonly<Record<string, string | ReadonlyArray<string>>> | undefined
  /** The status of the response. Undefined until its head is received, and if the connection failed before. */
  readonly status: number | undefined
}

/** The state of a call: it runs, it returned a value, it failed, or it was interrupted or died. */
export type Outcome =
  | { readonly _tag: "Running" }
  | { readonly _tag: "Succeeded" }
  | { readonly _tag: "Failed"; readonly error: unknown }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "Died"; readonly defect: unknown }

/** A call, as it is now. */
export interface Call {
  /** The name of the operation, or the method and path template of a verb. */
  readonly operation: string
  /** The base URL and the path template. */
  readonly url: string
  readonly method: HttpMethod
  readonly kind: CallKind
  /** The time at which it began, in milliseconds since the epoch. */
  readonly startedAt: number
  /** The requests that were sent, in order: those of all attempts, of redirects, and after a refresh of credentials. */
  readonly requests: ReadonlyArray<SentRequest>
  /** The failed attempts, each with its class, its reason, and the verdict of the retry engine. */
  readonly attempts: ReadonlyArray<Attempt>
  /** The waits before retries, as the retry engine decided them, in order. */
  readonly waits: ReadonlyArray<Duration.Duration>
  readonly outcome: Outcome
}

/** An operation, or the name of one. */
export type Selector = string | { readonly [internals]: Internals }

/** The calls that were made. */
export interface CallsService {
  /** All calls, in the order in which they began. */
  readonly all: Effect.Effect<ReadonlyArray<Call>>
  /** The calls of an operation, or of a verb by its method and path template, such as `GET /users/{id}`. */
  readonly of: (operation: Selector) => Effect.Effect<ReadonlyArray<Call>>
  /** The requests of all calls, or of those of one operation, in the order in which they were sent. */
  readonly requests: (operation?: Selector) => Effect.Effect<ReadonlyArray<SentRequest>>
  /** Forgets the calls that began. */
  readonly clear: Effect.Effect<void>
}

/** The calls that a program made, for tests. */
export class Calls extends Context.Tag("effect-herald/testing/Calls")<Calls, CallsService>() {}

interface Sent {
  readonly at: number
  readonly plain: HttpClientRequest
  readonly authorized: HttpClientRequest
  status: number | undefined
}

interface Recorded {
  readonly call: ObservedCall
  readonly attempts: () => ReadonlyArray<Attempt>
  readonly kind: CallKind
  readonly sent: Array<Sent>
  exit: Exit.Exit<unknown, unknown> | undefined
}

const requestOf = ({ call }: Recorded, { at, authorized, plain, status }: Sent): SentRequest => {
  const redactor = makeRedactor(call.input, plain, authorized)
  const whole = new URL(authorized.url)
  for (const [name, value] of authorized.urlParams) whole.searchParams.append(name, value)
  const url = redactor.url(whole)
  const { body, method } = authorized
  const contentType = body.contentType ?? authorized.headers["content-type"] ?? ""
  const text =
    body._tag === "Empty"
      ? ""
      : body._tag === "Uint8Array"
        ? redactor.body(decodeText(body.body, contentType), contentType)
        : undefined
  const [, path = "/", query = ""] = /^[^/]*\/\/[^/]*([^?]*)\??(.*)$/s.exec(url) ?? []
  return {
    at,
    method,
    url,
    path,
    query: fieldsOf(new URLSearchParams(query)),
    headers: {
      ...(contentType === "" ? {} : { "content-type": contentType }),
      ...redactor.headers(authorized.headers)
    },
    body: text,
    json: text !== undefined && isJsonType(contentType) ? parseJson(text) : undefined,
    form: text !== undefined && isFormType(contentType) ? fieldsOf(new URLSearchParams(text)) : undefined,
    status
  }
}

const outcomeOf = ({ exit }: Recorded): Outcome => {
  if (exit === undefined) return { _tag: "Running" }
  if (Exit.isSuccess(exit)) return { _tag: "Succeeded" }
  const { cause } = exit
  if (cause._tag === "Fail") return { _tag: "Failed", error: cause.error }
  return cause._tag === "Die" ? { _tag: "Died", defect: cause.defect } : { _tag: "Interrupted" }
}

const callOf = (recorded: Recorded): Call => {
  const { call, kind, sent } = recorded
  const { authoriser, endpoint, startedAt } = call
  const attempts = recorded.attempts()
  return {
    operation: endpoint.name,
    url: hrefOf(authoriser.baseUrl) + endpoint.template,
    method: endpoint.method,
    kind,
    startedAt,
    requests: sent.map((one) => requestOf(recorded, one)),
    attempts,
    waits: attempts.flatMap(({ waited }) => (waited === undefined ? [] : [waited])),
    outcome: outcomeOf(recorded)
  }
}

/** Makes a recorder of calls, and the service that reads it. */
const make = Effect.sync(() => {
  const recorded = new Map<ObservedCall, Recorded>()
  // A call that began before `clear` is not found.
  const find = (call: ObservedCall) => recorded.get(call)
  const observer: CallObserver = {
    began: (call, kind, attempts) => {
      recorded.set(call, { call, attempts, kind, sent: [], exit: undefined })
    },
    sent: (call, plain, authorized) => {
      find(call)?.sent.push({ at: call.clock.unsafeCurrentTimeMillis(), plain, authorized, status: undefined })
    },
    received: (call, status) => {
      const last = find(call)?.sent.at(-1)
      if (last !== undefined) last.status = status
    },
    ended: (call, exit) => {
      const found = find(call)
      if (found !== undefined) found.exit = exit
    }
  }
  const select = (selector?: Selector) => {
    const name = Predicate.isString(selector) ? selector : selector?.[internals].compiled().name
    const all = [...recorded.values()]
    return name === undefined ? all : all.filter(({ call }) => call.endpoint.name === name)
  }
  const service: CallsService = {
    all: Effect.sync(() => select().map(callOf)),
    of: (operation) => Effect.sync(() => select(operation).map(callOf)),
    requests: (operation) =>
      Effect.sync(() =>
        select(operation)
          .flatMap((one) => one.sent.map((sent) => requestOf(one, sent)))
          .sort((a, b) => a.at - b.at)
      ),
    clear: Effect.sync(() => recorded.clear())
  }
  return { observer, service }
})

/**
 * Records the calls of the programs that this layer is provided to, on any transport. `TestApi.layer` contains it.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Transport } from "effect-herald/node"
 * import { Calls } from "effect-herald/testing"
 *
 * const layers = Layer.merge(Transport.layer(), Calls.layer)
 *
 * const paths = Effect.gen(function* () {
 *   const calls = yield* Calls.Calls
 *   return (yield* calls.requests()).map(({ path }) => path)
 * }).pipe(Effect.provide(layers))
 * ```
 */
export const layer: Layer.Layer<Calls> = /*#__PURE__*/ Layer.effectContext(
  /*#__PURE__*/ Effect.map(make, ({ observer, service }) =>
    Context.make(Calls, service).pipe(Context.add(Observer, observer))
  )
)
