import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Descriptor, Parameter } from "./Descriptor.js"
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
import { bodyWriter, type Check, formText, isJsonType, plainBy } from "./requestBody.js"
import { requestRenamer } from "./requestKeys.js"
import { targetOf, wireOf } from "./requestTarget.js"
import { authoriserOf, serverProblem } from "./serverAndSecurity.js"
import { cookiePairs, headerText, pathText, percentEncode, queryPairs, refuse, type Value } from "./styles.js"

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

/**
 * Serializes the value of a parameter, as pairs in queries and cookies, and as one text elsewhere. Throws a `TypeError` with the message
 * of an issue if the place can't hold it. The default style is that of the place (OpenAPI 3.1, 4.8.12.2).
 */
const serialize = (parameter: Parameter, value: unknown): ReadonlyArray<string> => {
  const { allowReserved = false, content, in: place } = parameter
  const style = parameter.style ?? (place === "path" || place === "header" ? "simple" : "form")
  const serialization = {
    name: wireOf(parameter),
    style,
    explode: parameter.explode ?? (style === "form" || style === "cookie")
  }
  const isJson = content !== undefined && isJsonType(content)
  if (place === "querystring") {
    if (isJson) return [percentEncode(JsonText.stringify(value))]
    return [isPlainObject(value) ? formText(value, undefined) : percentEncode(String(value))]
  }
  const json = isJson || (content !== undefined && Predicate.isObject(value)) ? JsonText.stringify(value) : undefined
  // Null has no other form than JSON.
  const sent = (json ?? value) as Value
  switch (place) {
    case "path":
      return [pathText(serialization, sent, allowReserved)]
    case "header":
      // JSON can escape the characters that headers lack.
      return [headerText(serialization, json?.replaceAll(/[^\x20-\x7e]/g, escapeJson) ?? sent)]
    case "cookie":
      return cookiePairs(serialization, sent)
    default:
      return queryPairs(serialization, sent, allowReserved)
  }
}

/** The parts of an input are encoded when it is split. */
const identity: Encode = (encoded) => encoded as ReturnType<Encode>

/** Makes the function that finds the value of a parameter in an input. */
const ofInput =
  (input: Input) =>
  ({ name }: Pick<Parameter, "name">): unknown =>
    Object.hasOwn(input, name) ? input[name] : undefined

/** Removes the items of an array that are not sent. */
const withoutAbsent = (value: unknown): unknown =>
  Array.isArray(value) ? value.filter((item) => Predicate.isNotNullable(reveal(item))) : value

const isRequired = (parameter: Parameter): boolean =>
  parameter.in === "path" ||
  // A call without an idempotency key has one of its own.
  (parameter.required === true && wireOf(parameter).toLowerCase() !== "idempotency-key")

/** Gives the keys within a property of a body the names that its shape has. */
type Rename = ReturnType<typeof requestRenamer>

/** Converts and checks the value of a parameter. Returns undefined if it is not sent. */
const valueOf = (
  parameter: Parameter,
  given: unknown,
  check: Check,
  rename: Rename | undefined
): Either.Either<unknown, Issues> => {
  const value = reveal(given)
  // Null is a value in JSON only.
  const isJson = parameter.in === "body" || parameter.content !== undefined
  if (value === undefined || (value === null && !isJson)) {
    return isRequired(parameter) ? Either.left([{ path: [], message: "is missing" }]) : Either.right(undefined)
  }
  const { shape } = parameter
  const renamed =
    parameter.in === "body" && shape !== undefined && rename !== undefined
      ? (plain: unknown) => rename(shape, plain)
      : undefined
  return plainBy(check, shape, isJson ? value : withoutAbsent(value), renamed)
}

/** Collects the issues of an input. */
const collector = (check: Check, rename: Rename | undefined) => {
  const issues: Array<Issue> = []
  const add = (path: Issue["path"], found: Issues): void => {
    if (issues.length < maxIssues) issues.push(...prependPath(path, found))
  }

  /** Runs a function that refuses a value by `refuse`. */
  const attempt = (path: Issue["path"], run: () => void): void => {
    try {
      run()
    } catch (error) {
      add(path, [{ path: [], message: (error as TypeError).message }])
    }
  }

  return {
    issues,
    add,
    attempt,

    /** Converts and checks the values of parameters, and passes on those that are sent. */
    each: (
      parameters: ReadonlyArray<Parameter>,
      path: Issue["path"],
      find: (parameter: Parameter) => unknown,
      use: (parameter: Parameter, value: unknown) => void
    ): void => {
      for (const parameter of parameters) {
        const own = [...path, parameter.name]
        const value = valueOf(parameter, find(parameter), check, rename)
        if (Either.isLeft(value)) add(own, value.left)
        else if (value.right !== undefined) attempt(own, () => use(parameter, value.right))
      }
    },

    /** Refuses names that an input must not have. */
    unknown: (
      input: Input,
      path: Issue["path"],
      isKnown: (name: string) => boolean,
      names: ReadonlyArray<string>,
      kind: string
    ): void => {
      for (const name of Object.keys(input)) {
        if (isKnown(name) || input[name] === undefined || issues.length >= maxIssues) continue
        add([...path, name.slice(0, 100)], [{ path: [], message: unknownName(name, names, kind) }])
      }
    },

    /** Returns a part of an input that is an object of parameters, such as the headers. */
    part: (input: Input, name: string): Input => {
      const given = reveal(ofInput(input)({ name }))
      if (isInput(given)) return given
      if (Predicate.isNotNullable(given)) add([name], mismatch("an object", given))
      return {}
    }
  }
}

type Collector = ReturnType<typeof collector>

/** The parts of an input that is refused. The issues count wherever one of the parts is encoded. */
const refused = (issues: Issues): Parts => {
  const left = Either.left(issues.slice(0, maxIssues))
  return { path: left, query: left, headers: left, body: left }
}

const namesOf = (parameters: ReadonlyArray<Parameter>): ReadonlyArray<string> => parameters.map(({ name }) => name)

/** Makes the function that writes the headers of an input, whose names have no case. */
const headerWriter = (headers: ReadonlyArray<Parameter>) => {
  const names = namesOf(headers)
  const named = (name: string): Parameter | undefined =>
    headers.find((one) => one.name === name) ?? headers.find((one) => one.name.toLowerCase() === name.toLowerCase())
  return (input: Input, { each, part, unknown }: Collector, fields: Record<string, string>): void => {
    if (headers.length === 0) return
    const given = part(input, "headers")
    unknown(given, ["headers"], (name) => named(name) !== undefined, names, "a header of this operation")
    const spelt = new Map(Object.keys(given).map((name) => [named(name), name]))
    const find = (one: Parameter) => ofInput(given)({ name: spelt.get(one) ?? one.name })
    each(headers, ["headers"], find, (one, value) => {
      const [text = ""] = serialize(one, value)
      // An empty array or object has no text.
      if (text !== "" || !Predicate.isObject(value)) fields[wireOf(one)] = text
    })
  }
}

/** Makes the function that writes the cookies of an input. */
const cookieWriter = (cookies: ReadonlyArray<Parameter>) => {
  const names = namesOf(cookies)
  return (input: Input, { each, part, unknown }: Collector, fields: Record<string, string>): void => {
    if (cookies.length === 0) return
    const given = part(input, "cookies")
    unknown(given, ["cookies"], (name) => names.includes(name), names, "a cookie of this operation")
    const pairs: Array<string> = []
    each(cookies, ["cookies"], ofInput(given), (one, value) => pairs.push(...serialize(one, value)))
    if (pairs.length > 0) fields["cookie"] = pairs.join("; ")
  }
}

/** Writes the properties of a JSON body. There is no body if none is given. */
const writeProperties = (
  properties: ReadonlyArray<Parameter>,
  input: Input,
  { each }: Collector
): HttpBody.HttpBody => {
  const fields: Array<readonly [string, unknown]> = []
  each(properties, [], ofInput(input), (one, value) => fields.push([wireOf(one), value]))
  return fields.length === 0
    ? HttpBody.empty
    : HttpBody.text(JsonText.stringify(Object.fromEntries(fields)), "application/json")
}

/**
 * Makes the request side of an operation from its descriptor. Everything about the input is checked, and all issues are reported, before
 * anything is sent.
 *
 * - `check`: checks a value by its shape
 */
export const requestOf = (descriptor: Descriptor, check: Check): Request => {
  const { body, method, name, parameters = [], path } = descriptor
  const inPlace = (...places: ReadonlyArray<Parameter["in"]>) => parameters.filter((one) => places.includes(one.in))
  const target = targetOf(path, inPlace("path"))
  const queries = inPlace("query", "querystring")
  const headers = inPlace("header")
  const cookies = inPlace("cookie")
  const properties = inPlace("body")
  const rename = descriptor.keys && requestRenamer(descriptor.keys)
  const writer = body && bodyWriter(body, check)
  const args = callArguments(descriptor)
  const names = [
    ...namesOf([...target.parameters, ...queries, ...properties]),
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
    found.add([], written.left)
    return HttpBody.empty
  }

  const split = (input: Input): Parts => {
    const found = collector(check, rename)
    found.unknown(input, [], (one) => known.has(one), names, "a parameter")
    const texts = new Map<Parameter, string>()
    found.each(target.parameters, [], ofInput(input), (one, value) => {
      const [text = ""] = serialize(one, value)
      if (text === "") refuse("must not be empty in a path")
      texts.set(one, text)
    })
    const pairs: Array<string> = []
    found.each(queries, [], ofInput(input), (one, value) => pairs.push(...serialize(one, value)))
    const fields: Record<string, string> = Object.create(null)
    writeHeaders(input, found, fields)
    writeCookies(input, found, fields)
    const written = writeBody(input, found)
    let encodedPath = ""
    if (found.issues.length === 0) {
      found.attempt(namesOf(target.parameters).slice(0, 1), () => {
        encodedPath = target.path(texts)
      })
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
