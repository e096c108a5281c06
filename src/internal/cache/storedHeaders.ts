type Headers = Readonly<Record<string, string | undefined>>

const hopByHop: ReadonlyArray<string> = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

/**
 * Selects the response headers that are stored: all but the hop-by-hop ones (RFC 9111, 3.1) and `Set-Cookie`, since cookies
 * are secrets and belong to one response (7.3).
 */
export const storableHeaders = (headers: Headers): Record<string, string> => {
  const excluded = new Set([...hopByHop, "set-cookie"])
  for (const name of headers["connection"]?.split(",") ?? []) excluded.add(name.trim().toLowerCase())
  const storable: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !excluded.has(name)) storable[name] = value
  }
  return storable
}

/** Returns an entity tag without `W/`, for the weak comparison (RFC 9110, 8.8.3.2). */
export const opaqueTag = (etag: string): string => etag.trim().replace(/^W\//, "")

/**
 * Returns `true` if a 304 confirms the stored response (RFC 9111, 4.3.4). A 304 without validators does, since the request
 * was about one stored response only. The comparison of entity tags ignores `W/`: a compressing proxy weakens the tag of
 * a 200, but not that of a 304.
 */
export const isConfirmedBy = (stored: Headers, notModified: Headers): boolean => {
  const etag = notModified["etag"]
  if (etag !== undefined && etag !== "")
    return stored["etag"] !== undefined && opaqueTag(etag) === opaqueTag(stored["etag"])
  const lastModified = notModified["last-modified"]
  return lastModified === undefined || stored["last-modified"] === undefined || lastModified === stored["last-modified"]
}

/** The parts of a stored response that identify its representation. */
interface Representation {
  readonly headers: Headers
  /** Length of the body, without its content coding. */
  readonly bytes: number
}

/**
 * Returns `true` if a 200 to a HEAD is about the stored response to a GET: each validator and the length that it has are those
 * of the stored response (RFC 9111, 4.3.5).
 */
export const isSameRepresentation = ({ bytes, headers: stored }: Representation, head: Headers): boolean => {
  const length = stored["content-length"] ?? (stored["content-encoding"] === undefined ? `${bytes}` : undefined)
  return (
    (head["etag"] === undefined || head["etag"] === stored["etag"]) &&
    (head["last-modified"] === undefined || head["last-modified"] === stored["last-modified"]) &&
    (head["content-length"] === undefined || head["content-length"] === length)
  )
}

/** Headers that describe the stored body. Those of a 304 describe the body of another representation. */
const bodyHeaders: ReadonlyArray<string> = [
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
  "etag",
  "transfer-encoding"
]

/** Updates stored headers by those of a 304 (RFC 9111, 3.2). `Age` and `Date` are taken from the 304 only. */
export const updatedHeaders = (stored: Headers, notModified: Headers): Record<string, string> => {
  const { age: _age, date: _date, ...remaining } = storableHeaders(stored)
  const updates = storableHeaders(notModified)
  for (const name of bodyHeaders) {
    if (!(name === "etag" && remaining["etag"] === undefined)) delete updates[name]
  }
  return { ...remaining, ...updates }
}
