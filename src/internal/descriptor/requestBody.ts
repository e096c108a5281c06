import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { StreamTypeId } from "effect/Stream"
import type { Encoding, MediaType, RequestBody } from "./Descriptor.js"
import * as Content from "../../Content.js"
import type { Issue } from "../../Issue.js"
import type { Ref } from "./Shape.js"
import { withStreamBody } from "../call/streamBody.js"
import type { WithBody } from "../endpoint/Codec.js"
import { streamCodec } from "../endpoint/codecs.js"
import { isPlainObject, loneSurrogate, plainJson } from "../endpoint/plainJson.js"
import { mismatch, prependPath, reveal } from "../endpoint/values.js"
import { fieldValue } from "../http/fieldSyntax.js"
import * as JsonText from "../http/json.js"
import { blobBody, multipartBody, type Part } from "../http/multipart.js"
import { filenameOf, isBlob } from "../http/webBodies.js"
import { listNames, unknownName } from "./names.js"
import { queryPairs, type Value } from "./styles.js"
import { essence, isJsonType, isFormType, isMultipartType, isLinesType } from "../http/mediaType.js"

/** Checks a value by its shape. Part of the shape's module; an argument here, since the pipeline of a call does not need it. */
export type Check = (shape: Ref, value: unknown, direction: "request") => ReadonlyArray<Issue>

type Issues = ReadonlyArray<Issue>

type Written = Either.Either<HttpBody.HttpBody, Issues>

const refuse = (message: string, path: Issue["path"] = []): Either.Either<never, Issues> =>
  Either.left([{ path, message }])

/** Converts a value to JSON without loss, renames its keys, and checks it by a shape. */
export const plainBy = (
  check: Check,
  shape: Ref | undefined,
  value: unknown,
  rename: (plain: unknown) => unknown = (plain) => plain
): Either.Either<unknown, Issues> =>
  Either.flatMap(Either.map(plainJson(value), rename), (plain) => {
    const issues = shape === undefined ? [] : check(shape, plain, "request")
    return issues.length === 0 ? Either.right(plain) : Either.left(issues)
  })

const isRange = (mediaType: string): boolean => mediaType.includes("*")

const isBinary = (value: unknown): value is Blob | Content.FilePart | Uint8Array | ArrayBuffer =>
  isBlob(value) || Content.isFilePart(value) || Predicate.isUint8Array(value) || value instanceof ArrayBuffer

/** Returns the value of JSON that the types can describe, in place of the binary parts of a form. */
const withoutBinaries = (value: unknown): unknown => {
  const one = reveal(value)
  return isBinary(one) ? "" : Array.isArray(one) ? one.map(withoutBinaries) : one
}

/** Returns the properties of a form that have a value. */
const fieldsOf = (value: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [name: string, value: unknown]> =>
  Object.entries(value).filter(([, one]) => Predicate.isNotNullable(reveal(one)))

const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null

const textOf = (value: unknown): string => (isScalar(value) ? String(value) : JsonText.stringify(value))

/** Makes the pairs of a property in a form body. Without a style, arrays repeat the name, and objects are JSON (OpenAPI 3.1, 4.8.15.1.1). */
const formPairs = (name: string, value: unknown, encoding: Encoding = {}): ReadonlyArray<string> => {
  const { allowReserved = false, contentType, explode, style } = encoding
  const styled = style !== undefined || explode !== undefined || allowReserved
  const plain = styled || Array.isArray(value) ? value : textOf(value)
  const sent = contentType !== undefined && !styled && isJsonType(contentType) ? JsonText.stringify(value) : plain
  return queryPairs(
    { name, style: style ?? "form", explode: explode ?? (style ?? "form") === "form" },
    // The values of fields are not null.
    sent as Value,
    allowReserved
  )
}

/** Formats the properties of an object as a form. Throws a `TypeError` with the message of an issue if the style of one can't hold it. */
export const formText = (
  fields: Readonly<Record<string, unknown>>,
  encodings: Readonly<Record<string, Encoding>> | undefined
): string =>
  fieldsOf(fields)
    .flatMap(([name, value]) => formPairs(name, value, ownOf(encodings, name)))
    .join("&")

const ownOf = <A>(values: Readonly<Record<string, A>> | undefined, name: string): A | undefined =>
  values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined

const writeForm = (fields: unknown, encodings: MediaType["encoding"]): Either.Either<string, Issues> => {
  if (!isPlainObject(fields)) return Either.left(mismatch("a plain object", fields))
  try {
    return Either.right(formText(fields, encodings).replaceAll("%20", "+"))
  } catch (error) {
    // Thrown by `refuse` of the styles.
    return refuse((error as TypeError).message)
  }
}

/** Returns the media type of a part of a form, if the encoding names one. */
const partType = (encoding: Encoding | undefined): string | undefined => {
  const type = encoding?.contentType?.split(",")[0]?.trim()
  return type === undefined || type === "" || isRange(type) || !fieldValue.test(type) ? undefined : type
}

/** Makes a part of a form. */
const partOf = (name: string, value: unknown, encoding: Encoding | undefined): Part => {
  const declared = partType(encoding)
  if (isBinary(value)) {
    const [content, filename, type] = Content.isFilePart(value)
      ? [value.content, value.name, value.type]
      : [
          value instanceof ArrayBuffer ? new Uint8Array(value) : value,
          filenameOf(value),
          isBlob(value) ? value.type : ""
        ]
    return { name, content, filename, type: type === "" ? (declared ?? "") : type }
  }
  const text = declared !== undefined && isJsonType(declared) ? JsonText.stringify(value) : textOf(value)
  return {
    name,
    // As it is, with its line breaks.
    content: new TextEncoder().encode(text),
    type: declared ?? (isScalar(value) ? undefined : "application/json")
  }
}

/** Writes a multipart form (RFC 7578). */
const writeMultipart = (value: unknown, encodings: MediaType["encoding"]): Written => {
  if (!isPlainObject(value)) return Either.left(mismatch("a plain object", value))
  const parts: Array<Part> = []
  for (const [name, given] of fieldsOf(value)) {
    const field = reveal(given)
    for (const item of Array.isArray(field) ? field : [field]) {
      const one = reveal(item)
      if (Predicate.isNullable(one)) continue
      const plain = isBinary(one) ? Either.right(one) : plainJson(one)
      if (Either.isLeft(plain)) return Either.left(prependPath([name], plain.left))
      parts.push(partOf(name, plain.right, ownOf(encodings, name)))
    }
  }
  return Either.right(multipartBody(parts))
}

/** Writes text, bytes, a Blob or a Stream as it is given. */
const writeAsIs = (value: unknown, contentType: string): Written => {
  const given = reveal(value)
  if (Predicate.isUint8Array(given)) return Either.right(HttpBody.uint8Array(given, contentType))
  if (given instanceof ArrayBuffer) return Either.right(HttpBody.uint8Array(new Uint8Array(given), contentType))
  if (isBlob(given)) return Either.right(blobBody(given, contentType))
  if (Content.isContent(given) || Predicate.hasProperty(given, StreamTypeId)) {
    return streamCodec().writer.write(given, contentType)
  }
  const isText =
    Predicate.isString(given) ||
    (isScalar(given) && Predicate.isNotNullable(given) && /^text\/plain\b/.test(contentType))
  if (!isText)
    return Either.left(mismatch(`text, a Uint8Array, a Blob or a Stream of bytes, to be sent as ${contentType}`, given))
  const text = String(given)
  const charset = /^text\//i.test(contentType) && !/charset/i.test(contentType) ? "; charset=utf-8" : ""
  return text.isWellFormed() ? Either.right(HttpBody.text(text, `${contentType}${charset}`)) : refuse(loneSurrogate)
}

/** Writes an array as one JSON text a line. */
const writeLines = (check: Check, items: Ref | undefined, value: unknown, contentType: string): Written => {
  if (!Array.isArray(value)) return Either.left(mismatch("an array", value))
  const lines: Array<string> = []
  for (const [index, item] of value.entries()) {
    const plain = plainBy(check, items, item)
    if (Either.isLeft(plain)) return Either.left(prependPath([index], plain.left))
    lines.push(`${JsonText.stringify(plain.right)}\n`)
  }
  return Either.right(HttpBody.text(lines.join(""), contentType))
}

/** Writes a value as a media type. The paths of issues begin in the body. */
const write = (check: Check, { encoding, items, shape }: MediaType, value: unknown, contentType: string): Written => {
  if (!fieldValue.test(contentType)) return refuse("has a media type that can't be sent in a header")
  if (isJsonType(contentType)) {
    return Either.map(plainBy(check, shape, value), (plain) => HttpBody.text(JsonText.stringify(plain), contentType))
  }
  if (isFormType(contentType)) {
    return Either.map(
      Either.flatMap(plainBy(check, shape, value), (plain) => writeForm(plain, encoding)),
      (form) => HttpBody.text(form, contentType)
    )
  }
  if (isMultipartType(contentType)) {
    const fields = isPlainObject(value)
      ? Object.fromEntries(fieldsOf(value).map(([name, one]) => [name, withoutBinaries(one)]))
      : value
    return Either.flatMap(plainBy(check, shape, fields), () => writeMultipart(value, encoding))
  }
  if (isLinesType(contentType) && Array.isArray(value)) return writeLines(check, items, value, contentType)
  return writeAsIs(value, contentType)
}

/** The writer of an operation's bodies. */
export interface BodyWriter {
  /** True if the caller can choose the media type. */
  readonly hasChoice: boolean
  /** Writes a body. Undefined if there is none. The paths of issues begin in the input. */
  readonly write: (value: unknown, contentType: unknown) => Written
  readonly withBody: WithBody | undefined
}

/** Selects the media type of a body: that of the caller, or the first one. Returns it with the key of its declaration. */
const select = (
  { content }: RequestBody,
  value: unknown,
  given: unknown
): Either.Either<readonly [key: string, mediaType: string], Issues> => {
  const keys = Object.keys(content)
  const [first = "application/octet-stream"] = keys
  if (given === undefined) {
    if (!isRange(first)) return Either.right([first, first])
    if (isBlob(value) && value.type !== "") return Either.right([first, value.type])
    return first === "*/*"
      ? Either.right([
          first,
          isBinary(value) || Predicate.hasProperty(value, StreamTypeId)
            ? "application/octet-stream"
            : Predicate.isString(value)
              ? "text/plain"
              : "application/json"
        ])
      : refuse(`is missing: the media type of the body, one of ${listNames(keys)}`, ["contentType"])
  }
  if (!Predicate.isString(given)) return Either.left(prependPath(["contentType"], mismatch("a media type", given)))
  const wanted = essence(given)
  const ranges = [`${wanted.split("/")[0] ?? ""}/*`, "*/*"]
  const key = keys.find((key) => essence(key) === wanted) ?? keys.find((key) => ranges.includes(essence(key)))
  return key === undefined
    ? refuse(unknownName(given, keys, "a media type of this operation"), ["contentType"])
    : Either.right([key, given])
}

/** Makes the writer of an operation's bodies. */
export const bodyWriter = (body: RequestBody, check: Check): BodyWriter => {
  const keys = Object.keys(body.content)
  return {
    hasChoice: keys.length > 1 || keys.some(isRange),
    write: (given, contentType) => {
      const value = reveal(given)
      if (value === undefined)
        return body.required === true ? refuse("is missing", ["body"]) : Either.right(HttpBody.empty)
      return Either.flatMap(select(body, value, contentType), ([key, mediaType]) =>
        // `key` is one of its keys, unless it has none.
        Either.mapLeft(write(check, body.content[key] ?? {}, value, mediaType), (issues) =>
          prependPath(["body"], issues)
        )
      )
    },
    withBody: keys.every((key) => isJsonType(key) || isFormType(key)) ? undefined : withStreamBody
  }
}
