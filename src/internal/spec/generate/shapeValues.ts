import type { Ref, Shape } from "../../../Shape.js"
import { array, type Code, jsonLiteral, object, prefixed, print, property, stringLiteral } from "./code.js"
import type { Unit, Units } from "./units.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** Writes the descriptors of shapes, without their documentation. */
export interface ShapeValues {
  /** The descriptor of a shape. */
  readonly valueOf: (ref: Ref) => Code
  /** The declaration of the descriptor of a unit. */
  readonly declaration: (unit: Unit) => string
}

/** Writes the properties of an object that are not undefined. */
export const fields = (entries: ReadonlyArray<readonly [string, Code | undefined]>): Code =>
  object(entries.flatMap(([name, code]) => (code === undefined ? [] : [property(name, code)])))

export const strings = (texts: ReadonlyArray<string> | undefined): Code | undefined =>
  texts === undefined ? undefined : array(texts.map(stringLiteral))

export const makeShapeValues = (units: Units): ShapeValues => {
  const valueOf = (ref: Ref): Code => {
    const shape = shapeOf(ref)
    const unit = units.get(shape)
    return unit === undefined ? literal(shape) : unit.name
  }

  const literal = (shape: Shape): Code => {
    const { additional, allOf, anyOf, discriminator, format, items, prefixItems, properties, type } = shape
    const list = (refs: ReadonlyArray<Ref> | undefined) =>
      refs === undefined ? undefined : array(refs.map((ref) => valueOf(ref)))
    const record = (refs: Readonly<Record<string, Ref>>) =>
      object(Object.entries(refs).map(([name, ref]) => property(name, valueOf(ref))))
    return fields([
      ["name", shape.name === undefined ? undefined : stringLiteral(shape.name)],
      ["type", typeof type === "string" ? stringLiteral(type) : strings(type)],
      ["enum", shape.enum === undefined ? undefined : array(shape.enum.map((value) => jsonLiteral(value)))],
      ["format", format === undefined ? undefined : stringLiteral(format)],
      ["properties", properties === undefined ? undefined : record(properties)],
      ["required", strings(shape.required)],
      ["additional", additional === false ? "false" : additional && valueOf(additional)],
      ["items", items === undefined ? undefined : valueOf(items)],
      ["prefixItems", list(prefixItems)],
      ["allOf", list(allOf)],
      ["anyOf", list(anyOf)],
      [
        "discriminator",
        discriminator === undefined
          ? undefined
          : fields([
              ["property", stringLiteral(discriminator.property)],
              ["mapping", record(discriminator.mapping)]
            ])
      ],
      ["readOnly", shape.readOnly === true ? "true" : undefined],
      ["writeOnly", shape.writeOnly === true ? "true" : undefined]
    ])
  }

  return {
    valueOf,
    declaration: ({ name, shape }) => {
      const head = `export const ${name} = (): Descriptor.Shape => `
      // An arrow function's object literal is in parentheses.
      const value = literal(shape)
      return `${head}${print(prefixed("(", value), "", head.length)})\n`
    }
  }
}
