import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { IdempotencyKey, Idempotent, Sensitive, Unrepeatable } from "../Endpoint.js"

/** Methods for which twice is as good as once (RFC 9110, 9.2.2). */
const idempotentMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]

export const isIdempotent = (method: HttpMethod): boolean => idempotentMethods.includes(method)

/** What an answer of some status may hold. */
export interface Answers {
  /** What is made of the body before it is decoded. */
  readonly body: "Empty" | "Text" | "Json"
  readonly decode: (body: unknown) => ReturnType<ReturnType<typeof ParseResult.decodeUnknownEither>>
}

/** An endpoint, compiled: what the road needs to know of it, with its encoders and decoders made once. */
export interface Route {
  readonly name: string
  readonly method: HttpMethod
  /** `/account/{account}` (RFC 6570), which tells calls of one kind apart from others and holds no values. */
  readonly template: string
  readonly segments: ReadonlyArray<{ readonly param: string } | { readonly literal: string }>
  readonly encodePath: Encode | undefined
  readonly encodeQuery: Encode | undefined
  readonly encodeHeaders: Encode | undefined
  readonly encodeBody: Encode | undefined
  readonly bodyKind: HttpApiSchema.Encoding
  readonly successes: ReadonlyMap<number, ReadonlyArray<Answers>>
  readonly refusals: ReadonlyMap<number, ReadonlyArray<Answers>>
  readonly idempotent: boolean
  /** The header of an idempotency key, in lower case. */
  readonly idempotencyKey: string | undefined
  readonly unrepeatable: boolean
  readonly sensitive: boolean
}

type Encode = ReturnType<typeof ParseResult.encodeUnknownEither>

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
    .map((part) => (part.startsWith(":") ? { param: part.slice(1).replace(/\?$/, "") } : { literal: part }))

/** Compiles an endpoint. */
export const compile = (endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps): Route => {
  const segments = segmentsOf(endpoint.path)
  const annotated = <I, S>(tag: Context.Reference<I, S>): S => Context.get(endpoint.annotations, tag)
  const idempotencyKey = annotated(IdempotencyKey)?.toLowerCase()
  return {
    name: endpoint.name,
    method: endpoint.method,
    template: segments.map((part) => ("param" in part ? `/{${part.param}}` : `/${part.literal}`)).join(""),
    segments,
    encodePath: encoder(endpoint.pathSchema),
    encodeQuery: encoder(endpoint.urlParamsSchema),
    encodeHeaders: encoder(endpoint.headersSchema),
    encodeBody: encoder(endpoint.payloadSchema),
    bodyKind: Option.match(endpoint.payloadSchema, {
      onNone: () => ({ kind: "Json" as const, contentType: "application/json" }),
      onSome: (schema) => HttpApiSchema.getEncoding(schema.ast)
    }),
    successes: byStatus(endpoint.successSchema.ast, HttpApiSchema.getStatusSuccessAST),
    refusals: byStatus(endpoint.errorSchema.ast, HttpApiSchema.getStatusErrorAST),
    idempotent: annotated(Idempotent) || idempotencyKey !== undefined || isIdempotent(endpoint.method),
    idempotencyKey,
    unrepeatable: annotated(Unrepeatable),
    sensitive: annotated(Sensitive)
  }
}
