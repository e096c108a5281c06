import * as Either from "effect/Either"
import { EffectTypeId } from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { StreamTypeId } from "effect/Stream"
import type { Issue } from "../../Issue.js"

/** Returns the name of an object's class: that of the platform for its own objects, even of another realm. */
export const classOf = (value: object): string => {
  const name = Object.prototype.toString.call(value).slice(8, -1)
  const { constructor } = value
  return name === "Object" && Predicate.isFunction(constructor) && constructor.name !== "" ? constructor.name : name
}

/** Reports whether an object has no class, in any realm. */
const hasNoClass = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const isEffect = (value: object): boolean => EffectTypeId in value || StreamTypeId in value

/**
 * Reports whether the properties of an object are its data: those of a plain object, and of an instance of one of Effect's
 * `Data` or `Schema` classes. The data of other instances, such as `Headers` or `Date`, is not in their properties.
 */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isRecord(value) &&
  !isEffect(value) &&
  (hasNoClass(value) || (Equal.symbol in value && !("toJSON" in value)))

/** Classes of the platform to which some runtimes give a `toJSON` of their own. */
const platformClass = /^(?:FormData|Headers|URLSearchParams)$/

/** Advice for values of a class: the first one whose pattern matches its name. */
const advice: ReadonlyArray<readonly [name: RegExp, text: string]> = [
  [/^(?:Blob|F)/, "use `multipart`"],
  [/Stream$/, "use `stream`"],
  [/Array|View|^Buffer/, "use `bytes`"],
  [/^(?:Headers|Map|URL)/, "use Object.fromEntries"],
  [/^Set/, "use Array.from"],
  [/^Effect/, "run it first"],
  [/^Promise/, "await it first"]
]

/** The maximum nesting of JSON: beyond that of any API, and far from the end of the stack. */
const maxDepth = 1000

/** The message for text that UTF-8 can't hold. */
export const loneSurrogate = "must be well-formed Unicode: it has a lone surrogate"

/** The message for a value beyond `maxDepth`. */
export const tooDeep = "contains itself, or is nested more than 1000 levels deep"

/** Reports whether an object is of one of Effect's types, each of which has a symbol that names it. */
const isOfEffect = (value: object): boolean =>
  [value, Object.getPrototypeOf(value) ?? {}].some((one: object) =>
    Object.getOwnPropertySymbols(one).some(({ description = "" }) => description.includes("effect/"))
  )

/** Prepends the indefinite article to the name of a class. */
export const article = (name: string): string => `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`

/**
 * Converts a value to one that `JSON.stringify` writes without loss: reveals `Redacted` values, and replaces values that have a
 * `toJSON` by its result. Returns the same reference if nothing changes. Returns the issue of the first value that is not JSON,
 * such as a `Map`, of which `JSON.stringify` writes `{}`.
 */
export const plainJson = (root: unknown): Either.Either<unknown, ReadonlyArray<Issue>> => {
  /** The path of the value that is converted. */
  let path: Array<string | number> = []
  // The message for what a getter or a `toJSON` throws.
  let message = "can't be written as JSON"
  const refuse = (reason: string): never => {
    message = reason
    throw new TypeError(reason)
  }
  const refuseClass = (name: string, otherwise = "pass a plain object, or a value with toJSON"): never =>
    refuse(`is ${article(name)}: ${advice.find(([pattern]) => pattern.test(name))?.[1] ?? otherwise}`)

  const convertAt = (key: string | number, value: unknown): unknown => {
    path.push(key)
    if (path.length > maxDepth) {
      path = []
      refuse(tooDeep)
    }
    const plain = convert(value, key)
    path.pop()
    return plain
  }

  const convertItems = (items: ReadonlyArray<unknown>): unknown => {
    let copy: Array<unknown> | undefined
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index]
      const plain = convertAt(index, item)
      if (plain === undefined) {
        path.push(index)
        refuse("is undefined, which JSON can't have: use null")
      }
      if (plain !== item) (copy ??= items.slice())[index] = plain
    }
    return copy ?? items
  }

  const convertProperties = (value: Readonly<Record<string, unknown>>): unknown => {
    let copy: Record<string, unknown> | undefined
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) refuse(loneSurrogate)
      const one = value[key]
      const plain = convertAt(key, one)
      // The copy has a property of its own for each key, which is assigned even if it is named __proto__.
      if (plain !== one) (copy ??= { ...value })[key] = plain
    }
    return copy ?? value
  }

  const convertObject = (value: object, key: string | number): unknown => {
    if (Redacted.isRedacted(value)) return convert(Redacted.value(value), key)
    if (ArrayBuffer.isView(value)) return refuseClass(classOf(value))
    const name = classOf(value)
    if (name === "Date" && Number.isNaN(Number(value))) return refuse("is an invalid Date")
    if ("toJSON" in value && Predicate.isFunction(value.toJSON) && !platformClass.test(name)) {
      const json: unknown = value.toJSON(String(key))
      if (Predicate.hasProperty(json, "_id") && Predicate.isString(json._id) && isOfEffect(value)) {
        return refuseClass(json._id, "pass its value")
      }
      if (json !== value) return convert(json, key)
    } else if (!Array.isArray(value) && !isPlainObject(value)) {
      return refuseClass(StreamTypeId in value ? (EffectTypeId in value ? "Effect" : "Stream") : name)
    }
    return Array.isArray(value) ? convertItems(value) : convertProperties(value as Readonly<Record<string, unknown>>)
  }

  const convert = (value: unknown, key: string | number): unknown => {
    switch (typeof value) {
      case "object":
        return value === null ? null : convertObject(value, key)
      case "string":
        return value.isWellFormed() ? value : refuse(loneSurrogate)
      case "number":
        return Number.isFinite(value) ? value : refuse(`is ${value}, which JSON can't have`)
      case "function":
      case "symbol":
        return refuse(`is a ${typeof value}, which JSON can't have`)
      default:
        return value
    }
  }

  try {
    const plain = convert(root, "")
    return Either.right(
      plain === undefined && root !== undefined ? refuse("is undefined, which JSON can't have") : plain
    )
  } catch {
    return Either.left([{ path, message }])
  }
}
