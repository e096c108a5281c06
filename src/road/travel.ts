import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Authorised, Authoriser, AuthoriserFailure } from "../Authoriser.js"
import type { Answer } from "../Answer.js"
import type { HeraldError } from "../HeraldError.js"
import { throughCache } from "./cache.js"
import { confined } from "./confined.js"
import {
  decode,
  fromAttemptDeadline,
  fromBody,
  fromHead,
  fromStatus,
  fromTooLarge,
  fromTransport,
  transportError
} from "./answer.js"
import { withAttemptDeadline } from "./deadline.js"
import { encode, type Input } from "./encode.js"
import { type Call, teller } from "./errors.js"
import { withIdempotencyKey } from "./idempotencyKey.js"
import { lend } from "./lend.js"
import { measure, measureAttempt } from "./measure.js"
import { isEmptyBody, readBody, readBytes, type TooLarge } from "./readBody.js"
import { type Failed, heldBack, repeat } from "./repeat.js"
import type { Route } from "./route.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import { send } from "./send.js"
import { trace } from "./trace.js"
import { pausedFor, turn } from "./turn.js"
import type { Watched } from "./watch.js"

/**
 * The one road that every request takes, outermost first:
 *
 * 1. encode the input, or refuse it (`encode`)
 * 2. put the call's key on, if its endpoint takes one (`idempotencyKey`)
 * 3. begin a span, if someone listens (`trace`), and a measurement, if there are `Metrics` (`measure`)
 * 4. hold the deadline, if there is one (`deadline`)
 * 5. ask the cache, if there is one (`cache`); what a write changes there it is told when the deadline is over, too
 * 6. attempt, again while the policy chooses to and the engine allows it (`repeat`, which asks `decide`); an attempt is to
 *    1. wait for its turn: for the end of a pause, and for the limiter (`turn`)
 *    2. put credentials on (the API's `Authoriser`), if they may go there (`confined`)
 *    3. send, and follow redirects, credentials staying home (`send`)
 *    4. read the body (`readBody`)
 *    5. classify what came (`classify`)
 *    6. on a 401, once in a call: again, if there are other credentials now
 * 7. decode the answer (`answer`)
 */
export const travel = (
  route: Route,
  authoriser: Authoriser,
  ask: () => Input
): Effect.Effect<unknown, HeraldError, HttpClient.HttpClient> =>
  Effect.clockWith((clock) => {
    const input = Option.liftThrowable(ask)()
    const call: Watched = {
      route,
      baseUrl: authoriser.baseUrl,
      identity: authoriser.identity,
      input: Option.getOrUndefined(input),
      attempts: [],
      watchers: [],
      clock,
      begun: clock.unsafeCurrentTimeMillis()
    }
    // What throws on its arguments was given what its types forbid.
    if (Option.isNone(input)) return Effect.fail(teller(call).encodeError([notArguments]))
    const request = encode(route, authoriser.baseUrl, input.value)
    if (Either.isLeft(request)) return Effect.fail(teller(call).encodeError(request.left))
    const plain = withIdempotencyKey(route, request.right)
    call.plain = plain
    const journey = Effect.flatMap(HttpClient.HttpClient, (client) => {
      const attempts = (call: Watched, more: Readonly<Record<string, string>>) => {
        call.plain = HttpRequest.setHeaders(plain, more)
        const conditional = Object.keys(more).some((name) => name.startsWith("if-"))
        const once = measureAttempt(call, attempt(call, authoriser, client, conditional ? plain : undefined))
        return repeat(call, authoriser, turn(call, authoriser), once)
      }
      return Effect.flatMap(throughCache(call, authoriser, attempts), (answer) =>
        call.decoded?.answer === answer ? call.decoded.output : decode(call, answer)
      )
    })
    return trace(call, measure(call, authoriser, journey))
  })

const insecure: Pick<AuthoriserFailure, "reason" | "message"> = {
  reason: "Insecure",
  message: "credentials go over https only, or to loopback: use an https base URL, or set `insecure`"
}

const notArguments = { path: [], message: "these are not the arguments of this operation" }

/** Whether a URL is of the API's own origin, and not of one to which a redirect led. */
const isHome = (url: string, { baseUrl }: Authoriser): boolean => new URL(url).origin === baseUrl.origin

/** An answer, and the generation of the credentials that it was given to. */
interface Exchanged {
  readonly answer: Answer
  readonly generation: number
}

const attempt = (
  call: Call,
  authoriser: Authoriser,
  client: HttpClient.HttpClient,
  /** The request without its conditions, if it has any. */
  unconditional: HttpRequest.HttpClientRequest | undefined
): Effect.Effect<Answer, Failed | typeof heldBack, HttpClient.HttpClient> => {
  const { route } = call
  const passes = (status: number) => route.accepts(status) || (status === 304 && unconditional !== undefined)
  let replayed = false
  /** The answer, or its absence, is that of a result: the request itself was carried out, and a redirect told where it is. */
  let carriedOut = false

  /** The Stream that is the body failed. */
  let bodyFailed = false

  const now = () => call.clock.unsafeCurrentTimeMillis()

  const judged = (failed: Failed): Failed => ({
    ...failed,
    away: call.underWay?.head?.home === false,
    ...(carriedOut && failed.class !== "Final" ? { class: "Ambiguous", carriedOut } : {})
  })

  /** A status that passes tells what happened, and when to come back, though its body did not come whole. */
  const cutShort = (otherwise: () => Failed): Failed => {
    const head = call.underWay?.head
    return (head && fromHead(call, head, now())) ?? otherwise()
  }

  const unauthorised = (failure: Pick<AuthoriserFailure, "message" | "reason">): Failed => ({
    class: "Final",
    reason: failure.reason,
    error: () => teller(call).authoriserError(failure)
  })

  /** Somebody else has signed in since the cache was asked: what it has is not theirs, nor is what comes for it to keep. */
  const isAnothers = ({ partition }: Authorised): boolean =>
    partition !== undefined && call.partition !== undefined && partition !== call.partition

  const authorised = Effect.suspend(() => authoriser.authorise(call.plain!)).pipe(
    Effect.flatMap((ready) => {
      if (!isAnothers(ready) || unconditional === undefined) return Effect.succeed(ready)
      call.plain = unconditional
      return authoriser.authorise(unconditional)
    }),
    Effect.mapError(unauthorised)
  )

  const exchange = authorised.pipe(
    Effect.flatMap((ready): Effect.Effect<Exchanged, Failed | typeof heldBack> => {
      const { generation, request } = ready
      const uncacheable = isAnothers(ready)
      if (!confined(authoriser) && (request !== call.plain || carriesCredentials(request))) {
        return Effect.fail(unauthorised(insecure))
      }
      // Credentials can take long, and a pause may have begun meanwhile.
      if (pausedFor(call, authoriser) > 0) return Effect.fail(heldBack)
      call.authorised = request
      call.status = undefined
      carriedOut = false
      call.underWay = { sent: true }
      return send(client, {
        plain: call.plain!,
        authorised: request,
        origin: authoriser.baseUrl.origin,
        follow: !route.unrepeatable && route.follow !== false,
        secret: () => route.sensitive || holdsSecrets(call.input) || carriesCredentials(call.plain!),
        onCarriedOut: () => {
          carriedOut = true
        }
      }).pipe(
        Effect.flatMap((response) => {
          const { headers, status } = response
          const redirected = response.request.url === request.url ? undefined : response.request.url
          const home = redirected === undefined || isHome(redirected, authoriser)
          call.underWay = { sent: true, head: { headers, status, home } }
          if (route.reads === "stream" && passes(status)) {
            const stream = response.stream.pipe(
              Stream.catchSome((failure) => (isEmptyBody(failure) ? Option.some(Stream.empty) : Option.none())),
              Stream.mapError((failure) => transportError(call, failure))
            )
            return Effect.succeed<Answer>({ status, headers, body: "", stream })
          }
          // The length that a HEAD is told is that of what a GET would read.
          const most = response.request.method === "HEAD" ? Infinity : undefined
          const bytes = call.bytes === true || (route.reads === "bytes" && passes(status))
          const read: Effect.Effect<Answer["body"], HttpClientError.ResponseError | TooLarge> = bytes
            ? readBytes(response, most)
            : readBody(response, most)
          return Effect.map(read, (body): Answer => ({ status, headers, body, redirected, uncacheable })).pipe(
            Effect.catchTag("TooLarge", () =>
              Effect.failSync(() => fromTooLarge(call, { status, headers, body: "" }, now()))
            )
          )
        }),
        Effect.mapError((failure) =>
          judged(
            "_tag" in failure ? (bodyFailed ? fromBody(call) : cutShort(() => fromTransport(call, failure))) : failure
          )
        ),
        Effect.map((answer) => ({ answer, generation }))
      )
    })
  )

  const settled: Effect.Effect<Answer, Failed | typeof heldBack, HttpClient.HttpClient> = Effect.flatMap(
    authoriser.hold === undefined ? exchange : authoriser.hold(exchange),
    ({ answer, generation }) => {
      call.status = answer.status
      if (passes(answer.status)) return Effect.succeed(answer)
      const fail = Effect.suspend(() => Effect.fail(judged(fromStatus(call, answer, now()))))
      if (answer.status !== 401 || replayed || carriedOut) return fail
      call.underWay = { sent: false }
      return authoriser.rejected(generation).pipe(
        Effect.mapError(unauthorised),
        Effect.flatMap((refreshed) => {
          replayed = true
          return refreshed && call.bodySpent !== true ? settled : fail
        })
      )
    }
  )
  const { body } = call.plain!
  const lent =
    body._tag !== "Stream"
      ? settled
      : lend(body.stream, {
          begun: () => {
            call.bodySpent = true
          },
          failed: () => {
            bodyFailed = true
          }
        }).pipe(
          Effect.flatMap((stream) => {
            const lentBody = HttpBody.stream(stream, body.contentType, body.contentLength)
            call.plain = HttpRequest.setBody(call.plain!, lentBody)
            return settled
          }),
          Effect.scoped
        )
  return withAttemptDeadline(
    authoriser,
    Effect.suspend(() => {
      call.underWay = { sent: false }
      carriedOut = false
      return lent
    }),
    (limit) => judged(cutShort(() => fromAttemptDeadline(call, limit)))
  )
}
