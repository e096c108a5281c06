import type { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type AnyError, NotSent } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import {
  type CacheableRequest,
  Current,
  type Decoded,
  type Mode,
  NotCached,
  type ResponseCache,
  type Sending
} from "../../ResponseCache.js"
import type { AttemptRequest } from "./authorize.js"
import type { CallInfo, PreparedCall } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { authoriserError, errorDetails } from "./errors.js"
import { measuredCache } from "./metrics.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import { recordCacheResult } from "./tracing.js"

/** Sends the request of a call now, with additional headers. Returns an error response that `stores` accepts. */
export type Send = (
  how: Sending,
  headers: Readonly<Record<string, string>>,
  options: Pick<AttemptRequest, "partition" | "asBytes">,
  stores?: (response: RawResponse) => boolean
) => Effect.Effect<RawResponse, AnyError, HttpClient>

/** The decoder of a call's responses. */
export type Decode = (response: RawResponse) => Either.Either<unknown, AnyError>

type Service = Context.Tag.Service<ResponseCache>

/**
 * Reports whether responses to a call may be stored or shared: its method is safe, the response is read whole, and the request
 * holds no secret of the caller's own.
 */
const isCacheable = ({ endpoint, input, request }: PreparedCall): boolean =>
  endpoint.safe &&
  (endpoint.method === "GET" || endpoint.method === "HEAD") &&
  !endpoint.streams &&
  !endpoint.sensitive &&
  !carriesCredentials(request) &&
  !holdsSecrets(input)

const notCached = (call: PreparedCall): NotSent =>
  new NotSent(
    errorDetails({ call, attempts: [] }, "not sent: the cache mode is only-if-cached, and no fresh response is stored")
  )

/** Returns the cache partition of the caller, if it is known without a sign-in. */
const knownPartition = (call: PreparedCall): Effect.Effect<string | undefined, AnyError> => {
  const { identity, partition } = call.authoriser.credentials
  return partition === undefined
    ? Effect.succeed(identity)
    : Effect.mapBoth(partition, {
        onSuccess: Option.getOrUndefined,
        onFailure: (failure) => authoriserError({ call, attempts: [] }, failure)
      })
}

/** Returns the cache partition of the caller. Signs in if the partition is not known without. */
const partitionOf = (call: PreparedCall): Effect.Effect<string | undefined, AnyError, HttpClient> =>
  Effect.flatMap(knownPartition(call), (known) =>
    known === undefined
      ? call.authoriser.credentials.authorize(call.request).pipe(
          Effect.mapError((failure) => authoriserError({ call, attempts: [] }, failure)),
          Effect.zipRight(knownPartition(call))
        )
      : Effect.succeed(known)
  )

const cacheableRequest = ({ endpoint, request }: PreparedCall, partition: string): CacheableRequest => ({
  operation: endpoint.name,
  method: endpoint.method,
  template: endpoint.template,
  request,
  partition
})

const sendUncached = (send: Send, decode: Decode): Effect.Effect<Decoded<unknown, AnyError>, AnyError, HttpClient> =>
  Effect.map(send("own", {}, { partition: undefined, asBytes: false }), (response) => ({
    response,
    value: decode(response)
  }))

/** Returns the response to a call that may use the cache, from the cache or by sending the request. */
const read = (
  call: CallInfo,
  { progress }: CallState,
  cache: Service,
  mode: Mode,
  send: Send,
  decode: Decode
): Effect.Effect<Decoded<unknown, AnyError>, AnyError, HttpClient> => {
  const offline = mode === "only-if-cached"
  return Effect.flatMap(offline ? knownPartition(call) : partitionOf(call), (partition) => {
    if (partition === undefined) {
      return offline ? Effect.failSync(() => notCached(call)) : sendUncached(send, decode)
    }
    const options = {
      partition: call.authoriser.credentials.partition === undefined ? undefined : partition,
      asBytes: true
    }
    return cache
      .through<unknown, AnyError>({
        ...cacheableRequest(call, partition),
        mode,
        family: call.endpoint.family,
        decode,
        send: (how, headers, stores) => Effect.suspend(() => send(how, headers, options, stores)),
        joined: () => {
          progress.current = { _tag: "Joined" }
        }
      })
      .pipe(
        Effect.catchIf(
          (error) => error instanceof NotCached,
          () => Effect.failSync(() => notCached(call))
        )
      )
  })
}

/** Returns the response to a call, from the cache if there is one and the call may use it, or by sending the request. */
export const throughCache = (
  call: CallInfo,
  state: CallState,
  send: Send,
  decode: Decode
): Effect.Effect<Decoded<unknown, AnyError>, AnyError, HttpClient> => {
  const { cache } = call.authoriser.origin
  const mode = Context.get(call.context, Current)
  if (cache !== undefined && mode !== "bypass" && isCacheable(call)) {
    return measuredCache(call, recordCacheResult(call, read(call, state, cache, mode, send, decode)))
  }
  if (mode === "only-if-cached") return Effect.failSync(() => notCached(call))
  return sendUncached(send, decode)
}

/** Runs a call. If it may change its resource, invalidates the cache entries of the resource afterwards, even if it fails. */
export const invalidating = <A extends { readonly response: RawResponse }, E, R>(
  { authoriser, endpoint, request }: CallInfo,
  run: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const { cache } = authoriser.origin
  return cache === undefined || endpoint.safe ? run() : cache.invalidating(request.url, Effect.suspend(run))
}

/** Returns the stored response to a call, if it may be used. Sends no request of the call. */
export const lookup = (call: PreparedCall): Effect.Effect<RawResponse | undefined, AnyError> => {
  const { cache } = call.authoriser.origin
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(undefined)
    : Effect.flatMap(knownPartition(call), (partition) =>
        partition === undefined ? Effect.succeed(undefined) : cache.lookup(cacheableRequest(call, partition))
      )
}

/** Prepares to store the response to a call that another request obtains. Runs before that request is sent. */
export const storing = (
  call: PreparedCall
): Effect.Effect<(response: RawResponse) => Effect.Effect<void>, AnyError, HttpClient> => {
  const { cache } = call.authoriser.origin
  const storeNothing = () => Effect.void
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(storeNothing)
    : Effect.flatMap(partitionOf(call), (partition) =>
        partition === undefined ? Effect.succeed(storeNothing) : cache.storing(cacheableRequest(call, partition))
      )
}
