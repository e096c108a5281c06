import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Herald from "effect-herald"
import * as Site from "effect-herald/site"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { once } from "../../../support/kit.js"

/** The token of the tests, which occurs in no other text. */
export const token = "0123456789abcdef0123456789abcdef01234567"

/** A layer for a scripted server. */
export const at = (baseUrl: URL) => Layer.orDie(Site.layer({ token: Redacted.make(token), baseUrl }))

/** Runs a call against a server that responds in this way, and returns its outcome and the requests that were sent. */
export const exchange = <A, E>(
  call: Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>,
  script: Scripted.Script
): Effect.Effect<{
  readonly outcome: Either.Either<A, E>
  readonly requests: ReadonlyArray<Scripted.Received>
}> =>
  Effect.scoped(
    Effect.flatMap(Scripted.make(script), ({ requests, url }) =>
      Effect.map(Effect.either(Effect.provide(call, Layer.mergeAll(at(url), client, once))), (outcome) => ({
        outcome,
        requests
      }))
    )
  )

/** Runs a call that sends one request, and returns that as method, target and body. */
export const sent = <A, E>(
  call: Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>,
  response: Scripted.Behaviour = Scripted.respond({ status: 500 })
) =>
  Effect.map(exchange(call, [response]), ({ requests }) =>
    requests.map(({ body, method, target }) => [method, target, body].join(" ").trim())
  )

/** Runs a call that is refused before it is sent, and returns the issues of its error. */
export const refused = <A, E>(call: Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>) =>
  Effect.map(exchange(call, [Scripted.respond({ status: 500 })]), ({ outcome, requests }) => {
    if (requests.length > 0) return [`sent: ${requests[0]!.method} ${requests[0]!.target} ${requests[0]!.body}`]
    const error: unknown = outcome._tag === "Left" ? outcome.left : undefined
    return error instanceof Herald.EncodeError
      ? error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`)
      : [error]
  })

/** Runs a call against a server that responds in this way, and returns its error. */
export const failure = <A, E>(
  call: Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>,
  response: Scripted.Behaviour
) => Effect.flatMap(exchange(call, [response]), ({ outcome }) => Effect.flip(outcome))

/** Runs a call against a server that responds in this way, and returns its value. */
export const value = <A, E>(
  call: Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>,
  response: Scripted.Behaviour
) => Effect.flatMap(exchange(call, [response]), ({ outcome }) => outcome)

/** Responses in JSON, whose integers can be a `bigint`. */
export const json = (body: unknown, status = 200): Scripted.Behaviour =>
  Scripted.respond({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body, (_, one: unknown) => (typeof one === "bigint" ? `<int>${one}</int>` : one)).replaceAll(
      /"<int>(-?\d+)<\/int>"/g,
      "$1"
    )
  })

/** A snowflake beyond the safe integers, and its neighbours, which a number can't tell apart. */
export const snowflakes = ["409107086526644233", "409107086526644234", "409107086526644235", "9223372036854775807"].map(
  (digits) => Herald.Snowflake.Snowflake.make(digits)
)
