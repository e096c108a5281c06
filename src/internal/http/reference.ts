import { decodeBy } from "./charset.js"
import { toUrl } from "./toUrl.js"

/**
 * Decodes UTF-8 in a reference from a header, as browsers do: transports return each byte of a header as a character. Returns other text
 * unchanged.
 */
export const decodeReference = (location: string): string => {
  const bytes = Uint8Array.from(location, (character) => character.charCodeAt(0))
  return /[\x80-\xff]/.test(location) ? (decodeBy(bytes, "utf-8", true) ?? location) : location
}

/**
 * Resolves a reference in a response against the URL of the response (RFC 3986, 5.2). Removes a fragment, which is not sent.
 * Returns a text that is not a URL unchanged.
 */
export const resolveReference = (reference: string | URL, responseUrl: string): string => {
  const text = decodeReference(String(reference))
  const url = toUrl(text, responseUrl)
  if (url === undefined) return text
  url.hash = ""
  return url.href
}
