import * as Predicate from "effect/Predicate"
import type { Issue } from "../../Issue.js"
import { maxIssues } from "../parseIssues.js"

/**
 * Reads the explanation and the problems in the body of an error that no schema describes.
 *
 * Frameworks use the same few shapes with other names: a text; a list of texts; a list of records with a message, a place and a
 * code; a record from places to any of these. The tables below have the names. They cover RFC 9457, JSON:API, GraphQL, OAuth
 * (RFC 6749, 5.2), OData, and the errors of Rails, Laravel, FastAPI, Django REST framework, ASP.NET, Spring, Quarkus, Express,
 * Nest, Zod, GitHub, Google, Stripe and AWS.
 */

/** The names of a text that explains, in order. */
const messageKeys = [
  "detail",
  "message",
  "Message",
  "msg",
  "defaultMessage",
  "error_description",
  "errorMessage",
  "errorDescription",
  "description",
  "reason",
  "error",
  "title"
]

/** The names of the place of a problem, where a record with it may be the whole body. */
const targetKeys = ["param", "target", "field", "property", "propertyName"]

/** Other names of the place of a problem in a list. JSON:API has them in a record `source`. */
const pathKeys = ["pointer", "path", "loc", "parameter", "header", "propertyPath", "instancePath", "attr"]

/** The names of a code, in order. */
const codeKeys = ["code", "errorCode", "type", "kind", "keyword", "issue", "reason"]

/** Names of lists and records of problems that are no part of their places. */
const transparent =
  /^(_errors|(field|form|global)_?errors|issues|\w*violations|non_field_errors|__all__|base|invalid[-_]?params|\$)?$/i

/** Names of lists and records of problems in a body. */
const containers = /^(errors?|fields|messages|validation(_?errors)?|modelstate|invalid_?fields)$/i

/** Names of lists of problems in a body. As records they have other content, too. */
const lists = /^(details?|message)$/

/** The nesting to which a body is read. */
const maxDepth = 16

/** The maximum number of keys in a path. */
const maxKeys = 32

/** The content of an error's body. */
export interface ErrorBody {
  readonly detail: string | undefined
  readonly issues: ReadonlyArray<Issue>
}

type Fields = Readonly<Record<string, unknown>>

const isText = (value: unknown): value is string => Predicate.isString(value) && value.trim() !== ""

const keyOf = (text: string): string | number => (/^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text)

const decodePercent = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Parses a JSON pointer (RFC 6901), plain or as a URI fragment, or names with dots and brackets, such as `$.a[0].b`. */
export const parsePath = (written: string): Issue["path"] => {
  const text = written.slice(0, 1024)
  const pointer = /^(#?)\/(.*)$/s.exec(text)
  const keys =
    pointer === null
      ? Array.from(
          text.replace(/^(\$|#$)/, "").matchAll(/"([^"]*)"|'([^']*)'|[^.[\]]+/g),
          ([key, ...quoted]) => quoted.find(Predicate.isString) ?? key
        )
      : (pointer[1] === "" ? pointer[2]! : decodePercent(pointer[2]!))
          .split("/")
          .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
  return keys.slice(0, maxKeys).map(keyOf)
}

/** Returns the place in a record, by the first of these names that it has. */
const pathIn = (entry: Fields, keys: ReadonlyArray<string>): Issue["path"] | undefined => {
  const source = Predicate.isRecord(entry["source"]) ? entry["source"] : {}
  for (const key of keys) {
    const path = entry[key] ?? source[key]
    if (Predicate.isString(path)) return parsePath(path)
    // A list under one of the other names is that of the messages of a field with this name.
    if (Array.isArray(path) && pathKeys.includes(key)) {
      return path.slice(0, maxKeys).filter((key) => Predicate.isString(key) || Number.isSafeInteger(key))
    }
  }
  return undefined
}

const targetIn = (entry: Fields) => pathIn(entry, targetKeys)

const placeIn = (entry: Fields) => pathIn(entry, pathKeys) ?? targetIn(entry)

const messageIn = (entry: Fields): string | undefined => {
  // class-validator has its messages in a record.
  const { constraints } = entry
  const texts = Predicate.isRecord(constraints) ? Object.values(constraints) : []
  return [...messageKeys.map((key) => entry[key]), ...texts].find(isText)
}

const codeIn = (entry: Fields, message: string | undefined): string | undefined => {
  const { extensions } = entry
  const code = [
    ...codeKeys.map((key) => entry[key]),
    Predicate.isRecord(extensions) ? extensions["code"] : undefined
  ].find(
    // `field` is the type of every problem of express-validator.
    (code) => (isText(code) && code !== message && code !== "field") || Predicate.isNumber(code)
  )
  return code === undefined ? undefined : String(code)
}

/** Finds the explanation in a body, or in a record within it. */
const detailIn = (body: unknown, depth = 0): string | undefined => {
  if (isText(body)) return body
  if (!Predicate.isRecord(body) || depth > 2) return undefined
  for (const key of messageKeys) {
    const detail = detailIn(body[key], depth + 1)
    if (detail !== undefined) return detail
  }
  return undefined
}

/** Reports whether a value has nothing but lists of messages, at any depth, as the bodies of Django REST framework. */
const isMessages = (value: unknown, depth = 0): boolean =>
  depth <= maxDepth &&
  (Array.isArray(value)
    ? value.every(
        (one) => isText(one) || (Predicate.isRecord(one) && (isText(one["message"]) || isMessages(one, depth + 1)))
      )
    : Predicate.isRecord(value) && Object.values(value).every((one) => isMessages(one, depth + 1)))

/** Reads a body of JSON. Never fails, and takes time in proportion to the size of the body. */
export const readErrorBody = (body: unknown): ErrorBody => {
  const issues: Array<Issue> = []
  const isFull = () => issues.length >= maxIssues
  const add = (path: Issue["path"], message: string, code?: string) => {
    if (!isFull()) issues.push({ path, message, ...(code === undefined ? {} : { code }) })
  }

  /** Adds the problem of a record, if it has a message, or a place and a code. */
  const addEntry = (entry: unknown, path: Issue["path"], pathOf = placeIn): boolean => {
    // Of the details of Google's errors only the lists in them are problems.
    if (!Predicate.isRecord(entry) || "@type" in entry) return false
    const message = messageIn(entry)
    const code = codeIn(entry, message)
    // RFC 7807, 3.2 has a name and a reason.
    const own = pathOf(entry) ?? (isText(entry["reason"]) ? pathIn(entry, ["name"]) : undefined)
    const text = message ?? (own && code)
    if (text === undefined) return false
    // The key of a record may have the name of the place, too.
    add(own === undefined ? path : own[0] === path[0] ? own : [...path, ...own].slice(0, maxKeys), text, code)
    return true
  }

  /** Adds the problems in a value. `loose` admits texts that are not in a list. */
  const collect = (value: unknown, path: Issue["path"], loose: boolean, depth: number): void => {
    if (isFull() || depth > maxDepth) return
    if (isText(value)) {
      if (loose) add(path, value)
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length && !isFull(); index += 1) {
        const one: unknown = value[index]
        if (isText(one)) add(path, one)
        else if (Predicate.isRecord(one) && "@type" in one) collectLists(one, transparent, depth + 1)
        // A record with a place and without a message is no problem, and its keys are no places.
        else if (!addEntry(one, path) && !(Predicate.isRecord(one) && placeIn(one))) {
          collect(one, [...path, index], false, depth + 1)
        }
      }
    } else if (Predicate.isRecord(value)) {
      for (const [key, one] of Object.entries(value)) {
        const within = transparent.test(key) ? path : [...path, ...parsePath(key)].slice(0, maxKeys)
        if (!addEntry(one, within)) collect(one, within, loose, depth + 1)
      }
    }
  }

  /** Adds the problems in the lists of a body, or of a record within it. */
  const collectLists = (record: Fields, names: RegExp, depth: number): void => {
    for (const [key, value] of Object.entries(record)) {
      // A list of fields has their names, and no messages.
      if (transparent.test(key) || (names.test(key) && !(key === "fields" && Array.isArray(value)))) {
        if (Predicate.isRecord(value) && key === "error") collectBody(value, depth + 1)
        else if (Predicate.isObject(value) || key === "errors") collect(value, [], true, depth)
      } else if (names === containers && lists.test(key)) {
        if (Array.isArray(value)) collect(value, [], false, depth)
        else if (Predicate.isRecord(value)) collectBody(value, depth + 1)
      }
    }
  }

  const collectBody = (record: Fields, depth: number): void => {
    if (depth > maxDepth) return
    if (targetIn(record) !== undefined) addEntry(record, [], targetIn)
    const keys = Object.keys(record)
    // A list `message` beside lists of other fields, or alone, has the messages of a field with this name.
    const isFields = keys.every((key) => key === "message" || !(containers.test(key) || lists.test(key)))
    if (isFields && isMessages(record)) collect(record, [], false, depth)
    else collectLists(record, containers, depth)
  }

  const detail = detailIn(body)
  if (Predicate.isRecord(body)) collectBody(body, 0)
  else if (Array.isArray(body)) collect(body, [], false, 0)
  // Zod writes its problems as JSON into the message.
  if (issues.length === 0 && detail?.startsWith("[") === true) {
    try {
      collect(JSON.parse(detail), [], false, 0)
    } catch {
      // It is a text that begins with a bracket.
    }
    if (issues.length > 0) return { detail: undefined, issues }
  }
  return { detail, issues }
}
