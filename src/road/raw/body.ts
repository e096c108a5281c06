import type { Encoding } from "@effect/platform/HttpApiSchema"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { checked, type Encode, encodeParams, mapValues, type Param, unfit } from "./values.js"

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

export const kinds: ReadonlyArray<{
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
export const bodyOf = (body: unknown): { readonly name: string; readonly value: unknown } | undefined => {
  if (!Predicate.isRecord(body)) return undefined
  const [name, ...more] = kinds.map((kind) => kind.name).filter((name) => name in body)
  return name === undefined || more.length > 0 ? undefined : { name, value: body[name] }
}
