/** A response, or an error with the headers of one. */
interface WithHeaders {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
}

/** Returns the whole number in a header; undefined if there is none. */
const numberIn = ({ headers }: WithHeaders, name: string): number | undefined => {
  const text = headers?.[name]?.trim()
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/**
 * Returns the number of calls that remain before the rate limit is reached (`X-RateLimit-Remaining`); undefined if the response does not
 * say it. Takes the response of `withResponse`, to any method, or an error.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 * import { Client } from "effect-herald/spec"
 *
 * const left = Effect.gen(function* () {
 *   const client = yield* Civis.client()
 *   const me = yield* Client.method(client, "users", "get_me")
 *   return Civis.callsRemaining(yield* me.withResponse())
 * })
 * ```
 */
export const callsRemaining = (response: WithHeaders): number | undefined => numberIn(response, "x-ratelimit-remaining")

/** Returns the number of calls in a period of the rate limit (`X-RateLimit-Limit`); undefined if the response does not say it. */
export const rateLimit = (response: WithHeaders): number | undefined => numberIn(response, "x-ratelimit-limit")
