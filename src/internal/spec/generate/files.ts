import type { NamedOperation } from "../../../spec/Convention.js"
import type { Document } from "../model.js"
import { writeApi } from "./api.js"
import { comment, memberKey, stringLiteral } from "./code.js"
import { headerOf } from "./header.js"
import { fileName, makeUnique, typeName } from "./identifiers.js"
import { type ListNames, type Resource, usesOf, writeResource } from "./operations.js"
import { makeShapeTypes } from "./shapeTypes.js"
import { makeShapeValues } from "./shapeValues.js"
import { findUnits } from "./units.js"

const resourcesOf = (operations: ReadonlyArray<NamedOperation>): ReadonlyArray<Resource> => {
  const resources = new Map<string, Array<NamedOperation>>()
  for (const operation of operations) {
    const known = resources.get(operation.resource)
    if (known === undefined) resources.set(operation.resource, [operation])
    else known.push(operation)
  }
  return [...resources].map(([name, operations]) => ({ name, operations }))
}

/** The type of a resource in a client that is made at run time, whose lists have their items and pages as properties. */
const typeOfResource = (file: string, lists: ReadonlyArray<ListNames>): string => {
  const module = `typeof import("./${file}.js")`
  if (lists.length === 0) return module
  const omitted = lists.flatMap(({ items, method }) => [stringLiteral(method), stringLiteral(items)]).join(" | ")
  const methods = lists.map(({ items, method }) => {
    const [one, other] = [method, items].map((name) => `(${module})[${stringLiteral(name)}]`)
    return `  readonly ${memberKey(method)}: Descriptor.ListMethod<${one}, ${other}>\n`
  })
  return `Omit<${module}, ${omitted}> & {\n${methods.join("")}}`
}

/** The directive of the file of descriptors. A comment before it does not disable it. */
const unchecked = `// @ts-nocheck: this file has plain data, and no types of its own; comparing it with types takes most of a compiler's time.`

/** Generates the files of a client. */
export const generateFiles = (
  document: Document,
  operations: ReadonlyArray<NamedOperation>,
  name: string | undefined
): ReadonlyMap<string, string> => {
  const tag = makeUnique(["Api", "Authoriser", "Credentials", "Descriptor", "Descriptors", "Shapes", "Tag", "layer"])(
    typeName(name ?? document.title, "Api")
  )
  const components = [...document.shapes.values()].map((shape) => shape())
  const units = findUnits(components, operations.flatMap(usesOf))
  const types = makeShapeTypes(units)
  const values = makeShapeValues(units)
  const header = headerOf(document)
  const files = new Map<string, string>()
  const add = (path: string, text: string) => files.set(path, `${header}\n${text}`)

  add("api.ts", writeApi(document, tag))
  const shapes = units.all.map(
    (unit) =>
      `${types.declarations(unit)}\nexport const ${unit.name}: () => Descriptor.Shape = Descriptors.${unit.name}\n`
  )
  if (shapes.length > 0)
    add(
      "shapes.ts",
      `import type * as Descriptor from "effect-herald/descriptor"\nimport * as Descriptors from "./descriptors.js"\n\n${shapes.join("\n")}`
    )

  const unique = makeUnique(["api", "descriptors", "shapes", "index"], (path) => path.toLowerCase())
  const descriptors = units.all.map(values.declaration)
  const uniqueDescriptor = makeUnique(["Descriptor", ...units.all.map(({ name }) => name)])
  const about = new Map(document.tags.map(({ description, name }) => [name, description]))
  const resources = resourcesOf(operations).map((resource) => {
    const file = unique(fileName(resource.name, "resource"))
    const {
      descriptors: described,
      lists,
      text
    } = writeResource(resource, { tag, types, uniqueDescriptor, units, values })
    for (const one of described) descriptors.push(one)
    add(`${file}.ts`, text)
    const tagName = resource.operations[0]?.operation.tags[0]
    return {
      name: resource.name,
      file,
      lists,
      about: comment([tagName === undefined ? undefined : about.get(tagName)])
    }
  })

  if (descriptors.length > 0) {
    // Tests of the generator check this file without the directive.
    add(
      "descriptors.ts",
      `${unchecked}\nimport type * as Descriptor from "effect-herald/descriptor"\n\n${descriptors.join("\n")}`
    )
  }

  const exports = [
    `export * from "./api.js"\n`,
    ...(shapes.length > 0 ? [`export * as Shapes from "./shapes.js"\n`] : []),
    ...resources.map(({ file, name }) => `export * as ${name} from "./${file}.js"\n`)
  ].join("")
  const members = resources.map(({ about, file, lists, name }) =>
    `${about}readonly ${memberKey(name)}: ${typeOfResource(file, lists)}\n`.replaceAll(/^(?=.)/gm, "  ")
  )
  const api = `/** The resources and methods of a client of this API that is made at run time. */\nexport interface Api {\n${members.join("")}}\n`
  const imports = resources.some(({ lists }) => lists.length > 0)
    ? `import type * as Descriptor from "effect-herald/descriptor"\n\n`
    : ""
  add("index.ts", `${imports}${exports}\n${api}`)
  return files
}
