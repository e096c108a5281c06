import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Descriptor, Parameter } from "./Descriptor.js"
import type { Issue } from "../../Issue.js"
import type { CompiledEndpoint, Encode, Parts } from "../endpoint/CompiledEndpoint.js"
import { escapeLiteral, isDotSegment } from "../endpoint/pathTemplate.js"
import { isPlainObject, loneSurrogate } from "../endpoint/plainJson.js"
import { mismatch, prependPath, reveal } from "../endpoint/values.js"
import * as JsonText from "../http/json.js"
import type { Internals } from "../operation.js"
import { maxIssues } from "../parseIssues.js"
import { unknownName } from "./names.js"
import { authoriserOf, serverProblem } from "./serverAndSecurity.js"
import { type BodyWriter, bodyWriter, type Check, formText, isJsonType, plainBy } from "./requestBody.js"
import { requestRenamer } from "./requestKeys.js"
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

type Input = Readonly<Record<string, unknown>>

/** A part of a template: literal text, percent-encoded, or the parameter between two braces. */
type TemplatePart = string | Parameter

/** The parameters of which the values were written, as they are sent. */
type Written = ReadonlyMap<Parameter, string>

const wireOf = ({ name, wire }: Parameter): string => wire ?? name

/**
 * Splits a template at the braces with the name of a parameter between them. Other braces are literal text.
 *
 * @example `/a/{id}.{ext}`
 */
const templateParts = (template: string, parameters: ReadonlyArray<Parameter>): ReadonlyArray<TemplatePart> => {
  const parts: Array<TemplatePart> = []
  let literal = ""
  let index = 0
  while (index < template.length) {
    const parameter =
      template[index] === "{" ? parameters.find((one) => template.startsWith(`${wireOf(one)}}`, index + 1)) : undefined
    if (parameter === undefined) {
      literal += template[index]
      index += 1
    } else {
      parts.push(literal, parameter)
      literal = ""
      index += wireOf(parameter).length + 2
    }
  }
  return [...parts, literal]
}

/** Splits the parts of a template at the first part of a text that is not within a parameter. */
const splitParts = (
  parts: ReadonlyArray<TemplatePart>,
  separator: string
): readonly [before: ReadonlyArray<TemplatePart>, after: ReadonlyArray<TemplatePart>] => {
  const at = parts.findIndex((part) => typeof part === "string" && part.includes(separator))
  // `findIndex` found a text.
  const text = parts[at] as string | undefined
  if (text === undefined) return [parts, []]
  const end = text.indexOf(separator)
  return [
    [...parts.slice(0, at), text.slice(0, end)],
    [text.slice(end + separator.length), ...parts.slice(at + 1)]
  ]
}

const isParameter = (part: TemplatePart): part is Parameter => typeof part !== "string"

const escapeText = (part: TemplatePart): TemplatePart => (isParameter(part) ? part : escapeLiteral(part))

/** Joins the parts of a template, with these texts for its parameters. */
const expand = (parts: ReadonlyArray<TemplatePart>, texts: Written): string =>
  parts.map((part) => (isParameter(part) ? (texts.get(part) ?? "") : part)).join("")

/** Returns the default style of a parameter, by its place (OpenAPI 3.1, 4.8.12.2). */
const styleOf = ({ in: place, style }: Parameter) =>
  style ?? (place === "path" || place === "header" ? "simple" : "form")

/** Serializes the value of a parameter as pairs, or as one text in paths and headers. Throws a `TypeError` if the place can't hold it. */
const serialize = (parameter: Parameter, value: unknown): ReadonlyArray<string> => {
  const { allowReserved = false, content, in: place } = parameter
  const style = styleOf(parameter)
  const explode = parameter.explode ?? (style === "form" || style === "cookie")
  const serialization = { name: wireOf(parameter), style, explode }
  if (place === "querystring") {
    if (content !== undefined && isJsonType(content)) return [percentEncode(JsonText.stringify(value))]
    return [isPlainObject(value) ? formText(value, undefined) : percentEncode(String(value))]
  }
  const json = content !== undefined && (isJsonType(content) || Predicate.isObject(value))
  // Headers hold ASCII, to which JSON can escape all other characters.
  const text = json
    ? JsonText.stringify(value).replaceAll(/[^\x20-\x7e]/g, place === "header" ? escapeJson : String)
    : value
  // Null has no other form than JSON.
  const sent = text as Value
  switch (place) {
    case "path":
      return [pathText(serialization, sent, allowReserved)]
    case "header":
      return [headerText(serialization, sent)]
    case "cookie":
      return cookiePairs(serialization, sent)
    default:
      return queryPairs(serialization, sent, allowReserved)
  }
}

const escapeJson = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

const identity: Encode = (encoded) => encoded as ReturnType<Encode>

/** Returns the value of a property of an input's own. */
const own = (input: Input, name: string): unknown => (Object.hasOwn(input, name) ? input[name] : undefined)

const isAbsent = (value: unknown): boolean => value === undefined || value === null

/** Removes the items of an array that are not sent. */
const withoutAbsent = (value: unknown): unknown =>
  Array.isArray(value) ? value.filter((item) => !isAbsent(reveal(item))) : value

/** Finds the parameter of a header, whose names have no case. */
const headerNamed = (parameters: ReadonlyArray<Parameter>, name: string): Parameter | undefined =>
  parameters.find((one) => one.name === name) ?? parameters.find((one) => one.name.toLowerCase() === name.toLowerCase())

/**
 * Makes the request side of an operation from its descriptor. Everything about the input is checked, and all issues are reported, before
 * anything is sent.
 *
 * - `check`: checks a value by its shape
 */
export const requestOf = (descriptor: Descriptor, check: Check): Request => {
  const { method, name, path, positional } = descriptor
  const all = descriptor.parameters ?? []
  const inPlace = (...places: ReadonlyArray<Parameter["in"]>) => all.filter((one) => places.includes(one.in))
  const headers = inPlace("header")
  const cookies = inPlace("cookie")
  const properties = inPlace("body")
  const queries = inPlace("query", "querystring")
  // A fragment is not sent. Documents tell operations of one path apart by it.
  const [target] = splitParts(templateParts(path.toWellFormed().replace(/^\//, ""), inPlace("path")), "#")
  const [pathParts, queryParts] = splitParts(target.map(escapeText), "?")
  // A parameter that the template lacks is sent nowhere.
  const paths = [...new Set(target.filter(isParameter))]
  const flat = [...paths, ...queries, ...properties]
  const rename = descriptor.keys && requestRenamer(descriptor.keys)
  const writer: BodyWriter | undefined = descriptor.body && bodyWriter(descriptor.body, check)

  const partNames = [
    ...(headers.length > 0 ? ["headers"] : []),
    ...(cookies.length > 0 ? ["cookies"] : []),
    ...(writer === undefined ? [] : ["body"]),
    ...(writer?.hasChoice === true ? ["contentType"] : [])
  ]
  const names = [...flat.map((one) => one.name), ...partNames]
  const known = new Set(names)
  const unsuitable = serverProblem(descriptor)
  const problems: Issues = [
    ...names
      .filter((one, index) => names.indexOf(one) !== index)
      .map((one) => ({ path: [one], message: "is the name of two parts of this operation's input" })),
    ...(path.isWellFormed() ? [] : [{ path: ["path"], message: loneSurrogate }]),
    ...(unsuitable === undefined ? [] : [{ path: ["server"], message: unsuitable }])
  ]

  /** Converts and checks the value of a parameter. Returns undefined if it is not sent. */
  const valueOf = (parameter: Parameter, given: unknown): Either.Either<unknown, Issues> => {
    const { content, in: place, required, shape } = parameter
    const value = reveal(given)
    if (value === undefined || (value === null && place !== "body" && content === undefined)) {
      // A call without an idempotency key has one of its own.
      return (required === true && wireOf(parameter).toLowerCase() !== "idempotency-key") || place === "path"
        ? Either.left([{ path: [], message: "is missing" }])
        : Either.right(undefined)
    }
    if (place !== "body") return plainBy(check, shape, content === undefined ? withoutAbsent(value) : value)
    return plainBy(check, shape, value, shape && rename && ((plain) => rename(shape, plain)))
  }

  /** Writes the parameters of one part of the input. */
  const writeEach = (
    parameters: ReadonlyArray<Parameter>,
    path: Issue["path"],
    find: (parameter: Parameter) => unknown,
    issues: Array<Issue>,
    use: (parameter: Parameter, value: unknown) => void
  ): void => {
    for (const parameter of parameters) {
      const value = valueOf(parameter, find(parameter))
      if (Either.isLeft(value)) issues.push(...prependPath([...path, parameter.name], value.left))
      else if (value.right !== undefined) {
        try {
          use(parameter, value.right)
        } catch (error) {
          // Thrown by `refuse`.
          issues.push({ path: [...path, parameter.name], message: (error as TypeError).message })
        }
      }
    }
  }

  /** Returns a part of the input that is an object of parameters, such as the headers. */
  const recordIn = (input: Input, name: string, issues: Array<Issue>): Input => {
    const given = known.has(name) ? reveal(own(input, name)) : undefined
    if (isAbsent(given) || isRecord(given)) return (given ?? {}) as Input
    issues.push(...prependPath([name], mismatch("an object", given)))
    return {}
  }

  const refuseUnknown = (
    input: Input,
    path: Issue["path"],
    isKnown: (name: string) => boolean,
    names: ReadonlyArray<string>,
    kind: string,
    issues: Array<Issue>
  ): void => {
    for (const name of Object.keys(input)) {
      if (isKnown(name) || input[name] === undefined) continue
      issues.push({ path: [...path, name.slice(0, 100)], message: unknownName(name, names, kind) })
      if (issues.length >= maxIssues) return
    }
  }

  const namesOf = (parameters: ReadonlyArray<Parameter>) => parameters.map(({ name }) => name)

  const encodePath = (texts: Written): string => {
    const segments = expand(pathParts, texts).split("/")
    // The segments of values, which have no slashes.
    let segment = 0
    for (const part of pathParts) {
      if (!isParameter(part)) segment += part.split("/").length - 1
      else if (isDotSegment(segments[segment] ?? "")) refuse("makes a segment of dots, which a URL resolves")
    }
    return path === "" ? "" : `/${segments.join("/")}`
  }

  /** Makes the query: the template's own, without the parameters that the caller gives, and these. */
  const encodeQuery = (texts: Written, pairs: ReadonlyArray<string>): string => {
    const given = new Set(pairs.map((pair) => pair.split("=")[0]))
    const fixed = expand(queryParts, texts)
      .split("&")
      .filter((pair) => pair !== "" && !given.has(pair.split("=")[0]))
    const query = [...fixed, ...pairs].join("&")
    return query === "" ? "" : `?${query}`
  }

  const writeBody = (input: Input, issues: Array<Issue>): HttpBody.HttpBody => {
    if (writer !== undefined) {
      const written = writer.write(own(input, "body"), writer.hasChoice ? own(input, "contentType") : undefined)
      if (Either.isRight(written)) return written.right
      issues.push(...written.left)
    }
    const fields: Array<readonly [string, unknown]> = []
    writeEach(
      properties,
      [],
      ({ name }) => own(input, name),
      issues,
      (one, value) => fields.push([wireOf(one), value])
    )
    return fields.length === 0
      ? HttpBody.empty
      : HttpBody.text(JsonText.stringify(Object.fromEntries(fields)), "application/json")
  }

  const write = (input: Input): Parts => {
    const issues: Array<Issue> = []
    refuseUnknown(input, [], (one) => known.has(one), names, "a parameter", issues)
    const texts = new Map<Parameter, string>()
    const pairs: Array<string> = []
    const cookieTexts: Array<string> = []
    const fields: Record<string, string> = Object.create(null)
    writeEach(
      paths,
      [],
      ({ name }) => own(input, name),
      issues,
      (one, value) => {
        const [text = ""] = serialize(one, value)
        if (text === "") refuse("must not be empty in a path")
        texts.set(one, text)
      }
    )
    writeEach(
      queries,
      [],
      ({ name }) => own(input, name),
      issues,
      (one, value) => pairs.push(...serialize(one, value))
    )
    const givenHeaders = recordIn(input, "headers", issues)
    const byParameter = new Map(Object.keys(givenHeaders).map((name) => [headerNamed(headers, name), name]))
    refuseUnknown(
      givenHeaders,
      ["headers"],
      (one) => headerNamed(headers, one) !== undefined,
      namesOf(headers),
      "a header of this operation",
      issues
    )
    writeEach(
      headers,
      ["headers"],
      (one) => givenHeaders[byParameter.get(one) ?? ""],
      issues,
      (one, value) => {
        const [text = ""] = serialize(one, value)
        if (!(Array.isArray(value) && value.length === 0)) fields[wireOf(one)] = text
      }
    )
    const givenCookies = recordIn(input, "cookies", issues)
    const cookieNames = namesOf(cookies)
    refuseUnknown(
      givenCookies,
      ["cookies"],
      (one) => cookieNames.includes(one),
      cookieNames,
      "a cookie of this operation",
      issues
    )
    writeEach(
      cookies,
      ["cookies"],
      ({ name }) => own(givenCookies, name),
      issues,
      (one, value) => cookieTexts.push(...serialize(one, value))
    )
    if (cookieTexts.length > 0) fields["cookie"] = cookieTexts.join("; ")
    const body = writeBody(input, issues)
    let encodedPath = ""
    if (issues.length === 0) {
      try {
        encodedPath = encodePath(texts)
      } catch (error) {
        // Thrown by `refuse`.
        issues.push({ path: namesOf(paths).slice(0, 1), message: (error as TypeError).message })
      }
    }
    return issues.length > 0
      ? refused(issues)
      : {
          path: Either.right(encodedPath),
          query: Either.right(encodeQuery(texts, pairs)),
          headers: Either.right(fields),
          body: Either.right(body)
        }
  }

  const isHeader = (one: string) => headers.some(({ name }) => name === one) && !flat.some(({ name }) => name === one)
  const isCookie = (one: string) =>
    cookies.some(({ name }) => name === one) && !isHeader(one) && !flat.some(({ name }) => name === one)

  /** The issues of arguments that are not those of a positional call. */
  const argumentIssues = (args: ReadonlyArray<unknown>): Issues => {
    const first = positional ?? []
    const options = args[first.length]
    if (args.length > first.length + 1) {
      return [
        {
          path: [],
          message: `should be ${first.length} arguments (${first.join(", ")}) and an object of options, and are ${args.length}`
        }
      ]
    }
    if (!isAbsent(options) && !isRecord(options)) return prependPath(["options"], mismatch("an object", options))
    return Object.keys((options ?? {}) as Input)
      .filter((one) => first.includes(one))
      .map((one) => ({ path: [one], message: "is given twice: as an argument, and by its name" }))
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
              writer: { write: identity as never, withBody: writer?.withBody },
              contentType: undefined
            },
      issuePaths: { path: [], query: [], body: [] },
      authoriserOf: authoriserOf(descriptor)
    },
    inputOf: (args) => {
      if (positional === undefined) return args[0]
      // Arguments that do not fit stay an array, so that `partsOf` finds out why.
      if (argumentIssues(args).length > 0) return args
      const given = positional.slice(0, args.length).map((one, index) => [one, args[index]] as const)
      // `argumentIssues` checks that it is an object.
      const options = (args[positional.length] ?? {}) as { readonly headers?: object; readonly cookies?: object }
      const inHeaders = given.filter(([one]) => isHeader(one))
      const inCookies = given.filter(([one]) => isCookie(one))
      const others = given.filter(([one]) => !isHeader(one) && !isCookie(one))
      return {
        ...Object.fromEntries(others),
        ...options,
        ...(inHeaders.length > 0 ? { headers: { ...Object.fromEntries(inHeaders), ...options.headers } } : {}),
        ...(inCookies.length > 0 ? { cookies: { ...Object.fromEntries(inCookies), ...options.cookies } } : {})
      }
    },
    partsOf: (input) =>
      Array.isArray(input)
        ? refused(argumentIssues(input))
        : isAbsent(input) || isRecord(input)
          ? write((input ?? {}) as Input)
          : refused(mismatch("an object", input)),
    withParams: (input, params) => (Array.isArray(input) ? input : { ...(input as object | undefined), ...params }),
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

/** JavaScript permits other values than the types do. */
const isRecord = (value: unknown): value is Input => Predicate.isRecord(value) && !Array.isArray(value)

/** The parts of an input that is refused. */
const refused = (issues: Issues): Parts => {
  const left = Either.left(issues.slice(0, maxIssues))
  // The path is encoded first. The others count where a URL replaces path and query.
  return { path: left, query: left, headers: left, body: left }
}
