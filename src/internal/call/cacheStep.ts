import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type AnyError, type DecodeError, NotSent } from "../../HeraldError.js"
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
import { receiver } from "../endpoint/CompiledEndpoint.js"
import type { AttemptRequest } from "./attempt.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { authoriserError, errorDetails } from "./errors.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"

/** The attempts of a call, with additional headers on its request. */
export type Send = (
  how: Sending,
  headers: Readonly<Record<string, string>>,
  options: Pick<AttemptRequest, "partition" | "asBytes">
) => Effect.Effect<RawResponse, AnyError, HttpClient>

/** The decoder of a call's responses. */
export type Decode = (response: RawResponse) => Either.Either<unknown, DecodeError>

type Service = Context.Tag.Service<ResponseCache>

/** The facts that decide whether and for whom a response is stored. */
type Subject = Pick<CallInfo, "endpoint" | "authoriser" | "input" | "request">

/**
 * Reports whether responses to a call may be stored or shared: its method is safe, the response is read whole, and the request
 * holds no secret of the caller's own.
 */
const isCacheable = ({ endpoint, input, request }: Subject): boolean =>
  endpoint.safe &&
  (endpoint.method === "GET" || endpoint.method === "HEAD") &&
  receiver(endpoint, 200).open === undefined &&
  !endpoint.sensitive &&
  !carriesCredentials(request) &&
  !holdsSecrets(input)

const notCached = (call: Subject): NotSent =>
  new NotSent(
    errorDetails({ call, attempts: [] }, "not sent: the cache mode is only-if-cached, and no fresh response is stored")
  )

/** The cache partition of a caller, where it is known without a sign-in. */
const knownPartition = (call: Subject): Effect.Effect<string | undefined, AnyError> => {
  const { identity, partition } = call.authoriser.credentials
  return partition === undefined
    ? Effect.succeed(identity)
    : Effect.mapBoth(partition, {
        onSuccess: Option.getOrUndefined,
        onFailure: (failure) => authoriserError({ call, attempts: [] }, failure)
      })
}

/** The cache partition of a caller, who signs in for it if need be. */
const partitionOf = (call: Subject): Effect.Effect<string | undefined, AnyError, HttpClient> =>
  Effect.flatMap(knownPartition(call), (known) =>
    known === undefined
      ? call.authoriser.credentials.authorize(call.request).pipe(
          Effect.mapError((failure) => authoriserError({ call, attempts: [] }, failure)),
          Effect.zipRight(knownPartition(call))
        )
      : Effect.succeed(known)
  )

const cacheableRequest = ({ endpoint, request }: Subject, partition: string): CacheableRequest => ({
  operation: endpoint.name,
  method: endpoint.method,
  template: endpoint.template,
  request,
  partition
})

/** The response from the cache, or by sending the request. */
const read = (
  call: CallInfo,
  { progress }: CallState,
  cache: Service,
  mode: Mode,
  send: Send,
  decode: Decode
): Effect.Effect<Decoded<unknown, DecodeError>, AnyError, HttpClient> => {
  const offline = mode === "only-if-cached"
  return Effect.flatMap(offline ? knownPartition(call) : partitionOf(call), (partition) => {
    if (partition === undefined) {
      return offline
        ? Effect.failSync(() => notCached(call))
        : Effect.map(send("own", {}, { partition: undefined, asBytes: false }), (response) => ({
            response,
            value: decode(response)
          }))
    }
    const options = {
      partition: call.authoriser.credentials.partition === undefined ? undefined : partition,
      asBytes: true
    }
    return cache
      .through<unknown, DecodeError>({
        ...cacheableRequest(call, partition),
        mode,
        family: call.endpoint.family,
        decode,
        send: (how, headers) => send(how, headers, options),
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

/** Gets the response of a call from the cache, if there is one and the call may use it, or by sending the request. */
export const throughCache = (
  call: CallInfo,
  state: CallState,
  send: Send,
  decode: Decode
): Effect.Effect<Decoded<unknown, DecodeError>, AnyError, HttpClient> =>
  Effect.flatMap(Current, (mode) => {
    const { cache } = call.authoriser.origin
    if (cache !== undefined && mode !== "bypass" && isCacheable(call)) {
      return read(call, state, cache, mode, send, decode)
    }
    if (mode === "only-if-cached") return Effect.failSync(() => notCached(call))
    return Effect.map(send("own", {}, { partition: undefined, asBytes: false }), (response) => ({
      response,
      value: decode(response)
    }))
  })

/** Runs a call that may change its resource: what is stored of the resource is invalid afterwards, however the call ends. */
export const invalidating = <A extends { readonly response: RawResponse }, E, R>(
  { authoriser, endpoint, request }: CallInfo,
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const { cache } = authoriser.origin
  return cache === undefined || endpoint.safe ? call : cache.invalidating(request.url, call)
}

/** The stored response to a call, if it may be used. Sends nothing. */
export const lookup = (call: Subject): Effect.Effect<RawResponse | undefined, AnyError> => {
  const { cache } = call.authoriser.origin
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(undefined)
    : Effect.flatMap(knownPartition(call), (partition) =>
        partition === undefined ? Effect.succeed(undefined) : cache.lookup(cacheableRequest(call, partition))
      )
}

/** Prepares to store a response to a call that is obtained by another request, before that is sent. */
export const storing = (
  call: Subject
): Effect.Effect<(response: RawResponse) => Effect.Effect<void>, AnyError, HttpClient> => {
  const { cache } = call.authoriser.origin
  const nothing = () => Effect.void
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(nothing)
    : Effect.flatMap(partitionOf(call), (partition) =>
        partition === undefined ? Effect.succeed(nothing) : cache.storing(cacheableRequest(call, partition))
      )
}

