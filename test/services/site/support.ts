import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { RetryPolicy, Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import { type InProcess, inProcess, type Reply, type Sent } from "../../support/inProcess.js"

/** The standard policy, without waits. */
const atOnce = () =>
  RetryPolicy.make({
    schedule: Schedule.recurs(3),
    retries: ({ status }) => status === undefined || [408, 429, 502, 503, 504].includes(status)
  })

/** A `Site` with a token, for a server without a network. */
export const environment = ({ layer }: InProcess) =>
  Layer.merge(
    Layer.orDie(
      Site.layer({ token: Redacted.make("secret"), baseUrl: "https://site.test/api", retryPolicy: atOnce() })
    ),
    layer
  )

/** A response of JSON, as text: an id is an integer there, which `JSON.stringify` can't write. */
export const jsonText = (body: string, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body
})

/** A response of HTML, as of a path that the site does not serve. */
export const html = (status: number): Reply => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<h1>${status}</h1>`
})

/** A response without a body. */
export const noContent: Reply = { status: 204 }

/** Runs a call, and returns its result and the requests that were sent. */
export const exchange = <A, E, R>(call: Effect.Effect<A, E, R>, ...replies: ReadonlyArray<Reply>) => {
  const http = inProcess((_, index) => replies[Math.min(index, replies.length - 1)]!)
  return Effect.map(Effect.either(call).pipe(Effect.provide(environment(http))), (result) => ({
    result,
    sent: http.sent as ReadonlyArray<Sent>,
    first: http.sent[0]
  }))
}

/** The snowflake of the facts, which is between two numbers that JavaScript can tell apart, with its neighbours. */
export const neighbours = ["409107086526644233", "409107086526644234", "409107086526644235"] as const

export const snowflake = (digits: string) => Snowflake.Snowflake.make(digits)

/** Ids that are exact as a number, that are not, and the last one. */
export const ids = [...neighbours, "0", "9007199254740991", "9007199254740993", "9223372036854775807"].map(snowflake)
