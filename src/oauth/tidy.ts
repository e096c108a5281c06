import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

const parse = /*#__PURE__*/ Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Statuses whose answers can't have a body, as far as `Response` is concerned. */
const bodiless = [204, 205, 304]

/**
 * An answer as the library takes it, of a status from 200 to 599. It is stricter than servers that are in use, and loses what some say:
 *
 * - a `null` stands for what is not there, and `Bearer` for a type that was not said
 * - JSON is JSON whatever its content type says
 * - an `error` in an answer of status 200 is one
 * - a `WWW-Authenticate` would be read in place of the error's own code and description
 */
export const tidy = (status: number, text: string): Response => {
  if (bodiless.includes(status)) return new Response(null, { status })
  const parsed = parse(text)
  if (Option.isNone(parsed) || !Predicate.isRecord(parsed.value)) {
    return new Response(text, { status, headers: { "content-type": "text/plain" } })
  }
  const body = Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== null))
  const granted = typeof body["access_token"] === "string"
  if (granted && (body["token_type"] === undefined || body["token_type"] === "")) body["token_type"] = "Bearer"
  const failed = status === 200 && !granted && typeof body["error"] === "string"
  return Response.json(body, { status: failed ? 400 : status })
}
