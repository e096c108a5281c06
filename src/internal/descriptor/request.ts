import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Descriptor, Parameter } from "./Descriptor.js"
import type { Ref } from "./Shape.js"
import type { Issue } from "../../Issue.js"
import type { Writer } from "../endpoint/Codec.js"
import type { CompiledEndpoint, Encode, Parts } from "../endpoint/CompiledEndpoint.js"
import { isPlainObject, loneSurrogate } from "../endpoint/plainJson.js"
import { mismatch, prependPath, reveal } from "../endpoint/values.js"
import * as JsonText from "../http/json.js"
import type { Internals } from "../operation.js"
import { maxIssues } from "../parseIssues.js"
import { callArguments, type Input, isInput } from "./callArguments.js"
import { unknownName } from "./names.js"
import { bodyWriter, type Check, formText, plainBy } from "./requestBody.js"
import { requestRenamer } from "./requestKeys.js"
import { targetOf, wireOf } from "./requestTarget.js"
import { authoriserOf, serverProblem } from "./serverAndSecurity.js"
import { cookiePairs, headerText, pathText, percentEncode, queryPairs, refuse, type Value } from "./styles.js"
import { isJsonType } from "../http/mediaType.js"

/** The part of a compiled endpoint that makes requests. */
export type RequestSide = Pick<
  CompiledEndpoint,
  | "name"
  | "method"
  | "template"
  | "segments"
  | "templates"
  | "problems"
  | "encodePath"
  | "encodeQuery"
  | "encodeHeaders"
  | "body"
  | "issuePaths"
  | "authoriserOf"
>

/** The request side of an operation from a descriptor. */
export interface Request extends Pick<Internals, "inputOf" | "partsOf" | "withParams" | "withHeaders" | "withBody"> {
  readonly endpoint: RequestSide
}

type Issues = ReadonlyArray<Issue>

/** Escapes a character of JSON. */
const escapeJson = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** A parameter, and the function that serializes its values. */
interface Field {
  readonly parameter: Parameter
  readonly name: string
  /**
   * Serializes a value, as pairs in queries and cookies, and as one text elsewhere. Throws a `TypeError` with the message of an issue if the
   * place can't hold it.
   */
  readonly serialize: (value: unknown) => ReadonlyArray<string>
}

/** Makes the function that serializes the values of a parameter. The default style is that of the place (OpenAPI 3.1, 4.8.12.2). */
const serializer = (parameter: Parameter): Field["serialize"] => {
  const { allowReserved = false, content, in: place } = parameter
  const style = parameter.style ?? (place === "path" || place === "header" ? "simple" : "form")
  const explode = parameter.explode ?? (style === "form" || style === "cookie")
  const serialization = { name: wireOf(parameter), style, explode }
  const isJson = content !== undefined && isJsonType(content)
  if (place === "querystring") {
    return (value) => [
      isJson
        ? percentEncode(JsonText.stringify(value))
        : isPlainObject(value)
          ? formText(value, undefined)
          : percentEncode(String(value))
    ]
  }
  const write = (value: Value): ReadonlyArray<string> => {
    switch (place) {
      case "path":
        return [pathText(serialization, value, allowReserved)]
      case "header":
        return [headerText(serialization, value)]
      case "cookie":
        return cookiePairs(serialization, value)
      default:
        return queryPairs(serialization, value, allowReserved)
    }
  }
  // Null has no other form than JSON.
  if (content === undefined) return (value) => write(value as Value)
  return (value) => {
    if (!isJson && !Predicate.isObject(value)) return write(value as Value)
    const json = JsonText.stringify(value)
    // JSON can escape the characters that headers lack.
    return write(place === "header" ? json.replaceAll(/[^\x20-\x7e]/g, escapeJson) : json)
  }
}

const fieldOf = (parameter: Parameter): Field => ({
  parameter,
  name: parameter.name,
  serialize: serializer(parameter)
})

/** The parts of an input are encoded when it is split. */
const identity: Encode = (encoded) => encoded as ReturnType<Encode>

/** Makes the function that finds the value of a parameter in an input. */
const ofInput =
  (input: Input) =>
  ({ name }: Pick<Field, "name">): unknown =>
    Object.hasOwn(input, name) ? input[name] : undefined

/** Removes the items of an array that are not sent. */
const withoutAbsent = (value: unknown): unknown =>
  Array.isArray(value) ? value.filter((item) => Predicate.isNotNullable(reveal(item))) : value

const isRequired = (parameter: Parameter): boolean =>
  parameter.in === "path" ||
  // A call without an idempotency key has one of its own.
  (parameter.required === true && wireOf(parameter).toLowerCase() !== "idempotency-key")

/** Reports whether a value is a scalar that needs no conversion. */
const isPlain = (value: unknown): boolean =>
  Predicate.isString(value) ? value.isWellFormed() : Number.isFinite(value) || Predicate.isBoolean(value)

/** Gives the keys of a value the names that its shape has. Absent where callers use those names. */
type Rename = ((shape: Ref, value: unknown) => unknown) | undefined

/** Converts and checks the value of a parameter. Returns undefined if it is not sent. */
const valueOf = (
  parameter: Parameter,
  given: unknown,
  { check, rename }: Collector
): Either.Either<unknown, Issues> => {
  const value = reveal(given)
  // Null is a value in JSON only.
  const isJson = parameter.in === "body" || parameter.content !== undefined
  if (value === undefined || (value === null && !isJson)) {
    return isRequired(parameter) ? Either.left([{ path: [], message: "is missing" }]) : Either.void
  }
  const { shape } = parameter
  if (!isPlain(value)) {
    const renames = rename !== undefined && shape !== undefined && parameter.in === "body"
    return plainBy(
      check,
      shape,
      isJson ? value : withoutAbsent(value),
      renames ? (plain) => rename(shape, plain) : undefined
    )
  }
  const issues = shape === undefined ? [] : check(shape, value, "request")
  return issues.length === 0 ? Either.right(value) : Either.left(issues)
}

/** Collects issues whose paths begin at a part of the input. */
const addIssues = (issues: Array<Issue>, path: Issue["path"], found: Issues): void => {
  if (issues.length < maxIssues) issues.push(...prependPath(path, found))
}

/** Collects the issue of a value that was refused by `refuse`. */
const addRefusal = (issues: Array<Issue>, path: Issue["path"], error: unknown): void =>
  addIssues(issues, path, [{ path: [], message: (error as TypeError).message }])

/** Converts and checks the values of parameters, and passes on those that are sent. */
const eachField = (
  fields: ReadonlyArray<Field>,
  path: Issue["path"],
  find: (field: Field) => unknown,
  found: Collector,
  use: (field: Field, value: unknown) => void
): void => {
  const { issues } = found
  for (const field of fields) {
    const value = valueOf(field.parameter, find(field), found)
    if (Either.isLeft(value)) addIssues(issues, [...path, field.name], value.left)
    else if (value.right !== undefined) {
      try {
        use(field, value.right)
      } catch (error) {
        addRefusal(issues, [...path, field.name], error)
      }
    }
  }
}

/** Refuses names that an input must not have. */
const refuseUnknown = (
  input: Input,
  path: Issue["path"],
  isKnown: (name: string) => boolean,
  names: ReadonlyArray<string>,
  kind: string,
  { issues }: Collector
): void => {
  for (const name of Object.keys(input)) {
    if (isKnown(name) || input[name] === undefined || issues.length >= maxIssues) continue
    issues.push({ path: [...path, name.slice(0, 100)], message: unknownName(name, names, kind) })
  }
}

/** Returns a part of an input that is an object of parameters, such as the headers. */
const partIn = (input: Input, name: string, { issues }: Collector): Input => {
  const given = reveal(ofInput(input)({ name }))
  if (isInput(given)) return given
  if (Predicate.isNotNullable(given)) addIssues(issues, [name], mismatch("an object", given))
  return {}
}

/** The conversions of an operation's values, and the issues of an input. */
interface Collector {
  readonly check: Check
  readonly rename: Rename
  readonly issues: Array<Issue>
}

/** The parts of an input that is refused. The issues count wherever one of the parts is encoded. */
const refused = (issues: Issues): Parts => {
  const left = Either.left(issues.slice(0, maxIssues))
  return { path: left, query: left, headers: left, body: left }
}

const namesOf = (fields: ReadonlyArray<Field>): ReadonlyArray<string> => fields.map(({ name }) => name)

/** Makes the function that writes the headers of an input, whose names have no case. */
const headerWriter = (headers: ReadonlyArray<Field>) => {
  const names = namesOf(headers)
  const named = (name: string): Field | undefined =>
    headers.find((one) => one.name === name) ?? headers.find((one) => one.name.toLowerCase() === name.toLowerCase())
  return (input: Input, found: Collector, texts: Record<string, string>): void => {
    if (headers.length === 0) return
    const given = partIn(input, "headers", found)
    refuseUnknown(given, ["headers"], (name) => named(name) !== undefined, names, "a header of this operation", found)
    const spelt = new Map(Object.keys(given).map((name) => [named(name), name]))
    const find = (field: Field) => ofInput(given)({ name: spelt.get(field) ?? field.name })
    eachField(headers, ["headers"], find, found, ({ parameter, serialize }, value) => {
      const [text = ""] = serialize(value)
      // An empty array or object has no text.
      if (text !== "" || !Predicate.isObject(value)) texts[wireOf(parameter)] = text
    })
  }
}

/** Makes the function that writes the cookies of an input. */
const cookieWriter = (cookies: ReadonlyArray<Field>) => {
  const names = namesOf(cookies)
  return (input: Input, found: Collector, texts: Record<string, string>): void => {
    if (cookies.length === 0) return
    const given = partIn(input, "cookies", found)
    refuseUnknown(given, ["cookies"], (name) => names.includes(name), names, "a cookie of this operation", found)
    const pairs: Array<string> = []
    eachField(cookies, ["cookies"], ofInput(given), found, ({ serialize }, value) => pairs.push(...serialize(value)))
    if (pairs.length > 0) texts["cookie"] = pairs.join("; ")
  }
}

/** Writes the properties of a JSON body. There is no body if none is given. */
const writeProperties = (properties: ReadonlyArray<Field>, input: Input, found: Collector): HttpBody.HttpBody => {
  if (properties.length === 0) return HttpBody.empty
  const pairs: Array<readonly [string, unknown]> = []
  eachField(properties, [], ofInput(input), found, ({ parameter }, value) => pairs.push([wireOf(parameter), value]))
  return pairs.length === 0
    ? HttpBody.empty
    : HttpBody.text(JsonText.stringify(Object.fromEntries(pairs)), "application/json")
}

/**
 * Makes the request side of an operation from its descriptor. Everything about the input is checked, and all issues are reported, before
 * anything is sent.
 *
 * - `check`: checks a value by its shape
 */
export const requestOf = (descriptor: Descriptor, check: Check): Request => {
  const { body, method, name, parameters = [], path } = descriptor
  const inPlace = (...places: ReadonlyArray<Parameter["in"]>) =>
    parameters.filter((one) => places.includes(one.in)).map(fieldOf)
  const target = targetOf(
    path,
    parameters.filter((one) => one.in === "path")
  )
  const paths = target.parameters.map(fieldOf)
  const queries = inPlace("query", "querystring")
  const headers = inPlace("header")
  const cookies = inPlace("cookie")
  const properties = inPlace("body")
  const writer = body && bodyWriter(body, check)
  const rename = descriptor.keys && requestRenamer(descriptor.keys)
  const args = callArguments(descriptor)
  const names = [
    ...namesOf([...paths, ...queries, ...properties]),
    ...(headers.length > 0 ? ["headers"] : []),
    ...(cookies.length > 0 ? ["cookies"] : []),
    ...(writer === undefined ? [] : ["body"]),
    ...(writer?.hasChoice === true ? ["contentType"] : [])
  ]
  const known = new Set(names)
  const server = serverProblem(descriptor)
  const problems: Issues = [
    ...names
      .filter((one, index) => names.indexOf(one) !== index)
      .map((one) => ({ path: [one], message: "is the name of two parts of this operation's input" })),
    ...(path.isWellFormed() ? [] : [{ path: ["path"], message: loneSurrogate }]),
    ...(server === undefined ? [] : [{ path: ["server"], message: server }])
  ]
  const writeHeaders = headerWriter(headers)
  const writeCookies = cookieWriter(cookies)

  const writeBody = (input: Input, found: Collector): HttpBody.HttpBody => {
    const find = ofInput(input)
    if (writer === undefined) return writeProperties(properties, input, found)
    const contentType = writer.hasChoice ? find({ name: "contentType" }) : undefined
    const written = writer.write(find({ name: "body" }), contentType)
    if (Either.isRight(written)) return written.right
    addIssues(found.issues, [], written.left)
    return HttpBody.empty
  }

  const isKnown = (name: string) => known.has(name)

  const split = (input: Input): Parts => {
    const found: Collector = { check, rename, issues: [] }
    refuseUnknown(input, [], isKnown, names, "a parameter", found)
    const find = ofInput(input)
    const texts = new Map<Parameter, string>()
    eachField(paths, [], find, found, ({ parameter, serialize }, value) => {
      const [text = ""] = serialize(value)
      if (text === "") refuse("must not be empty in a path")
      texts.set(parameter, text)
    })
    const pairs: Array<string> = []
    eachField(queries, [], find, found, ({ serialize }, value) => pairs.push(...serialize(value)))
    const fields: Record<string, string> = Object.create(null)
    writeHeaders(input, found, fields)
    writeCookies(input, found, fields)
    const written = writeBody(input, found)
    let encodedPath = ""
    if (found.issues.length === 0) {
      const made = target.path(texts)
      if (typeof made === "string") encodedPath = made
      else
        addIssues(found.issues, [made.name], [{ path: [], message: "makes a segment of dots, which a URL resolves" }])
    }
    return found.issues.length > 0
      ? refused(found.issues)
      : {
          path: Either.right(encodedPath),
          query: Either.right(target.query(texts, pairs)),
          headers: Either.right(fields),
          body: Either.right(written)
        }
  }

  return {
    endpoint: {
      name,
      method,
      template: path.startsWith("/") ? path : `/${path}`,
      segments: [],
      templates: new WeakMap(),
      problems,
      encodePath: identity,
      encodeQuery: identity,
      encodeHeaders: headers.length + cookies.length === 0 ? undefined : identity,
      body:
        writer === undefined && properties.length === 0
          ? undefined
          : {
              // The body of `Parts` is written, or is its issues.
              writer: { write: (written) => written as ReturnType<Writer["write"]>, withBody: writer?.withBody },
              contentType: undefined
            },
      issuePaths: { path: [], query: [], body: [] },
      authoriserOf: authoriserOf(descriptor)
    },
    inputOf: args.toInput,
    partsOf: (input) => {
      const wrong = Array.isArray(input) ? args.issues(input) : []
      if (wrong.length > 0) return refused(wrong)
      if (Predicate.isNotNullable(input) && !isInput(input)) return refused(mismatch("an object", input))
      return split(input ?? {})
    },
    withParams: (input, params) => (Array.isArray(input) ? input : { ...(input as Input | undefined), ...params }),
    withHeaders: (input, added) => {
      if (Array.isArray(input)) return input
      const given = (input ?? {}) as { readonly headers?: object }
      return { ...given, headers: { ...given.headers, ...added } }
    },
    withBody: (input, fields) => {
      if (Array.isArray(input)) return input
      const given = (input ?? {}) as { readonly body?: object }
      return writer === undefined ? { ...given, ...fields } : { ...given, body: { ...given.body, ...fields } }
    }
  }
}
