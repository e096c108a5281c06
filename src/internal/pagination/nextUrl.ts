import * as Either from "effect/Either"
import { parseTarget } from "../endpoint/verbTarget.js"
import type { Finding } from "./strategy.js"

/**
 * Resolves the URL of a next page against the URL of its response (RFC 3986, 5.2; RFC 8288, 3.1). Removes a fragment, which
 * is not sent. Returns a text that is not a URL unchanged: `urlFault` refuses it.
 */
export const resolve = (given: string | URL, from: string): string => {
  if (!URL.canParse(given, from)) return String(given)
  const url = new URL(given, from)
  url.hash = ""
  return url.href
}

const invalid = (sentence: string): Finding => ({ reason: "InvalidLink", sentence })

/** Returns the reason why the URL of a next page can't be followed, if there is one: it must be below the base URL. */
export const urlFault = (url: string, baseUrl: URL): Finding | undefined => {
  if (!URL.canParse(url)) return invalid("the next page's URL is not valid")
  const { origin, password, protocol, username } = new URL(url)
  if (protocol !== "https:" && protocol !== "http:") return invalid("the next page's URL is neither https nor http")
  if (username !== "" || password !== "") return invalid("the next page's URL has a user name or password")
  if (origin !== baseUrl.origin) {
    return {
      reason: "CrossOrigin",
      sentence: `the next page is on another origin, ${origin}, where credentials must not be sent`
    }
  }
  return Either.isLeft(parseTarget(url, baseUrl)) ? invalid("the next page's URL is not below the base URL") : undefined
}
