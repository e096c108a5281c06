import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Issue } from "../../Issue.js"
import { fromParseIssue } from "../parseIssues.js"

/** The values of a received name, in order: texts, or files of a multipart body. */
export type Received = ReadonlyArray<string | Blob>

/** Values that were received by name. */
export type ReceivedFields = ReadonlyMap<string, Received>

/** Returns the members of a type, without the refinements and suspensions around them. */
const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "Union":
      return ast.types.flatMap(membersOf)
    case "Refinement":
      return membersOf(ast.from)
    case "Transformation":
      return membersOf(ast.from)
    case "Suspend":
      return membersOf(ast.f())
    default:
      return [ast]
  }
}

const isText = (ast: AST.AST): boolean =>
  ["StringKeyword", "TemplateLiteral", "UnknownKeyword", "AnyKeyword"].includes(ast._tag)

/**
 * Converts a text to a value of the encoded type, whose text it is. A union is searched for the member that the text is a value of: text
 * that is the canonical form of a number is a number if the type has both.
 */
const scalarOf = (members: ReadonlyArray<AST.AST>, given: string | Blob): unknown => {
  if (typeof given !== "string") return given
  const hasText = members.some(isText)
  for (const member of members) {
    switch (member._tag) {
      case "Literal":
        if (member.literal !== null && String(member.literal) === given) return member.literal
        break
      case "Enums": {
        const found = member.enums.find(([, value]) => String(value) === given)
        if (found !== undefined) return found[1]
        break
      }
      case "NumberKeyword": {
        const number = Number(given)
        if (Number.isFinite(number) && (hasText ? String(number) === given : given.trim() !== "")) return number
        break
      }
      case "BigIntKeyword":
        if (/^-?\d+$/.test(given)) return BigInt(given)
        break
      case "BooleanKeyword":
        if (given === "true" || given === "false") return given === "true"
        break
      default:
        break
    }
  }
  return given
}

/** Converts values that were received for a name to a value of its encoded type. */
const valueOf = (ast: AST.AST, given: Received, separator?: RegExp): unknown => {
  const members = membersOf(ast)
  const lists = members.filter((member) => member._tag === "TupleType")
  const scalars = members.filter((member) => member._tag !== "TupleType")
  const [list] = lists
  const received =
    list !== undefined && separator !== undefined
      ? given.flatMap((one): Received => (Predicate.isString(one) ? one.split(separator) : [one]))
      : given
  const isScalar = scalars.some(({ _tag }) => _tag !== "UndefinedKeyword" && !isNull(_tag, scalars))
  if (list === undefined || (received.length === 1 && isScalar)) {
    const [first] = received
    return received.length === 1 && first !== undefined
      ? scalarOf(scalars, first)
      : received.map((one) => scalarOf(scalars, one))
  }
  return received.map((one, index) => {
    const element = list.elements[index]?.type ?? list.rest[0]?.type
    return element === undefined ? one : scalarOf(membersOf(element), one)
  })
}

/** Reports whether a member, of this tag, is the null of a union. */
const isNull = (tag: AST.AST["_tag"], members: ReadonlyArray<AST.AST>): boolean =>
  tag === "Literal" && members.every((member) => member._tag !== "Literal" || member.literal === null)

/** The value of a name that was not received: writers leave out null, undefined and empty lists. */
const absentOf = (ast: AST.AST): { readonly value: unknown } | undefined => {
  const members = membersOf(ast)
  if (members.some(({ _tag }) => _tag === "TupleType")) return { value: [] }
  if (members.some((member) => member._tag === "Literal" && member.literal === null)) return { value: null }
  return members.some(({ _tag }) => _tag === "UndefinedKeyword") ? { value: undefined } : undefined
}

/** How a part of a request holds fields. */
interface Place {
  /** Returns the name that is received for the name in a schema. */
  readonly nameOf: (name: string) => string
  /** Separates the values of a list that is one text. */
  readonly separator?: RegExp
}

const byName: Place = { nameOf: (name) => name }

/** The place of headers, whose names are in lower case, and whose lists are joined (RFC 9110, 5.3). */
export const inHeaders: Place = { nameOf: (name) => name.toLowerCase(), separator: /, */ }

/** Converts received fields to a record of an encoded type. */
const recordOf = (
  { indexSignatures, propertySignatures }: AST.TypeLiteral,
  fields: ReceivedFields,
  place: Place
): Readonly<Record<string, unknown>> => {
  const record: Record<string, unknown> = {}
  const known = new Set<string>()
  for (const { isOptional, name, type } of propertySignatures) {
    if (!Predicate.isString(name)) continue
    known.add(place.nameOf(name))
    const received = fields.get(place.nameOf(name))
    if (received !== undefined) record[name] = valueOf(type, received, place.separator)
    else if (!isOptional) {
      const absent = absentOf(type)
      if (absent !== undefined) record[name] = absent.value
    }
  }
  const [index] = indexSignatures
  if (index !== undefined) {
    for (const [name, received] of fields)
      if (!known.has(name)) record[name] = valueOf(index.type, received, place.separator)
  }
  return record
}

type Decode<A> = (input: A) => Either.Either<unknown, ReadonlyArray<Issue>>

/** Makes the decoder of fields that were written as texts by a schema: a query, a form, a multipart body, or headers. */
export const fieldsDecoder = (schema: Schema.Schema.AnyNoContext, place: Place = byName): Decode<ReceivedFields> => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "all" })
  const members = membersOf(AST.encodedAST(schema.ast)).filter((member) => member._tag === "TypeLiteral")
  return (fields) => {
    let issues: ReadonlyArray<Issue> = [{ path: [], message: "is no record" }]
    for (const member of members) {
      const decoded = decode(recordOf(member, fields, place))
      if (Either.isRight(decoded)) return Either.right(decoded.right)
      issues = fromParseIssue(decoded.left)
    }
    return Either.left(issues)
  }
}

/** Makes the decoder of one text that was written by a schema, such as a path parameter. */
export const textDecoder = (schema: Schema.Schema.AnyNoContext): Decode<string> => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "all" })
  const encoded = AST.encodedAST(schema.ast)
  return (text) => Either.mapLeft(decode(valueOf(encoded, [text])), fromParseIssue)
}

/** Collects pairs by their names. */
export const collect = <A extends string | Blob>(pairs: Iterable<readonly [string, A]>): ReceivedFields => {
  const fields = new Map<string, ReadonlyArray<string | Blob>>()
  for (const [name, value] of pairs) fields.set(name, [...(fields.get(name) ?? []), value])
  return fields
}

/** Returns headers as fields. */
export const headerFields = (headers: Readonly<Record<string, string | undefined>>): ReceivedFields =>
  collect(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
