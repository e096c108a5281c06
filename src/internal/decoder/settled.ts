import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"

/** Reports whether a node has annotations that change how Schema decodes it. */
export const hasDecodingAnnotations = (ast: AST.Annotated): boolean =>
  Option.isSome(AST.getParseOptionsAnnotation(ast)) || Option.isSome(AST.getDecodingFallbackAnnotation(ast))

/** The `typeof` of the values of each keyword. */
export const typeOfKeyword: { readonly [tag in AST.AST["_tag"]]?: string } = {
  StringKeyword: "string",
  NumberKeyword: "number",
  BooleanKeyword: "boolean",
  BigIntKeyword: "bigint",
  SymbolKeyword: "symbol",
  UndefinedKeyword: "undefined"
}

/** Reports whether a node returns each value that it accepts, and, unless `withObjects` is set, accepts no objects. */
const isCheck = (ast: AST.AST, withObjects: boolean): boolean => {
  switch (ast._tag) {
    case "Literal":
    case "UniqueSymbol":
    case "Enums":
    case "TemplateLiteral":
      return true
    case "Declaration":
      return withObjects && ast.typeParameters.length === 0
    case "Refinement":
      return isCheck(ast.from, withObjects)
    case "Union":
      return ast.types.every((member) => isCheck(member, withObjects))
    default:
      return ast._tag in typeOfKeyword
  }
}

const withoutRefinements = (ast: AST.AST): AST.AST => (ast._tag === "Refinement" ? withoutRefinements(ast.from) : ast)

/** The literal that a property of a struct always has. */
const literalAt = (ast: AST.AST, name: PropertyKey): AST.LiteralValue | undefined => {
  const field = ast._tag === "TypeLiteral" ? ast.propertySignatures.find((one) => one.name === name) : undefined
  return field?.type._tag === "Literal" && !field.isOptional ? field.type.literal : undefined
}

/** Reports whether no member of a union would change a value that another member returns. */
const areApart = (members: ReadonlyArray<AST.AST>): boolean => {
  if (members.every((member) => isCheck(member, true))) return true
  const objects = members.filter((member) => !isCheck(member, false)).map(withoutRefinements)
  const [first] = objects
  if (first?._tag === "TupleType") return objects.length === 1
  if (first?._tag !== "TypeLiteral" || isEmpty(first)) return false
  return (
    objects.length === 1 ||
    first.propertySignatures.some(({ name }) => {
      const literals = new Set(objects.map((member) => literalAt(member, name)))
      return literals.size === objects.length && !literals.has(undefined)
    })
  )
}

export const isEmpty = (ast: AST.TypeLiteral): boolean =>
  ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0

const areSettled = (
  from: ReadonlyArray<{ readonly type: AST.AST }>,
  to: ReadonlyArray<{ readonly type: AST.AST }>,
  pending: ReadonlyArray<AST.AST>
): boolean => from.length === to.length && from.every(({ type }, index) => isSettled(type, to[index]!.type, pending))

/** The number of nested recursive schemas up to which `isSettled` looks. Schemas that make another schema at each level never end. */
const maxSuspended = 8

/**
 * Reports whether decoding by `to` would accept each value that decoding by `from` returns, and return an equal one. `to` is then
 * not run. Schema decodes the whole type side again after it renames a key. Returns false when in doubt.
 */
export const isSettled = (from: AST.AST, to: AST.AST, pending: ReadonlyArray<AST.AST> = []): boolean => {
  if (hasDecodingAnnotations(from) || hasDecodingAnnotations(to)) return false
  // The value that a transformation returns was decoded by its `to`.
  if (from._tag === "Transformation") return isSettled(from.to, to, pending)
  switch (from._tag) {
    case "Declaration":
      // A compiled declaration without parameters returns its input or fails.
      return from === to && from.typeParameters.length === 0
    case "Literal":
      return to._tag === "Literal" && from.literal === to.literal
    case "UniqueSymbol":
      return to._tag === "UniqueSymbol" && from.symbol === to.symbol
    case "Enums":
    case "TemplateLiteral":
      return from === to
    case "Refinement":
      return to._tag === "Refinement" && from.filter === to.filter && isSettled(from.from, to.from, pending)
    case "TupleType":
      return (
        to._tag === "TupleType" &&
        from.elements.every(({ isOptional }, index) => isOptional === to.elements[index]?.isOptional) &&
        areSettled(from.elements, to.elements, pending) &&
        areSettled(from.rest, to.rest, pending)
      )
    case "TypeLiteral":
      return (
        to._tag === "TypeLiteral" &&
        // The values of properties that are declared are also checked by index signatures.
        from.indexSignatures.length <= (from.propertySignatures.length === 0 ? 1 : 0) &&
        from.propertySignatures.every(({ isOptional, name }, index) => {
          const field = to.propertySignatures[index]
          return name === field?.name && isOptional === field.isOptional && name !== "__proto__"
        }) &&
        areSettled(from.propertySignatures, to.propertySignatures, pending) &&
        from.indexSignatures.every(({ parameter }, index) => parameter === to.indexSignatures[index]?.parameter) &&
        areSettled(from.indexSignatures, to.indexSignatures, pending)
      )
    case "Union":
      return (
        to._tag === "Union" &&
        from.types.length === to.types.length &&
        areApart(to.types) &&
        from.types.every((member, index) => isSettled(member, to.types[index]!, pending))
      )
    case "Suspend":
      if (to._tag !== "Suspend" || pending.length === maxSuspended) return false
      // The type side of a recursive schema is made anew at each level, so that only `from` is met again.
      return pending.includes(from) || isSettled(from.f(), to.f(), [...pending, from])
    default:
      return from._tag === to._tag
  }
}
