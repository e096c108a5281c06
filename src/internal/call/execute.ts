import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import type { Authoriser } from "../../Authoriser.js"
import type { AnyError, EncodeError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import type { Issue } from "../../Issue.js"
import { dropStream } from "../http/readBody.js"
import type * as Shape from "../descriptor/Shape.js"
import type { Decoded } from "../endpoint/Codec.js"
import type { CompiledEndpoint, Parts } from "../endpoint/CompiledEndpoint.js"
import { admission } from "./admission.js"
import { makeAttempt } from "./attempt.js"
import { invalidating, type Send, throughCache } from "./cacheStep.js"
import { beginCall, type CallInfo, type PreparedCall } from "./CallInfo.js"
import * as CallState from "./CallState.js"
import { withDeadline } from "./deadline.js"
import { decodeResponse } from "./decodeResponse.js"
import { detached } from "./detached.js"
import { encodeRequest } from "./encodeRequest.js"
import { encodeError, errorContext } from "./errors.js"
import { withIdempotencyKey } from "./idempotencyKey.js"
import { countRetries, measured, measuredAttempt } from "./metrics.js"
import type { CallKind } from "./observer.js"
import { retry } from "./retry.js"
import { recordFailures, withSpan } from "./tracing.js"

/** The input of a call. */
export interface CallInput {
  /** The caller's input. Its secrets are removed from errors. */
  readonly input: unknown
  /** The parts of the input, as the endpoint encodes them. */
  readonly parts: Parts
}

/** The outcome of a call. */
export interface Completed {
  readonly call: CallInfo
  readonly response: RawResponse
  /** The URL that the response comes from, without credentials. */
  readonly url: string
  readonly value: unknown
  /** The differences of the response from a description that it need not match. */
  readonly issues: ReadonlyArray<Shape.Mismatch> | undefined
  readonly state: CallState.CallState
}

/** Encodes the input of a call. Returns an `EncodeError` if the input does not match the endpoint. */
export const prepare = (
  endpoint: CompiledEndpoint,
  api: Authoriser,
  makeInput: () => CallInput
): Either.Either<PreparedCall, EncodeError> => {
  const authoriser = endpoint.authoriserOf?.(api) ?? api
  const refuse = (issues: ReadonlyArray<Issue>, input?: unknown) =>
    Either.left(encodeError({ call: { endpoint, authoriser, input }, attempts: [] }, issues))
  let made: CallInput
  try {
    made = makeInput()
  } catch {
    // The `input` function of an operation can throw on arguments that its types forbid.
    return refuse([{ path: [], message: "these are not the arguments of this operation" }])
  }
  const { input, parts } = made
  const request = encodeRequest(endpoint, authoriser, parts)
  return Either.isLeft(request)
    ? refuse(request.left, input)
    : Either.right({ endpoint, authoriser, input, request: withIdempotencyKey(endpoint, request.right) })
}

/**
 * The pipeline of a call:
 *
 * 1. encode the input, or refuse it, into the request template of the endpoint; add the idempotency key (`prepare`)
 * 2. span (`withSpan`) and metrics (`measured`)
 * 3. after a call that may change its resource, even if the deadline passes: invalidate cache entries (`invalidating`)
 * 4. deadline: its timer interrupts the call, or makes the library's own transport abort the request (`withDeadline`)
 * 5. cache (`throughCache`)
 * 6. attempts, while the policy and the engine allow another one (`retry`), each with
 *    1. admission: the end of a pause, the rate limiter (`admission`)
 *    2. authorize, send and follow redirects, read the body, classify the status; after a 401, once: refresh and replay
 *       (`attempt`)
 * 7. decode the response by the compiled decoder of the endpoint (`decodeResponse`)
 */
export const execute = (
  endpoint: CompiledEndpoint,
  authoriser: Authoriser,
  input: () => CallInput
): Effect.Effect<Completed, AnyError, HttpClient.HttpClient> =>
  Effect.withFiberRuntime((fiber) => executeIn(fiber, endpoint, authoriser, input, identity))

/** `execute`, in the fiber that runs it. The Effect must be run at once, and only once. Converts the outcome to a result. */
export const executeIn = <A>(
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  endpoint: CompiledEndpoint,
  authoriser: Authoriser,
  input: () => CallInput,
  toResult: (completed: Completed) => A
): Effect.Effect<A, AnyError, HttpClient.HttpClient> => {
  const prepared = prepare(endpoint, authoriser, input)
  if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
  const call = beginCall(fiber, prepared.right)
  const state = CallState.make()
  const exchange = () =>
    withDeadline(call, state, (endsAt) => throughCache(call, state, sender(call, state, endsAt), decoder(call, state)))
  return observed(call, state, "own", () =>
    withSpan(call, state, () =>
      measured(call, state, () => Effect.flatMap(invalidating(call, exchange), complete(call, state, toResult)))
    )
  )
}

/** Reports a call to the observer, if there is one. */
const observed = <A, E, R>(
  call: CallInfo,
  state: CallState.CallState,
  kind: CallKind,
  run: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const { observer } = call
  if (observer === undefined) return run()
  observer.began(call, kind, state.log.attempts)
  return Effect.onExit(Effect.suspend(run), (exit) => Effect.sync(() => observer.ended(call, exit)))
}

/** Makes the decoder of a call's responses. */
const decoder = (call: CallInfo, state: CallState.CallState) => (response: RawResponse) =>
  decodeResponse({ ...errorContext(call, state), response })

/** Makes the function that returns the result of a call from its response. */
const complete =
  <A>(call: CallInfo, state: CallState.CallState, toResult: (completed: Completed) => A) =>
  ({ response, value }: { readonly response: RawResponse; readonly value: Decoded<AnyError> }) => {
    if (Either.isLeft(value)) return Effect.zipRight(dropStream(response.stream), Effect.fail(value.left))
    const { issues } = value
    const url = response.redirected ?? call.request.url
    const result = toResult({ call, response, url, value: value.right, issues, state })
    const reported = issues && call.endpoint.report?.(call, response, issues)
    return reported === undefined ? Effect.succeed(result) : Effect.as(reported, result)
  }

/**
 * Makes the function by which the cache step sends a call's request. A request that is shared with other calls, or sent in the
 * background, runs as a call of its own: it has the API's defaults instead of the program's overrides. A shared request has no
 * deadline, since each call that waits for it has its own; a background request has the API's.
 */
const sender =
  (call: CallInfo, state: CallState.CallState, endsAt: number | undefined): Send =>
  (how, headers, { asBytes, partition }, stores) => {
    const names = Object.keys(headers)
    const conditional = names.some((name) => name.startsWith("if-"))
    const attempted = {
      request: names.length === 0 ? call.request : HttpRequest.setHeaders(call.request, headers),
      unconditional: conditional ? call.request : undefined,
      partition,
      asBytes
    }
    const attempts = (call: CallInfo, state: CallState.CallState, endsAt: number | undefined) => {
      const attempt = makeAttempt(call, state, Context.unsafeGet(call.context, HttpClient.HttpClient), attempted)
      return retry(
        call,
        state,
        endsAt,
        () => admission(call, state, endsAt),
        () => measuredAttempt(call, state, attempt),
        stores
      )
    }
    if (how === "own") return attempts(call, state, endsAt)
    return detached(
      Effect.withFiberRuntime((fiber) => {
        const detachedCall = beginCall(fiber, call)
        const detachedState = CallState.make()
        countRetries(detachedCall, detachedState)
        recordFailures(detachedCall, detachedState, fiber.currentSpan)
        return observed(detachedCall, detachedState, how, () =>
          how === "background"
            ? withDeadline(detachedCall, detachedState, (endsAt) => attempts(detachedCall, detachedState, endsAt))
            : attempts(detachedCall, detachedState, undefined)
        )
      })
    )
  }
