import * as Either from "effect/Either"
import { parseUrl } from "../endpoint/verbTarget.js"
import type { Finding } from "./strategy.js"
import { toUrl } from "../http/toUrl.js"

const invalid = (sentence: string): Finding => ({ reason: "InvalidLink", sentence })

/** Returns the reason why the URL of a next page can't be followed, if there is one: it must be of the base URL's origin. */
export const urlFault = (url: string, baseUrl: URL): Finding | undefined => {
  const parsed = toUrl(url)
  if (parsed === undefined) return invalid("the next page's URL is not valid")
  const { origin, password, protocol, username } = parsed
  if (protocol !== "https:" && protocol !== "http:") return invalid("the next page's URL is neither https nor http")
  if (username !== "" || password !== "") return invalid("the next page's URL has a user name or password")
  if (origin !== baseUrl.origin) {
    return {
      reason: "CrossOrigin",
      sentence: `the next page is on another origin, ${origin}, where credentials must not be sent`
    }
  }
  const target = parseUrl(parsed, baseUrl)
  return Either.isLeft(target) ? invalid(`the next page's URL ${target.left[0]!.message}`) : undefined
}
