import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { statusesWithoutContent } from "../http/statuses.js"

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/**
 * Makes a `Response` that `oauth4webapi` accepts from the response of a server. `oauth4webapi` is stricter than RFC 6749 as
 * servers implement it. The differences:
 *
 * - fields that are `null` are removed, and a missing `token_type` is `Bearer`
 * - the content type of JSON does not matter
 * - an `error` in a response with status 200 is an error response
 * - headers are removed: `oauth4webapi` prefers a `WWW-Authenticate` to the error code and description in the body
 *
 * The status must be in the range of 200 to 599.
 */
export const normalizeResponse = (status: number, text: string): Response => {
  // The constructor accepts no body for these.
  if (statusesWithoutContent.includes(status)) return new Response(null, { status })
  const parsed = parse(text)
  if (Option.isNone(parsed) || !Predicate.isRecord(parsed.value)) {
    return new Response(text, { status, headers: { "content-type": "text/plain" } })
  }
  const body = Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== null))
  const isToken = typeof body["access_token"] === "string"
  if (isToken && (body["token_type"] === undefined || body["token_type"] === "")) body["token_type"] = "Bearer"
  const isError = status === 200 && !isToken && typeof body["error"] === "string"
  return Response.json(body, { status: isError ? 400 : status })
}
