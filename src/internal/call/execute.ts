import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Authoriser } from "../../Authoriser.js"
import type { AnyError, EncodeError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import type { Issue } from "../../Issue.js"
import type { CompiledEndpoint, Parts } from "../endpoint/CompiledEndpoint.js"
import { admission } from "./admission.js"
import { attempt } from "./attempt.js"
import { invalidating, type Send, throughCache } from "./cacheStep.js"
import type { CallInfo } from "./CallInfo.js"
import * as CallState from "./CallState.js"
import { withDeadline } from "./deadline.js"
import { decodeSuccess } from "./decodeResponse.js"
import { detached } from "./detached.js"
import { encodeRequest } from "./encodeRequest.js"
import { encodeError } from "./errors.js"
import { withIdempotencyKey } from "./idempotencyKey.js"
import { measured, measuredAttempt } from "./metrics.js"
import * as Progress from "./Progress.js"
import { retry } from "./retry.js"
import { withSpan } from "./tracing.js"

/** The input of a call: the caller's own, in which errors look for secrets, and its parts as the endpoint encodes them. */
export interface CallInput {
  readonly input: unknown
  readonly parts: Parts
}

/** The outcome of a call. */
export interface Completed {
  readonly call: CallInfo
  readonly response: RawResponse
  /** The URL that the response comes from, without credentials. */
  readonly url: string
  readonly value: unknown
}

/** A call that is ready to be sent, or the issues of its input. */
export const prepare = (
  endpoint: CompiledEndpoint,
  authoriser: Authoriser,
  makeInput: () => CallInput
): Either.Either<Omit<CallInfo, "clock" | "startedAt">, EncodeError> => {
  const made = Either.try(makeInput)
  const refuse = (issues: ReadonlyArray<Issue>) =>
    encodeError(
      { call: { endpoint, authoriser, input: Either.getOrUndefined(made)?.input }, attempts: [] },
      issues
    )
  // An operation's function of its arguments throws on arguments that its types forbid.
  if (Either.isLeft(made)) return Either.left(refuse([{ path: [], message: "these are not the arguments of this operation" }]))
  const { input, parts } = made.right
  return Either.mapBoth(encodeRequest(endpoint, authoriser, parts), {
    onLeft: refuse,
    onRight: (request) => ({ endpoint, authoriser, input, request: withIdempotencyKey(endpoint, request) })
  })
}

/**
 * The pipeline of a call. Every request takes these steps in this order:
 *
 * 1. encode the input, or refuse it (`prepare`); add the idempotency key
 * 2. span (`withSpan`) and metrics (`measured`)
 * 3. invalidate what the cache stores of a changed resource (`invalidating`), even if the deadline passes
 * 4. deadline (`withDeadline`)
 * 5. cache (`throughCache`)
 * 6. attempt, again while the policy and the engine allow it (`retry`); each attempt is
 *    1. admission: the end of a pause, the rate limiter (`admission`)
 *    2. authorize, send and follow redirects, read the body, judge the status; on a 401, once: refresh and replay (`attempt`)
 * 7. decode the response (`decodeSuccess`)
 */
export const execute = (
  endpoint: CompiledEndpoint,
  authoriser: Authoriser,
  input: () => CallInput
): Effect.Effect<Completed, AnyError, HttpClient.HttpClient> =>
  Effect.clockWith((clock) => {
    const prepared = prepare(endpoint, authoriser, input)
    if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
    const call: CallInfo = { ...prepared.right, clock, startedAt: clock.unsafeCurrentTimeMillis() }
    const state = CallState.make()

    return Effect.flatMap(HttpClient.HttpClient, (client) => {
      const sent = withDeadline(call, state, (endsAt) =>
        throughCache(call, state, sender(call, state, client, endsAt), decoder(call, state))
      )
      return withSpan(call, state, measured(call, state, Effect.flatMap(invalidating(call, sent), complete(call))))
    })
  })

/** The decoder of a call's responses. */
const decoder =
  (call: CallInfo, { log, progress }: CallState.CallState) =>
  (response: RawResponse) =>
    decodeSuccess({ call, attempts: log.attempts(), sent: Progress.sentRequest(progress), response })

const complete =
  (call: CallInfo) =>
  ({ response, value }: { readonly response: RawResponse; readonly value: Either.Either<unknown, AnyError> }) =>
    Either.map(value, (value): Completed => ({ call, response, url: response.redirected ?? call.request.url, value }))

/**
 * The attempts of a call. A request that is shared with other calls, or sent in the background, is a call of its own: it has
 * the API's defaults instead of the program's overrides, and in the background the API's deadline.
 */
const sender =
  (
    call: CallInfo,
    state: CallState.CallState,
    client: HttpClient.HttpClient,
    endsAt: number | undefined
  ): Send =>
  (how, headers, { asBytes, partition }) => {
    const conditional = Object.keys(headers).some((name) => name.startsWith("if-"))
    const attempted = {
      request: HttpRequest.setHeaders(call.request, headers),
      unconditional: conditional ? call.request : undefined,
      partition,
      asBytes
    }
    const attempts = (call: CallInfo, state: CallState.CallState, endsAt: number | undefined) =>
      retry(
        call,
        state,
        endsAt,
        admission(call, state, endsAt),
        measuredAttempt(call, attempt(call, state, client, attempted))
      )
    if (how === "own") return attempts(call, state, endsAt)
    return Effect.suspend(() => {
      const other = { ...call, startedAt: call.clock.unsafeCurrentTimeMillis() }
      const otherState = CallState.make()
      return detached(
        how === "background"
          ? withDeadline(other, otherState, (endsAt) => attempts(other, otherState, endsAt))
          : attempts(other, otherState, undefined)
      )
    })
  }
