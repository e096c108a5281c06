import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Issue } from "../../Issue.js"
import { fromParseIssue, kindOf, maxIssues } from "../parseIssues.js"
import type { Encode, Texts } from "./CompiledEndpoint.js"
import { article, classOf, isPlainObject, loneSurrogate, tooDeep } from "./plainJson.js"
import type { Scalar } from "./scalars.js"

/** A `Scalar` without a schema, which may be `Redacted`. */
export type Value = Scalar | Redacted.Redacted

/** A `Value`, a list of them, which repeats the name, or null or undefined, which leaves the name out. */
export type ValueOrList = Value | null | undefined | ReadonlyArray<Value | null | undefined>

/** Returns the content of a `Redacted` value, even of a repeatedly redacted one, or any other value itself. */
export const reveal = (value: unknown): unknown => (Redacted.isRedacted(value) ? reveal(Redacted.value(value)) : value)

export const isValue = (input: unknown): input is Value => {
  const value = reveal(input)
  return Predicate.isString(value) || Predicate.isBoolean(value) || Predicate.isBigInt(value) || Number.isFinite(value)
}

const isValueOrList = (input: unknown): input is ValueOrList =>
  Predicate.isNullable(input) ||
  isValue(input) ||
  (Array.isArray(input) && input.every((item) => Predicate.isNullable(item) || isValue(item)))

const textOf = (value: Value): string => String(reveal(value))

const textsOf = (value: ValueOrList): string | ReadonlyArray<string> | undefined => {
  if (Predicate.isNullable(value)) return undefined
  return isValue(value) ? textOf(value) : value.flatMap((item) => (Predicate.isNullable(item) ? [] : [textOf(item)]))
}

/** Makes the issue of a value that does not match a description. */
export const mismatch = (description: string, value: unknown): ReadonlyArray<Issue> => {
  const kind = Predicate.isRecord(value) && !isPlainObject(value) ? article(classOf(value)) : kindOf(value)
  return [{ path: [], message: `should be ${description}, and is ${kind}` }]
}

/** Prepends a path to the paths of issues. */
export const prependPath = (path: Issue["path"], issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))

const orIssues = <A>(value: A, issues: ReadonlyArray<Issue>): Either.Either<A, ReadonlyArray<Issue>> =>
  issues.length === 0 ? Either.right(value) : Either.left(issues.slice(0, maxIssues))

/** Makes an encoder of plain objects whose values match. */
const encodeEach =
  (matches: (value: unknown) => boolean, description: string): Encode =>
  (input) => {
    if (!isPlainObject(input)) return Either.left(mismatch("a plain object", input))
    const texts: Record<string, string | ReadonlyArray<string> | undefined> = Object.create(null)
    const issues: Array<Issue> = []
    for (const [name, value] of Object.entries(input)) {
      // Each `matches` admits values of this type only.
      if (matches(value)) texts[name] = textsOf(value as ValueOrList)
      else issues.push(...prependPath([name], mismatch(description, value)))
    }
    return orIssues(texts, issues)
  }

const scalar = "text, a finite number or a boolean"

/** Encodes path values without schemas. */
export const encodePathValues: Encode = encodeEach(isValue, scalar)

/** Encodes query or form values without schemas. */
export const encodeParams: Encode = encodeEach(
  isValueOrList,
  "text, a finite number or a boolean, nothing, or a list of these"
)

/** Encodes header values without schemas. */
export const encodeHeaderValues: Encode = encodeEach(
  (input) => Predicate.isNullable(input) || isValue(input),
  "text, a finite number or a boolean, or nothing"
)

/** Makes an encoder from a schema. */
export const encodeBySchema = (schema: Schema.Schema.AnyNoContext): Encode => {
  const encode = ParseResult.encodeUnknownEither(schema, { errors: "all" })
  return (input) => {
    try {
      return Either.mapLeft(encode(input), fromParseIssue)
    } catch (error) {
      // A recursive schema follows a value to its end.
      if (error instanceof RangeError) return Either.left([{ path: [], message: tooDeep }])
      throw error
    }
  }
}

/** Makes an encoder of fields from a schema of a record. A missing input is an empty record. */
export const encodeFields = (schema: Schema.Schema.AnyNoContext): Encode => {
  const encode = encodeBySchema(schema)
  return (input) => Either.flatMap(encode(input ?? {}), encodeParams)
}

/** Makes an encoder of path parameters. Those without a schema are encoded as `encodePathValues` does. */
export const encodePath = (
  names: ReadonlyArray<{ readonly name: string; readonly optional: boolean }>,
  schemas: Readonly<Record<string, Schema.Schema.AnyNoContext>>
): Encode => {
  const encoders = names.map(({ name, optional }) => {
    const schema = schemas[name]
    return { name, optional, encode: schema === undefined ? Either.right : encodeBySchema(schema) }
  })
  return (input) => {
    const given: Readonly<Record<string, unknown>> = Predicate.isRecord(input) ? input : {}
    const texts: Record<string, string> = Object.create(null)
    const issues: Array<Issue> = []
    for (const { encode, name, optional } of encoders) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value === undefined) {
        if (!optional) issues.push({ path: [name], message: "is missing" })
        continue
      }
      const encoded = encode(value)
      if (Either.isLeft(encoded)) issues.push(...prependPath([name], encoded.left))
      else if (isValue(encoded.right)) texts[name] = textOf(encoded.right)
      else issues.push(...prependPath([name], mismatch(scalar, encoded.right)))
    }
    return orIssues(texts satisfies Texts, issues)
  }
}

/**
 * Formats texts as `application/x-www-form-urlencoded`, in which a space is a plus sign. A list repeats its name. Issues are
 * below `path`.
 */
export const encodeFormText = (texts: Texts, path: Issue["path"]): Either.Either<string, ReadonlyArray<Issue>> => {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined) continue
    for (const text of typeof value === "string" ? [value] : value) {
      if (!text.isWellFormed()) {
        return Either.left([{ path: [...path, name], message: loneSurrogate }])
      }
      pairs.append(name, text)
    }
  }
  return Either.right(pairs.toString())
}
