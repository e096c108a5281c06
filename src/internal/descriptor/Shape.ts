import type { Issue } from "../../Issue.js"

/** JSON, as a document's `enum`, `default` and examples hold it. */
export type Json = string | number | bigint | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** The types of JSON Schema. */
export type TypeName = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null"

/** A shape, or a function that returns it. Functions make recursive shapes possible, and drop unused ones from bundles. */
export type Ref = Shape | (() => Shape)

/**
 * A shape: the description of a JSON value, as plain data. The schemas of every OpenAPI version are read into this one form: a
 * nullable schema has `null` in its `type`, a `const` is an `enum` of one value, and references are functions. Keywords that
 * describe no structure, such as `minLength` and `pattern`, are not part of it. The empty shape is any value.
 */
export interface Shape {
  /** The name of a component, such as `Pet`. Shapes that are written in place have none. */
  readonly name?: string | undefined
  /** The types of the value. Absent for any type. `integer` is a number without a fraction. */
  readonly type?: TypeName | ReadonlyArray<TypeName> | undefined
  readonly enum?: ReadonlyArray<Json> | undefined
  /** The format, such as `date-time`, `int64`, `binary`. */
  readonly format?: string | undefined
  /** The properties of an object, by name. Has no prototype if it was read from a document. */
  readonly properties?: Readonly<Record<string, Ref>> | undefined
  /** The properties that are required. */
  readonly required?: ReadonlyArray<string> | undefined
  /** The shape of properties that `properties` does not have, or false if there are none. Absent: any. */
  readonly additional?: Ref | false | undefined
  /** The items of an array. */
  readonly items?: Ref | undefined
  /** The first items of an array, in order; `items` are those that follow. */
  readonly prefixItems?: ReadonlyArray<Ref> | undefined
  readonly allOf?: ReadonlyArray<Ref> | undefined
  /** At least one of these. `oneOf` of a document is read as `anyOf`, too: servers rarely keep its "exactly one". */
  readonly anyOf?: ReadonlyArray<Ref> | undefined
  /** Selects the member of `anyOf` by the value of a property. */
  readonly discriminator?: { readonly property: string; readonly mapping: Readonly<Record<string, Ref>> } | undefined
  /** True for a property that only responses have. */
  readonly readOnly?: boolean | undefined
  /** True for a property that only requests have. */
  readonly writeOnly?: boolean | undefined
  // Documentation. Generated descriptors leave it out.
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly deprecated?: boolean | undefined
  readonly default?: Json | undefined
  readonly example?: Json | undefined
  /** The JSON pointer of the schema in its document (RFC 6901), such as `/components/schemas/Pet`. */
  readonly pointer?: string | undefined
}

/** The direction in which a value is sent. */
export type Direction = "request" | "response"

/**
 * The kind of a mismatch:
 *
 * - `type`: a value of another type
 * - `null`: a null where none is allowed
 * - `missing`: a required property is absent
 * - `enum`: a value that the enum does not list
 * - `unknown`: a property that the shape does not allow
 * - `syntax`: a body that is not JSON
 * - `empty`: no body, where one is declared
 * - `undeclared`: a status that is not declared, or a body where none is declared
 */
export type MismatchKind = "type" | "null" | "missing" | "enum" | "unknown" | "syntax" | "empty" | "undeclared"

/** A difference between a value and its shape. It does not contain the value. */
export interface Mismatch extends Issue {
  readonly kind: MismatchKind
  /**
   * The JSON pointer of the place (RFC 6901), with `*` for the index of an array and for a property that the shape does not name, such
   * as `/tags/*`. `path` is the exact place.
   */
  readonly pointer: string
  /** The type of the value. Undefined if there is none. */
  readonly found?: TypeName | undefined
  /** The `pointer` of the shape, if it has one. */
  readonly schema?: string | undefined
}

/** The result of a check. */
export interface Checked {
  /** At most 20 mismatches. Empty if the value has the shape. */
  readonly issues: ReadonlyArray<Mismatch>
  /** The number of mismatches. */
  readonly count: number
}
