import * as Context from "effect/Context"
import * as Either from "effect/Either"
import type { Descriptor, MediaType, ResponseBody } from "./Descriptor.js"
import { bytesOf, type RawResponse, textOf } from "../../RawResponse.js"
import type { Checked, Mismatch, MismatchKind, Ref } from "./Shape.js"
import type { Decoded, Json, Mismatch as ReadMismatch, Reader, ReadingCall } from "../endpoint/Codec.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"
import { acceptOf } from "../endpoint/compile.js"
import { isSuccess, redirectStatuses, statusesWithoutContent } from "../http/statuses.js"
import { parseJson } from "../parseJson.js"
import { renamer } from "./keys.js"
import { makeReport } from "./report.js"
import { makeChecker } from "./shapeCheck.js"
import { Strict } from "./strict.js"
import { shapeOf } from "./shapeOf.js"
import { essence, isJsonType } from "../http/mediaType.js"

/** The part of a compiled endpoint that reads responses. */
export type ResponseSide = Pick<
  CompiledEndpoint,
  "accept" | "accepts" | "successes" | "successStatuses" | "errors" | "follows" | "notModified" | "streams" | "report"
>

const isTextType = (type: string): boolean =>
  /^text\/|[/+](?:csv|graphql|html|javascript|(?:x-)?(?:json-?lines|jsonl|ndjson|json-seq|yaml|www-form-urlencoded)|sql|toml|xml|yml)$/.test(
    type
  )

/** The form in which the body of a media type is delivered. */
export type Form = "json" | "text" | "bytes"

/** Returns the form of a media type. Undefined for a range, such as `text/*`, and without a type. */
export const formOf = (type: string): Form | undefined =>
  type === "" || type.endsWith("*") ? undefined : isJsonType(type) ? "json" : isTextType(type) ? "text" : "bytes"

/** A media type of a response. */
interface Media {
  /** The type as the document has it, in lower case. */
  readonly full: string
  /** The type without its parameters. */
  readonly type: string
  readonly form: Form | undefined
  readonly media: MediaType
}

const mediaOf = ({ content = {} }: ResponseBody): ReadonlyArray<Media> =>
  Object.entries(content).map(([name, media]) => {
    const type = essence(name)
    const binary = media.shape !== undefined && shapeOf(media.shape).format === "binary"
    return { full: name.trim().toLowerCase(), type, form: binary ? "bytes" : formOf(type), media }
  })

/** Selects the media type of a response: itself, its range, one of the same form, or the first one of JSON. */
const select = (declared: ReadonlyArray<Media>, contentType: string): Media | undefined => {
  const type = essence(contentType)
  const form = formOf(type)
  const find = (matches: (media: Media) => boolean) => declared.find(matches)
  return (
    find(({ full }) => full === contentType.trim().toLowerCase()) ??
    find((media) => media.type === type) ??
    find((media) => media.type.endsWith("/*") && type.startsWith(media.type.slice(0, -1))) ??
    find((media) => media.type === "*/*" || media.type === "*") ??
    (form === undefined ? undefined : find((media) => media.form === form)) ??
    find((media) => media.form === "json") ??
    declared[0]
  )
}

/** Finds the response that is declared for a status (OpenAPI 3.1, 4.8.16). `default` is that of a success if no other one is declared. */
const declaredFor = (responses: Descriptor["responses"], status: number): ResponseBody | undefined => {
  const own = (key: string) => (Object.hasOwn(responses, key) ? responses[key] : undefined)
  const range = Math.floor(status / 100)
  const found = own(String(status)) ?? own(`${range}XX`) ?? own(`${range}xx`)
  return found ?? (status < 300 && !hasSuccess(responses) ? own("default") : undefined)
}

const hasSuccess = (responses: Descriptor["responses"]): boolean =>
  Object.keys(responses).some((key) => /^2(?:\d\d|xx)$/i.test(key))

/** Returns the keys of the responses that an operation delivers as a value: those of 2xx, or `default`, or those of redirects. */
export const successKeys = (responses: Descriptor["responses"]): ReadonlyArray<string> => {
  const keys = Object.keys(responses)
  if (hasSuccess(responses)) return keys.filter((key) => key.startsWith("2"))
  if (keys.includes("default")) return ["default"]
  return keys.filter((key) => key.startsWith("3") && key !== "304")
}

const mismatch = (kind: MismatchKind, message: string): Mismatch => ({ path: [], pointer: "", kind, message })

/** A value with its issues. */
interface Read {
  readonly value: unknown
  readonly issues: ReadonlyArray<Mismatch>
}

const read = (value: unknown, ...issues: ReadonlyArray<Mismatch>): Read => ({ value, issues })

/** Reports whether a call fails if its response differs from its description. */
const isStrict = (call: ReadingCall | undefined): boolean =>
  (call?.context === undefined ? undefined : Context.get(call.context, Strict)) ??
  call?.authoriser.defaults.strict ??
  false

/** Returns what is read. In a strict call issues are its failure. */
const delivered = ({ issues, value }: Read, call: ReadingCall | undefined): Decoded<ReadMismatch> => {
  if (issues.length === 0) return Either.right(value)
  const [first] = issues
  if (!isStrict(call)) return Object.assign(Either.right(value), { issues })
  const reason = first?.kind === "undeclared" ? "Status" : first?.kind === "syntax" ? "Json" : "Shape"
  return Either.left({ reason, issues })
}

/**
 * Makes the readers of responses from a descriptor. A success is delivered, whatever it is: what differs from the descriptor is an issue
 * beside the value.
 */
export const responsesOf = ({ keys, method, responses }: Descriptor): ResponseSide => {
  const checkers = new Map<Ref, (value: unknown) => Checked>()
  const check = (shape: Ref | undefined, value: unknown): ReadonlyArray<Mismatch> => {
    if (shape === undefined) return []
    const checker = checkers.get(shape) ?? makeChecker(shape, "response")
    checkers.set(shape, checker)
    return checker(value).issues
  }
  const rename = keys === undefined ? (value: unknown) => value : renamer(keys)

  /** Reads a body that is declared as JSON. */
  const readJson = (shape: Ref | undefined, form: Form | undefined, response: RawResponse, json: Json): Read => {
    const value = json()
    if (Either.isLeft(value)) {
      const [issue] = value.left.issues
      return read(
        form === "bytes" ? bytesOf(response) : textOf(response),
        mismatch("syntax", issue?.message ?? "the body is not JSON")
      )
    }
    if (value.right === undefined) return read(undefined, mismatch("empty", "the body is empty"))
    return read(rename(value.right), ...check(shape, value.right))
  }

  /** Reads a body that is declared as text. Text that is JSON, of a shape that no text has, is JSON. */
  const readText = (shape: Ref | undefined, response: RawResponse): Read => {
    const text = textOf(response)
    const issues = check(shape, text)
    if (issues.length === 0) return read(text)
    const value = parseJson(text)
    const others = value === undefined ? issues : check(shape, value)
    return others.length === 0 ? read(rename(value)) : read(text, ...issues)
  }

  /** Reads a body by its content type only. */
  const readUndeclared = (form: Form | undefined, response: RawResponse, json: Json): unknown => {
    if (response.body.length === 0) return undefined
    if (form === "bytes") return bytesOf(response)
    const value = form === "text" ? undefined : Either.getOrUndefined(json())
    return value === undefined ? textOf(response) : rename(value)
  }

  const interpret = (declared: ResponseBody | undefined, response: RawResponse, json: Json): Read => {
    const contentType = response.headers["content-type"] ?? ""
    const form = formOf(essence(contentType))
    const { status } = response
    if (declared === undefined) {
      const statuses = successKeys(responses).join(" or ") || "another one"
      return read(
        readUndeclared(form, response, json),
        mismatch("undeclared", `the status ${status} is not declared: it should be ${statuses}`)
      )
    }
    if (method === "HEAD") return read(undefined)
    const media = select(mediaOf(declared), contentType)
    if (media === undefined) {
      const value = readUndeclared(form, response, json)
      return value === undefined
        ? read(undefined)
        : read(value, mismatch("undeclared", `a body was received (${status}), and none is declared`))
    }
    if (statusesWithoutContent.includes(status)) return read(undefined, mismatch("empty", "the body is empty"))
    const { shape } = media.media
    const expected = media.form ?? form ?? (response.body.length > 0 && Either.isLeft(json()) ? "text" : "json")
    switch (expected) {
      case "json":
        return readJson(shape, form, response, json)
      case "text":
        return readText(shape, response)
      case "bytes":
        return read(bytesOf(response))
    }
  }

  /** Makes the readers of a status: a body is received as text if its type is one, and as bytes otherwise. */
  const makeReaders = (status: number) => {
    const declared = declaredFor(responses, status)
    const reader = (receives: "text" | "bytes"): Reader => ({
      receives,
      read: (response, json, call) => delivered(interpret(declared, response, json), call)
    })
    const [text, bytes] = [[reader("text")], [reader("bytes")]]
    const media = declared === undefined ? [] : mediaOf(declared)
    return (contentType = ""): ReadonlyArray<Reader> => {
      const form = formOf(essence(contentType))
      return form !== undefined && form !== "bytes" && select(media, contentType)?.form !== "bytes" ? text : bytes
    }
  }

  const readers = new Map<number, ReturnType<typeof makeReaders>>()
  const redirects = !hasSuccess(responses) && !Object.hasOwn(responses, "default")
  /** Reports whether a response is a value: each 2xx, and a redirect if the operation declares no other success. */
  const isValue = (status: number): boolean =>
    isSuccess(status) ||
    (redirects && redirectStatuses.includes(status) && declaredFor(responses, status) !== undefined)
  const bodies = successKeys(responses).flatMap((key) => mediaOf(responses[key] ?? {}))
  const errorTypes = Object.keys(responses).flatMap((key) =>
    /^[45d]/.test(key) ? Object.keys(responses[key]?.content ?? {}) : []
  )
  return {
    accept: acceptOf(method, acceptedTypes(bodies), errorTypes),
    accepts: isValue,
    successStatuses: successKeys(responses).join(" or "),
    successes: (status, contentType) => {
      if (!isValue(status)) return undefined
      const known = readers.get(status) ?? makeReaders(status)
      readers.set(status, known)
      return known(contentType)
    },
    errors: () => undefined,
    follows: (status) => !isValue(status),
    notModified: false,
    streams: false,
    report: makeReport()
  }
}

/** Returns the media types to accept. JSON is preferred, since its values are checked. A range without JSON can be of JSON, too. */
const acceptedTypes = (bodies: ReadonlyArray<Media>): ReadonlyArray<string> => {
  const ofJson = bodies.filter(({ form, type }) => form === "json" && isJsonType(type)).map(({ full }) => full)
  const others = bodies.filter(({ full }) => !ofJson.includes(full)).map(({ full }) => full)
  const isAny = others.includes("*/*")
  const preferred = ofJson.length === 0 && isAny ? ["application/json"] : ofJson
  return preferred.length === 0 ? others : [...preferred, ...others.map((type) => `${type};q=0.5`)]
}
