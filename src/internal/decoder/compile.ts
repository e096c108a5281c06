import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Field, Fields, Step } from "./steps.js"
import { absent, failed, stepsOf } from "./steps.js"
import { hasDecodingAnnotations, isEmpty, isSettled, typeOfKeyword } from "./settled.js"

/** A compiled schema. Returns `failed` for a value that it does not accept. */
export type Decode = (input: unknown) => unknown

interface IndexSignature {
  readonly keysOf: (input: object) => ReadonlyArray<PropertyKey>
  readonly key: Decode
  readonly value: Decode
}

const isRecord = (input: unknown): input is Fields =>
  typeof input === "object" && input !== null && !Array.isArray(input)

/** Leaves a value to Schema. A union would go on to its next member if this returned `failed`. */
const undecided = (): never => {
  throw new Error("only Schema decodes this value")
}

const struct =
  (steps: ReadonlyArray<Step>): Decode =>
  (input) => {
    if (!isRecord(input)) return failed
    const output: Fields = {}
    for (let index = 0; index < steps.length; index++) {
      if (!steps[index]!(input, output)) return failed
    }
    return output
  }

const record =
  ({ key, keysOf, value }: IndexSignature, names: ReadonlySet<PropertyKey>): Step =>
  (input, output) => {
    for (const name of keysOf(input)) {
      if (key(name) === failed) continue
      // An assignment to this name would set the prototype.
      if (name === "__proto__") return undecided()
      const decoded = value(input[name])
      if (decoded === failed) return false
      if (!names.has(name)) output[name] = decoded
    }
    return true
  }

const array =
  (decode: Decode): Decode =>
  (input) => {
    if (!Array.isArray(input)) return failed
    const output: Array<unknown> = []
    for (let index = 0; index < input.length; index++) {
      const value = decode(input[index])
      if (value === failed) return failed
      output.push(value)
    }
    return output
  }

const tuple =
  (elements: ReadonlyArray<Decode>, rest: ReadonlyArray<Decode>, least: number): Decode =>
  (input) => {
    if (!Array.isArray(input) || input.length < least || (rest.length === 0 && input.length > elements.length)) {
      return failed
    }
    const [head, ...tail] = rest
    const output: Array<unknown> = []
    for (let index = 0; index < input.length; index++) {
      const fromEnd = Math.max(index - Math.max(input.length - tail.length, elements.length), -1)
      const decode = elements[index] ?? tail[fromEnd] ?? head
      const value = decode === undefined ? failed : decode(input[index])
      if (value === failed) return failed
      output.push(value)
    }
    return output
  }

const keysOf = (parameter: AST.Parameter): IndexSignature["keysOf"] =>
  parameter._tag === "Refinement"
    ? keysOf(parameter.from)
    : parameter._tag === "SymbolKeyword"
      ? Object.getOwnPropertySymbols
      : Object.keys

/** The properties of a member of a union that tell it from the others by a literal, in the order of `ParseResult`. */
const literalsOf = (ast: AST.AST): ReadonlyArray<readonly [PropertyKey, string]> => {
  const literals = (fields: ReadonlyArray<AST.OptionalType | AST.PropertySignature>) =>
    fields.flatMap((field, index) => {
      const type = AST.encodedAST(field.type)
      const name = "name" in field ? field.name : index
      return type._tag === "Literal" && !field.isOptional ? [[name, String(type.literal)] as const] : []
    })
  switch (ast._tag) {
    case "Declaration": {
      const surrogate = AST.getSurrogateAnnotation(ast)
      return Option.isSome(surrogate) ? literalsOf(surrogate.value) : []
    }
    case "TypeLiteral":
      return literals(ast.propertySignatures)
    case "TupleType":
      return literals(ast.elements)
    case "Refinement":
    case "Transformation":
      return literalsOf(ast.from)
    case "Suspend":
      return literalsOf(ast.f())
    default:
      return []
  }
}

const isNull = (ast: AST.AST): boolean => ast._tag === "Literal" && ast.literal === null && !hasDecodingAnnotations(ast)

/** Reports whether a schema surely refuses null. */
const refusesNull = (ast: AST.AST): boolean =>
  !hasDecodingAnnotations(ast) &&
  (ast._tag === "Refinement" || ast._tag === "Transformation"
    ? refusesNull(ast.from)
    : ast._tag in typeOfKeyword || ast._tag === "TupleType" || (ast._tag === "TypeLiteral" && !isEmpty(ast)))

type Buckets = Map<PropertyKey, Map<string, Array<Decode>>>

const union = (buckets: Buckets, others: ReadonlyArray<Decode>): Decode => {
  const firstOf = (candidates: ReadonlyArray<Decode>, input: unknown): unknown => {
    for (let index = 0; index < candidates.length; index++) {
      const value = candidates[index]!(input)
      if (value !== failed) return value
    }
    return failed
  }
  // In the order of the keys of an object, in which indexes come first.
  const names = Reflect.ownKeys(Object.fromEntries([...buckets.keys()].map((name) => [name, 0])))
  const keys = names.map((name) => [name, buckets.get(name) ?? buckets.get(Number(name))!] as const)
  if (keys.length === 0) return (input) => firstOf(others, input)
  return (input) => {
    if (typeof input === "object" && input !== null) {
      for (const [name, byLiteral] of keys) {
        const candidates = Object.hasOwn(input, name) ? byLiteral.get(String((input as Fields)[name])) : undefined
        const value = candidates === undefined ? failed : firstOf(candidates, input)
        if (value !== failed) return value
      }
    }
    return firstOf(others, input)
  }
}

/** Reports whether an Effect is a `Right`. Faster than `Either.isEither`, which asks for a key of the prototype. */
const isRight = (result: Effect.Effect<unknown, unknown, unknown>): result is Either.Right<never, unknown> =>
  (result as Either.Either<unknown>)._tag === "Right"

/** Makes a decoder that Schema runs. */
const bySchema = (ast: AST.AST): Decode => {
  const decode = ParseResult.decodeUnknownEither(Schema.make<unknown, unknown>(ast))
  return (input) => Either.getOrElse(decode(input), () => failed)
}

const isNatural = (name: PropertyKey): boolean => !(name in Object.prototype)

/**
 * Compiles an AST to closures. A value that they return is the one that Schema returns, and they return `failed` for a value that Schema
 * refuses. They throw where only Schema can tell.
 */
export const compile = (root: AST.AST): Decode => {
  const memo = new WeakMap<AST.AST, Decode>()

  const compiled = (ast: AST.AST): Decode => {
    const known = memo.get(ast)
    if (known !== undefined) return known
    const decode = hasDecodingAnnotations(ast) ? bySchema(ast) : build(ast)
    memo.set(ast, decode)
    return decode
  }

  const usedSteps = new Set<number>()

  const structOf = (fields: ReadonlyArray<Field>, signatures: ReadonlyArray<IndexSignature>): Decode =>
    struct([
      ...stepsOf(fields, usedSteps),
      ...signatures.map((signature) => record(signature, new Set(fields.map(({ from }) => from))))
    ])

  const field = (from: AST.PropertySignature): Field => {
    const { isOptional, name } = from
    const decode = compiled(from.type)
    return {
      from: name,
      to: name,
      type: (isOptional ? undefined : typeOfKeyword[from.type._tag]) ?? "",
      decode: isOptional ? (value, input) => (Object.hasOwn(input, name) ? decode(value) : absent) : decode
    }
  }

  /** Compiles a property that a transformation of the struct changes: from the key `from.name` to the key `to.name`. */
  const changedField = (
    from: AST.PropertySignature,
    to: AST.PropertySignature,
    change: AST.PropertySignatureTransformation["decode"]
  ): Field => {
    const source = field(from)
    if (change === identity && from.isOptional === to.isOptional && isSettled(from.type, to.type)) {
      return { ...source, to: to.name }
    }
    const check = compiled(to.type)
    return {
      from: from.name,
      to: to.name,
      type: "",
      decode: (input, fields) => {
        const value = source.decode(input, fields)
        if (value === failed) return failed
        const result = change(value === absent ? Option.none() : Option.some(value))
        return Option.isSome(result) ? check(result.value) : to.isOptional ? absent : check(undefined)
      }
    }
  }

  /**
   * Compiles a struct with renamed keys, defaults and the like in one step. Returns undefined for transformations whose steps depend
   * on each other.
   */
  const renamed = (
    from: AST.AST,
    to: AST.AST,
    transformations: ReadonlyArray<AST.PropertySignatureTransformation>
  ): Decode | undefined => {
    if (from._tag !== "TypeLiteral" || to._tag !== "TypeLiteral") return undefined
    if (hasDecodingAnnotations(from) || hasDecodingAnnotations(to)) return undefined
    if (from.indexSignatures.length + to.indexSignatures.length > 0) return undefined
    if (from.propertySignatures.length !== to.propertySignatures.length) return undefined
    const names = new Set(from.propertySignatures.map(({ name }) => name))
    const byName = new Map(transformations.map((one) => [one.from, one]))
    const fields: Array<Field> = []
    for (const [index, source] of from.propertySignatures.entries()) {
      const target = to.propertySignatures[index]!
      const { decode = identity, to: name } = byName.get(source.name) ?? { to: source.name }
      byName.delete(source.name)
      if (name !== target.name || !isNatural(name) || !isNatural(source.name)) return undefined
      if (name !== source.name && names.has(name)) return undefined
      fields.push(changedField(source, target, decode))
    }
    return byName.size === 0 ? structOf(fields, []) : undefined
  }

  const transformation = (ast: AST.Transformation): Decode => {
    const kind = ast.transformation
    const fused =
      kind._tag === "TypeLiteralTransformation"
        ? renamed(ast.from, ast.to, kind.propertySignatureTransformations)
        : undefined
    if (fused !== undefined) return fused
    const from = compiled(ast.from)
    const to = compiled(ast.to)
    let schema: Decode | undefined
    const slowly: Decode = (input) => (schema ??= bySchema(ast))(input)
    switch (kind._tag) {
      case "ComposeTransformation":
        return (input) => {
          const value = from(input)
          return value === failed ? failed : to(value)
        }
      case "FinalTransformation":
        return (input) => {
          const value = from(input)
          if (value === failed) return failed
          const result = kind.decode(value, AST.defaultParseOption, ast, input)
          return isRight(result) ? to(result.right) : Either.isEither(result) ? failed : slowly(input)
        }
      case "TypeLiteralTransformation":
        return (input) => {
          const value = from(input)
          if (value === failed) return failed
          // The steps change an object that decoding made.
          if (value === input || !isRecord(value)) return slowly(input)
          for (const step of kind.propertySignatureTransformations) {
            const result = step.decode(Object.hasOwn(value, step.from) ? Option.some(value[step.from]) : Option.none())
            delete value[step.from]
            if (Option.isSome(result)) value[step.to] = result.value
          }
          return to(value)
        }
    }
  }

  const build = (ast: AST.AST): Decode => {
    switch (ast._tag) {
      case "AnyKeyword":
      case "UnknownKeyword":
      case "VoidKeyword":
        return identity
      case "Literal":
        return (input) => (input === ast.literal ? input : failed)
      case "UniqueSymbol":
        return (input) => (input === ast.symbol ? input : failed)
      case "Enums": {
        const values = ast.enums.map(([, value]) => value)
        return (input) => (values.includes(input as string | number) && input === input ? input : failed)
      }
      case "TemplateLiteral":
        return bySchema(ast)
      case "Refinement": {
        // In the order in which they run, the innermost first.
        const filters = [ast]
        let inner = ast.from
        while (inner._tag === "Refinement" && !hasDecodingAnnotations(inner)) {
          filters.unshift(inner)
          inner = inner.from
        }
        const from = compiled(inner)
        return (input) => {
          const value = from(input)
          if (value === failed) return failed
          for (let index = 0; index < filters.length; index++) {
            const filter = filters[index]!
            if (Option.isSome(filter.filter(value, AST.defaultParseOption, filter))) return failed
          }
          return value
        }
      }
      case "Transformation":
        return transformation(ast)
      case "Declaration": {
        const decode = ast.decodeUnknown(...ast.typeParameters)
        let schema: Decode | undefined
        return (input) => {
          const result = decode(input, AST.defaultParseOption, ast)
          if (!isRight(result)) return Either.isEither(result) ? failed : (schema ??= bySchema(ast))(input)
          // `isSettled` relies on this.
          return result.right === input || ast.typeParameters.length > 0 ? result.right : undecided()
        }
      }
      case "TupleType": {
        const elements = ast.elements.map(({ type }) => compiled(type))
        const [head, ...tail] = ast.rest.map(({ type }) => compiled(type))
        if (head !== undefined && elements.length + tail.length === 0) return array(head)
        const least = ast.elements.filter(({ isOptional }) => !isOptional).length + tail.length
        return tuple(elements, head === undefined ? [] : [head, ...tail], least)
      }
      case "TypeLiteral": {
        if (isEmpty(ast)) return (input) => input ?? failed
        if (ast.propertySignatures.some(({ name }) => name === "__proto__")) return bySchema(ast)
        return structOf(
          ast.propertySignatures.map(field),
          ast.indexSignatures.map(({ parameter, type }) => ({
            keysOf: keysOf(parameter),
            key: compiled(parameter),
            value: compiled(type)
          }))
        )
      }
      case "Union": {
        // A member with literals is tried for own properties only, unlike a struct, which also reads inherited ones.
        const [other, ...more] = ast.types.filter((member) => !isNull(member))
        if (
          other !== undefined &&
          more.length === 0 &&
          ast.types.length === 2 &&
          refusesNull(other) &&
          literalsOf(other).length === 0
        ) {
          const decode = compiled(other)
          return (input) => (input === null ? null : decode(input))
        }
        const buckets: Buckets = new Map()
        const others: Array<Decode> = []
        for (const member of ast.types) {
          const literals = literalsOf(member)
          const decode = compiled(member)
          if (literals.length === 0) others.push(decode)
          if (literals.some(([name]) => !isNatural(name))) return bySchema(ast)
          const free = literals.find(([name, literal]) => buckets.get(name)?.has(literal) !== true)
          const [name, literal] = free ?? literals.at(-1) ?? []
          if (name === undefined || literal === undefined) continue
          const byLiteral = buckets.get(name) ?? new Map<string, Array<Decode>>()
          buckets.set(name, byLiteral.set(literal, [...(byLiteral.get(literal) ?? []), decode]))
        }
        return union(buckets, others)
      }
      case "Suspend": {
        let decode: Decode | undefined
        return (input) => (decode ??= compiled(ast.f()))(input)
      }
      default: {
        const type = typeOfKeyword[ast._tag]
        if (type === undefined) return bySchema(ast)
        return (input) => (typeof input === type ? input : failed)
      }
    }
  }

  return compiled(root)
}
