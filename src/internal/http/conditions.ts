/** The conditions of a request that a 304 responds to (RFC 9110, 13.1.2 and 13.1.3). */
const conditions = ["if-none-match", "if-modified-since"]

/** Reports whether the response to a request with these headers can be a 304. Names are in lower case. */
export const canBeNotModified = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  conditions.some((name) => headers[name] !== undefined)
