import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Authoriser, AuthoriserFailure } from "../Authoriser.js"
import { AuthoriserError, type HeraldError } from "../HeraldError.js"
import { decode, fromStatus, fromTooLarge, fromTransport } from "./answer.js"
import { withDeadline } from "./deadline.js"
import { encode, type Input } from "./encode.js"
import { type Answer, type Call, teller } from "./errors.js"
import { readBody } from "./readBody.js"
import { type Failed, repeat } from "./repeat.js"
import type { Route } from "./route.js"
import { holdsSecrets } from "./secrets.js"
import { send } from "./send.js"
import { trace } from "./trace.js"

/**
 * The one road that every request takes, outermost first:
 *
 * 1. encode the input, or refuse it (`encode`)
 * 2. begin a span, if someone listens (`trace`)
 * 3. hold the deadline, if there is one (`deadline`)
 * 4. attempt, again while the policy chooses to and the engine allows it (`repeat`); an attempt is to
 *    1. put credentials on (the API's `Authoriser`)
 *    2. send, and follow redirects, credentials staying home (`send`)
 *    3. read the body (`readBody`)
 *    4. classify what came (`classify`)
 *    5. on a 401, once in a call: again, if there are other credentials now
 * 5. decode the answer (`answer`)
 */
export const travel = (
  route: Route,
  authoriser: Authoriser,
  ask: () => Input
): Effect.Effect<unknown, HeraldError, HttpClient.HttpClient> => {
  const input = Option.liftThrowable(ask)()
  const call: Call = {
    route,
    baseUrl: authoriser.baseUrl,
    identity: authoriser.identity,
    input: Option.getOrUndefined(input),
    attempts: []
  }
  // What throws on its arguments was given what its types forbid.
  if (Option.isNone(input)) return Effect.fail(teller(call).encodeError([notArguments]))
  const request = encode(route, authoriser.baseUrl, input.value)
  if (Either.isLeft(request)) return Effect.fail(teller(call).encodeError(request.left))
  call.plain = request.right
  return trace(
    call,
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      Effect.flatMap(withDeadline(call, repeat(call, authoriser, attempt(call, authoriser, client))), (answer) =>
        decode(call, answer)
      )
    )
  )
}

const notArguments = { path: [], message: "these are not the arguments of this operation" }

const attempt = (
  call: Call,
  authoriser: Authoriser,
  client: HttpClient.HttpClient
): Effect.Effect<Answer, Failed, HttpClient.HttpClient> => {
  let replayed = false
  /** The answer, or its absence, is that of a result: the request itself was carried out, and a redirect told where it is. */
  let carriedOut = false

  const judged = (failed: Failed): Failed =>
    carriedOut && (failed.class === "NotSent" || failed.class === "Rejected")
      ? { ...failed, class: "Ambiguous" }
      : failed

  const unauthorised = ({ message, reason }: AuthoriserFailure): Failed => ({
    class: "Final",
    reason,
    error: () => new AuthoriserError({ ...teller(call).told(message), reason })
  })

  const exchange = Effect.suspend(() => authoriser.authorise(call.plain!)).pipe(
    Effect.mapError(unauthorised),
    Effect.flatMap(({ generation, request }) => {
      call.authorised = request
      call.status = undefined
      carriedOut = false
      return send(client, {
        plain: call.plain!,
        authorised: request,
        origin: authoriser.baseUrl.origin,
        follow: !call.route.unrepeatable,
        secret: () => call.route.sensitive || holdsSecrets(call.input),
        onCarriedOut: () => {
          carriedOut = true
        }
      }).pipe(
        Effect.flatMap((response) => {
          const { headers, status } = response
          // The length that a HEAD is told is that of what a GET would read.
          const most = response.request.method === "HEAD" ? Infinity : undefined
          return readBody(response, most).pipe(
            Effect.map((text): Answer => ({ status, headers, text })),
            Effect.catchTag("TooLarge", () => Effect.fail(fromTooLarge(call, { status, headers, text: "" })))
          )
        }),
        Effect.mapError((failure) => judged("_tag" in failure ? fromTransport(call, failure) : failure)),
        Effect.map((answer) => ({ answer, generation }))
      )
    })
  )

  const settled: Effect.Effect<Answer, Failed, HttpClient.HttpClient> = Effect.flatMap(
    authoriser.hold === undefined ? exchange : authoriser.hold(exchange),
    ({ answer, generation }) => {
      call.status = answer.status
      if (answer.status >= 200 && answer.status < 300) return Effect.succeed(answer)
      const fail = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(judged(fromStatus(call, answer, now))))
      if (answer.status !== 401 || replayed || carriedOut) return fail
      return authoriser.rejected(generation).pipe(
        Effect.mapError(unauthorised),
        Effect.flatMap((refreshed) => {
          replayed = true
          return refreshed ? settled : fail
        })
      )
    }
  )
  return settled
}
