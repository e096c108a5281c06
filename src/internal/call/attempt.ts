import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Issue } from "../../Issue.js"
import type { RawResponse } from "../../RawResponse.js"
import type { BodyUse, ToError } from "../endpoint/Codec.js"
import {
  type AttemptFailure,
  type FailureContext,
  fromAttemptDeadline,
  fromContent,
  fromCredentials,
  fromHead,
  fromIssue,
  fromRequestBody,
  fromStatus,
  fromTransport,
  transportError
} from "./AttemptFailure.js"
import {
  type AttemptRequest,
  authorize,
  isOtherPartition,
  type PauseBegan,
  pauseBegan,
  type Refusal,
  refusalOf
} from "./authorize.js"
import type { CallInfo } from "./CallInfo.js"
import { type CallState, timingOf } from "./CallState.js"
import type { UnknownCoding } from "../http/contentCoding.js"
import { dropStream } from "../http/readBody.js"
import type { ReadFailure } from "../http/receivedBody.js"
import { flatMapNow, mapErrorNow } from "../flatMapNow.js"
import { withAttemptDeadline } from "./deadline.js"
import { errorContext } from "./errors.js"
import { isNotModified } from "./notModified.js"
import * as Progress from "./Progress.js"
import { headOf, receive } from "./receive.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import { type Ready, send, type Sent } from "./send.js"
import { isBrowser } from "../http/userAgent.js"

type Attempt<A> = Effect.Effect<A, AttemptFailure | PauseBegan, HttpClient.HttpClient>

/** A failure before the response is complete. */
type ExchangeFailure = HttpClientError | ReadFailure | UnknownCoding | AttemptFailure

/** A response, and the generation of the credentials that it was requested with. */
interface Exchanged {
  readonly response: RawResponse
  readonly generation: number
}

/**
 * Makes the function that makes one attempt, within its deadline: authorize, send and follow redirects, read the body, classify the
 * status; after a 401, once in a call, refresh the credentials and send again.
 */
export const makeAttempt = (
  call: CallInfo,
  state: CallState,
  client: HttpClient.HttpClient,
  attempted: AttemptRequest
): (() => Attempt<RawResponse>) => {
  const { authoriser, clock, endpoint } = call
  const { log, progress } = state
  const { baseUrl, credentials, defaults } = authoriser
  const now = () => clock.unsafeCurrentTimeMillis()
  const context = (): FailureContext => ({
    call,
    timing: () => timingOf(call, state),
    sent: Progress.sentRequest(progress)
  })
  const toError: ToError = (failure) => transportError(errorContext(call, state), failure)

  /** Reports whether a status is a success, or the 304 that conditions of the caller or of the cache ask for. */
  const passes = (status: number) =>
    endpoint.accepts(status) || isNotModified(call, status) || (status === 304 && attempted.unconditional !== undefined)

  /** Reports whether the response with a status is a success, at once or if no other attempt follows. */
  const canSucceed = (status: number) => passes(status) || endpoint.successes(status) !== undefined

  /** Completes a failure with facts from the progress of the attempt. */
  const withProgress = (failure: AttemptFailure, use: BodyUse): AttemptFailure => {
    const { current } = progress
    const carriedOut = failure.class !== "Final" && Progress.wasCarriedOut(progress)
    return {
      ...failure,
      bodyConsumed: use.consumed,
      crossOrigin: current._tag === "HeadReceived" && !current.sameOrigin,
      ...(carriedOut ? { class: "Ambiguous", carriedOut } : {})
    }
  }

  const fromRefusal = (refusal: Refusal | Issue): AttemptFailure =>
    "path" in refusal ? fromIssue(context(), refusal) : fromCredentials(context(), refusal)

  /** Step 1: adds credentials to the request. */
  const authorizing = (plain: HttpClientRequest): Attempt<Ready> =>
    mapErrorNow(authorize(call, plain, attempted, state), (failure) =>
      failure === pauseBegan ? failure : fromRefusal(failure)
    )

  /** Steps 2 and 3: sends the request, follows redirects, and receives the response. */
  const sending = (ready: Ready): Effect.Effect<Exchanged, ExchangeFailure, HttpClient.HttpClient> =>
    send(
      client,
      ready,
      {
        origin: baseUrl.origin,
        originHeaders: () => Object.keys(defaults.headers ?? {}).map((name) => name.toLowerCase()),
        traced: call.traced && (defaults.traceContext ?? !isBrowser()),
        expiry: state.expiry,
        follows: endpoint.follows,
        holdsSecrets: () => endpoint.sensitive || holdsSecrets(call.input) || carriesCredentials(ready.plain),
        authorize: (plain) =>
          Effect.flatMap(
            Effect.mapError(credentials.authorize(plain), (failure) => fromCredentials(context(), failure)),
            (authorized) => {
              const refusal = refusalOf(call, plain, authorized.request)
              return refusal === undefined ? Effect.succeed(authorized) : Effect.fail(fromRefusal(refusal))
            }
          ),
        onSend: (request, carriedOut, plain, sameOrigin) => {
          progress.current = { _tag: "Sent", request, carriedOut }
          log.add({ _tag: "RequestSent", at: now(), sameOrigin })
          call.observer?.sent(call, plain, request)
        },
        onReceived: (response) => {
          log.add({ _tag: "HeadReceived", at: now(), status: response.status })
          call.observer?.received(call, response.status, response.headers)
        }
      },
      (sent) => receiving(ready, sent)
    )

  /** Step 3: reads the body, or opens it as a Stream. */
  const receiving = (
    ready: Ready,
    { authorized, plain, response }: Sent
  ): Effect.Effect<Exchanged, ReadFailure | UnknownCoding> => {
    const { headers } = response
    const head = headOf(response, headers)
    const redirected = plain.url === ready.plain.url ? undefined : plain.url
    progress.current = {
      _tag: "HeadReceived",
      request: authorized.request,
      carriedOut: Progress.wasCarriedOut(progress),
      sameOrigin: redirected === undefined || new URL(redirected).origin === baseUrl.origin,
      status: head.status,
      headers: head.headers
    }
    return flatMapNow(
      receive(response, headers, head, endpoint, {
        asBytes: attempted.asBytes,
        isSuccess: canSucceed(head.status),
        toError,
        redirected,
        uncacheable: isOtherPartition(attempted, authorized)
      }),
      (response) => Effect.succeed<Exchanged>({ response, generation: authorized.generation })
    )
  }

  /** The failure of steps 2 and 3. */
  const exchangeFailure = (failure: ExchangeFailure): AttemptFailure => {
    if (!("_tag" in failure)) return failure
    const { current } = progress
    if (failure._tag === "TooLarge" || failure._tag === "UnknownCoding") {
      // Both are failures of a response.
      return fromContent(context(), failure, current as Progress.HeadReceived, now())
    }
    return fromTransport(context(), failure)
  }

  /** Steps 1 to 3. */
  const exchange = (request: HttpClientRequest, use: BodyUse): Attempt<Exchanged> =>
    flatMapNow(authorizing(request), (ready) =>
      Effect.mapError(sending(ready), (failure) => withProgress(exchangeFailure(failure), use))
    )

  /** True once the credentials were refreshed after a 401: at most once in a call, whatever the number of its attempts. */
  let refreshed = false

  /**
   * Steps 1 to 3, and the status: fails unless it is a success. After a 401, sends once more with other credentials, if
   * any.
   */
  const complete = (request: HttpClientRequest, use: BodyUse): Attempt<RawResponse> =>
    Effect.flatMap(
      credentials.wrapAttempt === undefined
        ? exchange(request, use)
        : credentials.wrapAttempt(Effect.suspend(() => exchange(request, use))),
      ({ generation, response }) => {
        if (passes(response.status)) return Effect.succeed(response)
        const fail = Effect.suspend(() => Effect.fail(withProgress(fromStatus(context(), response, now()), use)))
        const { current } = progress
        const isForeign = current._tag === "HeadReceived" && !current.sameOrigin
        // A response that the deadline has cut is the last progress of the call.
        const isLast = isForeign || state.expiry?.passed === true || Progress.wasCarriedOut(progress)
        if (response.status !== 401 || refreshed || isLast) return fail
        return Effect.flatMap(refresh(generation), (others) =>
          others && !use.consumed
            ? Effect.zipRight(
                dropStream(response.stream),
                Effect.suspend(() => complete(request, use))
              )
            : fail
        )
      }
    )

  /** Returns true if there are other credentials than those of this generation. */
  const refresh = (generation: number): Attempt<boolean> =>
    Effect.suspend(() => {
      Progress.startPreparing(progress)
      log.add({ _tag: "RefreshStarted", at: now() })
      return Effect.mapBoth(credentials.rejected(generation), {
        onSuccess: (others) => {
          refreshed = true
          return others
        },
        onFailure: (failure) => fromCredentials(context(), failure)
      })
    })

  /** The failure of an attempt whose deadline has passed: that of the received status, if it is not a success. */
  const deadlineFailure = (limit: Duration.Duration): AttemptFailure => {
    const received = fromHead(context(), progress, canSucceed, now())
    // A 401 counts with its whole response only: without it, the credentials were not refreshed.
    return received !== undefined && received.status !== 401
      ? received
      : fromAttemptDeadline(context(), Progress.interruptedClass(progress), limit)
  }

  return () => {
    const use: BodyUse = { consumed: false }
    const run = () => {
      Progress.startPreparing(progress)
      log.add({ _tag: "AttemptStarted", at: now() })
      const withBody = endpoint.body?.writer.withBody
      return withBody === undefined
        ? complete(attempted.request, use)
        : withBody(
            attempted.request,
            use,
            (request) => Effect.suspend(() => complete(request, use)),
            (cause) => withProgress(fromRequestBody(context(), cause), use)
          )
    }
    return withAttemptDeadline(call, run, (limit) => withProgress(deadlineFailure(limit), use))
  }
}
