import * as Predicate from "effect/Predicate"
import { detailsOf } from "../../src/HeraldError.js"

/** Returns the path template in the URL of an error. */
const pathOf = (url: string): string => url.replace(/^[a-z]+:\/\/[^/]*/i, "")

/**
 * Describes an error as Civis' own client does: `(404) The requested resource could not be found. (GET /workflows/{id})`. After a 401 the
 * text has the server's reason, from `WWW-Authenticate`. Other errors have their own message.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const me = Civis.username.pipe(Effect.tapError((error) => Console.error(Civis.errorMessage(error))))
 * ```
 */
export const errorMessage = (error: { readonly message: string }): string => {
  const details = detailsOf(error)
  if (details?.status === undefined || details.status < 400) return error.message
  const { headers, method, status, url } = details
  const detail = Predicate.hasProperty(error, "detail") && Predicate.isString(error.detail) ? error.detail : undefined
  const challenge = status === 401 ? headers?.["www-authenticate"] : undefined
  const text = [detail ?? "The server gave no reason.", ...(challenge === undefined ? [] : [challenge])].join(" ")
  return `(${status}) ${text} (${method} ${pathOf(url)})`
}
