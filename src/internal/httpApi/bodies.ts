import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { ParseOptions } from "effect/SchemaAST"
import * as Body from "../../Body.js"
import type { Issue } from "../../Issue.js"
import type { Codec, Reader, Writer } from "../endpoint/Codec.js"
import { bytesCodec, emptyCodec, formCodec, jsonCodec, streamCodec, textCodec } from "../endpoint/codecs.js"
import { multipartCodec } from "../endpoint/multipart.js"
import type { ErrorReader } from "../endpoint/CompiledEndpoint.js"
import { errorReadersOf } from "../endpoint/readers.js"
import { isStream } from "./annotations.js"
import { essence } from "../http/mediaType.js"
import { isFormData } from "../http/webBodies.js"

/** A member of a union of bodies, with its encoding. */
export interface Member {
  readonly ast: AST.AST
  readonly kind: Exclude<Body.Kind, "empty">
  readonly contentType: string
}

const kinds: Readonly<Record<HttpApiSchema.Encoding["kind"], Member["kind"]>> = {
  Json: "json",
  UrlParams: "form",
  Text: "text",
  Uint8Array: "bytes"
}

/** Stands for no encoding. */
const unencoded: HttpApiSchema.Encoding = { kind: "Json", contentType: "" }

const isMultipart = (ast: AST.AST): boolean =>
  HttpApiSchema.getMultipart(ast) !== undefined || HttpApiSchema.getMultipartStream(ast) !== undefined

/** Returns the members of a schema. A member without an encoding of its own has that of its union. */
export const membersOf = (
  ast: AST.AST,
  encoding = HttpApiSchema.getEncoding(ast),
  multipart = isMultipart(ast)
): ReadonlyArray<Member> => {
  if (ast._tag === "NeverKeyword") return []
  if (ast._tag === "Union") {
    return ast.types.flatMap((type) =>
      membersOf(type, HttpApiSchema.getEncoding(type, encoding), multipart || isMultipart(type))
    )
  }
  const { contentType, kind } = encoding
  return [{ ast, contentType, kind: multipart ? "multipart" : isStream(ast) ? "stream" : kinds[kind] }]
}

/**
 * Reports whether a schema has an encoding within, which the platform ignores: that of a schema to which a filter or a
 * transformation was applied afterwards.
 */
export const hidesEncoding = (ast: AST.AST): boolean => {
  if (HttpApiSchema.getEncoding(ast, unencoded) !== unencoded || isMultipart(ast)) return false
  const hasOne = (inner: AST.AST) =>
    HttpApiSchema.getEncoding(inner).kind !== "Json" || isMultipart(inner) || hidesEncoding(inner)
  switch (ast._tag) {
    case "Union":
      return ast.types.some(hidesEncoding)
    case "Refinement":
      return ast.from._tag === "Union" ? ast.from.types.some(hasOne) || hasOne(ast.from) : hasOne(ast.from)
    case "Transformation":
      return hasOne(ast.from)
    default:
      return false
  }
}

/** Makes a schema of a part of an API. */
export const schemaOf = (ast: AST.AST): Schema.Schema.AnyNoContext =>
  // `fromApi` accepts APIs whose schemas need no services.
  Schema.make<unknown, unknown, never>(ast)

const formData: Schema.Schema<FormData> = Schema.declare(isFormData, { description: "a FormData" })

const codecOf = (kind: Member["kind"], schema: Schema.Schema.AnyNoContext): Codec => {
  switch (kind) {
    case "json":
      return jsonCodec(schema)
    case "form":
      return formCodec(schema)
    case "text":
      return textCodec(schema)
    case "bytes":
      return bytesCodec(schema)
    case "stream":
      return streamCodec()
    // The schema of a multipart body decodes the parts that a server receives.
    case "multipart":
      return multipartCodec(formData)
  }
}

/** Makes the `Body` that describes a schema. A union of several encodings is described by its first one. */
export const bodyOf = (ast: AST.AST): Body.Any => {
  const [first] = membersOf(ast)
  if (first === undefined) return Body.empty()
  const { contentType, kind } = first
  const codec = codecOf(kind, schemaOf(ast))
  return { ...Body.json(), kind, contentType: kind === "multipart" ? undefined : contentType, codec }
}

/**
 * Makes the writer of a payload: it uses the first member of which the value has no other fields, or else the first one that
 * accepts the value, or else has the issues of every member. JavaScript callers may pass the fields of a multipart payload.
 */
export const writerOf = (ast: AST.AST): Writer => {
  const members = membersOf(ast)
  if (members.length === 1 && members[0]?.kind === "multipart") return multipartCodec().writer
  const writersOf = (options: ParseOptions) =>
    members.map(({ ast, contentType, kind }) => ({
      contentType,
      ...codecOf(kind, schemaOf(ast).annotations({ parseOptions: options })).writer
    }))
  const writers =
    members.length === 1
      ? writersOf({})
      : [...writersOf({ onExcessProperty: "error" }), ...writersOf({ onExcessProperty: "ignore" })]
  return {
    write: (value) => {
      const issues: Array<Issue> = []
      for (const [index, { contentType, write }] of writers.entries()) {
        const written = write(value, contentType)
        if (Either.isRight(written)) return written
        if (index >= writers.length - members.length) issues.push(...written.left)
      }
      return Either.left(issues)
    },
    withBody: writers.map(({ withBody }) => withBody).find(Predicate.isNotUndefined)
  }
}

/**
 * Makes the readers of members. If the response's content type is that of some members, the others do not match: text accepts
 * any body.
 */
const readersOf = (members: ReadonlyArray<Member>): ReadonlyArray<Reader> => {
  const types = new Set(members.map(({ contentType }) => essence(contentType)))
  return members.map(({ ast, contentType, kind }) => {
    const { reader } = codecOf(kind, schemaOf(ast))
    if (types.size < 2) return reader
    const read: Reader["read"] = (response, json) => {
      const type = essence(response.headers["content-type"] ?? "")
      return types.has(type) && type !== essence(contentType)
        ? Either.left({ reason: "Shape", issues: [{ path: [], message: `should be ${contentType}` }] })
        : reader.read(response, json)
    }
    return { ...reader, read }
  })
}

/** Makes the readers of a success, one for each member of a union. A success without content accepts any body. */
export const successReadersOf = (ast: AST.AST | undefined): ReadonlyArray<Reader> =>
  ast === undefined ? [emptyCodec(undefined).reader] : readersOf(membersOf(ast))

/** Makes the reader of an error. It refuses null and undefined, which are not errors. */
const errorReader = (reader: Reader): ErrorReader => ({
  ...reader,
  read: (response, json) =>
    Either.filterOrLeft(reader.read(response, json), Predicate.isNotNullable, () => ({
      reason: "Shape" as const,
      issues: [{ path: [], message: "should be an error" }]
    }))
})

/**
 * Makes the readers of errors: first those of the declared schemas, then those of JSON without the `_tag`, which servers other
 * than the platform's do not send. In this order, a response that several readers match is the same error as for
 * `HttpApiClient`.
 */
export const errorReadersIn = (ast: AST.AST): ReadonlyArray<ErrorReader> => {
  const members = membersOf(ast)
  const json = members.filter(({ kind }) => kind === "json")
  return [...readersOf(members), ...json.flatMap(({ ast }) => errorReadersOf(schemaOf(ast)))].map(errorReader)
}

/** Reports whether a response without content, such as a 204, can be decoded. */
export const acceptsNoContent = (readers: ReadonlyArray<Reader>): boolean =>
  readers.some(({ read }) =>
    Either.isRight(read({ status: 204, headers: {}, body: "" }, () => Either.right(undefined)))
  )
