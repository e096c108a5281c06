/** Clients on Effect: platform's, and this library on each transport. */
import {
  HttpApi,
  HttpApiClient,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiSchema,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted, Schedule, Schema, Tracer } from "effect"
import {
  Authoriser,
  Backoff,
  Credentials,
  Endpoint,
  Metrics,
  Operation,
  OriginState,
  RetryPolicy,
  Verbs
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { AccountSchema } from "./account.js"
import { fromEffect } from "./fromEffect.js"
import { nextId } from "./ids.js"
import type { Contender } from "./slices.js"
import { type Transport, transports } from "./transports.js"

const token = Redacted.make("0123456789abcdef0123456789abcdef")

class Api extends Authoriser.Tag("bench/Api")<Api>() {}

const getAccount = Operation.make(Api, () => Endpoint.get("/accounts/{id}", { success: AccountSchema }))
const getCached = Operation.make(Api, () => Endpoint.get("/cached/{id}", { success: AccountSchema }))
const getFlaky = Operation.make(Api, () => Endpoint.get("/flaky/{id}", { success: AccountSchema }))
const verbs = Verbs.make(Api)

const account = Effect.suspend(() => getAccount({ id: nextId() }))

/** Only what a call can't do without. */
const bareOptions = (baseUrl: string) => ({ baseUrl, retryPolicy: RetryPolicy.none })

const fullOptions = (baseUrl: string) =>
  ({
    baseUrl,
    credentials: Credentials.bearer(token),
    deadline: "2 minutes"
  }) as const

/** This library's calls on a transport. */
const herald = (baseUrl: string, [transport, client]: Transport): ReadonlyArray<Contender> => {
  const bare = Layer.provideMerge(Api.layer(bareOptions(baseUrl)), client)
  const full = Layer.provideMerge(Api.layer(fullOptions(baseUrl)), client)
  const verb = Effect.suspend(() => verbs.get("/accounts/{id}", { path: { id: nextId() }, success: AccountSchema }))
  return [
    fromEffect(`effect-herald, bare, ${transport}`, account, bare, "Schema"),
    fromEffect(`effect-herald, full, ${transport}`, account, full, "Schema"),
    fromEffect(`effect-herald, full, verb, ${transport}`, verb, full, "Schema")
  ]
}

const platformApi = HttpApi.make("bench").add(
  HttpApiGroup.make("accounts").add(
    HttpApiEndpoint.get("get")`/accounts/${HttpApiSchema.param("id", Schema.String)}`.addSuccess(AccountSchema)
  )
)
const makePlatformApi = (baseUrl: string) => HttpApiClient.make(platformApi, { baseUrl })
const PlatformApi = Context.GenericTag<Effect.Effect.Success<ReturnType<typeof makePlatformApi>>>("bench/PlatformApi")

const platform = (baseUrl: string): ReadonlyArray<Contender> => {
  const undici = NodeHttpClient.layerUndici
  const changed = (change: (client: HttpClient.HttpClient) => HttpClient.HttpClient) =>
    Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, change)), undici)
  const get = Effect.flatMap(HttpClient.HttpClient, (client) => client.get(`${baseUrl}/accounts/${nextId()}`))
  const decoded = Effect.flatMap(get, HttpClientResponse.schemaBodyJson(AccountSchema))
  const withHeadersAndRetry = changed((client) =>
    client.pipe(
      HttpClient.mapRequest((request) =>
        request.pipe(HttpClientRequest.bearerToken(token), HttpClientRequest.acceptJson)
      ),
      HttpClient.filterStatusOk,
      HttpClient.retryTransient({ times: 3, schedule: Schedule.exponential("500 millis") })
    )
  )
  const api = Layer.provide(Layer.effect(PlatformApi, makePlatformApi(baseUrl)), undici)
  const called = Effect.flatMap(PlatformApi, (client) => client.accounts.get({ path: { id: nextId() } }))
  return [
    fromEffect(
      "platform undici",
      Effect.flatMap(get, (response) => response.json),
      undici
    ),
    fromEffect("platform undici + Schema", decoded, undici, "Schema"),
    fromEffect("platform undici + Schema, headers, retry", decoded, withHeadersAndRetry, "Schema"),
    fromEffect("HttpApiClient, platform undici", called, api, "Schema")
  ]
}

/** The clients on Effect. Each gets an account. */
export const effectClients = (baseUrl: string): ReadonlyArray<Contender> => [
  ...platform(baseUrl),
  ...transports.flatMap((transport) => herald(baseUrl, transport))
]

/** A span that keeps its name and attributes, and exports nothing. */
const makeSpan: Tracer.Tracer["span"] = (name, parent, context, links, startTime, kind): Tracer.Span => {
  const attributes = new Map<string, unknown>()
  let status: Tracer.SpanStatus = { _tag: "Started", startTime }
  return {
    _tag: "Span",
    name,
    spanId: "00f067aa0ba902b7",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    parent,
    context,
    get status() {
      return status
    },
    attributes,
    links,
    sampled: true,
    kind,
    end: (endTime, exit) => {
      status = { _tag: "Ended", startTime, endTime, exit }
    },
    attribute: (key, value) => void attributes.set(key, value),
    event: () => undefined,
    addLinks: () => undefined
  }
}

/** A bare call, and the same call with one feature each, on the first transport. */
export const features = (baseUrl: string): ReadonlyArray<Contender> => {
  const [[, client]] = transports
  const options = bareOptions(baseUrl)
  const bare = Layer.provideMerge(Api.layer(options), client)
  const cached = Layer.provideMerge(
    Api.layer(options).pipe(Layer.provide(HttpCache.layerMemory({ maxBytes: 4 * 1024 * 1024 }))),
    client
  )
  const tracer = Layer.setTracer(Tracer.make({ span: makeSpan, context: (use) => use() }))
  const credentials = Layer.provideMerge(Api.layer({ ...options, credentials: Credentials.bearer(token) }), client)
  const deadline = Layer.provideMerge(Api.layer({ ...options, deadline: "2 minutes" }), client)
  const retry = Layer.provideMerge(Api.layer({ baseUrl }), client)
  return [
    fromEffect("bare", account, bare),
    fromEffect("credentials", account, credentials),
    fromEffect("deadline", account, deadline),
    fromEffect("retry policy", account, retry),
    fromEffect("metrics", account, Layer.merge(bare, Metrics.layer)),
    fromEffect("span", account, Layer.merge(bare, tracer)),
    fromEffect(
      "cache, miss",
      Effect.suspend(() => getCached({ id: nextId() })),
      cached
    ),
    fromEffect("cache, hit", getCached({ id: "1" }), cached)
  ]
}

/** Calls that fail once and are retried, on each transport. */
export const retrying = (baseUrl: string): ReadonlyArray<Contender> =>
  transports.map(([transport, client]) => {
    const retryPolicy = RetryPolicy.make({
      schedule: Schedule.spaced("1 millis").pipe(Schedule.intersect(Backoff.attempts(3))),
      retries: RetryPolicy.onStatus(503)
    })
    // Each call fails once, so a limited budget would run out.
    const api = Api.layer({ baseUrl, retryPolicy }).pipe(Layer.provide(OriginState.layer({ budget: "unlimited" })))
    const call = Effect.suspend(() => getFlaky({ id: nextId() }))
    return fromEffect(`effect-herald, ${transport}`, call, Layer.provideMerge(api, client))
  })
