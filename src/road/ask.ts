import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import type { HeraldError } from "../HeraldError.js"
import { rawRoute } from "./raw.js"
import type { Body } from "./raw/body.js"
import { travel } from "./travel.js"

/**
 * A request of the kit's own, such as for a token: along the same road as any, with its own name, but that it follows no redirect. Its
 * answer is given as it came, for every status that `accepts` takes, as bytes.
 */
export const ask = (
  caller: Authoriser,
  request: {
    readonly name: string
    readonly method: HttpMethod
    /** Path and query, below the caller's base URL, or a URL below it. */
    readonly target: string | URL
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Body
    readonly accepts: (status: number) => boolean
    readonly idempotent?: boolean
    readonly sensitive: boolean
  }
): Effect.Effect<Answer, HeraldError, HttpClient> => {
  const { name, ...raw } = request
  const { payload, route } = rawRoute(
    {
      ...raw,
      result: {
        reads: "bytes",
        accept: "application/json",
        answers: [{ body: "Bytes", decode: (bytes) => Either.right(bytes) }],
        // A span keeps what its call gives.
        present: Redacted.make<Answer>
      }
    },
    caller.baseUrl
  )
  return Effect.map(
    travel({ ...route, name, follow: false }, caller, () => ({
      path: {},
      urlParams: {},
      headers: request.headers ?? {},
      payload
    })),
    // What it presents is the answer.
    (answer) => Redacted.value(answer as Redacted.Redacted<Answer>)
  )
}
