import type { OAuthFlow, SecurityScheme } from "./model.js"
import { arrayIn, fieldsIn, report, textIn, type Where } from "./fields.js"
import { emptyRecord, type Fields, isFields, typeOf } from "./node.js"
import { at } from "../jsonPointer.js"
import type { Place, Reader } from "./reader.js"
import { dereference } from "./references.js"

/** Reads `security`: the alternatives, each the names of the schemes that apply together. Undefined if there is none. */
export const readSecurity = (
  fields: Fields,
  schemes: ReadonlySet<string>,
  where: Where
): ReadonlyArray<ReadonlyArray<string>> | undefined => {
  if (!Array.isArray(fields.security)) {
    arrayIn(fields, "security", where)
    return undefined
  }
  return arrayIn(fields, "security", where).flatMap((requirement, index) => {
    const own: Where = { ...where, pointer: at(at(where.pointer, "security"), index) }
    if (!isFields(requirement)) {
      report(own, "", `A security requirement must be an object, and is ${typeOf(requirement)}; it is left out.`)
      return []
    }
    const names = Object.keys(requirement)
    for (const name of names) {
      if (!schemes.has(name)) report(own, name, `There is no security scheme ${JSON.stringify(name)}.`)
    }
    return [names]
  })
}

/** The names of OpenAPI 3 for the flows of Swagger 2.0. */
const flowName = (flow: string): string => {
  if (flow === "application") return "clientCredentials"
  return flow === "accessCode" ? "authorizationCode" : flow
}

const readFlow = (fields: Fields, where: Where): OAuthFlow => {
  const flow: { -readonly [Key in keyof OAuthFlow]: OAuthFlow[Key] } = {
    scopes: Object.keys(fieldsIn(fields, "scopes", where))
  }
  const authorizationUrl = textIn(fields, "authorizationUrl", where)
  if (authorizationUrl !== undefined) flow.authorizationUrl = authorizationUrl
  const deviceAuthorizationUrl = textIn(fields, "deviceAuthorizationUrl", where)
  if (deviceAuthorizationUrl !== undefined) flow.deviceAuthorizationUrl = deviceAuthorizationUrl
  const tokenUrl = textIn(fields, "tokenUrl", where)
  if (tokenUrl !== undefined) flow.tokenUrl = tokenUrl
  const refreshUrl = textIn(fields, "refreshUrl", where)
  if (refreshUrl !== undefined) flow.refreshUrl = refreshUrl
  return flow
}

const readFlows = (fields: Fields, where: Where): Readonly<Record<string, OAuthFlow>> => {
  const flows = emptyRecord<OAuthFlow>()
  // Swagger 2.0 has one flow, whose fields are those of the scheme.
  if (typeof fields.flow === "string") {
    flows[flowName(fields.flow)] = readFlow(fields, where)
    return flows
  }
  const described = fieldsIn(fields, "flows", where)
  for (const name of Object.keys(described)) {
    const flow = described[name]
    const own: Where = { ...where, pointer: at(at(where.pointer, "flows"), name) }
    if (isFields(flow)) flows[name] = readFlow(flow, own)
    else if (!name.startsWith("x-"))
      report(own, "", `A flow must be an object, and is ${typeOf(flow)}; it is left out.`)
  }
  return flows
}

/** Reads a security scheme. Undefined, with a problem, if it is none that the specifications have. */
const readScheme = (reader: Reader, name: string, place: Place, where: Where): SecurityScheme | undefined => {
  const found = dereference(reader, place, where.problems)
  if (found === undefined) return undefined
  const own: Where = { scope: found.scope, pointer: found.pointer, problems: where.problems }
  const leaveOut = (reason: string): undefined => {
    report(own, "", `The security scheme ${JSON.stringify(name)} ${reason}; it is left out.`)
  }
  const fields = found.node
  if (!isFields(fields)) return leaveOut(`must be an object, and is ${typeOf(fields)}`)
  const description = textIn(fields, "description", own)
  const documented = description === undefined ? {} : { description }
  const type = textIn(fields, "type", own)
  switch (type) {
    case "basic":
      return { ...documented, type: "http", scheme: "basic" }
    case "apiKey": {
      const [sent, place] = [textIn(fields, "name", own), textIn(fields, "in", own)]
      if (sent === undefined || sent === "")
        return leaveOut("has no `name`, which is that of its header, query parameter or cookie")
      if (place !== "header" && place !== "query" && place !== "cookie")
        return leaveOut("must have an `in` of header, query or cookie")
      return { ...documented, type, in: place, name: sent }
    }
    case "http": {
      const scheme = textIn(fields, "scheme", own)
      if (scheme === undefined) return leaveOut("has no `scheme`, such as bearer")
      const bearerFormat = textIn(fields, "bearerFormat", own)
      return {
        ...documented,
        type,
        scheme: scheme.toLowerCase(),
        ...(bearerFormat === undefined ? {} : { bearerFormat })
      }
    }
    case "oauth2":
      return { ...documented, type, flows: readFlows(fields, own) }
    case "openIdConnect": {
      const url = textIn(fields, "openIdConnectUrl", own)
      return url === undefined ? leaveOut("has no `openIdConnectUrl`") : { ...documented, type, url }
    }
    case "mutualTLS":
      return { ...documented, type }
    default:
      return leaveOut(type === undefined ? "has no `type`" : `has the type ${JSON.stringify(type)}, which is unknown`)
  }
}

/** Reads the security schemes, which `fields` has by name. */
export const readSchemes = (reader: Reader, fields: Fields, where: Where): ReadonlyMap<string, SecurityScheme> => {
  const schemes = new Map<string, SecurityScheme>()
  for (const name of Object.keys(fields)) {
    if (name.startsWith("x-") && !isFields(fields[name])) continue
    const place: Place = { scope: where.scope, node: fields[name], pointer: at(where.pointer, name) }
    const scheme = readScheme(reader, name, place, where)
    if (scheme !== undefined) schemes.set(name, scheme)
  }
  return schemes
}
