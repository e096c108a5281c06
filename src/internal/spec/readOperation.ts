import type { Encoding, Style } from "../descriptor/Descriptor.js"
import type { Ref, Shape } from "../../Shape.js"
import type { DocumentBody, DocumentMediaType, DocumentParameter, DocumentResponse, OperationDetails } from "./model.js"
import { arrayIn, fieldsIn, flagIn, report, textIn, textsIn, type Where } from "./fields.js"
import { emptyRecord, type Fields, isFields, lazy, typeOf } from "./node.js"
import { at } from "../jsonPointer.js"
import { type Place, problemAt, type Problems, type Reader } from "./reader.js"
import { readRef, readShape } from "./readShape.js"
import { dereference } from "./references.js"

/** The parts of a document that the details of an operation are read from. */
export interface OperationPlace extends Place {
  readonly node: Fields
  /** The path item, whose parameters apply to each of its operations. */
  readonly item: Place & { readonly node: Fields }
  readonly path: string
  /** In upper case. */
  readonly method: string
}

/** A parameter as it is written, with its place, and the description beside its reference. */
interface Found extends Place {
  readonly node: Fields
  readonly name: string
  readonly in: string
  readonly description?: string | undefined
}

type Draft<A> = { -readonly [Key in keyof A]: A[Key] }

const isPlace = (place: string): place is DocumentParameter["in"] =>
  place === "path" || place === "query" || place === "querystring" || place === "header" || place === "cookie"

const keyOf = (parameter: { readonly name: string; readonly in: string }): string =>
  `${parameter.in} ${parameter.in === "header" ? parameter.name.toLowerCase() : parameter.name}`

/** Headers that other parts of a document describe (OpenAPI 3.1, 4.8.12.2.1). */
const isDescribedElsewhere = (name: string): boolean => /^(?:accept|content-type|authorization)$/i.test(name)

/** Returns the parameters of a path item or an operation, by name and place. Those that are no parameters are reported. */
const listParameters = (
  reader: Reader,
  { node, pointer, scope }: Place & { readonly node: Fields },
  problems: Problems
): ReadonlyMap<string, Found> => {
  const found = new Map<string, Found>()
  const parameters = arrayIn(node, "parameters", { scope, pointer, problems })
  parameters.forEach((one, index) => {
    const written: Place = { scope, node: one, pointer: at(at(pointer, "parameters"), index) }
    const leaveOut = (reason: string): void => {
      problems.push(problemAt(scope, written.pointer, `${reason}; it is left out.`))
    }
    const place = dereference(reader, written, problems)
    if (place === undefined) return
    const fields = place.node
    if (!isFields(fields)) return leaveOut(`A parameter must be an object, and is ${typeOf(fields)}`)
    const name = fields.name
    if (typeof name !== "string" || name === "") return leaveOut("A parameter must have a name")
    const where = fields.in
    if (typeof where !== "string" || !(isPlace(where) || where === "body" || where === "formData")) {
      return leaveOut(`The parameter ${name} must be \`in\` path, query, header or cookie`)
    }
    if (reader.specification !== "2.0" && where === "header" && isDescribedElsewhere(name)) return
    const key = keyOf({ name, in: where })
    if (found.has(key)) return leaveOut(`There are two parameters ${name} in ${where}, of which this is the second`)
    const description =
      isFields(one) && one !== fields && typeof one.description === "string" ? one.description : undefined
    found.set(key, { ...place, node: fields, name, in: where, description })
  })
  return found
}

/** Merges the parameters of a path item and of its operation, which replace them in their place. */
const mergeParameters = (shared: ReadonlyMap<string, Found>, own: ReadonlyMap<string, Found>): ReadonlyArray<Found> => [
  ...new Map([...shared, ...own]).values()
]

/** The styles of OpenAPI 3 that a place has. The first one is the default. */
const stylesOf = (place: DocumentParameter["in"]): ReadonlyArray<Style> => {
  switch (place) {
    case "path":
      return ["simple", "label", "matrix"]
    case "header":
      return ["simple"]
    case "cookie":
      return ["form", "cookie"]
    default:
      return ["form", "spaceDelimited", "pipeDelimited", "deepObject"]
  }
}

interface Serialization {
  readonly style?: Style
  readonly explode?: boolean
  readonly allowReserved?: boolean
}

/** Reads `style`, `explode` and `allowReserved`. Those that are the defaults are absent. */
const serializationOf = (fields: Fields, styles: ReadonlyArray<Style>, where: Where): Serialization => {
  const written = textIn(fields, "style", where)
  const style = written === undefined ? styles[0] : styles.find((one) => one === written)
  if (style === undefined) {
    report(where, "style", `The style ${written} is not one of ${styles.join(", ")}; it is ${styles[0]}.`)
  }
  const used = style ?? styles[0]!
  const explodes = used === "form" || used === "cookie"
  const explode = fields.explode === undefined || fields.explode === null ? explodes : flagIn(fields, "explode", where)
  return {
    ...(used === styles[0] ? {} : { style: used }),
    ...(explode === explodes ? {} : { explode }),
    ...(flagIn(fields, "allowReserved", where) ? { allowReserved: true } : {})
  }
}

/** Reads the `collectionFormat` of Swagger 2.0. */
const collectionOf = (fields: Fields, place: string, where: Where): Serialization => {
  if (fields.type !== "array") return {}
  const inQuery = place === "query" || place === "formData"
  const format = textIn(fields, "collectionFormat", where) ?? "csv"
  switch (format) {
    case "csv":
      return inQuery ? { explode: false } : {}
    case "ssv":
      return { style: "spaceDelimited" }
    case "tsv":
      return { style: "tabDelimited" }
    case "pipes":
      return { style: "pipeDelimited" }
    case "multi":
      if (inQuery) return {}
  }
  report(where, "collectionFormat", `The format ${format} is not one that a parameter in ${place} can have; it is csv.`)
  return inQuery ? { explode: false } : {}
}

/** The keywords of a parameter or header of Swagger 2.0 that are those of a schema. */
const schemaKeywords: ReadonlyArray<string> = ["type", "format", "items", "enum", "default", "example", "x-nullable"]

const inlineSchema = (fields: Fields): Fields => {
  const schema = emptyRecord<unknown>()
  for (const keyword of schemaKeywords) if (fields[keyword] !== undefined) schema[keyword] = fields[keyword]
  return schema
}

/** The shape and the media type of a parameter or header, which is described by a schema, by content, or by keywords of its own. */
const valueOf = (
  reader: Reader,
  { node, pointer, scope }: Found | (Place & { readonly node: Fields }),
  problems: Problems
): { readonly shape: Shape; readonly content?: string } => {
  if (node.schema !== undefined && node.schema !== null) {
    return { shape: readShape(reader, { scope, node: node.schema, pointer: at(pointer, "schema") }) }
  }
  const content = fieldsIn(node, "content", { scope, pointer, problems })
  for (const type of Object.keys(content)) {
    const place: Place = { scope, node: content[type], pointer: at(at(pointer, "content"), type) }
    const { shape } = readMediaType(reader, place, problems)
    return { content: type, shape: shape ?? { pointer } }
  }
  return { shape: readShape(reader, { scope, node: inlineSchema(node), pointer }) }
}

const readParameter = (
  reader: Reader,
  found: Found,
  place: DocumentParameter["in"],
  problems: Problems
): DocumentParameter => {
  const { node, pointer, scope } = found
  const where: Where = { scope, pointer, problems }
  const { content, shape } = valueOf(reader, found, problems)
  const isOld = node.schema === undefined && content === undefined && node.collectionFormat !== undefined
  const parameter: Draft<DocumentParameter> = {
    name: found.name,
    in: place,
    required: place === "path" || flagIn(node, "required", where),
    shape,
    ...(content !== undefined
      ? { content }
      : reader.specification === "2.0" || isOld
        ? collectionOf(node, place, where)
        : serializationOf(node, stylesOf(place), where)),
    pointer
  }
  const description = found.description ?? textIn(node, "description", where)
  if (description !== undefined) parameter.description = description
  if (flagIn(node, "deprecated", where)) parameter.deprecated = true
  return parameter
}

/** The names in braces of a path. */
const namesOf = (path: string): ReadonlySet<string> =>
  new Set([...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!))

const readEncoding = (fields: Fields, where: Where): Encoding => {
  const contentType = textIn(fields, "contentType", where)
  const hasStyle = fields.style !== undefined || fields.explode !== undefined || fields.allowReserved !== undefined
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(hasStyle ? serializationOf(fields, stylesOf("query"), where) : {})
  }
}

const readEncodings = (fields: Fields, where: Where): Readonly<Record<string, Encoding>> | undefined => {
  const described = fieldsIn(fields, "encoding", where)
  const encodings = emptyRecord<Encoding>()
  for (const name of Object.keys(described)) {
    const encoding = described[name]
    const own: Where = { ...where, pointer: at(at(where.pointer, "encoding"), name) }
    if (isFields(encoding)) encodings[name] = readEncoding(encoding, own)
    else report(own, "", `An encoding must be an object, and is ${typeOf(encoding)}; it is left out.`)
  }
  return Object.keys(encodings).length === 0 ? undefined : encodings
}

const readMediaType = (reader: Reader, written: Place, problems: Problems): DocumentMediaType => {
  const place = dereference(reader, written, problems)
  if (place === undefined || place.node === null) return {}
  const { node, pointer, scope } = place
  if (!isFields(node)) {
    problems.push(
      problemAt(scope, pointer, `A media type must be an object, and is ${typeOf(node)}; its content is any value.`)
    )
    return {}
  }
  const media: Draft<DocumentMediaType> = {}
  if (node.schema !== undefined && node.schema !== null) {
    media.shape = readShape(reader, { scope, node: node.schema, pointer: at(pointer, "schema") })
  }
  if (node.itemSchema !== undefined && node.itemSchema !== null) {
    media.items = readShape(reader, { scope, node: node.itemSchema, pointer: at(pointer, "itemSchema") })
  }
  const encoding = readEncodings(node, { scope, pointer, problems })
  if (encoding !== undefined) media.encoding = encoding
  return media
}

const readContent = (reader: Reader, fields: Fields, where: Where): ReadonlyMap<string, DocumentMediaType> => {
  const described = fieldsIn(fields, "content", where)
  const content = new Map<string, DocumentMediaType>()
  for (const type of Object.keys(described)) {
    if (type.startsWith("x-")) continue
    const place: Place = { scope: where.scope, node: described[type], pointer: at(at(where.pointer, "content"), type) }
    content.set(type, readMediaType(reader, place, where.problems))
  }
  return content
}

/** Reads the `requestBody` of OpenAPI 3. */
const readRequestBody = (
  reader: Reader,
  { node: { requestBody }, pointer: outer, scope }: OperationPlace,
  problems: Problems
): DocumentBody | undefined => {
  if (requestBody === undefined || requestBody === null) return undefined
  const place = dereference(reader, { scope, node: requestBody, pointer: at(outer, "requestBody") }, problems)
  if (place === undefined) return undefined
  const { node, pointer } = place
  const where: Where = { scope: place.scope, pointer, problems }
  if (!isFields(node)) {
    report(where, "", `A request body must be an object, and is ${typeOf(node)}; it is left out.`)
    return undefined
  }
  const content = readContent(reader, node, where)
  if (content.size === 0) {
    report(where, "", "A request body must have `content` with a media type; it is left out.")
    return undefined
  }
  const beside = isFields(requestBody) && requestBody !== node ? requestBody.description : undefined
  const description = typeof beside === "string" ? beside : textIn(node, "description", where)
  return {
    required: flagIn(node, "required", where),
    content,
    pointer,
    ...(description === undefined ? {} : { description })
  }
}

/** The media types of Swagger 2.0 that an operation, or else the document, lists. */
const mediaTypesOf = (
  reader: Reader,
  { node, pointer, scope }: OperationPlace,
  field: "consumes" | "produces",
  problems: Problems
): ReadonlyArray<string> => {
  if (Array.isArray(node[field])) return textsIn(node, field, { scope, pointer, problems })
  const { root } = reader.root
  return isFields(root) ? textsIn(root, field, { scope: reader.root, pointer: "", problems }) : []
}

const json: ReadonlyArray<string> = ["application/json"]

const isForm = (type: string): boolean => /^(?:multipart\/|application\/x-www-form-urlencoded)/i.test(type)

/** Reads the `body` parameter of Swagger 2.0. */
const readBodyParameter = (
  reader: Reader,
  operation: OperationPlace,
  { description, name, node, pointer, scope }: Found,
  problems: Problems
): DocumentBody => {
  const where: Where = { scope, pointer, problems }
  const types = mediaTypesOf(reader, operation, "consumes", problems)
  const shape =
    node.schema === undefined || node.schema === null
      ? undefined
      : readShape(reader, { scope, node: node.schema, pointer: at(pointer, "schema") })
  if (shape === undefined) report(where, "", "A body parameter must have a `schema`; its value is any.")
  const media: DocumentMediaType = shape === undefined ? {} : { shape }
  const text = description ?? textIn(node, "description", where)
  return {
    required: flagIn(node, "required", where),
    content: new Map((types.length === 0 ? json : types).map((type) => [type, media])),
    pointer,
    name,
    ...(text === undefined ? {} : { description: text })
  }
}

/** Reads the `formData` parameters of Swagger 2.0 to the body that they make. */
const readForm = (
  reader: Reader,
  operation: OperationPlace,
  fields: ReadonlyArray<Found>,
  problems: Problems
): DocumentBody => {
  const properties = emptyRecord<Ref>()
  const encoding = emptyRecord<Encoding>()
  const required: Array<string> = []
  for (const field of fields) {
    const { name, node, pointer, scope } = field
    const where: Where = { scope, pointer, problems }
    const ref = readRef(reader, { scope, node: inlineSchema(node), pointer })
    const description = field.description ?? textIn(node, "description", where)
    properties[name] = description === undefined || typeof ref === "function" ? ref : { ...ref, description }
    if (flagIn(node, "required", where)) required.push(name)
    const serialization = collectionOf(node, "formData", where)
    if (Object.keys(serialization).length > 0) encoding[name] = serialization
  }
  const pointer = at(operation.pointer, "parameters")
  const shape: Shape = { type: "object", properties, ...(required.length === 0 ? {} : { required }), pointer }
  const media: DocumentMediaType = { shape, ...(Object.keys(encoding).length === 0 ? {} : { encoding }) }
  const hasFile = fields.some(({ node }) => node.type === "file")
  const listed = mediaTypesOf(reader, operation, "consumes", problems).filter(
    (type) => isForm(type) && !(hasFile && !type.toLowerCase().startsWith("multipart/"))
  )
  const types = listed.length > 0 ? listed : [hasFile ? "multipart/form-data" : "application/x-www-form-urlencoded"]
  return { required: required.length > 0, content: new Map(types.map((type) => [type, media])), pointer }
}

const hasNoBody = (method: string): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS"

const readBody = (
  reader: Reader,
  operation: OperationPlace,
  parameters: ReadonlyArray<Found>,
  problems: Problems
): DocumentBody | undefined => {
  const found = parameters.find((parameter) => parameter.in === "body")
  const fields = parameters.filter((parameter) => parameter.in === "formData")
  const written = readRequestBody(reader, operation, problems)
  const body =
    written ??
    (found === undefined
      ? fields.length === 0
        ? undefined
        : readForm(reader, operation, fields, problems)
      : readBodyParameter(reader, operation, found, problems))
  if (body === undefined || !hasNoBody(operation.method)) return body
  problems.push(
    problemAt(
      operation.scope,
      operation.pointer,
      `A ${operation.method} request has no body (RFC 9110, 9.3.1); that of this operation is left out.`
    )
  )
  return undefined
}

const readHeaders = (reader: Reader, fields: Fields, where: Where): DocumentResponse["headers"] => {
  const described = fieldsIn(fields, "headers", where)
  const headers = new Map<string, { readonly description?: string | undefined; readonly shape: Shape }>()
  for (const name of Object.keys(described)) {
    const written: Place = {
      scope: where.scope,
      node: described[name],
      pointer: at(at(where.pointer, "headers"), name)
    }
    const place = dereference(reader, written, where.problems)
    if (place === undefined) continue
    const { node, pointer, scope } = place
    if (!isFields(node)) {
      where.problems.push(
        problemAt(scope, pointer, `A header must be an object, and is ${typeOf(node)}; it is left out.`)
      )
      continue
    }
    const description = textIn(node, "description", { scope, pointer, problems: where.problems })
    const { shape } = valueOf(reader, { scope, node, pointer }, where.problems)
    headers.set(name.toLowerCase(), { ...(description === undefined ? {} : { description }), shape })
  }
  return headers
}

const readResponse = (
  reader: Reader,
  operation: OperationPlace,
  place: Place & { readonly node: Fields },
  problems: Problems
): DocumentResponse => {
  const { node, pointer, scope } = place
  const where: Where = { scope, pointer, problems }
  const description = textIn(node, "description", where)
  const content = new Map(readContent(reader, node, where))
  if (content.size === 0 && node.schema !== undefined && node.schema !== null) {
    const shape = readShape(reader, { scope, node: node.schema, pointer: at(pointer, "schema") })
    const types = mediaTypesOf(reader, operation, "produces", problems)
    for (const type of types.length === 0 ? json : types) content.set(type, { shape })
  }
  return {
    ...(description === undefined ? {} : { description }),
    headers: readHeaders(reader, node, where),
    content,
    pointer
  }
}

const readResponses = (
  reader: Reader,
  operation: OperationPlace,
  problems: Problems
): ReadonlyMap<string, DocumentResponse> => {
  const { node, pointer, scope } = operation
  const where: Where = { scope, pointer, problems }
  const described = fieldsIn(node, "responses", where)
  const responses = new Map<string, DocumentResponse>()
  for (const key of Object.keys(described)) {
    if (key.startsWith("x-")) continue
    const status = key.toLowerCase() === "default" ? "default" : key.toUpperCase()
    const written: Place = { scope, node: described[key], pointer: at(at(pointer, "responses"), key) }
    if (status !== "default" && !/^[1-5](?:\d\d|XX)$/.test(status)) {
      problems.push(
        problemAt(
          scope,
          written.pointer,
          `${JSON.stringify(key)} is not a status, such as 200, 2XX or default; the response is left out.`
        )
      )
      continue
    }
    const place = dereference(reader, written, problems)
    if (place === undefined || place.node === null) {
      responses.set(status, { headers: new Map(), content: new Map(), pointer: written.pointer })
      continue
    }
    const fields = place.node
    if (!isFields(fields)) {
      problems.push(
        problemAt(
          place.scope,
          place.pointer,
          `A response must be an object, and is ${typeOf(fields)}; it has no content.`
        )
      )
      responses.set(status, { headers: new Map(), content: new Map(), pointer: written.pointer })
      continue
    }
    responses.set(status, readResponse(reader, operation, { ...place, node: fields }, problems))
  }
  const isRequired = reader.specification === "2.0" || reader.specification === "3.0"
  if (responses.size === 0 && isRequired) problems.push(problemAt(scope, pointer, "The operation has no responses."))
  return responses
}

/** The parameters of the path and of the operation. Each name in the path has one. */
const readParameters = (
  reader: Reader,
  operation: OperationPlace,
  found: ReadonlyArray<Found>,
  problems: Problems
): ReadonlyArray<DocumentParameter> => {
  const names = namesOf(operation.path)
  const parameters: Array<DocumentParameter> = []
  const described = new Set<string>()
  for (const one of found) {
    if (!isPlace(one.in)) continue
    if (one.in === "path") {
      if (!names.has(one.name)) {
        problems.push(
          problemAt(one.scope, one.pointer, `The path ${operation.path} has no parameter ${one.name}; it is left out.`)
        )
        continue
      }
      described.add(one.name)
    }
    parameters.push(readParameter(reader, one, one.in, problems))
  }
  for (const name of names) {
    if (described.has(name)) continue
    problems.push(
      problemAt(
        operation.scope,
        operation.pointer,
        `Nothing describes the parameter ${name} of the path ${operation.path}; it is a text.`
      )
    )
    parameters.push({
      name,
      in: "path",
      required: true,
      shape: { type: "string", pointer: operation.pointer },
      pointer: operation.pointer
    })
  }
  return parameters
}

/** Reads the details of an operation, each when it is first asked for: names of many operations may depend on their responses alone. */
export const readDetails = (reader: Reader, operation: OperationPlace): OperationDetails => {
  const described = lazy(() => {
    const problems: Problems = []
    const found = mergeParameters(
      listParameters(reader, operation.item, problems),
      listParameters(reader, operation, problems)
    )
    const parameters = readParameters(reader, operation, found, problems)
    return { parameters, body: readBody(reader, operation, found, problems), problems }
  })
  const returned = lazy(() => {
    const problems: Problems = []
    return { responses: readResponses(reader, operation, problems), problems }
  })
  return {
    get parameters() {
      return described().parameters
    },
    get body() {
      return described().body
    },
    get responses() {
      return returned().responses
    },
    get problems() {
      return [...described().problems, ...returned().problems]
    }
  }
}
