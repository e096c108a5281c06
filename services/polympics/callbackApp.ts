import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import { AccountTeamUpdate } from "../../schemas/polympics/Callback.js"
import * as Issue from "../../src/Issue.js"
import * as Json from "../../src/internal/http/json.js"
import { fromParseIssue } from "../../src/internal/parseIssues.js"
import { decodeText } from "../../src/internal/http/charset.js"
import { readRequestBody } from "../../src/internal/http/readBody.js"

/** A body that is not an event of the API. */
export class InvalidCallback extends Data.TaggedError("InvalidCallback")<{
  readonly message: string
  /** The problems, without the values. */
  readonly issues: ReadonlyArray<Issue.Issue>
}> {}

const invalid = (issues: ReadonlyArray<Issue.Issue>) =>
  new InvalidCallback({
    message: `the body is not an event of the API: ${issues.map(Issue.format).join("; ")}`,
    issues
  })

/** Parses a body that is text or bytes. Returns any other value, which a framework has parsed. */
const parsed = (body: unknown): unknown => {
  // The mark that bytes in UTF-8 may begin with stays in a text.
  if (typeof body === "string") return Json.parse(body.replace(/^\ufeff/, ""))
  if (body instanceof ArrayBuffer) return Json.parse(decodeText(new Uint8Array(body)))
  return ArrayBuffer.isView(body)
    ? Json.parse(decodeText(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)))
    : body
}

/**
 * Decodes an event, for programs that do not receive it by `callbackApp`. Fails with `InvalidCallback` for any other value. It does not
 * check the secret.
 *
 * - `body`: the body as text or bytes, or as the JSON value that a framework has parsed. `JSON.parse` rounds integers beyond 2^53,
 *   which a mask of permissions can be: such an event is refused, and has to be passed as text or bytes
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const nameOf = (request: { readonly body: unknown }) =>
 *   Effect.map(Polympics.decodeCallback(request.body), ({ account }) => account.name)
 * ```
 */
export const decodeCallback = (body: unknown): Effect.Effect<AccountTeamUpdate, InvalidCallback> =>
  Effect.try({ try: () => parsed(body), catch: () => invalid([{ path: [], message: "is not JSON" }]) }).pipe(
    Effect.flatMap((json) =>
      Effect.try({
        try: () => ParseResult.decodeUnknownEither(AccountTeamUpdate)(json),
        // A getter or a proxy can throw, with any message.
        catch: () => invalid([{ path: [], message: "is not JSON: it can't be read" }])
      })
    ),
    Effect.flatMap(Either.mapLeft((issue) => invalid(fromParseIssue(issue))))
  )

/** The largest body, in bytes: 1 MiB. An event has an account and a team, each with its awards. */
const maxBytes = 1_048_576

/**
 * Reports whether two strings are equal. Compares all bytes of their digests, which have the same length, so that the time does
 * not depend on the strings.
 */
const equalInConstantTime = (a: string, b: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    const [one, other] = (await Promise.all([digest(a), digest(b)])).map((bytes) => new Uint8Array(bytes))
    return one!.reduce((difference, byte, index) => difference | (byte ^ other![index]!), 0) === 0
  })

const refuse = (status: number, headers: Record<string, string> = {}) =>
  Effect.succeed(HttpServerResponse.empty({ status, headers }))

/**
 * An `HttpApp` that receives the events of `createCallback`, to mount in a server. It accepts a POST of at most 1 MiB with the
 * secret as its bearer token, decodes the event, runs `onEvent`, and then responds with a 204. It fails with the errors of
 * `onEvent`.
 *
 * It responds with a 401 if the secret is missing or wrong, with a 405 to another method, with a 413 to a larger body, and with a
 * 422 to a body that is not an event.
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
 *       secret: Redacted.make("the secret that createCallback was given"),
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
    return Effect.flatMap(equalInConstantTime(token, Redacted.value(options.secret)), (equal) => {
      if (!equal || token === "") return refuse(401, { "www-authenticate": "Bearer" })
      return Effect.flatMap(Effect.either(readEvent(request)), (event) => {
        if (event._tag === "Right") return Effect.as(options.onEvent(event.right), HttpServerResponse.empty())
        if (event.left._tag === "TooLarge") return refuse(413)
        return event.left._tag === "InvalidCallback" ? refuse(422) : refuse(400)
      })
    })
  })

const readEvent = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.flatMap(readRequestBody(request, maxBytes), decodeCallback)
