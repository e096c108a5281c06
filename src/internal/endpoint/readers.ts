import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { type DeclaredError, isErrorAs } from "../../Endpoint.js"
import { decoderOf, jsonReader } from "./codecs.js"
import type { ErrorReader } from "./CompiledEndpoint.js"

const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> =>
  ast._tag === "Union" ? ast.types.flatMap(membersOf) : ast._tag === "NeverKeyword" ? [] : [ast]

/** Returns the `_tag` that a schema's encoded side requires, if it is a single literal. */
const requiredTag = (ast: AST.AST): string | undefined => {
  if (ast._tag === "Transformation" || ast._tag === "Refinement") return requiredTag(ast.from)
  if (ast._tag !== "TypeLiteral") return undefined
  const type = ast.propertySignatures.find(({ name }) => name === "_tag")?.type
  return type?._tag === "Literal" && Predicate.isString(type.literal) ? type.literal : undefined
}

/** Adds the `_tag` that an error schema requires to a body without one: APIs do not send the tags of a program's errors. */
const withTag = (body: unknown, tag: string): unknown => {
  if (body === undefined) return { _tag: tag }
  return Predicate.isReadonlyRecord(body) && !("_tag" in body) ? { ...body, _tag: tag } : body
}

const taggedReaders = (schema: Schema.Schema.AnyNoContext): ReadonlyArray<ErrorReader> =>
  membersOf(schema.ast).map((ast) => {
    const tag = requiredTag(ast)
    // Declared errors are schemas that need no services.
    const decode = decoderOf(Schema.make<unknown, unknown, never>(ast))
    return jsonReader((body) => decode(tag === undefined ? body : withTag(body, tag)))
  })

/** The readers of a declared error: one, or one for each member of a union. */
export const errorReadersOf = (declared: DeclaredError): ReadonlyArray<ErrorReader> => {
  if (!isErrorAs(declared)) return taggedReaders(declared)
  const { as, body } = declared
  return [
    body === undefined
      ? { receives: "nothing", read: () => Either.right(undefined), as, anyBody: true }
      : { ...body.codec.reader, as }
  ]
}
