import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type CallObserver, Observer } from "../internal/call/observer.js"
import { secretsOf } from "../internal/call/secrets.js"
import { contentOf } from "../internal/http/contentCoding.js"
import { isFormType } from "../internal/http/mediaType.js"
import { isEmptyBody, setCookiesOf } from "../internal/http/transportResponse.js"
import { MemoryResponse, responseOf, toCause } from "../internal/testing/memoryResponse.js"
import { makePlaceholders } from "../internal/testing/placeholders.js"
import { makeRules, type Names, type Rules } from "../internal/testing/recordingRules.js"
import { collectFromRequest, normalize, type RawExchange, type RawRequest, redact } from "../internal/testing/redact.js"
import { makeReplay } from "../internal/testing/replay.js"
import { collect, type Collected, readBody, tapBody } from "../internal/testing/requestBytes.js"
import { type Exchange, type Failure, RecordingError, type Request } from "./Exchange.js"

export type { Names } from "../internal/testing/recordingRules.js"
export { ReplayError } from "../internal/testing/replay.js"

/** Options of recording and of replaying. */
export interface Options {
  /**
   * Names of headers, query parameters and fields of JSON and forms that hold secrets, besides those that are known: see
   * `docs/guides/record-and-replay.md`. `Redacted` inputs of operations and credentials are known without names.
   */
  readonly secrets?: Names | undefined
  /** Names of headers that are left out of recordings, besides those that are known. */
  readonly volatile?: ReadonlyArray<string> | undefined
}

/** Options of replaying. */
export interface ReplayOptions extends Options {
  /**
   * The order of requests:
   *
   * - `strict`: that of the recording. Every exchange is requested, with the same headers
   * - `loose`: any. A request gets the next exchange with the same method, URL and body, and the last one again if there is no other.
   *   Exchanges may be left over
   *
   * Default: `strict`.
   */
  readonly order?: "strict" | "loose" | undefined
  /** The name of the recording in messages. Default: `the recording`. */
  readonly name?: string | undefined
}

/** The maximum size of a body in a recording, in bytes: 64 MiB. */
const maxBodyBytes = 67_108_864

/** Parameters of OAuth that are no secrets. The values of its forms are all `Redacted`. */
const publicParameters = [
  "audience",
  "client_assertion_type",
  "client_id",
  "code_challenge_method",
  "grant_type",
  "redirect_uri",
  "requested_token_type",
  "resource",
  "response_type",
  "scope",
  "subject_token_type",
  "token_type_hint"
]

const formOf = ({ body, headers }: HttpClientRequest): URLSearchParams =>
  body._tag === "Uint8Array" && isFormType(headers["content-type"] ?? body.contentType)
    ? new URLSearchParams(new TextDecoder().decode(body.body))
    : new URLSearchParams()

/** Makes an observer that adds the secrets of calls. It reports to another observer, too. */
const makeObserver = (add: (secret: string) => void, other: CallObserver | undefined): CallObserver => ({
  began: (call, kind, attempts) => other?.began(call, kind, attempts),
  received: (call, status, headers) => other?.received(call, status, headers),
  ended: (call, exit) => other?.ended(call, exit),
  sent: (call, plain, authorized) => {
    const found = new Set(secretsOf(call.input, plain, authorized))
    const form = formOf(authorized)
    if (form.has("client_id") || form.has("grant_type")) {
      for (const name of publicParameters) for (const value of form.getAll(name)) found.delete(value)
    }
    for (const secret of found) add(secret)
    other?.sent(call, plain, authorized)
  }
})

/** Returns the code of a transport's failure, from the first of its nested causes that has one. */
const failureOf = (error: unknown, depth = 0): Failure => {
  if (typeof error !== "object" || error === null || depth > 5) return { code: "unknown" }
  const { cause, code, name, syscall } = error as Readonly<Record<string, unknown>>
  if (typeof code === "string") return { code, ...(typeof syscall === "string" ? { syscall } : {}) }
  return name === "TimeoutError" ? { code: name } : failureOf(cause, depth + 1)
}

/** An exchange that is being observed. */
interface Slot {
  readonly request: Omit<RawRequest, "bytes">
  readonly sent: Collected
  readonly received: Collected
  response?: Omit<NonNullable<RawExchange["response"]>, "bytes" | "cut">
  failure?: Failure | undefined
  /** The reason why the exchange can't be recorded. */
  problem?: string
  ended: boolean
}

/** A `Retry-After` as seconds: a date of the day of the recording would be another wait each time. */
const withRelativeTimes = (headers: Readonly<Record<string, string>>, now: number): Record<string, string> => {
  const date = Date.parse(headers["retry-after"] ?? "")
  return Number.isNaN(date) || /^\s*\d+\s*$/.test(headers["retry-after"]!)
    ? headers
    : { ...headers, "retry-after": String(Math.max(0, Math.ceil((date - now) / 1000))) }
}

const recordResponse = (slot: Slot, response: HttpClientResponse, now: number): HttpClientResponse => {
  const content = contentOf(response)
  if (Either.isLeft(content)) {
    slot.problem = `its response has the content coding ${content.left.coding}, in which no secret can be found`
    return response
  }
  const { "set-cookie": _, "content-encoding": __, ...headers } = response.headers
  const setCookies = setCookiesOf(response)
  slot.response = { status: response.status, headers: withRelativeTimes(headers, now), setCookies }
  const tapped = content.right.stream().pipe(
    Stream.catchAll((error) => (isEmptyBody(error) ? Stream.empty : Stream.fail(error))),
    Stream.tap((chunk) => Effect.sync(() => slot.received.add(chunk))),
    Stream.tapError((error) =>
      Effect.sync(() => {
        slot.failure = failureOf(error)
      })
    ),
    Stream.concat(
      Stream.execute(
        Effect.sync(() => {
          slot.ended = true
        })
      )
    )
  )
  return new MemoryResponse(response.request, {
    status: response.status,
    headers: setCookies.length === 0 ? headers : { ...headers, "set-cookie": setCookies },
    body: tapped
  })
}

const toRaw = ({ ended, failure, received, request, response, sent }: Slot): RawExchange => {
  const raw = { ...request, bytes: sent.bytes(), cut: !sent.isEnded() }
  if (response === undefined) return { request: raw, failure: failure ?? { code: "interrupted" } }
  const bytes = received.bytes()
  return {
    request: raw,
    response: { ...response, bytes, cut: ended ? undefined : (failure ?? { code: "interrupted" }) }
  }
}

/** Records the exchanges of a client. */
export interface Recorder {
  /** The client that records. */
  readonly client: HttpClient.HttpClient
  /**
   * The exchanges until now, in the order in which the requests began, with their secrets replaced. Fails if a secret can't be replaced, or
   * a body is too large.
   */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>, RecordingError>
}

const makeRecorder = (inner: HttpClient.HttpClient, rules: Rules, secrets: ReadonlySet<string>): Recorder => {
  const slots: Array<Slot> = []
  const client = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const slot: Slot = {
        request: { method: request.method, url: url.href, headers: { ...request.headers } },
        sent: collect(maxBodyBytes),
        received: collect(maxBodyBytes),
        ended: false
      }
      slots.push(slot)
      return tapBody(request, slot.sent).pipe(
        Effect.tap(({ headers }) => {
          Object.assign(slot.request.headers, headers)
        }),
        Effect.flatMap((tapped) => inner.execute(tapped)),
        Effect.tapError((error) =>
          Effect.sync(() => {
            slot.failure = failureOf(error)
          })
        ),
        Effect.map((response) => recordResponse(slot, response, now))
      )
    })
  )
  const exchanges = Effect.suspend((): Either.Either<ReadonlyArray<Exchange>, RecordingError> => {
    for (const [index, { problem, received, request, sent }] of slots.entries()) {
      const large = sent.isTooLarge() || received.isTooLarge()
      const reason = problem ?? (large ? `it has a body of more than ${maxBodyBytes} bytes` : undefined)
      if (reason === undefined) continue
      const { origin, pathname } = new URL(request.url)
      const placeholders = makePlaceholders()
      for (const secret of secrets) placeholders.add(secret)
      const where = placeholders.replace(`${request.method} ${origin}${pathname}`) ?? request.method
      return Either.left(
        new RecordingError({
          message: `exchange ${index} (${where}) can't be recorded: ${reason}. Leave this call out`
        })
      )
    }
    const placeholders = makePlaceholders()
    for (const secret of secrets) placeholders.add(secret)
    return redact(slots.map(toRaw), rules, placeholders)
  })
  return { client, exchanges }
}

/** A layer of a client, and of an observer that collects the secrets of calls. */
const observed = <E, R>(make: (secrets: ReadonlySet<string>) => Effect.Effect<HttpClient.HttpClient, E, R>) =>
  Layer.scopedContext(
    Effect.flatMap(Effect.context<never>(), (context) => {
      const secrets = new Set<string>()
      const observer = makeObserver((secret) => secrets.add(secret), Context.get(context, Observer))
      return Effect.map(make(secrets), (client) =>
        // The observer is a part of every context.
        Context.make(HttpClient.HttpClient, client).pipe(Context.add(Observer, observer))
      )
    })
  )

/**
 * A layer that sends requests by the `HttpClient` that it is given, and passes the exchanges on when its scope closes, also after a
 * failure. Dies with a `RecordingError` if an exchange can't be recorded: then nothing is saved.
 *
 * - `save`: writes the exchanges
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Console, Effect, Layer } from "effect"
 * import { Exchange, Recording } from "effect-herald/testing"
 *
 * const recording = Recording.record((exchanges) => Console.log(Exchange.toText(exchanges))).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const record = <E, R>(
  save: (exchanges: ReadonlyArray<Exchange>) => Effect.Effect<void, E, R>,
  options: Options = {}
): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | R> =>
  observed(
    (secrets) =>
      Effect.gen(function* () {
        const inner = yield* HttpClient.HttpClient
        const { client, exchanges } = makeRecorder(inner, makeRules(options.secrets, options.volatile), secrets)
        yield* Effect.addFinalizer(() => Effect.orDie(Effect.flatMap(exchanges, save)))
        return client
      })
    // The compiler does not evaluate that the `Scope` is excluded from `R`.
  ) as Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | R>

const respond = (
  request: HttpClientRequest,
  { failure, response }: Exchange
): Effect.Effect<HttpClientResponse, RequestError> => {
  if (response !== undefined) return Effect.succeed(responseOf(request, response))
  return failure === undefined || failure.code === "interrupted"
    ? Effect.never
    : Effect.fail(new RequestError({ request, reason: "Transport", cause: toCause(failure) }))
}

/**
 * A layer of a client that answers from exchanges, without a network. A request that they do not have is a defect (`ReplayError`), and so
 * are exchanges that are left over in strict order, when the scope closes.
 *
 * Secrets of the program may differ from those of the recording: a placeholder of the recording matches any text. No time passes.
 *
 * @example
 * ```ts
 * import { Exchange, Recording } from "effect-herald/testing"
 * import { Effect, Layer } from "effect"
 *
 * const replay = (text: string) =>
 *   Layer.unwrapEffect(Effect.map(Exchange.parse(text), (exchanges) => Recording.replay(exchanges, { order: "loose" })))
 * ```
 */
export const replay = (
  exchanges: ReadonlyArray<Exchange>,
  { name = "the recording", order = "strict", ...options }: ReplayOptions = {}
): Layer.Layer<HttpClient.HttpClient> =>
  observed((secrets) =>
    Effect.gen(function* () {
      const rules = makeRules(options.secrets, options.volatile)
      const { find, problem } = makeReplay(exchanges, order, name)
      yield* Effect.addFinalizer((exit) =>
        Effect.suspend(() => {
          const error = exit._tag === "Success" ? problem() : undefined
          return error === undefined ? Effect.void : Effect.die(error)
        })
      )
      return HttpClient.make((request, url) =>
        Effect.suspend(() => {
          const collected = collect(Number.MAX_SAFE_INTEGER)
          return Effect.flatMap(readBody(request, collected), ({ headers: sentHeaders }) => {
            const raw = normalize({
              method: request.method,
              url: url.href,
              headers: { ...request.headers, ...sentHeaders },
              bytes: collected.bytes()
            })
            const { body } = raw
            const headers = Object.fromEntries(
              Object.entries(raw.request.headers).filter(([header]) => !rules.isVolatile(header))
            )
            const placeholders = makePlaceholders()
            for (const secret of secrets) placeholders.add(secret)
            collectFromRequest(raw.request, body, rules, placeholders.add)
            const requested: Request = { method: request.method, url: url.href, headers, ...(body && { body }) }
            const found = find(requested, placeholders)
            return Either.isLeft(found) ? Effect.die(found.left) : respond(request, found.right)
          })
        })
      )
    })
  )
