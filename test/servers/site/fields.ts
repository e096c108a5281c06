/**
 * The fields of the server's serializers: what they accept, and the texts of their errors, as Django REST framework 3.16 has them.
 */
import { isArray, isObject, type Json, typeName } from "./json.js"
import * as Time from "./time.js"

/** A response that is not a success. `body` is JSON, or undefined for the HTML page of a 500. */
export class Failed extends Error {
  constructor(
    readonly status: number,
    readonly body: Json | undefined
  ) {
    super(`${status}`)
  }
}

/** A value that a field refuses. The errors are an array of messages, or nested. */
export class Refused extends Error {
  constructor(readonly errors: Json) {
    super("refused")
  }
}

export const badRequest = (body: Json): Failed => new Failed(400, body)

/** An exception that the site does not handle. */
export const crash = (): Failed => new Failed(500, undefined)

const refuse = (message: string): never => {
  throw new Refused([message])
}

/** Reads a value that is not null. Throws `Refused`. */
export type Field<A> = (value: Json) => A

export const maxInt64 = 9223372036854775807n

/** Reads an integer of Python's `int`: digits with underscores between them, in spaces. */
export const pythonInt = (text: string): bigint | undefined =>
  /^\s*[+-]?\d+(?:_\d+)*\s*$/.test(text) ? BigInt(text.replaceAll("_", "").trim().replace(/^\+/, "")) : undefined

export const integer =
  (limits: { readonly min?: bigint; readonly max?: bigint } = {}): Field<bigint> =>
  (value) => {
    // Python writes a float from 10^16 on with an exponent, which `int` refuses; a fraction of zeros is removed before.
    const text =
      typeof value === "bigint"
        ? value.toString()
        : typeof value === "number"
          ? Number.isInteger(value) && Math.abs(value) < 1e16
            ? String(value)
            : "."
          : typeof value === "string"
            ? value.replace(/\.0*\s*$/, "")
            : "."
    if (text.length > 1000) refuse("String value too large.")
    const number = pythonInt(text) ?? refuse("A valid integer is required.")
    const { max, min } = limits
    if (max !== undefined && number > max) refuse(`Ensure this value is less than or equal to ${max}.`)
    if (min !== undefined && number < min) refuse(`Ensure this value is greater than or equal to ${min}.`)
    return number
  }

/** A snowflake of a column of 64 bits. */
export const snowflake = integer({ min: 0n, max: maxInt64 })

export const string =
  (options: { readonly max?: number; readonly blank?: boolean } = {}): Field<string> =>
  (value) => {
    if (typeof value !== "string" && typeof value !== "bigint" && typeof value !== "number") {
      return refuse("Not a valid string.")
    }
    const text = String(value).trim()
    if (text === "" && options.blank !== true) refuse("This field may not be blank.")
    const surrogate = /\p{Surrogate}/u.exec(text)?.[0]
    if (text.includes("\0")) refuse("Null characters are not allowed.")
    if (surrogate !== undefined) {
      refuse(`Surrogate characters are not allowed: U+${surrogate.charCodeAt(0).toString(16).toUpperCase()}.`)
    }
    if (options.max !== undefined && [...text].length > options.max) {
      refuse(`Ensure this field has no more than ${options.max} characters.`)
    }
    return text
  }

const urlPattern =
  /^(?:https?|ftps?):\/\/(?:[^\s:@/]+(?::[^\s:@/]*)?@)?(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|(?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?\.)+[a-z\u00a1-\uffff][a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff]?\.?)(?::\d{1,5})?(?:[/?#]\S*)?$/i

/** Adds the check of a validator to a field. */
export const checked =
  <A>(field: Field<A>, ...checks: ReadonlyArray<(value: A) => string | undefined>): Field<A> =>
  (value) => {
    const result = field(value)
    const messages = checks.flatMap((check) => check(result) ?? [])
    if (messages.length > 0) throw new Refused(messages)
    return result
  }

export const url = (options: { readonly max: number; readonly blank?: boolean }): Field<string> =>
  checked(string(options), (text) => (text === "" || urlPattern.test(text) ? undefined : "Enter a valid URL."))

export const matching = (field: Field<string>, pattern: RegExp, message = "Enter a valid value."): Field<string> =>
  checked(field, (text) => (pattern.test(text) ? undefined : message))

export const boolean: Field<boolean> = (value) => {
  const text = typeof value === "string" ? value.trim().toLowerCase() : undefined
  if (value === true || value === 1n || value === 1 || ["t", "y", "yes", "true", "on", "1"].includes(text ?? "?"))
    return true
  if (value === false || value === 0n || value === 0 || ["f", "n", "no", "false", "off", "0"].includes(text ?? "?")) {
    return false
  }
  return refuse("Must be a valid boolean.")
}

export const choice =
  <const A extends string | bigint>(choices: ReadonlyArray<A>): Field<A> =>
  (value) => {
    const text = typeof value === "object" ? "?" : String(value)
    return (
      choices.find((one) => String(one) === text && typeof value !== "boolean") ??
      refuse(`"${typeof value === "object" ? typeName(value) : text}" is not a valid choice.`)
    )
  }

export const datetime: Field<string> = (value) => {
  const wrong =
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
  const micros = typeof value === "string" ? Time.parse(value) : undefined
  if (micros === "overflow") return refuse("Datetime value out of range.")
  return Time.format(micros ?? refuse(wrong))
}

/** A duration, in microseconds. */
export const duration: Field<bigint> = (value) => {
  const text = typeof value === "object" || typeof value === "boolean" ? "?" : String(value)
  const micros =
    Time.parseDuration(text) ??
    refuse("Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss[.uuuuuu].")
  const days = micros / 86_400_000_000n
  if (days > 999_999_999n || days < -999_999_999n) {
    refuse("The number of days must be between -999999999 and 999999999.")
  }
  return micros
}

export const json: Field<Json> = (value) => value

export const list =
  <A>(
    item: Field<A>,
    options: { readonly empty?: boolean; readonly nullItems?: boolean } = {}
  ): Field<ReadonlyArray<A>> =>
  (value) => {
    if (!isArray(value)) return refuse(`Expected a list of items but got type "${typeName(value)}".`)
    if (options.empty === false && value.length === 0) refuse("This list may not be empty.")
    const errors: Record<string, Json> = {}
    const items = value.flatMap((one, index) => {
      try {
        if (one === null && options.nullItems !== true) refuse("This field may not be null.")
        return [item(one)]
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        errors[index] = error.errors
        return []
      }
    })
    if (Object.keys(errors).length > 0) throw new Refused(errors)
    return items
  }

/** The primary key of a row that exists. */
export const primaryKey =
  (exists: (id: bigint) => boolean): Field<bigint> =>
  (value) => {
    if (value === "") refuse("This field may not be null.")
    const id =
      typeof value === "bigint"
        ? value
        : typeof value === "number" && Number.isInteger(value)
          ? BigInt(value)
          : typeof value === "string"
            ? pythonInt(value)
            : undefined
    if (id === undefined) return refuse(`Incorrect type. Expected pk value, received ${typeName(value)}.`)
    return exists(id) ? id : refuse(`Invalid pk "${typeof value === "string" ? value : id}" - object does not exist.`)
  }

/** A field of a serializer. One that is not required has a default, or is left as it is by PUT. */
export interface Spec<A> {
  readonly field: Field<A>
  readonly nullable: boolean
  readonly otherwise: (() => A) | undefined
}

export const required = <A>(field: Field<A>): Spec<A> => ({ field, nullable: false, otherwise: undefined })

export const optional = <A>(field: Field<A>, otherwise: () => A): Spec<A> => ({ field, nullable: false, otherwise })

export const nullable = <A>(spec: Spec<A>): Spec<A | null> => ({ ...spec, nullable: true })

type Specs = Readonly<Record<string, Spec<unknown>>>
export type Values<S extends Specs> = { -readonly [K in keyof S]: S[K] extends Spec<infer A> ? A : never }

/** The body of a form: all values of each name. */
export class Form {
  constructor(readonly values: URLSearchParams) {}
}

export type Body = Json | Form

/** The value of a key of a body; undefined if it is not there. */
export const valueOf = (body: Body, key: string): Json | undefined => {
  if (body instanceof Form) return body.values.getAll(key).at(-1)
  return isObject(body) && Object.hasOwn(body, key) ? body[key] : undefined
}

export const keysOf = (body: Body): ReadonlyArray<string> =>
  body instanceof Form ? [...new Set(body.values.keys())] : isObject(body) ? Object.keys(body) : []

/** Reads a body by a serializer, and throws `Refused`. Unknown keys are ignored. */
export const read = <S extends Specs>(
  specs: S,
  body: Body,
  mode: "create" | "replace" | "update"
): Partial<Values<S>> => {
  if (!(body instanceof Form) && !isObject(body)) {
    throw new Refused({
      non_field_errors: [`Invalid data. Expected a dictionary, but got ${typeName(body)}.`]
    })
  }
  const errors: Record<string, Json> = {}
  const values: Record<string, unknown> = {}
  for (const [key, { field, nullable, otherwise }] of Object.entries(specs)) {
    const value = valueOf(body, key)
    if (value === undefined) {
      if (mode === "update") continue
      if (otherwise === undefined) errors[key] = ["This field is required."]
      else if (mode === "create") values[key] = otherwise()
      continue
    }
    if (value === null) {
      if (nullable) values[key] = null
      else errors[key] = ["This field may not be null."]
      continue
    }
    try {
      values[key] = field(value)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      errors[key] = error.errors
    }
  }
  if (Object.keys(errors).length > 0) throw new Refused(errors)
  // Each value is one of its field.
  return values as Partial<Values<S>>
}

/** Reads the body of a row that is created. */
export const create = <S extends Specs>(specs: S, body: Body): Values<S> =>
  // All fields are there: the required ones were checked, and the others have defaults.
  read(specs, body, "create") as Values<S>

/** Reads an array of bodies. The errors are an array of the same length, with an empty object for a good item. */
export const many = <A>(body: Body, one: (item: Json) => A): ReadonlyArray<A> => {
  if (body instanceof Form || !isArray(body)) {
    const type = body instanceof Form ? "QueryDict" : typeName(body)
    throw new Refused({ non_field_errors: [`Expected a list of items but got type "${type}".`] })
  }
  const errors: Array<Json> = []
  const items: Array<A> = []
  for (const item of body) {
    try {
      items.push(one(item))
      errors.push({})
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      errors.push(error.errors)
    }
  }
  if (items.length < body.length) throw new Refused(errors)
  return items
}

export const isString = (body: Body): body is string => typeof body === "string"
