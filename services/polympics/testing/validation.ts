import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Issue, Loc } from "./issue.js"
import type { Json } from "./json.js"
import { toInt, toText } from "./python.js"
import * as Responses from "./responses.js"

export type Checked<A> = Either.Either<A, ReadonlyArray<Issue>>

/** Reads a value that is present and not null. */
export type Reader<A> = (value: Json, loc: Loc) => Checked<A>

/** Fails with one issue. */
export const invalid = (loc: Loc, msg: string, type: string, ctx?: Issue["ctx"]): Either.Either<never, [Issue]> =>
  Either.left([{ loc, msg, type, ...(ctx && { ctx }) }])

/** The type of an issue that is not sent: the real server does not catch this exception, and responds with a 500. */
const overflow = "overflow"

export const integer: Reader<bigint> = (value, loc) => {
  const read = toInt(value)
  return read._tag === "Int"
    ? Either.right(read.value)
    : invalid(loc, "value is not a valid integer", "type_error.integer")
}

export const text: Reader<string> = (value, loc) => {
  switch (typeof value) {
    case "string":
      return Either.right(value)
    case "bigint":
    case "number":
    case "boolean":
      return Either.right(toText(value))
    default:
      return invalid(loc, "str type expected", "type_error.str")
  }
}

/** Reads the id of a row, and returns the row. */
export const known =
  <A>(kind: "Account" | "Team" | "Award", rows: ReadonlyMap<bigint, A>): Reader<A> =>
  (value, loc) =>
    Either.flatMap(id(`Invalid ${kind} ID: must be int.`, value, loc), (key) => {
      const row = rows.get(key)
      return row === undefined ? invalid(loc, `${kind} not found.`, "value_error") : Either.right(row)
    })

/** Reads 0, which stands for no team. */
export const zero: Reader<null> = (value, loc) =>
  Either.flatMap(id("Invalid ID: must be int.", value, loc), (key) =>
    key === 0n ? Either.right(null) : invalid(loc, "Should fall through to next type.", "value_error")
  )

const id = (message: string, value: Json, loc: Loc): Checked<bigint> => {
  const read = toInt(value)
  switch (read._tag) {
    case "Int":
      return Either.right(read.value)
    case "ValueError":
      return invalid(loc, message, "value_error")
    case "TypeError":
      return invalid(loc, read.message, "type_error")
    case "OverflowError":
      return invalid(loc, "cannot convert float infinity to integer", overflow)
  }
}

/** Reads a value by the first of two readers that accepts it, or fails with the issues of both. */
export const firstOf =
  <A, B>(first: Reader<A>, second: Reader<B>): Reader<A | B> =>
  (value, loc) =>
    Either.orElse(first(value, loc), (one) => Either.mapLeft(second(value, loc), (other) => [...one, ...other]))

export const list =
  <A>(item: Reader<A>): Reader<ReadonlyArray<A>> =>
  (value, loc) =>
    Array.isArray(value)
      ? // `Array.isArray` does not narrow a readonly array.
        combine((value as ReadonlyArray<Json>).map((one, index) => required(item)(one, [...loc, index])))
      : invalid(loc, "value is not a valid list", "type_error.list")

/** Reads a field of a form. The value is undefined if the field is missing. */
export type Field<A> = (value: Json | undefined, loc: Loc) => Checked<A>

const nullNotAllowed = (loc: Loc) => invalid(loc, "none is not an allowed value", "type_error.none.not_allowed")

export const missing = (loc: Loc) => invalid(loc, "field required", "value_error.missing")

export const required =
  <A>(reader: Reader<A>): Field<A> =>
  (value, loc) =>
    value === undefined ? missing(loc) : value === null ? nullNotAllowed(loc) : reader(value, loc)

export const optional =
  <A>(reader: Reader<A>): Field<A | undefined> =>
  (value, loc) =>
    value === undefined || value === null ? Either.right(undefined) : reader(value, loc)

export const withDefault =
  <A>(reader: Reader<A>, missing: A): Field<A> =>
  (value, loc) =>
    value === undefined ? Either.right(missing) : value === null ? nullNotAllowed(loc) : reader(value, loc)

type Fields = Readonly<Record<string, Field<unknown>>>
export type Form<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer A> ? A : never }

/** Reads these fields of a JSON body, and ignores all others. */
export const form =
  <F extends Fields>(fields: F) =>
  (body: Json | undefined): Checked<Form<F>> => {
    const loc = ["body"]
    if (body === undefined || body === null) return missing(loc)
    const entries = dict(body)
    if (entries === undefined) return invalid(loc, "value is not a valid dict", "type_error.dict")
    const keys = Object.keys(fields)
    return Either.map(
      combine(keys.map((key) => fields[key]!(entries.get(key), [...loc, key]))),
      // The values have the order of the keys.
      (values) => Object.fromEntries(keys.map((key, index) => [key, values[index]])) as Form<F>
    )
  }

/** `dict(body)` of Python, which also accepts a list of pairs and an empty string. */
const dict = (body: Json): ReadonlyMap<string, Json> | undefined => {
  if (body === "") return new Map()
  if (typeof body !== "object" || body === null) return undefined
  if (!Array.isArray(body)) return new Map(Object.entries(body))
  const pairs = new Map<string, Json>()
  for (const pair of body as ReadonlyArray<Json>) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string") return undefined
    pairs.set(pair[0], pair[1])
  }
  return pairs
}

/** Returns all values, or all issues. */
const combine = <A>(checked: ReadonlyArray<Checked<A>>): Checked<ReadonlyArray<A>> => {
  const issues = checked.flatMap((one) => (Either.isLeft(one) ? one.left : []))
  return issues.length > 0
    ? Either.left(issues)
    : Either.right(checked.flatMap((one) => (Either.isRight(one) ? [one.right] : [])))
}

/** Returns all values, or fails with a 422 that has the issues of each, in this order. */
export const valid = <C extends ReadonlyArray<Checked<unknown>>>(
  ...checked: C
): Effect.Effect<{ readonly [K in keyof C]: C[K] extends Checked<infer A> ? A : never }, Responses.Response> =>
  Either.match(combine(checked), {
    onLeft: (issues) =>
      Effect.fail(issues.some(({ type }) => type === overflow) ? Responses.internalError : Responses.invalid(issues)),
    // `combine` keeps the order.
    onRight: (values) => Effect.succeed(values as never)
  })
