import type { HttpBody } from "@effect/platform/HttpBody"
import { decodeText } from "../http/charset.js"
import { parse, stringify } from "../http/json.js"
import { isJsonType } from "../http/mediaType.js"
import { bytesOfBase64 } from "../base64.js"
import type { Body } from "../../testing/Exchange.js"

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
    return /[\0-\x08\x0e-\x1a\x1c-\x1f\ufeff]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** Returns the form in which a person reads a body. Undefined for an empty one. */
export const toBody = (bytes: Uint8Array, contentType: string | undefined): Body | undefined => {
  if (bytes.length === 0) return undefined
  const text = exactText(bytes)
  if (text === undefined) return { bytes }
  const json = isJsonType(contentType ?? "application/json") && !text.startsWith("\ufeff") ? exactJson(text) : undefined
  return json ?? { text }
}

/** Returns the bytes of a body. */
export const bytesOfBody = (body: Body | undefined): Uint8Array => {
  if (body === undefined) return new Uint8Array()
  if ("bytes" in body) return body.bytes
  return new TextEncoder().encode("text" in body ? body.text : stringify(body.json))
}

/** Returns the texts in which a secret within bytes can be seen: by charset, byte by byte, and within base64. */
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

/** Returns the content type of a request: that of its header, or that of its body. */
export const contentTypeOf = (
  headers: Readonly<Record<string, string | undefined>>,
  body: HttpBody
): string | undefined => headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined)
