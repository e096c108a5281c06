import type { Json, Shape } from "../../Shape.js"
import type { Document, DocumentOperation, Server } from "./model.js"
import type { Problem } from "../../spec/Problem.js"
import { arrayIn, fieldsIn, flagIn, report, textIn, textsIn, type Where } from "./fields.js"
import { emptyRecord, type Fields, isFields, lazy, typeOf } from "./node.js"
import { at } from "../jsonPointer.js"
import { allShapes, findProblems } from "./problems.js"
import { type Place, problemAt, type Problems, type Reader, type Scope } from "./reader.js"
import { type OperationPlace, readDetails } from "./readOperation.js"
import { readSchemes, readSecurity } from "./readSecurity.js"
import { defaultServers, readHost, readServers } from "./readServers.js"
import { readComponent } from "./readShape.js"
import { oneLine } from "./prose.js"
import { dereference } from "./references.js"

/** The length of the text of a deprecation, in characters. */
const maxDeprecation = 400

/** Returns the version of a document, and a problem of it. Undefined for what is no document. */
export const specificationOf = (
  json: unknown
): { readonly specification: Document["specification"]; readonly problem?: Problem } | undefined => {
  if (!isFields(json)) return undefined
  // YAML reads `swagger: 2.0` as the number 2.
  const given = json.openapi ?? json.swagger
  const version = typeof given === "string" || typeof given === "number" ? String(given) : ""
  if (json.openapi !== undefined) {
    if (/^3(?:\.0\b|$)/.test(version)) return { specification: "3.0" }
    if (/^3\.1\b/.test(version)) return { specification: "3.1" }
    if (/^3\.2\b/.test(version)) return { specification: "3.2" }
    return /^3\.\d/.test(version)
      ? {
          specification: "3.2",
          problem: { pointer: "/openapi", message: `OpenAPI ${version} is not known; the document is read as 3.2.` }
        }
      : undefined
  }
  if (/^2(?:\.0)?$/.test(version)) return { specification: "2.0" }
  if (json.swagger !== undefined || !isFields(json.paths)) return undefined
  const isOld = json.definitions !== undefined || json.host !== undefined || json.securityDefinitions !== undefined
  const specification = isOld ? "2.0" : "3.0"
  return {
    specification,
    problem: { pointer: "", message: `The document has no \`openapi\` or \`swagger\`; it is read as ${specification}.` }
  }
}

const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch"])

/** The fields of a path item that are no operations. */
const isItemField = (field: string): boolean =>
  field === "$ref" ||
  field === "summary" ||
  field === "description" ||
  field === "servers" ||
  field === "parameters" ||
  field === "additionalOperations" ||
  field.startsWith("x-")

/** The parts of a document that its operations are read with. */
interface Context {
  readonly reader: Reader
  readonly root: Fields
  readonly schemes: ReadonlySet<string>
  readonly problems: Problems
}

/** The servers of an operation of its own, or of its path. */
const serversOf = (
  { reader, root }: Context,
  { item, node }: OperationPlace,
  where: Where
): ReadonlyArray<Server> | undefined => {
  if (reader.specification === "2.0") return Array.isArray(node.schemes) ? readHost(root, node, where) : undefined
  return (
    (node.servers === undefined ? undefined : readServers(node, where)) ??
    (item.node.servers === undefined
      ? undefined
      : readServers(item.node, { ...where, scope: item.scope, pointer: item.pointer }))
  )
}

const extensionsOf = (fields: Fields): Readonly<Record<string, unknown>> => {
  const extensions = emptyRecord<unknown>()
  for (const field of Object.keys(fields)) if (field.startsWith("x-")) extensions[field] = fields[field]
  return extensions
}

/** Returns what an operation says about its deprecation. */
const deprecationIn = ({ "x-deprecation-warning": given }: Fields): string | undefined =>
  typeof given === "string" && given.trim() !== "" ? oneLine(given, maxDeprecation) : undefined

const readOperation = (context: Context, place: OperationPlace): DocumentOperation => {
  const { item, method, node, path, pointer, scope } = place
  const where: Where = { scope, pointer, problems: context.problems }
  const deprecation = deprecationIn(node)
  return {
    pointer,
    method,
    path,
    operationId: textIn(node, "operationId", where),
    tags: textsIn(node, "tags", where),
    summary: textIn(node, "summary", where) ?? (typeof item.node.summary === "string" ? item.node.summary : undefined),
    description: textIn(node, "description", where),
    deprecated: flagIn(node, "deprecated", where) || deprecation !== undefined,
    deprecation,
    servers: serversOf(context, place, where),
    security: readSecurity(node, context.schemes, where),
    extensions: extensionsOf(node),
    details: lazy(() => readDetails(context.reader, place))
  }
}

/** Returns a path item with the fields beside its reference, which replace those that it refers to. */
const itemAt = ({ problems, reader }: Context, written: Place): OperationPlace["item"] | undefined => {
  const place = dereference(reader, written, problems)
  if (place === undefined || place.node === null) return undefined
  const { node, pointer, scope } = place
  if (!isFields(node)) {
    problems.push(problemAt(scope, pointer, `A path item must be an object, and is ${typeOf(node)}; it is left out.`))
    return undefined
  }
  return { scope, node, pointer }
}

/** The operations that a path item has itself. */
const operationsOf = (
  context: Context,
  path: string,
  item: OperationPlace["item"]
): ReadonlyArray<DocumentOperation> => {
  const { problems } = context
  const { node, pointer, scope } = item
  const operations: Array<DocumentOperation> = []
  const add = (field: string, operation: unknown, own: string): void => {
    const leaveOut = (reason: string): void => {
      problems.push(problemAt(scope, own, `${reason}; it is left out.`))
    }
    const method = field.toLowerCase()
    if (!isFields(operation)) {
      if (operation !== null)
        leaveOut(`The operation ${field} of ${path} must be an object, and is ${typeOf(operation)}`)
      return
    }
    if (!methods.has(method)) return leaveOut(`${field.toUpperCase()} ${path} has a method that can't be sent`)
    operations.push(
      readOperation(context, { scope, node: operation, pointer: own, item, path, method: method.toUpperCase() })
    )
  }
  for (const field of Object.keys(node)) if (!isItemField(field)) add(field, node[field], at(pointer, field))
  const additional = fieldsIn(node, "additionalOperations", { scope, pointer, problems })
  for (const field of Object.keys(additional)) {
    add(field, additional[field], at(at(pointer, "additionalOperations"), field))
  }
  return operations
}

const readOperations = (context: Context, scope: Scope): ReadonlyArray<DocumentOperation> => {
  const { problems, root } = context
  const paths = fieldsIn(root, "paths", { scope, pointer: "", problems })
  const operations: Array<DocumentOperation> = []
  for (const path of Object.keys(paths)) {
    if (path.startsWith("x-")) continue
    const written: Place = { scope, node: paths[path], pointer: at("/paths", path) }
    const item = itemAt(context, written)
    if (item === undefined) continue
    const own =
      isFields(written.node) && written.node !== item.node ? ownOperations(context, path, written, item) : undefined
    operations.push(...(own ?? operationsOf(context, path, item)))
  }
  return operations
}

/** The operations of a path item with a reference and fields beside it. */
const ownOperations = (
  context: Context,
  path: string,
  { node, ...written }: Place,
  target: OperationPlace["item"]
): ReadonlyArray<DocumentOperation> | undefined => {
  if (!isFields(node) || Object.keys(node).length === 1) return undefined
  const { $ref: _, ...own } = node
  const operations = operationsOf(context, path, { ...written, node: own })
  const replaced = new Set(operations.map(({ method }) => method))
  return [...operationsOf(context, path, target).filter(({ method }) => !replaced.has(method)), ...operations]
}

const readShapes = (reader: Reader, where: Where, root: Fields): ReadonlyMap<string, () => Shape> => {
  const isOld = reader.specification === "2.0"
  const schemas = isOld
    ? fieldsIn(root, "definitions", where)
    : fieldsIn(fieldsIn(root, "components", where), "schemas", { ...where, pointer: "/components" })
  const pointer = isOld ? "/definitions" : "/components/schemas"
  return new Map(
    Object.keys(schemas).map((name) => {
      const place: Place = { scope: where.scope, node: schemas[name], pointer: at(pointer, name) }
      reader.names.add(name)
      return [name, lazy(() => readComponent(reader, place))]
    })
  )
}

const readTags = (root: Fields, where: Where): Document["tags"] =>
  arrayIn(root, "tags", where).flatMap((tag, index) => {
    const own: Where = { ...where, pointer: at("/tags", index) }
    const name = isFields(tag) ? textIn(tag, "name", own) : undefined
    if (!isFields(tag) || name === undefined) {
      report(own, "", "A tag must be an object with a name; it is left out.")
      return []
    }
    return [{ name, description: textIn(tag, "description", own) }]
  })

/** Reads a document. Schemas, parameters and responses are read when they are asked for. */
export const readDocument = (
  reader: Reader,
  root: Fields,
  known: ReadonlyArray<Problem>,
  position: Document["position"]
): Document => {
  const { root: scope, specification } = reader
  const problems: Problems = [...known]
  const where: Where = { scope, pointer: "", problems }
  const info = fieldsIn(root, "info", where)
  const inInfo: Where = { ...where, pointer: "/info" }
  const securitySchemes =
    specification === "2.0"
      ? readSchemes(reader, fieldsIn(root, "securityDefinitions", where), { ...where, pointer: "/securityDefinitions" })
      : readSchemes(
          reader,
          fieldsIn(fieldsIn(root, "components", where), "securitySchemes", { ...where, pointer: "/components" }),
          { ...where, pointer: "/components/securitySchemes" }
        )
  const schemes = new Set(securitySchemes.keys())
  const shapes = readShapes(reader, where, root)
  const servers =
    specification === "2.0" ? readHost(root, root, where) : (readServers(root, where) ?? defaultServers(scope))
  const security = readSecurity(root, schemes, where) ?? []
  const tags = readTags(root, where)
  const operations = readOperations({ reader, root, schemes, problems }, scope)
  const document: Document = {
    specification,
    title: textIn(info, "title", inInfo) ?? "",
    version: textIn(info, "version", inInfo) ?? "",
    description: textIn(info, "description", inInfo),
    source: scope.file.location,
    servers,
    security,
    securitySchemes,
    tags,
    operations,
    shapes,
    // Parsed from text, or given as JSON.
    json: root as Json,
    problems: lazy(() => findProblems(reader, problems, operations, allShapes(operations, shapes))),
    position
  }
  return document
}
