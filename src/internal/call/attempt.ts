import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import type { AuthorizedRequest, CredentialsFailure } from "../../Credentials.js"
import type { RawResponse } from "../../RawResponse.js"
import type { BodyUse, ToError } from "../endpoint/Codec.js"
import { receiver } from "../endpoint/CompiledEndpoint.js"
import { readBody, readBytes, type TooLarge } from "../http/readBody.js"
import { allowsCredentials, insecureMessage } from "../http/secureUrl.js"
import { pauseLeft } from "./admission.js"
import {
  type AttemptFailure,
  type FailureContext,
  fromAttemptDeadline,
  fromCredentials,
  fromHead,
  fromIssue,
  fromRequestBody,
  fromStatus,
  fromTooLarge,
  fromTransport,
  transportError
} from "./AttemptFailure.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { withAttemptDeadline } from "./deadline.js"
import { framingIssue } from "./framing.js"
import * as Progress from "./Progress.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import { send } from "./send.js"

/** The request of an attempt, made by the cache step. */
export interface AttemptRequest {
  /** Without credentials. */
  readonly request: HttpClientRequest
  /** The request without the cache's conditions (RFC 9110, 13.1), if `request` has any. */
  readonly unconditional: HttpClientRequest | undefined
  /** The cache partition of the lookup. Undefined without a lookup, and for credentials without `partition`. */
  readonly partition: string | undefined
  /** True if the body is read as bytes, since the cache stores bytes. */
  readonly asBytes: boolean
}

/** Sentinel: a pause began before the request was sent. The attempt is re-queued and not counted. */
export const pauseBegan = "pause began"
export type PauseBegan = typeof pauseBegan

type Attempt<A> = Effect.Effect<A, AttemptFailure | PauseBegan, HttpClient.HttpClient>

const insecure: Pick<CredentialsFailure, "reason" | "message"> = {
  reason: "Insecure",
  message: insecureMessage
}

/** A request that may be sent, without and with credentials. */
interface Ready {
  readonly plain: HttpClientRequest
  readonly authorized: AuthorizedRequest
}

/** A response, and the generation of the credentials that it was requested with. */
interface Exchanged {
  readonly response: RawResponse
  readonly generation: number
}

/**
 * Makes one attempt, within its deadline: authorize, send and follow redirects, read the body, classify the status; after a
 * 401, once, refresh the credentials and send again.
 */
export const attempt = (
  call: CallInfo,
  { log, progress }: CallState,
  client: HttpClient.HttpClient,
  attempted: AttemptRequest
): Attempt<RawResponse> => {
  const { authoriser, clock, endpoint } = call
  const { baseUrl, credentials, defaults } = authoriser
  const { asBytes, partition, unconditional } = attempted
  const now = () => clock.unsafeCurrentTimeMillis()
  const context = (): FailureContext => ({ call, sent: Progress.sentRequest(progress) })

  /** Reports whether a status is a success, or the 304 that the cache's conditions ask for. */
  const passes = (status: number) => endpoint.accepts(status) || (status === 304 && unconditional !== undefined)

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

  /** The failure of an incomplete exchange: that of the received status, if it permits a retry, or else `otherwise`. */
  const incomplete = (otherwise: () => AttemptFailure): AttemptFailure => {
    const { current } = progress
    const fromReceived = current._tag === "HeadReceived" ? fromHead(context(), current, now()) : undefined
    return fromReceived ?? otherwise()
  }

  const credentialsFailed = (failure: Pick<CredentialsFailure, "message" | "reason">) =>
    fromCredentials(context(), failure)

  /** Reports whether another user has signed in since the cache lookup, so that neither its entry nor its partition apply. */
  const isOtherPartition = (authorized: AuthorizedRequest): boolean =>
    authorized.partition !== undefined && partition !== undefined && authorized.partition !== partition

  /** Step 1: adds credentials to the request. Fails if they must not be sent, or a pause has begun. */
  const authorize = (plain: HttpClientRequest) =>
    credentials.authorize(plain).pipe(
      Effect.map((authorized): Ready => ({ plain, authorized })),
      Effect.flatMap((ready) =>
        unconditional === undefined || !isOtherPartition(ready.authorized)
          ? Effect.succeed(ready)
          : Effect.map(credentials.authorize(unconditional), (authorized): Ready => ({
              plain: unconditional,
              authorized
            }))
      ),
      Effect.mapError(credentialsFailed),
      Effect.flatMap((ready): Effect.Effect<Ready, AttemptFailure | PauseBegan> => {
        const hasCredentials = ready.authorized.request !== ready.plain || carriesCredentials(ready.plain)
        if (hasCredentials && !allowsCredentials({ baseUrl, insecure: defaults.insecure })) {
          return Effect.fail(credentialsFailed(insecure))
        }
        const issue = framingIssue(ready.authorized.request.headers, ready.authorized.request.body)
        if (issue !== undefined) return Effect.fail(fromIssue(context(), issue))
        // A pause may have begun while the credentials were obtained.
        return pauseLeft(call) > 0 ? Effect.fail(pauseBegan) : Effect.succeed(ready)
      })
    )

  /** Step 2: sends the request, follows redirects, and returns the head of the response. */
  const exchangeHead = (plain: HttpClientRequest, authorized: HttpClientRequest) => {
    progress.current = { _tag: "Sent", request: authorized, carriedOut: false }
    return send(client, {
      plain,
      authorized,
      origin: baseUrl.origin,
      originHeaders: () => Object.keys(defaults.headers ?? {}).map((name) => name.toLowerCase()),
      follow: endpoint.followRedirects,
      holdsSecrets: () => endpoint.sensitive || holdsSecrets(call.input) || carriesCredentials(plain),
      onCarriedOut: () => {
        progress.current = { _tag: "Sent", request: authorized, carriedOut: true }
      }
    })
  }

  /** Step 3: reads the body, or opens it as a Stream. */
  const receive = (
    response: HttpClientResponse,
    authorized: AuthorizedRequest
  ): Effect.Effect<RawResponse, HttpClientError.HttpClientError | AttemptFailure> => {
    const { headers, status } = response
    const redirected = response.request.url === authorized.request.url ? undefined : response.request.url
    const sameOrigin = redirected === undefined || new URL(redirected).origin === baseUrl.origin
    const carriedOut = Progress.wasCarriedOut(progress)
    progress.current = { _tag: "HeadReceived", request: authorized.request, carriedOut, status, headers, sameOrigin }
    const { open, receives } = receiver(endpoint, status)
    if (open !== undefined) {
      const toError: ToError = (failure) => transportError({ ...context(), attempts: log.attempts() }, failure)
      return Effect.succeed({ status, headers, body: "", redirected, stream: open(response, toError) })
    }
    // The length of a response to HEAD is that of the body that a GET would have.
    const maxBytes = response.request.method === "HEAD" ? Infinity : undefined
    const read: Effect.Effect<RawResponse["body"], HttpClientError.ResponseError | TooLarge> =
      asBytes || receives === "bytes" ? readBytes(response, maxBytes) : readBody(response, maxBytes)
    return Effect.map(read, (body): RawResponse => ({
      status,
      headers,
      body,
      redirected,
      uncacheable: isOtherPartition(authorized)
    })).pipe(
      Effect.catchTag("TooLarge", () =>
        Effect.failSync(() => fromTooLarge(context(), { status, headers, body: "" }, now()))
      )
    )
  }

  /** Steps 1 to 3. */
  const exchange = (request: HttpClientRequest, use: BodyUse): Attempt<Exchanged> =>
    Effect.flatMap(authorize(request), ({ authorized, plain }) =>
      exchangeHead(plain, authorized.request).pipe(
        Effect.flatMap((response) => receive(response, authorized)),
        Effect.mapError((failure) => {
          if (!("_tag" in failure)) return withProgress(failure, use)
          const broken = () => fromTransport(context(), failure)
          return withProgress(incomplete(broken), use)
        }),
        Effect.map((response) => ({ response, generation: authorized.generation }))
      )
    )

  /** True once the credentials were refreshed after a 401: at most once in a call, whatever the number of its attempts. */
  let refreshed = false

  /**
   * Steps 1 to 3, and the status: fails unless it is a success. After a 401, sends once more with other credentials, if
   * any.
   */
  const complete = (request: HttpClientRequest, use: BodyUse): Attempt<RawResponse> => {
    const exchanged = exchange(request, use)
    return Effect.flatMap(
      credentials.wrapAttempt === undefined ? exchanged : credentials.wrapAttempt(exchanged),
      ({ generation, response }) => {
        if (passes(response.status)) return Effect.succeed(response)
        const fail = Effect.suspend(() => Effect.fail(withProgress(fromStatus(context(), response, now()), use)))
        if (response.status !== 401 || refreshed || Progress.wasCarriedOut(progress)) return fail
        return Effect.flatMap(refresh(generation), (others) =>
          others && !use.consumed ? complete(request, use) : fail
        )
      }
    )
  }

  /** Returns true if there are other credentials than those of this generation. */
  const refresh = (generation: number): Attempt<boolean> =>
    Effect.suspend(() => {
      Progress.startPreparing(progress)
      return Effect.mapBoth(credentials.rejected(generation), {
        onSuccess: (others) => {
          refreshed = true
          return others
        },
        onFailure: credentialsFailed
      })
    })

  return Effect.suspend(() => {
    const use: BodyUse = { consumed: false }
    const run = Effect.suspend(() => {
      Progress.startPreparing(progress)
      const withBody = endpoint.body?.writer.withBody
      return withBody === undefined
        ? complete(attempted.request, use)
        : withBody(
            attempted.request,
            use,
            (request) => complete(request, use),
            (cause) => withProgress(fromRequestBody(context(), cause), use)
          )
    })
    return withAttemptDeadline(defaults, run, (limit) =>
      withProgress(
        incomplete(() => fromAttemptDeadline(context(), Progress.interruptedClass(progress), limit)),
        use
      )
    )
  })
}
