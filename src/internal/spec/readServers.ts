import type { Server } from "./model.js"
import { toUrl } from "../http/toUrl.js"
import { arrayIn, fieldsIn, report, textIn, textsIn, type Where } from "./fields.js"
import { isWeb } from "./locations.js"
import { type Fields, isFields, typeOf } from "./node.js"
import { at } from "../jsonPointer.js"
import type { Scope } from "./reader.js"

/** The URL of the document itself, if it was read from the web. */
const documentUrl = ({ file: { location } }: Scope): string | undefined =>
  location !== undefined && isWeb(location) ? location : undefined

/** Resolves the URL of a server against the document's own URL (OpenAPI 3.1, 4.8.5). Keeps the braces of variables. */
const absolute = (url: string, scope: Scope): string => {
  const base = documentUrl(scope)
  if (base === undefined || /^[a-z][a-z\d+.-]*:|^\{/i.test(url)) return url
  const resolved = toUrl(url, base)
  return resolved === undefined ? url : resolved.href.replaceAll("%7B", "{").replaceAll("%7D", "}")
}

const noVariables: Server["variables"] = /*#__PURE__*/ new Map()

/** Reads the variables of a server. Those that nothing describes are reported. */
const variablesOf = (fields: Fields, url: string, where: Where): Server["variables"] => {
  const described = fieldsIn(fields, "variables", where)
  const names = [...new Set([...url.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!))]
  if (names.length === 0) return noVariables
  const inVariables: Where = { ...where, pointer: at(where.pointer, "variables") }
  return new Map(
    names.map((name) => {
      const variable = Object.hasOwn(described, name) ? described[name] : undefined
      const own: Where = { ...inVariables, pointer: at(inVariables.pointer, name) }
      if (!isFields(variable)) {
        report(where, "", `Nothing describes the variable ${name} of the server ${url}; its default is empty.`)
        return [name, { default: "" }]
      }
      const values = textsIn(variable, "enum", own)
      const fallback = textIn(variable, "default", own)
      if (fallback === undefined) {
        report(own, "", `The server variable ${name} has no default; it is ${values[0] ?? "empty"}.`)
      }
      return [
        name,
        {
          default: fallback ?? values[0] ?? "",
          ...(values.length === 0 ? {} : { enum: values }),
          description: textIn(variable, "description", own)
        }
      ]
    })
  )
}

/** Reads `servers`. Undefined if there are none. */
export const readServers = (fields: Fields, where: Where): ReadonlyArray<Server> | undefined => {
  const servers = arrayIn(fields, "servers", where).flatMap((server, index): ReadonlyArray<Server> => {
    const own: Where = { ...where, pointer: at(at(where.pointer, "servers"), index) }
    if (!isFields(server)) {
      report(own, "", `A server must be an object, and is ${typeOf(server)}; it is left out.`)
      return []
    }
    const url = textIn(server, "url", own)
    if (url === undefined) {
      report(own, "", "A server must have a `url`; it is left out.")
      return []
    }
    const text = url.trim()
    return [
      {
        url: absolute(text, where.scope),
        description: textIn(server, "description", own),
        variables: variablesOf(server, text, own)
      }
    ]
  })
  return servers.length === 0 ? undefined : servers
}

/** The server of a document that has none: `/`, relative to the document's own URL (OpenAPI 3.1, 4.8.1). */
export const defaultServers = (scope: Scope): ReadonlyArray<Server> => [
  { url: absolute("/", scope), variables: noVariables }
]

/** Reads `schemes`, `host` and `basePath` of Swagger 2.0. Schemes of an operation replace those of the document. `https` comes first. */
export const readHost = (document: Fields, fields: Fields, where: Where): ReadonlyArray<Server> => {
  const source = documentUrl(where.scope)
  const own = source === undefined ? undefined : toUrl(source)
  const text = textIn(document, "host", where)?.trim()
  const host = text?.replace(/^[a-z][a-z\d+.-]*:\/\//i, "").replace(/\/+$/, "")
  if (text !== host)
    report(where, "host", `The host ${text} must have no scheme and no slash at its end; it is read as ${host}.`)
  const path = textIn(document, "basePath", where)?.trim().replace(/\/+$/, "") ?? ""
  const basePath = path === "" || path.startsWith("/") ? path : `/${path}`
  const name = host === undefined || host === "" ? own?.host : host
  if (name === undefined) return [{ url: basePath === "" ? "/" : basePath, variables: noVariables }]
  const listed = textsIn(fields, "schemes", where).filter((scheme) => scheme === "https" || scheme === "http")
  const schemes = listed.length > 0 ? listed : [own?.protocol.replace(":", "") ?? "https"]
  return [...new Set(schemes)]
    .sort((one, other) => other.length - one.length)
    .map((scheme) => ({ url: `${scheme}://${name}${basePath}`, variables: noVariables }))
}
