import * as HttpBody from "@effect/platform/HttpBody"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Content from "../../Content.js"
import { concatBytes } from "../concatBytes.js"
import { checkedBytes } from "./checkedBytes.js"
import { blobOf } from "./contentBlob.js"
import { contentBody } from "./contentBody.js"
import { fieldValue } from "./fieldSyntax.js"
import { isBlob } from "./webBodies.js"

/** The content of a file in a form. */
export type FileContent = Blob | Uint8Array | Content.Content

/** A part of a form. */
export interface Part {
  readonly name: string
  readonly content: string | FileContent
  /** The name of the file. Undefined for a field. */
  readonly filename?: string | undefined
  /** The media type. Undefined for a field without one. */
  readonly type?: string | undefined
}

/** Writes line breaks as a form has them (HTML Standard, 4.10.22.8). */
const withFormLines = (text: string): string => text.replaceAll(/\r\n?|\n/g, "\r\n")

/**
 * Quotes the name of a field or of a file. Quotation marks and line breaks are percent-encoded, as browsers do it (HTML Standard,
 * 4.10.22.8). So are other control characters, which some servers end a text at. Other characters are sent in UTF-8.
 */
const quoted = (name: string): string =>
  // eslint-disable-next-line no-control-regex -- Control characters are its subject.
  `"${name.replaceAll(/["\u0000-\u001f\u007f]/g, encodeURIComponent)}"`

const octets = "application/octet-stream"

/** The media type of a part. One that can't be sent in a header is replaced, as a `Blob` drops it. */
const typeOf = (type: string): string => (type === "" || !fieldValue.test(type) ? octets : type)

const headOf = ({ filename, name, type }: Part): string => {
  const file = filename === undefined ? "" : `; filename=${quoted(filename === "" ? "blob" : filename)}`
  const line = type === undefined ? "" : `Content-Type: ${typeOf(type)}\r\n`
  return `Content-Disposition: form-data; name=${quoted(withFormLines(name))}${file}\r\n${line}\r\n`
}

/** Returns the content of a piece. Its Stream fails before the next piece, if it has not as many bytes as it says. */
const contentOf = (piece: Uint8Array | Blob | Content.Content): Content.Content => {
  if (Predicate.isUint8Array(piece)) return Content.fromBytes(piece)
  if (isBlob(piece)) return Content.fromBlob(piece)
  return { ...piece, stream: checkedBytes(piece.stream, piece.size, "the size of its content") }
}

/** Makes the body of a request from a `Blob`. */
export const blobBody = (blob: Blob, contentType: string): HttpBody.HttpBody =>
  contentBody(Content.fromBlob(blob), contentType)

/**
 * Encodes a form as `multipart/form-data` (RFC 7578). Files are read while they are sent. The body has a length if all of its files
 * have one, and can be sent again if all of them can be read again. A form without files is bytes.
 */
export const multipartBody = (parts: Iterable<Part>): HttpBody.HttpBody => {
  const boundary = `----formdata-herald-${crypto.randomUUID()}`
  const contentType = `multipart/form-data; boundary=${boundary}`
  const encoder = new TextEncoder()
  const pieces: Array<Uint8Array | Blob | Content.Content> = []
  let inMemory: Array<Uint8Array> = []
  const flush = () => {
    if (inMemory.length > 0) pieces.push(concatBytes(inMemory))
    inMemory = []
  }
  for (const part of parts) {
    const { content } = part
    inMemory.push(encoder.encode(`--${boundary}\r\n${headOf(part)}`))
    if (Predicate.isString(content)) inMemory.push(encoder.encode(withFormLines(content)))
    else if (Predicate.isUint8Array(content)) inMemory.push(content)
    else {
      flush()
      pieces.push(isBlob(content) ? content : (blobOf(content) ?? content))
    }
    inMemory.push(encoder.encode("\r\n"))
  }
  inMemory.push(encoder.encode(`--${boundary}--\r\n`))
  flush()
  const [first] = pieces
  if (pieces.length === 1 && Predicate.isUint8Array(first)) return HttpBody.uint8Array(first, contentType)
  if (!pieces.some(Content.isContent)) {
    // A `Uint8Array` may be of a `SharedArrayBuffer`, which the types of `Blob` forbid.
    return blobBody(new Blob(pieces as Array<BlobPart>), contentType)
  }
  const contents = pieces.map(contentOf)
  const size = contents.reduce<number | undefined>(
    (total, { size }) => (total === undefined || size === undefined ? undefined : total + size),
    0
  )
  const stream = Stream.flatMap(Stream.fromIterable(contents), ({ stream }) => stream)
  const repeatable = contents.every(({ repeatable }) => repeatable)
  return contentBody(repeatable ? Content.make(() => stream, { size }) : Content.once(stream, { size }), contentType)
}

/** Returns the parts of a `FormData`. */
export const partsOf = (form: FormData): ReadonlyArray<Part> =>
  Array.from(form, ([name, value]) =>
    typeof value === "string"
      ? { name, content: value }
      : { name, content: value, filename: value.name, type: value.type }
  )
