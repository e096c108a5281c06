import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import { AccountTeamUpdate } from "../../schemas/polympics/Callback.js"
import * as Issue from "../../src/Issue.js"
import * as Json from "../../src/Json.js"
import { fromParseIssue } from "../../src/road/issues.js"
import { readBody } from "../../src/road/readBody.js"

/** What was posted is no event of the API's. */
export class InvalidCallback
  extends /*#__PURE__*/ Data.TaggedError("InvalidCallback")<{
    readonly message: string
    /** What is wrong, without the values. */
    readonly issues: ReadonlyArray<Issue.Issue>
  }> {}

const invalid = (issues: ReadonlyArray<Issue.Issue>) =>
  new InvalidCallback({ message: `no event of the API's: ${issues.map(Issue.format).join("; ")}`, issues })

/**
 * The event that a body of the API's stands for, from its text: for those who receive it by other means than `callbackApp`.
 * Fails with `InvalidCallback`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const nameOf = (body: string) => Effect.map(Polympics.decodeCallback(body), ({ account }) => account.name)
 * ```
 */
export const decodeCallback = (body: string): Effect.Effect<AccountTeamUpdate, InvalidCallback> =>
  Effect.try({ try: () => Json.parse(body), catch: () => invalid([{ path: [], message: "it is not JSON" }]) }).pipe(
    Effect.flatMap((json) =>
      Effect.mapError(ParseResult.decodeUnknown(AccountTeamUpdate)(json), (issue) => invalid(fromParseIssue(issue)))
    )
  )

/** In bytes, 1 MiB; an event is an account and a team, each with its awards. */
const mostBytes = 1_048_576

/**
 * Whether two texts are one. Digests of one length are compared, byte by byte and to the end, so that the time it takes tells
 * nothing of the secret.
 */
const same = (a: string, b: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    const [one, other] = (await Promise.all([digest(a), digest(b)])).map((bytes) => new Uint8Array(bytes))
    return one!.reduce((difference, byte, index) => difference | (byte ^ other![index]!), 0) === 0
  })

const refuse = (status: number, headers: Record<string, string> = {}) =>
  Effect.succeed(HttpServerResponse.empty({ status, headers }))

/**
 * An `HttpApp` that receives what `createCallback` asked for, to be mounted in a server of one's own. It takes a POST with the
 * secret as its bearer token, of at most 1 MiB, decodes the event and runs `onEvent`; the answer is 204 when that is done.
 * Otherwise: 401 for another secret, 405 for another method, 413 for a larger body, 422 for another body. What `onEvent` fails
 * with is the app's own failure.
 *
 * @example
 * ```ts
 * import { HttpRouter } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const router = HttpRouter.empty.pipe(
 *   HttpRouter.all(
 *     "/polympics",
 *     Polympics.callbackApp({
 *       secret: Redacted.make("the one given to createCallback"),
 *       onEvent: ({ account, team }) => Effect.log(`${account.name} is now in ${team?.name ?? "no team"}`)
 *     })
 *   )
 * )
 * ```
 */
export const callbackApp = <E, R>(options: {
  readonly secret: Redacted.Redacted
  readonly onEvent: (event: AccountTeamUpdate) => Effect.Effect<unknown, E, R>
}): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    if (request.method !== "POST") return refuse(405, { allow: "POST" })
    const [, token = ""] = /^bearer +(.*)$/i.exec(request.headers["authorization"] ?? "") ?? []
    return Effect.flatMap(same(token, Redacted.value(options.secret)), (known) => {
      if (!known || token === "") return refuse(401, { "www-authenticate": "Bearer" })
      return Effect.flatMap(Effect.either(readEvent(request)), (event) => {
        if (event._tag === "Right") return Effect.as(options.onEvent(event.right), HttpServerResponse.empty())
        if (event.left._tag === "TooLarge") return refuse(413)
        return event.left._tag === "InvalidCallback" ? refuse(422) : refuse(400)
      })
    })
  })

const readEvent = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.flatMap(readBody(request, mostBytes, "drained"), decodeCallback)
