import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Refusal, RefusalTag } from "../../Refusal.js"
import type { Answers } from "../route.js"

/** What servers call what they have to say, of the formats that are common, RFC 9457 among them. */
const detailIn = (text: string): string | undefined => {
  try {
    const body: unknown = JSON.parse(text)
    if (!Predicate.isRecord(body)) return undefined
    const { detail, error, error_description, message, title } = body
    const within = Predicate.isRecord(error) ? error["message"] : error
    return [detail, message, error_description, within, title].find(Predicate.isString)
  } catch {
    return undefined
  }
}

const refusalTags: Readonly<Record<number, RefusalTag>> = {
  400: "DataError",
  401: "Unauthorised",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  422: "DataError"
}

/** What the statuses that HTTP gives a meaning to are, and what is said besides. */
export const refusals = (status: number): ReadonlyArray<Answers> | undefined => {
  const _tag = refusalTags[status]
  if (_tag === undefined) return undefined
  const decode = (text: unknown) => Either.right<Refusal>({ _tag, detail: detailIn(String(text)) })
  return [{ body: "Text", decode }]
}
