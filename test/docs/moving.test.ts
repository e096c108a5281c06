/** The claims of the pages in docs/moving/: each test runs the other client and this library against the same kind of server. */
import { inspect } from "node:util"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Octokit } from "@octokit/core"
import { paginateRest } from "@octokit/plugin-paginate-rest"
import { retry } from "@octokit/plugin-retry"
import { throttling } from "@octokit/plugin-throttling"
import { describe, expect, it } from "@effect/vitest"
import axios, { AxiosError } from "axios"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Authoriser, Credentials, Deadline, Pagination, Tokens, Verbs } from "effect-herald"
import { fromApi } from "effect-herald/http-api"
import got from "got"
import ky from "ky"
import createClient from "openapi-fetch"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { headsFrom } from "../support/heads.js"

class Shop extends Authoriser.Tag("effect-herald/test/moving/Shop")<Shop>() {}

const { get, post } = Verbs.make(Shop)

const secret = "hush-0123456789-hush"
const bearer = Credentials.bearer(Redacted.make(secret))

interface Options {
  readonly credentials?: Effect.Effect<Credentials.Credentials, unknown, HttpClient.HttpClient | Scope.Scope>
  readonly headers?: Readonly<Record<string, string>>
}

/** Runs a call of this library below this URL. */
const at =
  (url: URL, options: Options = {}) =>
  <A, E>(call: Effect.Effect<A, E, HttpClient.HttpClient | Shop>) =>
    Effect.either(call).pipe(
      Effect.provide(Layer.provideMerge(Shop.layer({ baseUrl: url, ...options }), client)),
      // A pause is logged.
      Effect.provide(Logger.remove(Logger.defaultLogger)),
      Effect.orDie
    )

/** Runs a call of another client. */
const run = <A>(call: () => Promise<A>) => Effect.either(Effect.tryPromise({ try: call, catch: (error) => error }))

const errorOf = <A>(result: Either.Either<A, unknown>): Record<string, unknown> => {
  if (Either.isRight(result)) throw new Error("the call succeeded", { cause: result.right })
  return result.left as Record<string, unknown>
}

const ok = Scripted.json({ ok: true })
const status = (code: number, headers: Record<string, string> = {}) => Scripted.json({}, { status: code, headers })

/** The number of requests that a client sends to a server that follows this script. */
const requestsOf = <A, E, R>(script: Scripted.Script, call: (url: URL) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(script)
    yield* call(server.url)
    return server.requests.length
  })

/** A server that redirects to another origin, which records what it gets. */
const redirecting = Effect.gen(function* () {
  const other = yield* Scripted.make([ok])
  const server = yield* Scripted.make([Scripted.redirect(new URL("/landed", other.url))])
  return { url: server.url, received: () => other.requests.map(({ headers }) => headers) }
})

/** A server whose list continues on another origin. */
const continuedElsewhere = Effect.gen(function* () {
  const other = yield* Scripted.make([Scripted.json([2])])
  const server = yield* Scripted.make([
    Scripted.json([1], { headers: { link: `<${new URL("/page2", other.url).href}>; rel="next"` } })
  ])
  return { url: server.url, received: () => other.requests.map(({ headers }) => headers) }
})

const list = Pagination.link(
  Pagination.requests(({ url }) => get.withResponse(url ?? "/items", { success: Schema.Array(Schema.Number) })),
  { items: (page) => page }
)

/** The head of a response and a part of its body, and the rest never. */
const stalled = Scripted.stalled("{", { headers: { "content-type": "application/json" } })

const headersOf = { authorization: `Bearer ${secret}`, "x-api-key": "key" }

/** All texts that a logger may make of an error. */
const shows = (error: unknown) => ({
  json: JSON.stringify(error).includes(secret),
  inspect: inspect(error, { depth: 6 }).includes(secret)
})

const Celsius = Schema.Struct({ celsius: Schema.Number })

describe.concurrent("effect-herald", () => {
  it.scopedLive("retries 502, 503 and 504 of a GET, and not 500", () =>
    Effect.gen(function* () {
      const requests = (code: number) => requestsOf([status(code), ok], (url) => at(url)(get("/")))
      expect(yield* Effect.all([500, 502, 503, 504].map(requests), { concurrency: "unbounded" })).toEqual([1, 2, 2, 2])
    })
  )

  it.scopedLive("retries a POST that the server rejected, and not one that it may have acted on", () =>
    Effect.gen(function* () {
      const scripts = [
        [status(429), ok],
        [status(503, { "retry-after": "0" }), ok],
        [status(408), ok],
        [status(503), ok],
        [status(500), ok],
        [Scripted.reset, ok]
      ]
      const requests = scripts.map((script) => requestsOf(script, (url) => at(url)(post("/", { json: {} }))))
      expect(yield* Effect.all(requests, { concurrency: "unbounded" })).toEqual([2, 2, 2, 1, 1, 1])
      const closed = yield* Scripted.closedPort
      expect(errorOf(yield* at(closed)(post("/", { json: {} })))["attempts"]).toHaveLength(4)
    })
  )

  it.scopedLive("rejects a Promise by a FiberFailure with the message of the error", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(404)])
      const runtime = ManagedRuntime.make(Layer.provideMerge(Shop.layer({ baseUrl: url }), client))
      yield* Effect.addFinalizer(() => runtime.disposeEffect)
      const failure = errorOf(yield* run(() => runtime.runPromise(get("/"))))
      expect(Runtime.isFiberFailure(failure)).toBe(true)
      expect(failure["message"]).toMatch(/^GET .*: not found \(404\)/)
      const recovered = get("/").pipe(Effect.catchTag("NotFound", () => Effect.succeed("none")))
      expect(yield* run(() => runtime.runPromise(recovered))).toEqual(Either.right("none"))
    })
  )

  it.scopedLive("sends an idempotency key with each attempt of a POST, which may then be retried", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.reset, ok])
      yield* at(url)(post("/", { json: {}, idempotencyKey: "Idempotency-Key" }))
      const keys = requests.map(({ headers }) => headers["idempotency-key"])
      expect(keys).toEqual([keys[0], keys[0]])
      expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
    })
  )

  it.scopedLive("waits for Retry-After, and fails at once with the wait if it is too long", () =>
    Effect.gen(function* () {
      const [elapsed] = yield* Effect.timed(
        requestsOf([status(429, { "retry-after": "1" }), ok], (url) => at(url)(get("/")))
      )
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(1000)

      const { requests, url } = yield* Scripted.make([status(429, { "retry-after": "3600" })])
      expect(errorOf(yield* at(url)(get("/")))).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.hours(1)
      })
      expect(requests).toHaveLength(1)
    })
  )

  it.scoped("limits the whole call by its deadline, the body of the response included", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([stalled])
      const head = yield* headsFrom(url)
      const call = yield* Effect.fork(at(url)(Effect.provideService(get("/"), Deadline.Current, "1 minute")))
      yield* head
      yield* TestClock.adjust("1 minute")
      expect(errorOf(yield* Fiber.join(call))).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
    })
  )

  it.scopedLive("sends neither credentials nor headers of the layer to another origin", () =>
    Effect.gen(function* () {
      const { received, url } = yield* redirecting
      yield* at(url, { credentials: bearer, headers: { "x-api-key": "key" } })(get("/"))
      expect(received()).toHaveLength(1)
      expect(received()[0]).not.toHaveProperty("authorization")
      expect(received()[0]).not.toHaveProperty("x-api-key")
    })
  )

  it.scopedLive("fails a list that continues on another origin, and sends nothing there", () =>
    Effect.gen(function* () {
      const { received, url } = yield* continuedElsewhere
      const error = errorOf(yield* at(url, { credentials: bearer })(Stream.runCollect(list())))
      expect(error).toMatchObject({ _tag: "PaginationError", reason: "CrossOrigin" })
      expect(received()).toEqual([])
    })
  )

  it.scopedLive("fails a list whose next page is one that was read", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.json([1], { headers: { link: '</items>; rel="next"' } }),
        Scripted.json([2], { headers: { link: '</items>; rel="next"' } })
      ])
      const error = errorOf(yield* at(url)(Stream.runCollect(list())))
      expect(error).toMatchObject({ _tag: "PaginationError", reason: "SameCursor" })
    })
  )

  it.scopedLive("fails a list whose page is an error", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.json([1], { headers: { link: '</items?page=2>; rel="next"' } }),
        status(409)
      ])
      expect(errorOf(yield* at(url)(Stream.runCollect(list())))).toMatchObject({ _tag: "Conflict" })
    })
  )

  it.scopedLive("shows no credentials in an error", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(400)])
      const error = errorOf(yield* at(url, { credentials: bearer })(get("/")))
      expect(error).toMatchObject({ _tag: "BadRequest" })
      expect(shows(error)).toEqual({ json: false, inspect: false })
    })
  )

  it.scopedLive("fails with a DecodeError if the response is not JSON, or not the schema", () =>
    Effect.gen(function* () {
      const bodies = [Scripted.respond({ body: '{"celsius":' }), Scripted.json({ celsius: "three" })]
      const errors = yield* Effect.forEach(bodies, (body) =>
        Effect.gen(function* () {
          const { url } = yield* Scripted.make([body])
          return errorOf(yield* at(url)(get("/", { success: Celsius })))
        })
      )
      expect(errors).toMatchObject([
        { _tag: "DecodeError", reason: "Json" },
        { _tag: "DecodeError", reason: "Shape" }
      ])
    })
  )

  it.scopedLive("refreshes a token once for all calls whose request gets a 401", () =>
    Effect.gen(function* () {
      const { url, refreshes } = yield* expiring
      let granted = 0
      const credentials = Tokens.make({
        name: "shop",
        identity: "bob",
        subject: "fixed",
        grant: Effect.map(
          Effect.promise(() => fetch(new URL("/token", url), { method: "POST" })),
          () => ({ accessToken: Redacted.make(granted++ === 0 ? "old" : "new") })
        )
      })
      const calls = Effect.forEach([1, 2, 3, 4, 5], () => get("/"), { concurrency: "unbounded" })
      expect(Either.isRight(yield* at(url, { credentials })(calls))).toBe(true)
      // The first token, and the one that replaces it.
      expect(refreshes()).toBe(2)
    })
  )
})

/** A server that accepts the token `new` only, and responds to the first five calls with another token after all arrived. */
const expiring = Effect.gen(function* () {
  const held: Array<() => void> = []
  const server = yield* Scripted.make((received) => (response) => {
    const send = (code: number) => {
      response.writeHead(code, { "content-type": "application/json" }).end("{}")
    }
    if (received.target === "/token") send(200)
    else if (received.headers.authorization === "Bearer new") send(200)
    else {
      held.push(() => send(401))
      if (held.length === 5) for (const release of held) release()
    }
  })
  return { url: server.url, refreshes: () => server.requests.filter(({ target }) => target === "/token").length }
})

describe.concurrent("ky", () => {
  const fast = { delay: () => 1 }

  it.scopedLive("retries GET, PUT and DELETE after 408, 429, 500, 502, 503 and 504, up to twice", () =>
    Effect.gen(function* () {
      const get = (code: number) => requestsOf([status(code)], ({ href }) => run(() => ky.get(href, { retry: fast })))
      expect(yield* Effect.forEach([408, 429, 500, 502, 503, 504], get)).toEqual([3, 3, 3, 3, 3, 3])
      expect(yield* Effect.forEach([401, 409, 425, 501], get)).toEqual([1, 1, 1, 1])
      const other = (method: string) =>
        requestsOf([status(500)], ({ href }) => run(() => ky(href, { method, retry: fast })))
      expect(yield* Effect.forEach(["PUT", "DELETE", "POST", "PATCH"], other)).toEqual([3, 3, 1, 1])
    })
  )

  it.scopedLive("does not retry a POST after a 429 or a 503 with Retry-After", () =>
    Effect.gen(function* () {
      const requests = (code: number) =>
        requestsOf([status(code, { "retry-after": "0" }), ok], ({ href }) => run(() => ky.post(href, { json: {} })))
      expect(yield* Effect.forEach([429, 503], requests)).toEqual([1, 1])
    })
  )

  it.scopedLive("retries a POST after a 500 if the methods have it", () =>
    Effect.gen(function* () {
      const retry = { ...fast, methods: ["post" as const] }
      expect(yield* requestsOf([status(500)], ({ href }) => run(() => ky.post(href, { json: {}, retry })))).toBe(3)
    })
  )

  it.scopedLive("sends an attempt sooner than the server asks, if Retry-After is longer than maxRetryAfter", () =>
    Effect.gen(function* () {
      // The test would time out if it waited.
      const script = [status(503, { "retry-after": "3600" }), ok]
      expect(yield* requestsOf(script, ({ href }) => run(() => ky.get(href, { retry: { maxRetryAfter: 1 } })))).toBe(2)
    })
  )

  it.scopedLive("waits for Retry-After, and retries a 413 with it only", () =>
    Effect.gen(function* () {
      const [elapsed, requests] = yield* Effect.timed(
        requestsOf([status(503, { "retry-after": "1" }), ok], ({ href }) => run(() => ky.get(href, { retry: fast })))
      )
      expect(requests).toBe(2)
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(990)
      const tooLarge = (headers: Record<string, string>) =>
        requestsOf([status(413, headers), ok], ({ href }) => run(() => ky.get(href, { retry: fast })))
      expect(yield* tooLarge({})).toBe(1)
      expect(yield* tooLarge({ "retry-after": "0" })).toBe(2)
    })
  )

  it.scopedLive("limits the time until the head of a response, and not that of its body", () =>
    Effect.gen(function* () {
      // The body ends after the timeout, counted from the head.
      const late =
        (timeout: number): Scripted.Behaviour =>
        (response) => {
          response.writeHead(200, { "content-type": "application/json" }).write("{")
          setTimeout(() => response.end("}"), timeout + 100)
        }
      const resultWithin = (timeout: number) =>
        Effect.flatMap(Scripted.make([late(timeout)]), ({ url }) =>
          run(() => ky.get(url.href, { timeout, retry: 0 }).json())
        )
      // On a busy machine, a head can take longer than a short timeout.
      let result = yield* resultWithin(500)
      for (const timeout of [2000, 8000, 32_000]) if (Either.isLeft(result)) result = yield* resultWithin(timeout)
      expect(result).toEqual(Either.right({}))
    })
  )

  it.scopedLive("counts its timeout for each attempt, and retries it only on demand", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.silence])
      const retries = (retryOnTimeout: boolean) =>
        Effect.gen(function* () {
          let count = 0
          const hooks = { beforeRetry: [() => void count++] }
          const call = run(() => ky.get(url.href, { timeout: 100, retry: { ...fast, retryOnTimeout }, hooks }))
          expect(errorOf(yield* call)).toMatchObject({ name: "TimeoutError" })
          return count
        })
      expect(yield* retries(false)).toBe(0)
      expect(yield* retries(true)).toBe(2)
    })
  )

  it.scopedLive("returns JSON of any shape, and an empty text for no content", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.json({ celsius: "three" }), Scripted.respond({ status: 204 })])
      expect(yield* run(() => ky.get(url.href).json<{ celsius: number }>())).toEqual(Either.right({ celsius: "three" }))
      expect(yield* run(() => ky.get(url.href).json())).toEqual(Either.right(""))
      expect(yield* at(url)(get("/"))).toEqual(Either.right(undefined))
    })
  )

  it.scopedLive("sends a header with a key to another origin", () =>
    Effect.gen(function* () {
      const { received, url } = yield* redirecting
      yield* run(() => ky.get(url.href, { headers: headersOf }))
      expect(received()[0]).toMatchObject({ "x-api-key": "key" })
      expect(received()[0]).not.toHaveProperty("authorization")
    })
  )

  it.scopedLive("shows the token in an error that is inspected", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(400)])
      expect(shows(errorOf(yield* run(() => ky.get(url.href, { headers: headersOf }))))).toEqual({
        json: false,
        inspect: true
      })
    })
  )

  it.scopedLive("refreshes a token in its hook once for each call", () =>
    Effect.gen(function* () {
      const { refreshes, url } = yield* expiring
      let token = "old"
      const api = ky.create({
        prefixUrl: url.href,
        hooks: {
          beforeRequest: [(request) => request.headers.set("authorization", `Bearer ${token}`)],
          afterResponse: [
            async (_request, _options, response) => {
              if (response.status !== 401) return undefined
              await ky.post(new URL("/token", url))
              token = "new"
              return ky.retry()
            }
          ]
        }
      })
      const results = yield* Effect.forEach([1, 2, 3, 4, 5], () => run(() => api.get("").json()), {
        concurrency: "unbounded"
      })
      expect(results.every(Either.isRight)).toBe(true)
      expect(refreshes()).toBe(5)
    })
  )
})

describe.concurrent("axios", () => {
  it.scopedLive("retries nothing", () =>
    Effect.gen(function* () {
      const scripts = [
        [status(503, { "retry-after": "0" }), ok],
        [status(429), ok],
        [Scripted.reset, ok]
      ]
      const requests = scripts.map((script) => requestsOf(script, ({ href }) => run(() => axios.get(href))))
      expect(yield* Effect.all(requests)).toEqual([1, 1, 1])
    })
  )

  it.scopedLive("has no timeout by default, and one that ends a response whose body stalls", () =>
    Effect.gen(function* () {
      expect(axios.defaults.timeout).toBe(0)
      const { url } = yield* Scripted.make([stalled])
      expect(errorOf(yield* run(() => axios.get(url.href, { timeout: 500 })))).toBeInstanceOf(AxiosError)
    })
  )

  it.scopedLive("sends a list in the query with brackets", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* run(() => axios.get(url.href, { params: { id: [1, 2] } }))
      yield* at(url)(get("/", { query: { id: [1, 2] } }))
      expect(requests.map(({ target }) => decodeURIComponent(target))).toEqual(["/?id[]=1&id[]=2", "/?id=1&id=2"])
    })
  )

  it.scopedLive("returns text for JSON that is cut short, and JSON of any shape", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.respond({ headers: { "content-type": "application/json" }, body: '{"celsius":' }),
        Scripted.json({ celsius: "three" })
      ])
      const data = Effect.map(
        run(() => axios.get<{ celsius: number }>(url.href)),
        Either.map((response) => response.data)
      )
      expect(yield* data).toEqual(Either.right('{"celsius":'))
      expect(yield* data).toEqual(Either.right({ celsius: "three" }))
    })
  )

  it.scopedLive("sends a header with a key to another origin", () =>
    Effect.gen(function* () {
      const { received, url } = yield* redirecting
      yield* run(() => axios.get(url.href, { headers: headersOf }))
      expect(received()[0]).toMatchObject({ "x-api-key": "key" })
      expect(received()[0]).not.toHaveProperty("authorization")
    })
  )

  it.scopedLive("shows the token in an error that is inspected or written as JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(400)])
      expect(shows(errorOf(yield* run(() => axios.get(url.href, { headers: headersOf }))))).toEqual({
        json: true,
        inspect: true
      })
    })
  )
})

describe.concurrent("got", () => {
  /** Waits a millisecond where got waits. */
  const fast = { calculateDelay: ({ computedValue }: { readonly computedValue: number }) => computedValue && 1 }

  it.scopedLive("retries GET, PUT and DELETE after 500 and others, up to twice, and no POST", () =>
    Effect.gen(function* () {
      const get = (code: number) => requestsOf([status(code)], ({ href }) => run(() => got(href, { retry: fast })))
      expect(yield* Effect.forEach([408, 429, 500, 502, 503, 504], get)).toEqual([3, 3, 3, 3, 3, 3])
      expect(yield* Effect.forEach([401, 409, 425, 501], get)).toEqual([1, 1, 1, 1])
      const other = (method: "DELETE" | "PATCH" | "POST" | "PUT", code: number) =>
        requestsOf([status(code, { "retry-after": "1" })], ({ href }) => run(() => got(href, { method, retry: fast })))
      expect(yield* other("PUT", 500)).toBe(3)
      expect(yield* other("DELETE", 500)).toBe(3)
      expect(yield* other("POST", 429)).toBe(1)
      expect(yield* other("PATCH", 503)).toBe(1)
    })
  )

  it.scopedLive("waits for Retry-After, and fails at once if it is longer than the timeout or maxRetryAfter", () =>
    Effect.gen(function* () {
      const [elapsed, requests] = yield* Effect.timed(
        requestsOf([status(503, { "retry-after": "2" }), ok], ({ href }) => run(() => got(href)))
      )
      expect(requests).toBe(2)
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(1990)
      const long = [status(503, { "retry-after": "3600" })]
      expect(yield* requestsOf(long, ({ href }) => run(() => got(href, { retry: { maxRetryAfter: 1000 } })))).toBe(1)
      expect(yield* requestsOf(long, ({ href }) => run(() => got(href, { timeout: { request: 60_000 } })))).toBe(1)
    })
  )

  it.scopedLive("counts timeout.request for each attempt, body included, and retries it", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.silence, stalled]) {
        const { url } = yield* Scripted.make([behaviour])
        let retries = 0
        const options = { timeout: { request: 200 }, retry: fast, hooks: { beforeRetry: [() => void retries++] } }
        expect(errorOf(yield* run(() => got(url.href, options)))).toMatchObject({ code: "ETIMEDOUT" })
        expect(retries).toBe(2)
      }
    })
  )

  it.scopedLive("returns JSON of any shape", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.json({ celsius: "three" })])
      expect(yield* run(() => got(url.href).json<{ celsius: number }>())).toEqual(Either.right({ celsius: "three" }))
    })
  )

  it.scopedLive("sends a header with a key to another origin, and the token to the next page there", () =>
    Effect.gen(function* () {
      const redirect = yield* redirecting
      yield* run(() => got(redirect.url.href, { headers: headersOf }))
      expect(redirect.received()[0]).toMatchObject({ "x-api-key": "key" })
      expect(redirect.received()[0]).not.toHaveProperty("authorization")

      const pages = yield* continuedElsewhere
      expect(yield* run(() => got.paginate.all(pages.url.href, { headers: headersOf }))).toEqual(Either.right([1, 2]))
      expect(pages.received()[0]).toMatchObject(headersOf)
    })
  )

  it.scopedLive("shows the token in an error that is inspected or written as JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(400)])
      expect(shows(errorOf(yield* run(() => got(url.href, { headers: headersOf }))))).toEqual({
        json: true,
        inspect: true
      })
    })
  )
})

interface Paths {
  "/items/{id}": {
    get: {
      parameters: { path: { id: string } }
      responses: {
        200: { content: { "application/json": { celsius: number } } }
        500: { content: { "application/json": { message: string } } }
      }
    }
  }
}

describe.concurrent("openapi-fetch", () => {
  const item = (url: URL, headers: Record<string, string> = {}) => {
    const api = createClient<Paths>({ baseUrl: url.href, headers })
    return run(() => api.GET("/items/{id}", { params: { path: { id: "a/b" } } }))
  }

  it.scopedLive("retries nothing, and encodes values of the path", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([status(503, { "retry-after": "0" }), ok])
      yield* item(url)
      expect(requests.map(({ target }) => target)).toEqual(["/items/a%2Fb"])
    })
  )

  it.scopedLive("returns the body of a status as data or error, whatever the document says", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.json({ celsius: "three" }),
        Scripted.respond({ status: 500, body: "<h1>Error</h1>" }),
        Scripted.respond({ status: 500, headers: { "content-length": "0" } })
      ])
      expect(yield* item(url)).toMatchObject(Either.right({ data: { celsius: "three" } }))
      expect(yield* item(url)).toMatchObject(Either.right({ error: "<h1>Error</h1>" }))
      // An error without content: neither data nor error.
      const empty = Either.getOrThrow(yield* item(url))
      expect([empty.data, empty.error, empty.response.status]).toEqual([undefined, undefined, 500])
    })
  )

  it.scopedLive("rejects if there is no response, or if the JSON is cut short", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.reset, Scripted.respond({ body: '{"celsius":' })])
      expect(errorOf(yield* item(url))).toBeInstanceOf(TypeError)
      expect(errorOf(yield* item(url))).toBeInstanceOf(SyntaxError)
    })
  )

  it.scopedLive("sends a header with a key to another origin", () =>
    Effect.gen(function* () {
      const { received, url } = yield* redirecting
      yield* item(url, headersOf)
      expect(received()[0]).toMatchObject({ "x-api-key": "key" })
      expect(received()[0]).not.toHaveProperty("authorization")
    })
  )
})

describe.concurrent("HttpApiClient and HttpClient of @effect/platform", () => {
  class Conflict extends Schema.TaggedError<Conflict>()("ItemConflict", {}) {}

  class ShopApi extends HttpApi.make("shop").add(
    HttpApiGroup.make("items")
      .add(
        HttpApiEndpoint.get("get", "/items/:id")
          .setPath(Schema.Struct({ id: Schema.String }))
          .addSuccess(Celsius)
          .addError(Conflict, { status: 409 })
      )
      .add(HttpApiEndpoint.post("add", "/items").setPayload(Celsius).addSuccess(Celsius))
  ) {}

  type Transform = (client: HttpClient.HttpClient) => HttpClient.HttpClient

  /** The client of the API on `fetch`, which does not follow redirects. */
  const platform = (url: URL, transformClient?: Transform) =>
    HttpApiClient.make(ShopApi, { baseUrl: url, transformClient }).pipe(
      Effect.provide(FetchHttpClient.layer),
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )

  const ours = fromApi(Shop, ShopApi)

  it.scopedLive("does not encode values of a path", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.json({ celsius: 3 })])
      const api = yield* platform(url)
      yield* api.items.get({ path: { id: "a/b?c" } })
      yield* at(url)(ours.items.get({ path: { id: "a/b?c" } }))
      expect(requests.map(({ target }) => target)).toEqual(["/items/a/b?c", "/items/a%2Fb%3Fc"])
    })
  )

  it.scopedLive("retries by retryTransient a POST that broke, and does not wait for Retry-After", () =>
    Effect.gen(function* () {
      const twice: Transform = (self) => HttpClient.retryTransient(self, { schedule: Schedule.recurs(2) })
      const add = (url: URL) =>
        Effect.flatMap(platform(url, twice), (api) => Effect.exit(api.items.add({ payload: { celsius: 3 } })))
      expect(yield* requestsOf([Scripted.reset], add)).toBe(3)
      // The test would time out if it waited.
      expect(yield* requestsOf([status(503, { "retry-after": "3600" })], add)).toBe(3)
      const oursOf = (url: URL) => at(url)(ours.items.add({ payload: { celsius: 3 } }))
      expect(yield* requestsOf([Scripted.reset], oursOf)).toBe(1)
      expect(yield* requestsOf([status(503, { "retry-after": "3600" })], oursOf)).toBe(1)
    })
  )

  it.scopedLive("retries nothing by itself, and without end by retryTransient without a bound", () =>
    Effect.gen(function* () {
      const add = (transform?: Transform) => (url: URL) =>
        Effect.flatMap(platform(url, transform), (api) => Effect.exit(api.items.add({ payload: { celsius: 3 } })))
      const script = [...Array.from({ length: 20 }, () => status(503)), Scripted.json({ celsius: 3 })]
      expect(yield* requestsOf(script, add())).toBe(1)
      expect(
        yield* requestsOf(
          script,
          add((self) => HttpClient.retryTransient(self, {}))
        )
      ).toBe(21)
    })
  )

  it.scopedLive("needs the _tag of a declared error in its JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(409)])
      const api = yield* platform(url)
      expect(yield* Effect.flip(api.items.get({ path: { id: "1" } }))).toMatchObject({ _tag: "ParseError" })
      expect(errorOf(yield* at(url)(ours.items.get({ path: { id: "1" } })))).toBeInstanceOf(Conflict)
    })
  )

  it.scopedLive("sends the token to another origin by followRedirects", () =>
    Effect.gen(function* () {
      const { received, url } = yield* redirecting
      const api = yield* platform(url, (self) =>
        self.pipe(HttpClient.mapRequest(HttpClientRequest.bearerToken(secret)), HttpClient.followRedirects(3))
      )
      yield* Effect.exit(api.items.get({ path: { id: "1" } }))
      expect(received()[0]).toMatchObject({ authorization: `Bearer ${secret}` })
    })
  )

  it.scopedLive("shows the token in the error of a request, and reports an undeclared status as a ResponseError", () =>
    Effect.gen(function* () {
      const closed = yield* Scripted.closedPort
      const withToken: Transform = HttpClient.mapRequest(HttpClientRequest.bearerToken(secret))
      const error = yield* Effect.flatMap(platform(closed, withToken), (api) =>
        Effect.flip(api.items.get({ path: { id: "1" } }))
      )
      expect(error).toMatchObject({ _tag: "RequestError" })
      expect(shows(error)).toEqual({ json: true, inspect: true })

      const { url } = yield* Scripted.make([status(418)])
      const undeclared = yield* Effect.flatMap(platform(url), (api) =>
        Effect.flip(api.items.get({ path: { id: "1" } }))
      )
      expect(undeclared).toMatchObject({ _tag: "ResponseError" })
      expect(errorOf(yield* at(url)(ours.items.get({ path: { id: "1" } })))).toMatchObject({
        _tag: "ClientError",
        status: 418
      })
    })
  )

  it.scopedLive("reports a wrong response as a ParseError", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.json({ celsius: "three" })])
      const api = yield* platform(url)
      expect(yield* Effect.flip(api.items.get({ path: { id: "1" } }))).toMatchObject({ _tag: "ParseError" })
      expect(errorOf(yield* at(url)(ours.items.get({ path: { id: "1" } })))).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape"
      })
    })
  )
})

describe.concurrent("Octokit", () => {
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const Retrying = Octokit.plugin(retry)
  const Paginating = Octokit.plugin(paginateRest)
  const Throttling = Octokit.plugin(throttling)
  const yes = { onRateLimit: () => true, onSecondaryRateLimit: () => true }

  const createIssue = (url: URL) =>
    run(() => new Retrying({ baseUrl: url.origin, log, retry: { retryAfterBaseValue: 1 } }).request("POST /issues"))

  it.scopedLive("retries by plugin-retry a POST that the server may have acted on, three times", () =>
    Effect.gen(function* () {
      const scripts = [Scripted.reset, status(500), status(502), status(409), status(412), status(503)]
      const requests = scripts.map((behaviour) => requestsOf([behaviour], createIssue))
      expect(yield* Effect.all(requests)).toEqual([4, 4, 4, 4, 4, 4])
      expect(yield* requestsOf([status(408)], createIssue)).toBe(4)
      const refused = [400, 401, 403, 404, 410, 422, 451].map((code) => requestsOf([status(code)], createIssue))
      expect(yield* Effect.all(refused)).toEqual([1, 1, 1, 1, 1, 1, 1])
      const oursOf = (url: URL) => at(url)(post("/issues", { json: {} }))
      expect(yield* Effect.all(scripts.map((behaviour) => requestsOf([behaviour], oursOf)))).toEqual([1, 1, 1, 1, 1, 1])
    })
  )

  it.scopedLive("does not wait by plugin-retry for Retry-After", () =>
    // The test would time out if it waited.
    Effect.map(requestsOf([status(429, { "retry-after": "3600" })], createIssue), (requests) =>
      expect(requests).toBe(4)
    )
  )

  it.scopedLive("waits 1, 4 and 9 units by plugin-retry", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(500)])
      const octokit = new Retrying({ baseUrl: url.origin, log, retry: { retryAfterBaseValue: 20 } })
      const [elapsed] = yield* Effect.timed(run(() => octokit.request("GET /issues")))
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(14 * 20 - 5)
    })
  )

  it.scopedLive("retries by plugin-retry a request whose signal timed out", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.silence])
      let sent = 0
      const counted: typeof fetch = (...parameters) => {
        sent++
        return fetch(...parameters)
      }
      const octokit = new Retrying({ baseUrl: url.origin, log, retry: { retryAfterBaseValue: 1 } })
      const request = { fetch: counted, signal: AbortSignal.timeout(100) }
      errorOf(yield* run(() => octokit.request("GET /issues", { request })))
      expect(sent).toBe(4)
    })
  )

  it.scopedLive("retries by plugin-throttling what its texts and headers call a rate limit", () =>
    Effect.gen(function* () {
      const secondary = Scripted.json(
        { message: "You have exceeded a secondary rate limit" },
        { status: 403, headers: { "retry-after": "1" } }
      )
      const issue = (url: URL) =>
        run(() => new Throttling({ baseUrl: url.origin, log, throttle: yes }).request("GET /issues"))
      expect(yield* requestsOf([secondary, ok], issue)).toBe(2)
      const used = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" }
      expect(yield* requestsOf([status(429, used), ok], issue)).toBe(2)
      expect(yield* requestsOf([status(429, { "retry-after": "1" }), ok], issue)).toBe(1)
      expect(yield* requestsOf([status(429, { "retry-after": "1" }), ok], (url) => at(url)(get("/issues")))).toBe(2)
    })
  )

  it.scopedLive("sends writes at least a second apart by plugin-throttling", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([ok])
      const octokit = new Throttling({ baseUrl: url.origin, log, throttle: { ...yes, id: "writes" } })
      const [elapsed] = yield* Effect.timed(
        run(() => Promise.all([1, 2].map(() => octokit.request("POST /repos/a/b/labels"))))
      )
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(900)
    })
  )

  it.scopedLive("sends the token to the next page on another origin", () =>
    Effect.gen(function* () {
      const { received, url } = yield* continuedElsewhere
      const octokit = new Paginating({ baseUrl: url.origin, auth: secret, log })
      expect(yield* run(() => octokit.paginate("GET /items"))).toEqual(Either.right([1, 2]))
      expect(received()[0]).toMatchObject({ authorization: `token ${secret}` })
    })
  )

  it.scopedLive("ends a list by a page with a 409, and follows a page that was read", () =>
    Effect.gen(function* () {
      const pages = (last: Scripted.Behaviour): Scripted.Script => {
        const page: Scripted.Behaviour = (response, { headers }) =>
          Scripted.json([1], { headers: { link: `<http://${headers.host}/items>; rel="next"` } })(response, {} as never)
        return [page, page, page, last]
      }
      const read = (last: Scripted.Behaviour) =>
        Effect.flatMap(Scripted.make(pages(last)), ({ url }) =>
          run(() => new Paginating({ baseUrl: url.origin, log }).paginate("GET /items"))
        )
      expect(yield* read(Scripted.json([2]))).toEqual(Either.right([1, 1, 1, 2]))
      expect(yield* read(status(409))).toEqual(Either.right([1, 1, 1]))
    })
  )

  it.scopedLive("shows no token in an error", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([status(400)])
      const octokit = new Octokit({ baseUrl: url.origin, auth: secret, log })
      expect(shows(errorOf(yield* run(() => octokit.request("GET /items"))))).toEqual({ json: false, inspect: false })
    })
  )
})
