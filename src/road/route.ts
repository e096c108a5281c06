import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { Answer } from "../Answer.js"
import { IdempotencyKey, Idempotent, Sensitive, SideEffects, Unrepeatable } from "../Endpoint.js"
import type { Issue } from "../Issue.js"

/** Methods for which twice is as good as once (RFC 9110, 9.2.2). */
const idempotentMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]

export const isIdempotent = (method: HttpMethod): boolean => idempotentMethods.includes(method)

/** Methods that change nothing (RFC 9110, 9.2.1). */
const safeMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS"]

export const isSafe = (method: HttpMethod): boolean => safeMethods.includes(method)

/** What an answer of some status may hold. */
export interface Answers {
  /** What is made of the body before it is decoded: `Json?` is JSON, or undefined where there is nothing. */
  readonly body: "Empty" | "Text" | "Json" | "Json?" | "Bytes"
  readonly decode: (body: unknown) => ReturnType<ReturnType<typeof ParseResult.decodeUnknownEither>>
}

/** A part of a path between slashes: parts of its own, of which the parameters are filled in. */
export type Segment = ReadonlyArray<{ readonly param: string } | { readonly literal: string }>

/** An endpoint, compiled: what the road needs to know of it, with its encoders and decoders made once. */
export interface Route {
  readonly name: string
  readonly method: HttpMethod
  /** `/account/{account}` (RFC 6570), which tells calls of one kind apart from others and holds no values. */
  readonly template: string
  readonly segments: ReadonlyArray<Segment>
  /** What is wrong with it, whatever the input. */
  readonly refused?: ReadonlyArray<Issue> | undefined
  /** The beginning of the query, as it is sent. */
  readonly query?: string | undefined
  readonly encodePath: Encode | undefined
  readonly encodeQuery: Encode | undefined
  readonly encodeHeaders: Encode | undefined
  readonly encodeBody: Encode | undefined
  readonly bodyKind: HttpApiSchema.Encoding
  /** How the body of an answer is read; a Stream is left unread. */
  readonly reads: "text" | "bytes" | "stream"
  /** Which statuses are a success; with any other, an attempt has failed. */
  readonly accepts: (status: number) => boolean
  /** The statuses that a success should have, for a person. */
  readonly described: string
  readonly successes: (status: number) => ReadonlyArray<Answers> | undefined
  readonly refusals: (status: number) => ReadonlyArray<Answers> | undefined
  /** What is given of a success, if not what was decoded. */
  readonly present?: ((answer: Answer, decoded: unknown) => unknown) | undefined
  /** It changes nothing (RFC 9110, 9.2.1). */
  readonly safe: boolean
  readonly idempotent: boolean
  /** The header of an idempotency key, in lower case. */
  readonly idempotencyKey: string | undefined
  readonly unrepeatable: boolean
  /** Whether a redirect is followed, of what may be repeated. Default: true. */
  readonly follow?: boolean | undefined
  readonly sensitive: boolean
  /** Of one family are routes that make their errors alike. */
  readonly family: object
}

type Encode = ReturnType<typeof ParseResult.encodeUnknownEither>

/** What HTTP calls a success. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300

const encoder = (schema: Option.Option<Schema.Schema.Any>): Encode | undefined =>
  Option.match(schema, {
    onNone: () => undefined,
    // An operation's endpoint needs no services to encode: `Operation.make` takes no other.
    onSome: (schema) => ParseResult.encodeUnknownEither(schema as Schema.Schema.AnyNoContext, { errors: "all" })
  })

const members = (ast: AST.AST): ReadonlyArray<AST.AST> =>
  ast._tag === "Union" ? ast.types.flatMap(members) : ast._tag === "NeverKeyword" ? [] : [ast]

/** The schemas of a union, by the status that each is annotated with. */
const byStatus = (union: AST.AST, statusOf: (ast: AST.AST) => number): ReadonlyMap<number, ReadonlyArray<Answers>> => {
  const answers = new Map<number, Array<Answers>>()
  for (const ast of members(union)) {
    const status = statusOf(ast)
    const body = HttpApiSchema.isVoid(ast) ? "Empty" : HttpApiSchema.getEncoding(ast).kind === "Text" ? "Text" : "Json"
    const decode = ParseResult.decodeUnknownEither(Schema.make<unknown, unknown, never>(ast))
    answers.set(status, [...(answers.get(status) ?? []), { body, decode }])
  }
  return answers
}

const segmentsOf = (path: string): Route["segments"] =>
  path
    .split("/")
    .slice(1)
    .map((part) => [part.startsWith(":") ? { param: part.slice(1).replace(/\?$/, "") } : { literal: part }])

/** A path as a template (RFC 6570). */
export const templateOf = (segments: ReadonlyArray<Segment>): string =>
  segments
    .map((parts) => `/${parts.map((part) => ("param" in part ? `{${part.param}}` : part.literal)).join("")}`)
    .join("")

/** Compiles an endpoint. */
export const compile = (endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps): Route => {
  const segments = segmentsOf(endpoint.path)
  const annotated = <I, S>(tag: Context.Reference<I, S>): S => Context.get(endpoint.annotations, tag)
  const idempotencyKey = annotated(IdempotencyKey)?.toLowerCase()
  const sideEffects = annotated(SideEffects)
  const successes = byStatus(endpoint.successSchema.ast, HttpApiSchema.getStatusSuccessAST)
  const refusals = byStatus(endpoint.errorSchema.ast, HttpApiSchema.getStatusErrorAST)
  return {
    name: endpoint.name,
    method: endpoint.method,
    template: templateOf(segments),
    segments,
    encodePath: encoder(endpoint.pathSchema),
    encodeQuery: encoder(endpoint.urlParamsSchema),
    encodeHeaders: encoder(endpoint.headersSchema),
    encodeBody: encoder(endpoint.payloadSchema),
    bodyKind: Option.match(endpoint.payloadSchema, {
      onNone: () => ({ kind: "Json" as const, contentType: "application/json" }),
      onSome: (schema) => HttpApiSchema.getEncoding(schema.ast)
    }),
    reads: "text",
    accepts: isSuccess,
    described: [...successes.keys()].join(" or "),
    successes: (status) => successes.get(status),
    refusals: (status) => refusals.get(status),
    safe: isSafe(endpoint.method) && !sideEffects,
    idempotent:
      annotated(Idempotent) || idempotencyKey !== undefined || (isIdempotent(endpoint.method) && !sideEffects),
    idempotencyKey,
    unrepeatable: annotated(Unrepeatable),
    sensitive: annotated(Sensitive),
    family: endpoint
  }
}
