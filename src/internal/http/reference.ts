/**
 * Resolves a reference in a response against the URL of the response (RFC 3986, 5.2). Removes a fragment, which is not sent.
 * Returns a text that is not a URL unchanged.
 */
export const resolveReference = (reference: string | URL, responseUrl: string): string => {
  if (!URL.canParse(reference, responseUrl)) return String(reference)
  const url = new URL(reference, responseUrl)
  url.hash = ""
  return url.href
}
