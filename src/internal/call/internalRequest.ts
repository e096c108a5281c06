import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import type { Authoriser } from "../../Authoriser.js"
import * as Body from "../../Body.js"
import type { AnyError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import type { BodyOption } from "../endpoint/bodies.js"
import { verbEndpoint } from "../endpoint/verbEndpoint.js"
import { execute } from "./execute.js"

/**
 * Makes a request of the library itself, such as for a token, on the pipeline of calls. Follows no redirects. Returns the last
 * response undecoded, as bytes, whatever its status. Fails if there is none.
 */
export const internalRequest = (
  authoriser: Authoriser,
  request: {
    /** The name of the operation in errors, spans and metrics. */
    readonly name: string
    readonly method: HttpMethod
    /** Path and query below the base URL, or a URL of its origin. */
    readonly target: string | URL
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: BodyOption
    /** Selects the statuses after which the policy may retry the request. */
    readonly retries: (status: number) => boolean
    readonly idempotent?: boolean
    /** True if the request must not be retried at all. */
    readonly neverRetried?: boolean
    readonly sensitive: boolean
  }
): Effect.Effect<RawResponse, AnyError, HttpClient> => {
  const {
    body,
    headers = {},
    idempotent = false,
    method,
    name,
    neverRetried = false,
    retries,
    sensitive,
    target
  } = request
  const success = Body.bytes()
  const readers = [success.codec.reader]
  const verb = verbEndpoint(
    { method, target, success, options: { ...body, headers, idempotent, sensitive } },
    authoriser.baseUrl
  )
  const endpoint = {
    ...verb.endpoint,
    name,
    accept: "application/json",
    accepts: (status: number) => !retries(status),
    successes: () => readers,
    neverRetried,
    notModified: false,
    follows: () => false
  }
  const parts = { path: {}, query: {}, headers, body: verb.body }
  return Effect.map(
    execute(endpoint, authoriser, () => ({ input: parts, parts })),
    ({ response }) => response
  )
}
