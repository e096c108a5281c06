import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Route } from "../route.js"

/** A value of a path, a query, a header or a form. */
export type Scalar = string | number | bigint | boolean | Redacted.Redacted

/** The same, or nothing, which leaves it out, or several, of which each is a parameter of the same name. */
export type Param = Scalar | null | undefined | ReadonlyArray<Scalar | null | undefined>

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

export type Encode = NonNullable<Route["encodePath"]>

/** What is said of a value that is none of what is described. */
export const unfit = (description: string, value: unknown): ParseResult.ParseIssue =>
  new ParseResult.Type(Schema.declare(Predicate.isNever, { description }).ast, value)

/** An encoder that checks its input, and then writes it. */
export const checked =
  <A>(is: Predicate.Refinement<unknown, A>, description: string, write: (value: A) => unknown): Encode =>
  (input) =>
    is(input) ? Either.right(write(input)) : Either.left(unfit(description, input))

export const mapValues = <A, B>(values: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
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

export const encodePath = /*#__PURE__*/ checkedEach(isScalar, "text, a finite number or a boolean", (values) =>
  // Without what every object has, a name is there or it is not.
  Object.assign(Object.create(null), mapValues(values, textOf))
)
export const encodeParams = /*#__PURE__*/ checkedEach(
  isParam,
  "text, a finite number or a boolean, nothing, or a list of these",
  (values) => mapValues(values, textsOf)
)
export const encodeHeaders = /*#__PURE__*/ checkedEach(
  (input): input is Scalar | null | undefined => Predicate.isNullable(input) || isScalar(input),
  "text, a finite number or a boolean, or nothing",
  (values) => mapValues(values, (value) => (Predicate.isNullable(value) ? undefined : textOf(value)))
)
