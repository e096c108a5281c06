import type { Schema } from "effect/Schema"
import type { Checked, Direction, Ref } from "./internal/descriptor/Shape.js"
import { makeChecker } from "./internal/descriptor/shapeCheck.js"
import { schemaOf } from "./internal/descriptor/shapeSchema.js"

export type {
  Checked,
  Direction,
  Json,
  Mismatch,
  MismatchKind,
  Ref,
  Shape,
  TypeName
} from "./internal/descriptor/Shape.js"

/**
 * Makes a function that checks values of a shape, as `check` does. The shape is prepared once, so that many values cost less.
 */
export const checker: (ref: Ref, direction: Direction) => (value: unknown) => Checked = makeChecker

/**
 * Checks a value of a shape. Returns the mismatches, and never throws, whatever the value and the shape: neither their nesting nor
 * cycles matter.
 *
 * In a request enums are closed, properties that are `readOnly` are not required, and `additional: false` refuses other properties. In a
 * response enums are open, properties that are `writeOnly` are not required, and other properties are no mismatch.
 *
 * An integer can be a `bigint`. Of a union the closest member is reported. If it can't be told within a limit of steps which
 * member a value is, it has no issue.
 *
 * @example
 * ```ts
 * import { Shape } from "effect-herald/spec"
 *
 * const Pet: Shape.Shape = {
 *   type: "object",
 *   properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
 *   required: ["name"]
 * }
 *
 * const { issues } = Shape.check(Pet, { name: "Rex", tags: [null] }, "response")
 * issues.map(({ message, pointer }) => `${pointer} ${message}`) // => ["/tags/* should be a string, and is null"]
 * ```
 */
export const check = (ref: Ref, value: unknown, direction: Direction): Checked => checker(ref, direction)(value)

/**
 * Makes the Effect `Schema` of a shape, for programs that compose schemas. It accepts what the shape describes: enums are closed,
 * required properties are required in both directions, `additional: false` refuses other properties, and of a discriminator it accepts
 * the values of the mapping only. Decoding changes nothing: both sides of the schema are the same. The name of a shape is the
 * schema's identifier, and its description is the schema's. Unlike `check`, a schema follows a value to its end, so that a value that is
 * nested thousands of levels deep can exceed the stack.
 *
 * - `A`: the type that the shape describes. It is not checked. Default: unknown
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Shape } from "effect-herald/spec"
 *
 * interface Pet {
 *   readonly name: string
 * }
 *
 * const Pet = Shape.toSchema<Pet>({ name: "Pet", properties: { name: { type: "string" } }, required: ["name"] })
 *
 * const decode = Schema.decodeUnknown(Schema.Struct({ pets: Schema.Array(Pet) }))
 * ```
 */
export const toSchema = <A = unknown>(ref: Ref): Schema<A> =>
  // The caller tells what the shape describes.
  schemaOf(ref)
