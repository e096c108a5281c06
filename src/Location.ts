import * as Effect from "effect/Effect"
import type { EncodeError } from "./HeraldError.js"
import { execute } from "./internal/call/execute.js"
import { withAddedHeaders } from "./internal/callWithHeaders.js"
import { atUrl } from "./internal/endpoint/atUrl.js"
import { resolveReference } from "./internal/http/reference.js"
import { internals } from "./internal/operation.js"
import { type Operation, type Response, toResponse } from "./Operation.js"

/**
 * Makes the call of an operation to a reference in a response, instead of to the operation's own path: to a created resource, or
 * to the status of a job. The reference is resolved against the URL of the response (RFC 3986, 5.2), and must be of the API's
 * origin. The call has no input. Errors, spans and metrics have the operation's name and path template.
 *
 * - `operation`: the operation that reads the resource
 * - `response`: the response that has the reference, from `withResponse`
 * - `reference`: the reference. Default: the `Location` header (RFC 9110, 10.2.2)
 *
 * Fails as the operation does, and with an `EncodeError` for a reference that is missing or leads to another origin.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Location, Operation } from "effect-herald"
 *
 * class Reports extends Authoriser.Tag("app/Reports")<Reports>() {}
 *
 * const createReport = Operation.make(Reports, () => Endpoint.post("/reports", { success: { 202: Schema.Unknown } }))
 * const getJob = Operation.make(Reports, () =>
 *   Endpoint.get("/jobs/{id}", { success: Schema.Struct({ status: Schema.String }) })
 * )
 *
 * const status = createReport.withResponse().pipe(
 *   Effect.flatMap((created) => Location.follow(getJob, created)),
 *   Effect.map(({ value }) => value.status)
 * )
 * ```
 */
export const follow = <A, E, R>(
  operation: Operation<never, A, E, R>,
  response: Pick<Response<unknown>, "url" | "headers">,
  reference: string | undefined = response.headers["location"]
): Effect.Effect<Response<A>, E | EncodeError, R> => {
  const { compiled, tag } = operation[internals]
  const followed = Effect.flatMap(tag, (authoriser) =>
    Effect.suspend(() => {
      const url = reference === undefined ? undefined : resolveReference(reference, response.url)
      const target = { ...atUrl(compiled(), url, authoriser), encodeHeaders: undefined, body: undefined }
      const endpoint = target.added === undefined ? target : withAddedHeaders(target, target.added)
      return Effect.map(
        execute(endpoint, authoriser, () => ({ input: undefined, parts: {} })),
        (completed) => toResponse<A>(completed)
      )
    })
  )
  // The operation's endpoint declares the errors, and its tag the requirements.
  return followed as Effect.Effect<Response<A>, never, never>
}
