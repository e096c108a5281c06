import { type Fields, isFields, showValue, typeOf } from "./node.js"

const tail = "This reads Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2, as JSON or YAML"

/** Describes a text that is known to be neither JSON nor YAML by how it starts; undefined for any other. */
export const describeText = (text: string): string | undefined => {
  const start = text.trimStart().slice(0, 1000)
  if (start === "") return `an empty text: the file is empty, or the server sent nothing. ${tail}`
  if (/^<(?:!doctype html|html|head|body)\b/i.test(start)) {
    return `HTML: give the address of the document itself, not of a page that shows it, and check that it needs no sign-in. ${tail}`
  }
  if (/^<\?xml|^<(?:\w+:)?definitions\b/i.test(start) && /wsdl|definitions/i.test(start)) return `WSDL. ${tail}`
  if (start.startsWith("<")) return `XML. ${tail}`
  if (start.startsWith("#%RAML")) return `RAML: convert it to OpenAPI first. ${tail}`
  if (/^FORMAT:\s*1A/i.test(start)) return `API Blueprint: convert it to OpenAPI first. ${tail}`
  if (/^syntax\s*=|^package\s+[\w.]+;/.test(start)) return `a Protocol Buffers definition. ${tail}`
  if (/^(?:schema|type|scalar|interface|enum|input|union|directive)\s+[@\w{]/.test(start)) {
    return `a GraphQL schema. ${tail}`
  }
  return undefined
}

const describeFields = (json: Fields): string => {
  const { info } = json
  if (typeof json.swaggerVersion === "string" || (typeof json.swagger === "string" && json.swagger.startsWith("1."))) {
    return "a Swagger 1 document: convert it to OpenAPI 3 first"
  }
  if (
    isFields(info) &&
    (info._postman_id !== undefined || (typeof info.schema === "string" && info.schema.includes("getpostman.com")))
  ) {
    return "a Postman collection: convert it to OpenAPI first"
  }
  if (json.asyncapi !== undefined) return "an AsyncAPI document, which describes messages"
  if (json.overlay !== undefined)
    return "an OpenAPI Overlay: give it as a correction of the document that it belongs to"
  if (json.arazzo !== undefined)
    return "an Arazzo document: give one of the documents that its `sourceDescriptions` name"
  if (json.kind === "discovery#restDescription") return "a Google API Discovery document: convert it to OpenAPI first"
  if (json._type === "export") return "an Insomnia export: export it as OpenAPI"
  if (isFields(json.log) && "entries" in json.log) return "an HTTP archive (HAR), which describes exchanges"
  if (isFields(json.data) && "__schema" in json.data) return "the introspection of a GraphQL schema"
  if (json.openapi !== undefined)
    return `a document of OpenAPI ${showValue(json.openapi)}, which is not a version that is known`
  if (json.swagger !== undefined)
    return `a document of Swagger ${showValue(json.swagger)}, which is not a version that is known`
  if (json.$schema !== undefined || (json.type !== undefined && json.properties !== undefined)) {
    return "a JSON Schema: it describes values, but no operations"
  }
  const message = json.message ?? json.error ?? json.detail
  if (typeof message === "string")
    return `an object without \`openapi\` or \`swagger\`, which says ${JSON.stringify(message.slice(0, 200))}`
  const keys = Object.keys(json).slice(0, 5)
  return keys.length === 0
    ? "an empty object"
    : `an object without \`openapi\` or \`swagger\`; its fields are ${keys.map((key) => JSON.stringify(key.slice(0, 40))).join(", ")}`
}

/** Describes a value that is no document, by what it looks like. */
export const describeForeign = (json: unknown): string => {
  if (isFields(json)) return `${describeFields(json)}. ${tail}`
  return `${typeof json === "string" ? "a text without fields" : typeOf(json)}. ${tail}`
}
