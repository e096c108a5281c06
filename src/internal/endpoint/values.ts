import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Issue } from "../../Issue.js"
import { fromParseIssue, kindOf, maxIssues } from "../parseIssues.js"
import type { Encode, Texts } from "./CompiledEndpoint.js"
import type { Scalar } from "./scalars.js"

/** A `Scalar` of a caller without a schema. */
export type Value = Scalar | Redacted.Redacted

/** A value, several for one name, or nothing, which leaves the name out. */
export type ValueOrList = Value | null | undefined | ReadonlyArray<Value | null | undefined>

const isValue = (input: unknown): input is Value => {
  const value = Redacted.isRedacted(input) ? Redacted.value(input) : input
  return Predicate.isString(value) || Predicate.isBoolean(value) || Predicate.isBigInt(value) || Number.isFinite(value)
}

const isValueOrList = (input: unknown): input is ValueOrList =>
  Predicate.isNullable(input) ||
  isValue(input) ||
  (Array.isArray(input) && input.every((item) => Predicate.isNullable(item) || isValue(item)))

const textOf = (value: Value): string => String(Redacted.isRedacted(value) ? Redacted.value(value) : value)

const textsOf = (value: ValueOrList): string | ReadonlyArray<string> | undefined => {
  if (Predicate.isNullable(value)) return undefined
  return isValue(value) ? textOf(value) : value.flatMap((item) => (Predicate.isNullable(item) ? [] : [textOf(item)]))
}

/** The issues of a value that does not match a description. */
export const mismatch = (description: string, value: unknown): ReadonlyArray<Issue> => [
  { path: [], message: `should be ${description}, and is ${kindOf(value)}` }
]

/** Issues of a part, as issues of the whole. */
export const within = (path: Issue["path"], issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))

const orIssues = <A>(value: A, issues: ReadonlyArray<Issue>): Either.Either<A, ReadonlyArray<Issue>> =>
  issues.length === 0 ? Either.right(value) : Either.left(issues.slice(0, maxIssues))

/** An encoder that accepts plain objects of values which match. Objects with entries elsewhere, such as `Headers`, are refused. */
const encodeEach =
  (matches: (value: unknown) => boolean, description: string): Encode =>
  (input) => {
    if (!Predicate.isRecord(input) || Predicate.isIterable(input)) return Either.left(mismatch("a plain object", input))
    const texts: Record<string, string | ReadonlyArray<string> | undefined> = Object.create(null)
    const issues: Array<Issue> = []
    for (const [name, value] of Object.entries(input)) {
      if (matches(value)) texts[name] = textsOf(value as ValueOrList)
      else issues.push(...within([name], mismatch(description, value)))
    }
    return orIssues(texts, issues)
  }

const scalar = "text, a finite number or a boolean"

/** Path values without schemas. */
export const encodePathValues: Encode = encodeEach(isValue, scalar)

/** Query or form values without schemas. */
export const encodeParams: Encode = encodeEach(isValueOrList, `${scalar}, nothing, or a list of these`)

/** Header values without schemas. */
export const encodeHeaderValues: Encode = encodeEach(
  (input) => Predicate.isNullable(input) || isValue(input),
  `${scalar}, or nothing`
)

/** An encoder by a schema. */
export const encodeBySchema = (schema: Schema.Schema.AnyNoContext): Encode => {
  const encode = ParseResult.encodeUnknownEither(schema, { errors: "all" })
  return (input) => Either.mapLeft(encode(input), fromParseIssue)
}

/** An encoder of fields by a schema of a record. */
export const encodeFields = (schema: Schema.Schema.AnyNoContext): Encode => {
  const encode = encodeBySchema(schema)
  return (input) => Either.flatMap(encode(input ?? {}), encodeParams)
}

/** An encoder of path parameters, of which some have schemas. */
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
      if (Either.isLeft(encoded)) issues.push(...within([name], encoded.left))
      else if (isValue(encoded.right)) texts[name] = textOf(encoded.right)
      else issues.push(...within([name], mismatch(scalar, encoded.right)))
    }
    return orIssues(texts satisfies Texts, issues)
  }
}

/** Texts as `application/x-www-form-urlencoded`; a list repeats its name. Issues are at `path`. */
export const encodeFormText = (texts: Texts, path: Issue["path"]): Either.Either<string, ReadonlyArray<Issue>> => {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined) continue
    for (const text of typeof value === "string" ? [value] : value) {
      if (!text.isWellFormed()) {
        return Either.left([{ path: [...path, name], message: "must be well-formed Unicode: it has a lone surrogate" }])
      }
      pairs.append(name, text)
    }
  }
  return Either.right(pairs.toString())
}
