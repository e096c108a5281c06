import type { Encoding } from "@effect/platform/HttpApiSchema"
import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { hrefOf } from "../Authoriser.js"
import type { Issue } from "../Issue.js"
import type { Refusal, RefusalTag } from "../Refusal.js"
import { fieldName } from "./field.js"
import { type Answers, isIdempotent, isSafe, isSuccess, type Route, type Segment, templateOf } from "./route.js"

/** A value of a path, a query, a header or a form. */
export type Scalar = string | number | bigint | boolean | Redacted.Redacted

/** The same, or nothing, which leaves it out, or several, of which each is a parameter of the same name. */
export type Param = Scalar | null | undefined | ReadonlyArray<Scalar | null | undefined>

/** The kinds of bodies. */
interface Bodies {
  readonly json: unknown
  readonly form: Readonly<Record<string, Param>>
  readonly text: string
  readonly bytes: Uint8Array
  readonly stream: Stream.Stream<Uint8Array, unknown>
}

/** No body of these kinds. */
export type NoBody<Kind extends keyof Bodies = keyof Bodies> = { readonly [None in Kind]?: undefined }

/** A body, of one kind. */
export type Body = {
  readonly [Kind in keyof Bodies]: Pick<Bodies, Kind> & NoBody<Exclude<keyof Bodies, Kind>>
}[keyof Bodies]

const isScalar = (input: unknown): input is Scalar => {
  const value = Redacted.isRedacted(input) ? Redacted.value(input) : input
  return Predicate.isString(value) || Predicate.isBoolean(value) || Predicate.isBigInt(value) || Number.isFinite(value)
}

const isParam = (input: unknown): input is Param =>
  Predicate.isNullable(input) ||
  isScalar(input) ||
  (Array.isArray(input) && input.every((item) => Predicate.isNullable(item) || isScalar(item)))

const textOf = (value: Scalar): string => String(Redacted.isRedacted(value) ? Redacted.value(value) : value)

const textsOf = (value: Param): string | ReadonlyArray<string> | undefined => {
  if (Predicate.isNullable(value)) return undefined
  return isScalar(value) ? textOf(value) : value.flatMap((item) => (Predicate.isNullable(item) ? [] : [textOf(item)]))
}

type Encode = NonNullable<Route["encodePath"]>

/** What is said of a value that is none of what is described. */
const unfit = (description: string, value: unknown): ParseResult.ParseIssue =>
  new ParseResult.Type(Schema.declare(Predicate.isNever, { description }).ast, value)

/** An encoder that checks its input, and then writes it. */
const checked =
  <A>(is: Predicate.Refinement<unknown, A>, description: string, write: (value: A) => unknown): Encode =>
  (input) =>
    is(input) ? Either.right(write(input)) : Either.left(unfit(description, input))

const mapValues = <A, B>(values: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))

/** The same, of a record; what has its entries elsewhere, as `URLSearchParams` and `Headers` do, would seem empty. */
const checkedEach =
  <A>(
    is: Predicate.Refinement<unknown, A>,
    description: string,
    write: (values: Readonly<Record<string, A>>) => unknown
  ): Encode =>
  (input) => {
    if (!Predicate.isRecord(input) || Predicate.isIterable(input)) return Either.left(unfit("a plain object", input))
    const [first, ...more] = Object.entries(input).flatMap(([name, value]) =>
      is(value) ? [] : [new ParseResult.Pointer(name, value, unfit(description, value))]
    )
    return first === undefined
      ? Either.right(write(input as Readonly<Record<string, A>>))
      : Either.left(new ParseResult.Composite(Schema.Object.ast, input, [first, ...more]))
  }

const encodePath = /*#__PURE__*/ checkedEach(isScalar, "text, a finite number or a boolean", (values) =>
  // Without what every object has, a name is there or it is not.
  Object.assign(Object.create(null), mapValues(values, textOf))
)
const encodeParams = /*#__PURE__*/ checkedEach(
  isParam,
  "text, a finite number or a boolean, nothing, or a list of these",
  (values) => mapValues(values, textsOf)
)
const encodeHeaders = /*#__PURE__*/ checkedEach(
  (input): input is Scalar | null | undefined => Predicate.isNullable(input) || isScalar(input),
  "text, a finite number or a boolean, or nothing",
  (values) => mapValues(values, (value) => (Predicate.isNullable(value) ? undefined : textOf(value)))
)

/** What is to be written as JSON, with what is `Redacted` in it as it is. Throws on what holds itself. */
const revealed = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return revealed(Redacted.value(value))
  if (Array.isArray(value)) return value.map(revealed)
  // What writes itself does.
  return typeof value === "object" && value !== null && !("toJSON" in value && Predicate.isFunction(value.toJSON))
    ? mapValues(value as Readonly<Record<string, unknown>>, revealed)
    : value
}

const isJson = (value: unknown): boolean =>
  value !== undefined && !Predicate.isFunction(value) && !Predicate.isSymbol(value)

const encodeJson: Encode = (value) => {
  const refuse = () => unfit("what can be written as JSON", value)
  return isJson(value) ? Either.try({ try: () => revealed(value), catch: refuse }) : Either.left(refuse())
}

const same = <A>(value: A): A => value

const kinds: ReadonlyArray<{
  readonly name: string
  readonly encode: Encode
  readonly kind: Encoding["kind"]
  readonly contentType: string
}> = [
  { name: "json", encode: encodeJson, kind: "Json", contentType: "application/json" },
  { name: "form", encode: encodeParams, kind: "UrlParams", contentType: "application/x-www-form-urlencoded" },
  {
    name: "text",
    encode: /*#__PURE__*/ checked(
      (input): input is string => Predicate.isString(input) && input.isWellFormed(),
      "text without lone surrogates",
      same
    ),
    kind: "Text",
    contentType: "text/plain; charset=utf-8"
  },
  {
    name: "bytes",
    encode: /*#__PURE__*/ checked(Predicate.isUint8Array, "a Uint8Array", same),
    kind: "Uint8Array",
    contentType: "application/octet-stream"
  },
  {
    name: "stream",
    encode: /*#__PURE__*/ checked(
      (input): input is Stream.Stream<Uint8Array, unknown> => Predicate.hasProperty(input, Stream.StreamTypeId),
      "a Stream of bytes",
      same
    ),
    kind: "Uint8Array",
    contentType: "application/octet-stream"
  }
]

/** A body that is given, as what there is to encode, and how. */
const bodyOf = (body: unknown): { readonly name: string; readonly value: unknown } | undefined => {
  if (!Predicate.isRecord(body)) return undefined
  const [name, ...more] = kinds.map((kind) => kind.name).filter((name) => name in body)
  return name === undefined || more.length > 0 ? undefined : { name, value: body[name] }
}

/** The target of a request, taken apart. */
interface Target {
  readonly segments: ReadonlyArray<Segment>
  readonly template: string
  /** What stands behind a question mark, as it is sent. */
  readonly query: string
}

/** The template of whole URLs, of which there are as many as an API gives (RFC 6570, 3.2.3). */
const anywhere = "/{+rest}"

const refuse = (message: string): Either.Either<never, ReadonlyArray<Issue>> =>
  Either.left([{ path: ["target"], message }])

/** Text of the caller's own, in which escapes stand already, or what needs some does not. */
const escaped = (text: string): string => encodeURI(text).replaceAll(/%25([\da-f]{2})/gi, "%$1")

const dots = /^\.{1,2}$/

const segmentOf = (text: string): Segment =>
  text
    .split(/(\{[^{}]+\})/)
    .filter((part) => part !== "")
    .map((part) => (/^\{[^{}]+\}$/.test(part) ? { param: part.slice(1, -1) } : { literal: escaped(part) }))

/**
 * A target below the base URL: a path, in which names in braces stand for values (RFC 6570, level 1), with a query or without; or a
 * whole URL, as APIs give for the next page, which has to be below the base URL, since credentials go nowhere else.
 */
const parseTarget = (target: unknown, baseUrl: URL): Either.Either<Target, ReadonlyArray<Issue>> => {
  if (target instanceof URL) return parseTarget(target.href, baseUrl)
  if (typeof target !== "string") return refuse("should be a path, such as /users/{id}")
  if (!target.isWellFormed()) return refuse("must be well-formed Unicode: it has a lone surrogate")
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(target)) {
    const base = hrefOf(baseUrl)
    const { href } = URL.canParse(target) ? new URL(target) : { href: "" }
    return href.startsWith(base) && /^(?:[/?]|$)/.test(href.slice(base.length))
      ? Either.map(parseTarget(href.slice(base.length), baseUrl), (parsed) => ({ ...parsed, template: anywhere }))
      : refuse("is a URL that is not below the base URL")
  }
  if (target.includes("#")) return refuse("has a fragment, which is not sent: write # as %23")
  const [written = "", ...query] = target.split("?")
  // An escaped dot is one, to whoever parses a URL: before a value it would do as well.
  const path = written.replaceAll(/%2e/gi, ".")
  const segments = path === "" ? [] : path.replace(/^\//, "").split("/")
  if (segments.some((segment) => dots.test(segment))) return refuse("must not climb: it has a segment of dots")
  const parsed = segments.map(segmentOf)
  return Either.right({ segments: parsed, template: templateOf(parsed), query: escaped(query.join("?")) })
}

/** What servers call what they have to say, of the formats that are common, RFC 9457 among them. */
const detailIn = (text: string): string | undefined => {
  try {
    const body: unknown = JSON.parse(text)
    if (!Predicate.isRecord(body)) return undefined
    const said = [body["detail"], body["message"], body["error_description"], body["error"], body["title"]]
    return said.find(Predicate.isString)
  } catch {
    return undefined
  }
}

const refusalTags: Readonly<Record<number, RefusalTag>> = {
  400: "DataError",
  401: "Unauthorised",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  422: "DataError"
}

const refusals = (status: number): ReadonlyArray<Answers> | undefined => {
  const _tag = refusalTags[status]
  if (_tag === undefined) return undefined
  const decode = (text: unknown) => Either.right<Refusal>({ _tag, detail: detailIn(String(text)) })
  return [{ body: "Text", decode }]
}

/** What a call gives of its answer. */
export interface Result {
  readonly reads: Route["reads"]
  /** What is asked for, unless the caller says otherwise. */
  readonly accept: string
  readonly answers: ReadonlyArray<Answers>
  readonly present?: Route["present"]
}

/** A request that no endpoint describes. */
export interface Raw {
  readonly method: HttpMethod
  readonly target: unknown
  readonly result: Result
  readonly body?: unknown
  readonly headers?: unknown
  readonly accepts?: ((status: number) => boolean) | undefined
  readonly idempotent?: boolean | undefined
  readonly idempotencyKey?: string | undefined
  readonly sensitive?: boolean | undefined
  readonly sideEffects?: boolean | undefined
}

const family = {}

const isResult = (input: unknown): input is Result =>
  Predicate.isRecord(input) && Array.isArray(input["answers"]) && Predicate.isString(input["accept"])

/** What stands for a result that is none, of a request that is refused for it. */
const noResult: Result = { reads: "text", accept: "*/*", answers: [] }

/** The content type that the caller gives a body of theirs, if they do. */
const contentTypeIn = (headers: unknown): string | undefined => {
  if (!Predicate.isRecord(headers)) return undefined
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
  return Predicate.isString(found) ? found : undefined
}

/** The route of a request that no endpoint describes, which takes it along the same road, and the body for its input. */
export const rawRoute = (raw: Raw, baseUrl: URL): { readonly route: Route; readonly payload: unknown } => {
  const { accepts = isSuccess, idempotencyKey, idempotent = false, method, sideEffects = false } = raw
  const result = isResult(raw.result) ? raw.result : noResult
  const hasKey = Predicate.isString(idempotencyKey) && fieldName.test(idempotencyKey)
  const target = parseTarget(raw.target, baseUrl)
  const { query, segments, template } = Either.getOrElse(target, (): Target => ({
    segments: [],
    template: "",
    query: ""
  }))
  const body = raw.body === undefined ? undefined : bodyOf(raw.body)
  const kind = kinds.find(({ name }) => name === body?.name)
  const refused: ReadonlyArray<Issue> = [
    ...(Either.isLeft(target) ? target.left : []),
    ...(raw.body !== undefined && body === undefined
      ? [{ path: ["body"], message: "should be one of json, form, text, bytes or stream" }]
      : []),
    ...(body !== undefined && !hasBody(method) ? [{ path: ["body"], message: `a ${method} has no body` }] : []),
    ...(result === noResult ? [{ path: ["as"], message: "should be one of As, such as As.json" }] : []),
    ...(idempotencyKey === undefined || hasKey
      ? []
      : [{ path: ["idempotencyKey"], message: "must be a name that a header can have" }])
  ]
  const route: Route = {
    name: `${method} ${template}`,
    method,
    template,
    segments,
    refused,
    query,
    encodePath,
    encodeQuery: encodeParams,
    encodeHeaders: (given) =>
      Either.map(encodeHeaders(given), (headers) => ({ accept: result.accept, ...(headers as object) })),
    encodeBody: kind?.encode,
    bodyKind: {
      kind: kind?.kind ?? "Json",
      contentType: contentTypeIn(raw.headers) ?? kind?.contentType ?? "application/json"
    },
    reads: result.reads,
    accepts,
    described: "a success",
    successes: (status) => (accepts(status) ? result.answers : undefined),
    refusals,
    present: result.present,
    safe: isSafe(method) && !sideEffects,
    idempotent: idempotent || hasKey || (isIdempotent(method) && !sideEffects),
    idempotencyKey: hasKey ? idempotencyKey.toLowerCase() : undefined,
    unrepeatable: false,
    sensitive: raw.sensitive ?? false,
    family
  }
  return { route, payload: body?.value }
}
