import * as Either from "effect/Either"
import type { Body, Exchange, Failure } from "../../testing/Exchange.js"
import { RecordingError } from "../../testing/Exchange.js"
import { collectFromHeader } from "../call/secrets.js"
import { concatBytes } from "../concatBytes.js"
import { isFormType } from "../http/mediaType.js"
import { textsOfBytes, toBody } from "./content.js"
import type { Placeholders } from "./placeholders.js"
import type { Rules } from "./recordingRules.js"

/** A request as it was sent. */
export interface RawRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  /** True if the transport did not read the whole body. */
  readonly cut?: boolean
}

/** An exchange as it was observed. */
export interface RawExchange {
  readonly request: RawRequest
  readonly response?:
    | {
        readonly status: number
        readonly headers: Readonly<Record<string, string>>
        readonly setCookies: ReadonlyArray<string>
        readonly bytes: Uint8Array
        readonly cut: Failure | undefined
      }
    | undefined
  readonly failure?: Failure | undefined
}

/** Matches a parameter of a URL or a form within any text. */
const parameters = (): RegExp => /(^|[?&#;])([\w.~%-]+)=([^&#;\s"'<>\\]+)/g

const decodeParameter = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

/** Reports whether a parameter is an authorization code (RFC 6749, 4.1.2 and 4.1.3), by the others beside it. */
const isCode = (name: string, hasName: (name: string) => boolean): boolean =>
  name === "code" && (hasName("state") || hasName("grant_type") || hasName("iss"))

/** Calls a function with the values of the parameters within a text that hold secrets by their names. */
const replaceParameters = (text: string, rules: Rules, replace: (value: string) => string): string => {
  if (!text.includes("=")) return text
  const has = (name: string) => new RegExp(`(?:^|[?&#;])${name}=`).test(text)
  return text.replace(parameters(), (whole, before: string, name: string, value: string) => {
    const plain = decodeParameter(name)
    const isSecret = rules.isSecretQuery(plain) || rules.isSecretField(plain) || isCode(plain, has)
    return isSecret ? `${before}${name}=${replace(decodeParameter(value))}` : whole
  })
}

type Fields = Readonly<Record<string, unknown>>

/** Reports whether a field of an object holds a secret by its name. */
const isSecretField = (fields: Fields, name: string, rules: Rules): boolean =>
  rules.isSecretField(name) || isCode(name, (other) => other === "grant_type" && other in fields)

const isScalar = (value: unknown): value is string | number | bigint =>
  typeof value === "string" || typeof value === "number" || typeof value === "bigint"

/** Collects the secrets of JSON by the names of fields, and by those of parameters within texts. */
const collectFromJson = (value: unknown, rules: Rules, add: (secret: string) => void): void => {
  if (typeof value === "string") {
    replaceParameters(value, rules, (secret) => (add(secret), secret))
  } else if (Array.isArray(value)) {
    for (const one of value) collectFromJson(one, rules, add)
  } else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      if (!isSecretField(value as Fields, name, rules)) collectFromJson(one, rules, add)
      else
        for (const secret of Array.isArray(one) ? one : [one]) {
          if (isScalar(secret)) add(String(secret))
          else collectFromJson(secret, rules, add)
        }
    }
  }
}

const collectFromBody = (body: Body | undefined, rules: Rules, add: (secret: string) => void): void => {
  if (body === undefined || "bytes" in body) return
  collectFromJson("json" in body ? body.json : body.text, rules, add)
}

const nameOfCookie = (cookie: string): string => cookie.slice(0, cookie.indexOf("=") + 1)

/** Splits a `Set-Cookie` into its name with the equals sign, its value, and its attributes. */
const partsOfCookie = (cookie: string): readonly [name: string, value: string, attributes: string] => {
  const end = cookie.includes(";") ? cookie.indexOf(";") : cookie.length
  const name = nameOfCookie(cookie.slice(0, end))
  return [name, cookie.slice(name.length, end), cookie.slice(end)]
}

const collectFromHeaders = (headers: RawRequest["headers"], rules: Rules, add: (secret: string) => void): void => {
  for (const [name, value] of Object.entries(headers)) {
    if (rules.isVolatile(name)) continue
    if (rules.isSecretHeader(name)) {
      const found = new Set<string>()
      collectFromHeader(name, value, found)
      for (const secret of found) add(secret)
    } else replaceParameters(value, rules, (secret) => (add(secret), secret))
  }
}

/** Collects the secrets of a request by names. */
export const collectFromRequest = (
  request: RawRequest,
  body: Body | undefined,
  rules: Rules,
  add: (secret: string) => void
): void => {
  replaceParameters(new URL(request.url).search, rules, (secret) => (add(secret), secret))
  collectFromHeaders(request.headers, rules, add)
  collectFromBody(body, rules, add)
}

const collectFromResponse = (
  { headers, setCookies }: NonNullable<RawExchange["response"]>,
  body: Body | undefined,
  rules: Rules,
  add: (secret: string) => void
): void => {
  collectFromHeaders(headers, rules, add)
  for (const cookie of setCookies) add(partsOfCookie(cookie)[1])
  collectFromBody(body, rules, add)
}

/** The length from which a secret is searched for in names of fields that are words, in characters: a shorter one is often a word. */
const shortestInWord = 8

const isWord = (name: string): boolean => /^[\w-]+$/.test(name)

/** Replaces the secrets of exchanges. */
const makeReplacer = (rules: Rules, placeholders: Placeholders) => {
  const named = (text: string) =>
    replaceParameters(text, rules, (secret) => (secret === "" ? secret : placeholders.of(secret)))

  const text = (value: string): string => placeholders.replace(named(value)) ?? placeholders.of(value)

  const key = (name: string): string =>
    rules.isSecretField(name)
      ? name
      : (placeholders.replace(name, isWord(name) ? shortestInWord : 0) ?? placeholders.of(name))

  const json = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (typeof value === "number" || typeof value === "bigint") {
      const digits = String(value)
      return placeholders.replace(digits) === digits ? value : placeholders.of(digits)
    }
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== "object" || value === null) return value
    const secret = (one: unknown) => (isScalar(one) && one !== "" ? placeholders.of(String(one)) : json(one))
    return Object.fromEntries(
      Object.entries(value).map(([name, one]: [string, unknown]) => [
        key(name),
        !isSecretField(value as Fields, name, rules) ? json(one) : Array.isArray(one) ? one.map(secret) : secret(one)
      ])
    )
  }

  /** Replaces secrets line by line if their place in the whole text is not certain. */
  const lines = (value: string): string => {
    const whole = named(value)
    const replaced =
      placeholders.replace(whole) ??
      whole
        .split(/(?<=\n)/)
        .map(text)
        .join("")
    return placeholders.reveals(replaced) ? placeholders.of(value) : replaced
  }

  const body = (body: Body | undefined, contentType: string | undefined, place: string): Body | undefined => {
    if (body === undefined) return undefined
    if ("json" in body) return { json: json(body.json) }
    if ("text" in body) return { text: lines(body.text) }
    if (textsOfBytes(body.bytes, contentType).some(placeholders.reveals)) {
      throw new RecordingError({
        message: `${place} has a secret of the call in a body that is not text (${contentType ?? "no content type"}), where it can't be replaced: nothing was written. Leave this call out of the recording`
      })
    }
    return body
  }

  const headers = (given: RawRequest["headers"], keepsLength: boolean): Record<string, string> =>
    Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => {
        if (rules.isVolatile(name) && !(keepsLength && name === "content-length")) return []
        return [[name, rules.isSecretHeader(name) ? secretHeader(name, value) : text(value)]]
      })
    )

  const secretHeader = (name: string, value: string): string => {
    if (name === "cookie") {
      return value
        .split(/; */)
        .map((pair) => nameOfCookie(pair) + placeholders.of(pair.slice(pair.indexOf("=") + 1)))
        .join("; ")
    }
    const start = name.endsWith("authorization") ? value.indexOf(" ") + 1 : 0
    return value.slice(0, start) + placeholders.of(value.slice(start))
  }

  const cookie = (value: string): string => {
    const [name, secret, attributes] = partsOfCookie(value)
    return `${name}${secret === "" ? "" : placeholders.of(secret)}${text(attributes)}`
  }

  const url = (value: string): string => {
    const { hash: _, host, hostname, pathname, port, protocol, search } = new URL(value)
    const shownHost = /[\d.]+$|\]$/.test(hostname) ? host : text(hostname) + (port && `:${port}`)
    const path =
      placeholders.replace(pathname) ??
      pathname
        .split("/")
        .map((segment) => segment && text(segment))
        .join("/")
    const query =
      placeholders.replace(named(search)) ??
      `?${search
        .slice(1)
        .split("&")
        .map((pair) => nameOfCookie(pair) + text(pair.slice(nameOfCookie(pair).length)))
        .join("&")}`
    return `${protocol}//${shownHost}${path}${query}`
  }

  return { body, cookie, headers, url }
}

/** Matches the boundary of a multipart body, which is random (RFC 2046, 5.1.1). */
const boundaryPattern = () => /^(multipart\/[^;]*;.*?boundary=)(?:"([^"]*)"|([^;\s]+))/i

/** Replaces each occurrence of some bytes by others. */
const replaceBytes = (bytes: Uint8Array, searched: Uint8Array, replacement: Uint8Array): Uint8Array => {
  const pieces: Array<Uint8Array> = []
  let copied = 0
  for (let index = bytes.indexOf(searched[0]!); index !== -1; index = bytes.indexOf(searched[0]!, index)) {
    if (searched.every((byte, offset) => bytes[index + offset] === byte)) {
      pieces.push(bytes.subarray(copied, index), replacement)
      index += searched.length
      copied = index
    } else index += 1
  }
  pieces.push(bytes.subarray(copied))
  return concatBytes(pieces)
}

/** Replaces the boundary of a multipart body by the same one for all. */
const withFixedBoundary = (request: RawRequest): RawRequest => {
  const type = request.headers["content-type"]
  const found = type === undefined ? null : boundaryPattern().exec(type)
  const boundary = found?.[2] ?? found?.[3]
  if (type === undefined || boundary === undefined || boundary === "") return request
  const encode = (text: string) => new TextEncoder().encode(text)
  return {
    ...request,
    bytes: replaceBytes(request.bytes, encode(boundary), encode("boundary")),
    headers: { ...request.headers, "content-type": type.replace(boundaryPattern(), "$1boundary") }
  }
}

/** A request in the form in which it is recorded, before its secrets are replaced. */
export const normalize = (request: RawRequest): { readonly request: RawRequest; readonly body: Body | undefined } => {
  const normalized = withFixedBoundary(request)
  const type = normalized.headers["content-type"]
  const body = toBody(normalized.bytes, type !== undefined && isFormType(type) ? "text/plain" : type)
  return { request: normalized, body }
}

/** Makes the exchanges of a recording. Returns an error if a secret can't be replaced. */
export const redact = (
  observed: ReadonlyArray<RawExchange>,
  rules: Rules,
  placeholders: Placeholders
): Either.Either<ReadonlyArray<Exchange>, RecordingError> => {
  const all = observed.map(({ failure, request, response }) => ({
    ...normalize(request),
    failure,
    response: response && { ...response, body: toBody(response.bytes, response.headers["content-type"]) }
  }))
  for (const { body, request, response } of all) {
    collectFromRequest(request, body, rules, placeholders.add)
    if (response !== undefined) collectFromResponse(response, response.body, rules, placeholders.add)
  }
  const replacer = makeReplacer(rules, placeholders)
  try {
    return Either.right(
      all.map(({ body, failure, request, response }, index): Exchange => {
        const place = (part: string) =>
          `the ${part} of exchange ${index} (${request.method} ${replacer.url(request.url)})`
        const sent = {
          method: request.method,
          url: replacer.url(request.url),
          headers: replacer.headers(request.headers, false),
          body: replacer.body(body, request.headers["content-type"], place("request")),
          ...(request.cut === true ? { cut: true as const } : {})
        }
        if (response === undefined) return { request: sent, failure: failure ?? { code: "interrupted" } }
        const { cut, headers, setCookies, status } = response
        const keepsLength = request.method === "HEAD" || status === 304
        const cookies = setCookies.map(replacer.cookie)
        return {
          request: sent,
          response: {
            status,
            headers: {
              ...replacer.headers(headers, keepsLength),
              ...(cookies.length === 0 ? {} : { "set-cookie": cookies })
            },
            body: replacer.body(response.body, headers["content-type"], place("response")),
            ...(cut === undefined ? {} : { cut })
          }
        }
      })
    )
  } catch (error) {
    if (error instanceof RecordingError) return Either.left(error)
    throw error
  }
}
