/** The value of an `If-Range`: it proves that a part belongs to the same content as the rest (RFC 9110, 13.1.5). */
export type Validator = { readonly etag: string } | { readonly lastModified: string }

type Headers = Readonly<Record<string, string | undefined>>

const strongTag = /^"[\x21\x23-\x7e]*"$/

/**
 * Returns the strong validator of a response: its entity tag, or else its date of modification, if it is at least a second before the
 * response (RFC 9110, 8.8.2.2). A date is not used where there is a weak entity tag (RFC 9110, 13.1.5).
 */
export const validatorOf = (headers: Headers): Validator | undefined => {
  const { date, etag, "last-modified": lastModified } = headers
  if (etag !== undefined) return strongTag.test(etag) ? { etag } : undefined
  if (lastModified === undefined || date === undefined) return undefined
  return Date.parse(date) - Date.parse(lastModified) >= 1000 ? { lastModified } : undefined
}

/** Returns the value of an `If-Range`. */
export const ifRangeOf = (validator: Validator): string =>
  "etag" in validator ? validator.etag : validator.lastModified

/** Reports whether a response is of other content than the validator: servers may ignore `If-Range`. */
const isOther = (validator: Validator, headers: Headers): boolean => {
  const [known, received] =
    "etag" in validator ? [validator.etag, headers["etag"]] : [validator.lastModified, headers["last-modified"]]
  // A 206 need not repeat it where it has the other validator.
  return received !== undefined && received !== known
}

/** A range of bytes that a response has. */
export interface ContentRange {
  readonly first: number
  readonly last: number
  /** The length of the whole content. Undefined if the server does not know it. */
  readonly total: number | undefined
}

/** Parses a length in bytes. */
export const parseLength = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const length = Number(text)
  return Number.isSafeInteger(length) ? length : undefined
}

/** Parses a `Content-Range` of a 206 (RFC 9110, 14.4). Returns undefined if it is missing or invalid. */
export const parseContentRange = (header: string | undefined): ContentRange | undefined => {
  const [, from, to, complete] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? "") ?? []
  const first = parseLength(from)
  const last = parseLength(to)
  const total = parseLength(complete)
  if (first === undefined || last === undefined || first > last) return undefined
  if (complete !== "*" && (total === undefined || last >= total)) return undefined
  return { first, last, total }
}

/** Parses the length of the whole content in the `Content-Range` of a 416 (RFC 9110, 15.5.17). */
const parseUnsatisfied = (header: string | undefined): number | undefined =>
  parseLength(/^bytes \*\/(\d+)$/i.exec(header?.trim() ?? "")?.[1])

/** Reports whether a response has a content coding. Its length and its digests are those of the coded bytes. */
export const isCoded = (headers: Headers): boolean =>
  (headers["content-encoding"] ?? "").split(",").some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding))

/** The part that a request asks for the rest of. */
export interface Asked {
  readonly from: number
  readonly validator: Validator
  readonly total: number | undefined
}

/**
 * The meaning of a response:
 *
 * - `Whole`: the content from its first byte
 * - `Rest`: the range that was asked for, or its beginning
 * - `Complete`: nothing is missing
 * - `Changed`: a part of other content than before
 * - `Unusable`: a part that was not asked for, so that ranges of this server are of no use
 */
export type Meaning =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Rest"; readonly range: ContentRange }
  | { readonly _tag: "Complete"; readonly total: number }
  | { readonly _tag: "Changed" }
  | { readonly _tag: "Unusable" }

/** Interprets the head of a response. */
export const interpret = (status: number, headers: Headers, asked: Asked | undefined): Meaning => {
  if (status === 416) {
    const total = parseUnsatisfied(headers["content-range"])
    // Without a known length, the server is asked for what follows, until it says that there is nothing.
    return asked !== undefined &&
      asked.total === undefined &&
      total === asked.from &&
      !isOther(asked.validator, headers)
      ? { _tag: "Complete", total }
      : // The part that is there is not a part of the content, or the server is wrong about its ranges.
        { _tag: "Unusable" }
  }
  if (status !== 206) return { _tag: "Whole" }
  // Several ranges are `multipart/byteranges`, which has no Content-Range.
  const range = isCoded(headers) ? undefined : parseContentRange(headers["content-range"])
  if (range === undefined || asked === undefined || range.first !== asked.from) return { _tag: "Unusable" }
  const otherTotal = range.total !== undefined && asked.total !== undefined && range.total !== asked.total
  return otherTotal || isOther(asked.validator, headers) ? { _tag: "Changed" } : { _tag: "Rest", range }
}
