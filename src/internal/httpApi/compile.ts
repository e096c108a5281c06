import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import type * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Endpoint from "../../Endpoint.js"
import { acceptOf, compile } from "../endpoint/compile.js"
import type { Reader } from "../endpoint/Codec.js"
import type { CompiledEndpoint, Encode, Texts } from "../endpoint/CompiledEndpoint.js"
import { parametersOf, type Segment, templateOf } from "../endpoint/pathTemplate.js"
import { encodeBySchema, encodeFields, encodeHeaderValues, prependPath } from "../endpoint/values.js"
import { isRequestField } from "../http/fieldSyntax.js"
import { isSuccess, statusesWithoutContent } from "../http/statuses.js"
import { behaviorOf } from "./annotations.js"
import {
  acceptsNoContent,
  bodyOf,
  errorReadersIn,
  hidesEncoding,
  type Member,
  membersOf,
  schemaOf,
  successReadersOf,
  writerOf
} from "./bodies.js"
import { parsePath } from "./path.js"

type AnyEndpoint = HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
type AnyGroup = HttpApiGroup.HttpApiGroup.AnyWithProps

/** An endpoint of an `HttpApi`, with its group and its API, whose errors it has. */
export interface Declared {
  readonly api: HttpApi.HttpApi.AnyWithProps
  readonly group: AnyGroup
  readonly endpoint: AnyEndpoint
}

/** The bodies of an endpoint by status, including the errors of its group and its API. */
export interface Bodies {
  readonly annotations: Context.Context<never>
  readonly successes: ReadonlyMap<number, AST.AST | undefined>
  readonly errors: ReadonlyMap<number, AST.AST>
}

/** Returns the bodies of an endpoint. */
export const bodiesOf = ({ api, endpoint, group }: Declared): Bodies => {
  let found: Bodies | undefined
  HttpApi.reflect(api, {
    // The same endpoint may be in several groups.
    predicate: (other) => other.endpoint === endpoint && other.group === group,
    onGroup: () => {},
    onEndpoint: ({ errors, mergedAnnotations, successes }) => {
      found = {
        annotations: mergedAnnotations,
        successes: new Map(Array.from(successes, ([status, { ast }]) => [status, Option.getOrUndefined(ast)])),
        // An error without content and without a value of its own is one of the built-in family.
        errors: new Map(
          Array.from(errors).flatMap(([status, { ast }]) => (Option.isSome(ast) ? [[status, ast.value] as const] : []))
        )
      }
    }
  })
  // `endpoint` and `group` are taken from `api`.
  return found!
}

type AnySchema = Schema.Schema.AnyNoContext

/** Returns a schema of an endpoint, if it has one. `fromApi` accepts APIs whose schemas need no services. */
export const schemaIn = (schema: Option.Option<Schema.Schema.All>): AnySchema | undefined =>
  Option.getOrUndefined(schema) as AnySchema | undefined

/** Makes an encoder of a path. Undefined is the value of an absent optional parameter. */
const encodePathBy = (schema: AnySchema): Encode => {
  const encode = encodeBySchema(schema)
  return (input) => Either.flatMap(encode(input ?? {}), encodeHeaderValues)
}

const listOf = (value: Texts[string]): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : value

/** Makes an encoder of a query with a payload and `urlParams`. The payload of a method without a body is in the query. */
const encodeQueryBy = (payload: AnySchema, urlParams: AnySchema): Encode => {
  const [encodePayload, encodeUrlParams] = [encodeFields(payload), encodeFields(urlParams)]
  const at = (name: "payload" | "urlParams", encode: Encode, parts: Readonly<Record<string, unknown>>) =>
    Either.mapLeft(encode(parts[name]), (issues) => prependPath([name], issues))
  return (input) => {
    // `partsOf` of `operationOf` makes an object of these two.
    const parts = input as Readonly<Record<"payload" | "urlParams", unknown>>
    // `encodeFields` makes `Texts`.
    return Either.gen(function* () {
      const first = (yield* at("payload", encodePayload, parts)) as Texts
      const second = (yield* at("urlParams", encodeUrlParams, parts)) as Texts
      const names = new Set([...Object.keys(first), ...Object.keys(second)])
      return Object.fromEntries([...names].map((name) => [name, [...listOf(first[name]), ...listOf(second[name])]]))
    })
  }
}

/** Returns the encoded names of a schema of path parameters. Undefined if they are not known. */
const encodedNames = (schema: AnySchema): ReadonlyArray<PropertyKey> | undefined => {
  const encoded = AST.encodedAST(schema.ast)
  return encoded._tag === "TypeLiteral" && encoded.indexSignatures.length === 0
    ? encoded.propertySignatures.map(({ name }) => name)
    : undefined
}

const pathProblems = (segments: ReadonlyArray<Segment>, schema: AnySchema | undefined): ReadonlyArray<string> => {
  const names = parametersOf(segments).map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  const known = schema === undefined ? [] : encodedNames(schema)
  const missing = known === undefined ? [] : names.filter((name) => !known.includes(name))
  return [
    ...(repeated === undefined ? [] : [`the path has two parameters of the name ${repeated}`]),
    ...missing.map((name) => `the path's parameter ${name} has no schema: declare it by setPath`)
  ]
}

const membersIn = (asts: Iterable<AST.AST | undefined>): ReadonlyArray<Member> =>
  Array.from(asts).flatMap((ast) => (ast === undefined ? [] : membersOf(ast)))

const kindsIn = (asts: Iterable<AST.AST | undefined>): ReadonlyArray<Member["kind"]> =>
  membersIn(asts).map(({ kind }) => kind)

const contentTypesIn = (asts: Iterable<AST.AST | undefined>): ReadonlyArray<string> =>
  membersIn(asts).map(({ contentType }) => contentType)

const responseProblems = (
  method: HttpMethod,
  { errors, successes }: Bodies,
  readers: ReadonlyMap<number, ReadonlyArray<Reader>>
): ReadonlyArray<string> => [
  ...[...successes.keys(), ...errors.keys()]
    .filter((status) => !Number.isInteger(status) || status < 100 || status > 599)
    .map((status) => `${status} is not a status`),
  ...[...readers]
    .filter(
      ([status, ofStatus]) =>
        (method === "HEAD" || statusesWithoutContent.includes(status)) && !acceptsNoContent(ofStatus)
    )
    .map(([status]) => `a ${status}${method === "HEAD" ? " to a HEAD" : ""} has no content, which its schema needs`),
  ...(kindsIn([...successes.values(), ...errors.values()]).includes("multipart")
    ? ["a response can't be multipart"]
    : []),
  ...(kindsIn(errors.values()).includes("stream") ? ["an error can't be a Stream"] : []),
  // The body of a response is either read whole or opened as a Stream, by its status.
  ...[...successes]
    .filter(([, ast]) => kindsIn([ast]).length > 1 && kindsIn([ast]).includes("stream"))
    .map(([status]) => `a ${status} can't be a Stream or something else`)
]

/** Returns the schemas of single path parameters, by name. Empty if the schema is not a struct. */
const pathSchemasOf = (schema: AnySchema | undefined): Endpoint.Any["pathSchemas"] => {
  const fields: unknown = schema !== undefined && "fields" in schema ? schema.fields : {}
  return Object.fromEntries(Object.entries(fields as object).filter(([, field]) => Schema.isSchema(field)))
}

/** An endpoint of an `HttpApi`, as data and compiled for the pipeline. */
export interface Compiled {
  readonly endpoint: Endpoint.Any
  readonly compiled: CompiledEndpoint
}

/** Compiles an endpoint of an API. Throws a `TypeError` that lists all problems of an invalid endpoint. */
export const compileEndpoint = (name: string, declared: Declared): Compiled => {
  const { endpoint } = declared
  const { method } = endpoint
  const bodies = bodiesOf(declared)
  const behavior = behaviorOf(method, bodies.annotations, endpoint.annotations)
  const pathSchema = schemaIn(endpoint.pathSchema)
  const path = parsePath(endpoint.path, pathSchema && encodedNames(pathSchema))
  const segments = Either.getOrElse(path, () => [])
  const headers = schemaIn(endpoint.headersSchema)
  const urlParams = schemaIn(endpoint.urlParamsSchema)
  const payload = schemaIn(endpoint.payloadSchema)
  const body = hasBody(method) ? payload : undefined
  const queryPayload = hasBody(method) ? undefined : payload
  const query = queryPayload ?? urlParams
  const successes = new Map(Array.from(bodies.successes, ([status, ast]) => [status, successReadersOf(ast)]))
  const errors = new Map(Array.from(bodies.errors, ([status, ast]) => [status, errorReadersIn(ast)]))

  const problems = [
    ...(Either.isLeft(path) ? [path.left] : []),
    ...pathProblems(segments, pathSchema),
    ...(kindsIn([queryPayload?.ast]).includes("multipart")
      ? [`a ${method} has no body: its payload can't be multipart`]
      : []),
    ...responseProblems(method, bodies, successes),
    ...[payload?.ast, ...bodies.successes.values(), ...bodies.errors.values()]
      .filter((ast) => ast !== undefined && hidesEncoding(ast))
      .map(() => "the encoding of a body is within a filter or a transformation: apply it last"),
    ...(behavior.idempotencyKey !== undefined && !isRequestField(behavior.idempotencyKey)
      ? ["the idempotency key's header has an invalid name (RFC 9110, 5.1)"]
      : [])
  ]
  if (problems.length > 0) throw new TypeError(`${name} is invalid: ${problems.join("; ")}`)

  const description: Endpoint.Any = {
    ...Endpoint.make(method, "/", { ...behavior, name }),
    path: templateOf(segments),
    pathSchemas: pathSchemasOf(pathSchema),
    query,
    headers,
    body: body && bodyOf(body.ast),
    success: Object.fromEntries(
      Array.from(bodies.successes, ([status, ast]) => [status, bodyOf(ast ?? AST.neverKeyword)])
    ),
    errors: Object.fromEntries(Array.from(bodies.errors, ([status, ast]) => [status, [schemaOf(ast)]]))
  }
  const compiled: CompiledEndpoint = {
    ...compile(description),
    segments,
    encodePath: pathSchema && encodePathBy(pathSchema),
    encodeQuery:
      urlParams !== undefined && queryPayload !== undefined
        ? encodeQueryBy(queryPayload, urlParams)
        : query && encodeFields(query),
    // The writer of each member knows its content type.
    body: body && { writer: writerOf(body.ast), contentType: undefined },
    issuePaths: {
      path: ["path"],
      query: urlParams === undefined ? ["payload"] : queryPayload === undefined ? ["urlParams"] : [],
      body: ["payload"]
    },
    accept: acceptOf(method, contentTypesIn(bodies.successes.values()), contentTypesIn(bodies.errors.values())),
    accepts: (status) => successes.has(status) || (isSuccess(status) && !errors.has(status)),
    successStatuses: [...successes.keys()].join(" or "),
    successes: (status) => successes.get(status),
    errors: (status) => errors.get(status),
    // The types of an `HttpApi` have no value for it.
    notModified: false,
    streams: kindsIn(bodies.successes.values()).includes("stream"),
    // A redirect that the API declares is a response to decode.
    follows: (status) => behavior.neverRetried !== true && !successes.has(status) && !errors.has(status)
  }
  return { endpoint: description, compiled }
}
