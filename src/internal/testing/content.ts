import { decodeText } from "../http/charset.js"
import { parse, stringify } from "../http/json.js"
import { isJsonType } from "../http/mediaType.js"
import { bytesOfBase64 } from "../base64.js"

/** A body in JSON. An integer beyond the safe ones is a bigint. */
export interface JsonBody {
  readonly json: unknown
}

/** A body in UTF-8. */
export interface TextBody {
  readonly text: string
}

/** Any other body. */
export interface BytesBody {
  readonly bytes: Uint8Array
}

/** The content of a request or a response, without content codings. */
export type Content = JsonBody | TextBody | BytesBody

/** Removes the white space of JSON outside of strings, and spells strings and fractions as `JSON.stringify` does. */
const compact = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\s+/g, (token) => {
    if (token.startsWith('"')) return JSON.stringify(JSON.parse(token))
    if (token.trim() === "") return ""
    return /^-?\d+$/.test(token) ? token : JSON.stringify(Number(token))
  })

/** Parses JSON if nothing that a program could see is lost: duplicate keys, a negative zero. Undefined otherwise. */
const exactJson = (text: string): { readonly json: unknown } | undefined => {
  try {
    const json = parse(text)
    return compact(text) === stringify(json) ? { json } : undefined
  } catch {
    return undefined
  }
}

/** Decodes UTF-8 without loss; undefined for other bytes, and for those that are no text. */
const exactText = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    return /\p{Cc}|\ufeff/u.test(text.replaceAll(/[\t\n\r]/g, "")) ? undefined : text
  } catch {
    return undefined
  }
}

/** Returns the form in which a person reads a body. Undefined for an empty one. */
export const toBody = (bytes: Uint8Array, contentType: string | undefined): Content | undefined => {
  if (bytes.length === 0) return undefined
  const text = exactText(bytes)
  if (text === undefined) return { bytes }
  const json = isJsonType(contentType ?? "application/json") && !text.startsWith("\ufeff") ? exactJson(text) : undefined
  return json ?? { text }
}

/** Returns the bytes of a body. */
export const bytesOfBody = (body: Content | undefined): Uint8Array => {
  if (body === undefined) return new Uint8Array()
  if ("bytes" in body) return body.bytes
  return new TextEncoder().encode("text" in body ? body.text : stringify(body.json))
}

/** Returns the texts in which a secret within bytes can be seen: by the charset of the content type, and in UTF-16. */
export const textsOfBytes = (bytes: Uint8Array, contentType: string | undefined): ReadonlyArray<string> => [
  decodeText(bytes, contentType),
  new TextDecoder("utf-16le").decode(bytes)
]

/** Decodes lines of base64. Throws if they are not base64. */
export const bytesOfLines = (lines: ReadonlyArray<string>): Uint8Array => bytesOfBase64(lines.join(""))

/** Encodes bytes as lines of base64. */
export const linesOfBytes = (bytes: Uint8Array): ReadonlyArray<string> => {
  let binary = ""
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192))
  }
  return btoa(binary).match(/.{1,76}/g) ?? []
}
