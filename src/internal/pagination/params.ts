import * as AST from "effect/SchemaAST"
import type * as Schema from "effect/Schema"
import type * as Endpoint from "../../Endpoint.js"
import type { Args } from "../../Operation.js"
import type { Param } from "./strategy.js"

/** The parameters that a strategy sets, by part of the request. */
export type Supplies<P, A> = P extends string
  ? { readonly query: { readonly [K in P]: A } }
  : P extends { readonly header: infer H extends string }
    ? { readonly headers: { readonly [K in H]: A } }
    : P extends { readonly body: infer B extends string }
      ? { readonly body: { readonly [K in B]: A } }
      : {}

type Part<S, Place> = Place extends keyof S ? S[Place] : {}

/** The parts of an operation's input that hold parameters; `urlParams` and `payload` are those of an `HttpApi`. */
interface Places {
  readonly headers: "headers"
  readonly body: "body"
  readonly payload: "body"
  readonly urlParams: "query"
}

type Simplify<A> = { [K in keyof A]: A[K] } & {}

/** The names of the parts of an input that contain a parameter that the strategy sets. */
type Touched<I, S> = {
  [K in keyof I]-?: K extends keyof Places ? ([keyof Part<S, Places[K]>] extends [never] ? never : K) : never
}[keyof I]

/** An input without the parameters that a strategy sets. */
type Without<I, S> = {
  [K in keyof I as K extends keyof Part<S, "query"> ? never : K]: K extends Touched<I, S> & keyof Places
    ? Omit<NonNullable<I[K]>, keyof Part<S, Places[K]>>
    : I[K]
}

/** An input in which each of these parts is optional if all of its remaining fields are. */
type Loosen<I, Names> = Simplify<
  { [K in keyof I as K extends Names ? ({} extends I[K] ? never : K) : K]: I[K] } & {
    [K in keyof I as K extends Names ? ({} extends I[K] ? K : never) : never]?: I[K]
  }
>

/** The arguments of a list: those of the operation, without the parameters that the strategy sets. */
export type ArgsOf<In extends ReadonlyArray<unknown>, Own extends ReadonlyArray<unknown>, S> = [In] extends [never]
  ? Own
  : In extends readonly [input?: infer I extends object]
    ? [Extract<keyof NonNullable<I>, keyof Part<S, "query">> | Touched<NonNullable<I>, S>] extends [never]
      ? In
      : Args<Loosen<Without<NonNullable<I>, S>, Touched<NonNullable<I>, S>>>
    : In

/** The names of parameters that do not accept the values of a strategy. */
type Mismatches<I, S> = { [K in keyof S]: K extends keyof I ? (S[K] extends I[K] ? never : K) : never }[keyof S]

type MismatchesOf<I, S> =
  | Mismatches<I, Part<S, "query">>
  | { [K in keyof I]-?: K extends keyof Places ? Mismatches<NonNullable<I[K]>, Part<S, Places[K]>> : never }[keyof I]

/** Refuses, at compile time, a strategy whose values a parameter of the operation does not accept. */
export type CheckParams<In extends ReadonlyArray<unknown>, S> = [In] extends [never]
  ? unknown
  : In extends readonly [input?: infer I extends object]
    ? [MismatchesOf<NonNullable<I>, S>] extends [never]
      ? unknown
      : `the operation's parameter ${MismatchesOf<NonNullable<I>, S> & string} does not accept the values of this style`
    : unknown

/** Reports whether a schema may have a field. A schema that is not a plain struct may have any. */
const hasField = (schema: Schema.Schema.AnyNoContext | undefined, name: string): boolean => {
  if (schema === undefined) return false
  const ast = AST.typeAST(schema.ast)
  return (
    ast._tag !== "TypeLiteral" ||
    ast.indexSignatures.length > 0 ||
    ast.propertySignatures.some((property) => property.name === name)
  )
}

/**
 * Throws a `TypeError` if the operation does not have a parameter that the strategy sets: its schema would drop the
 * parameter, and every page would be the first one.
 */
export const checkParams = ({ headers, name, query }: Endpoint.Any, params: ReadonlyArray<Param>): void => {
  for (const param of params) {
    // The endpoint's data does not have the schema of a body.
    if (typeof param === "object" && "body" in param) continue
    const [place, field, schema] =
      typeof param === "string" ? (["query", param, query] as const) : (["headers", param.header, headers] as const)
    if (!hasField(schema, field)) throw new TypeError(`${name} can't be paginated: its ${place} has no field ${field}`)
  }
}
