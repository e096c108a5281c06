import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import type { Document, Server } from "./model.js"
import { listNames, unknownName } from "../descriptor/names.js"
import { toUrl } from "../http/toUrl.js"
import { oneLine } from "./prose.js"
import { absoluteUrl, serverUrl } from "./serverUrl.js"

type Checked<A> = Either.Either<A, ConfigError.ConfigError>

const invalid = (path: ReadonlyArray<string>, message: string): Checked<never> =>
  Either.left(ConfigError.InvalidData([...path], message))

const shown = ({ description, url }: Server, index: number): string =>
  `${index}: ${oneLine(url, 200)}${description === undefined ? "" : ` (${oneLine(description, 60)})`}`

const listServers = (servers: ReadonlyArray<Server>): string =>
  `the servers of the document are ${servers.slice(0, 20).map(shown).join(", ")}`

/** Finds a server by its index, its URL, or its description. Default: the first one. */
const find = (document: Pick<Document, "servers" | "source">, server: number | string | undefined): Checked<Server> => {
  const { servers } = document
  if (servers.length === 0) {
    return invalid(["baseUrl"], "must be set, since the document names no servers")
  }
  if (server === undefined) return Either.right(servers[0]!)
  const found =
    typeof server === "number"
      ? servers[server]
      : (servers.find(({ url }) => url === server || url === absoluteUrl(document, server)) ??
        servers.find(({ description }) => description !== undefined && description === server))
  return found === undefined
    ? invalid(["server"], `must be the index, URL or description of a server: ${listServers(servers)}`)
    : Either.right(found)
}

/** Checks the values of the variables of a server (OpenAPI 3.1, 4.8.6). */
const checkVariables = (server: Server, values: Readonly<Record<string, unknown>>): Checked<void> => {
  const names = Array.from(server.variables.keys())
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const variable = server.variables.get(name)
    const path = ["variables", name]
    if (variable === undefined) {
      return invalid(path, unknownName(name, names, `a variable of the server ${oneLine(server.url, 200)}`))
    }
    if (typeof value !== "string") return invalid(path, "must be a text")
    if (variable.enum !== undefined && !variable.enum.includes(value)) {
      return invalid(path, `must be one of ${listNames(variable.enum)}`)
    }
  }
  return Either.void
}

/**
 * Returns the base URL of an API from the servers of its document. Fails with a `ConfigError` that lists the servers or variables, if an
 * option names one that is not there.
 */
export const selectServer = (
  document: Pick<Document, "servers" | "source">,
  selected: number | string | undefined,
  variables: Readonly<Record<string, string>> = {}
): Checked<string> =>
  Either.flatMap(find(document, selected), (server) =>
    Either.flatMap(checkVariables(server, variables), () => {
      // The reader gives an empty default to a variable that nothing describes.
      const missing = Array.from(server.variables).find(
        ([name, { default: fallback, description, enum: values }]) =>
          variables[name] === undefined && fallback === "" && description === undefined && values === undefined
      )
      if (missing !== undefined) {
        return invalid(
          ["variables", missing[0]],
          `must be set, since the server ${oneLine(server.url, 200)} has no default for it`
        )
      }
      const filled = serverUrl(server, variables)
      const url = toUrl(absoluteUrl(document, filled))
      if (url === undefined) {
        return invalid(
          ["baseUrl"],
          `must be set, since the server ${oneLine(filled, 200)} is relative and the document was not read from a URL`
        )
      }
      // A base URL has neither. Documents have them by mistake.
      url.search = ""
      url.hash = ""
      return Either.right(url.href)
    })
  )

/** Returns the origins of servers that operations have of their own, without that of the base URL. */
export const otherOrigins = (document: Document, baseUrl: string | URL): ReadonlyArray<string> => {
  const own = toUrl(baseUrl)?.origin
  const servers = document.operations.flatMap(({ servers = [] }) => servers.slice(0, 1))
  const urls = servers.map((server) => toUrl(absoluteUrl(document, serverUrl(server))))
  const origins = urls.flatMap((url) => (url === undefined || !/^https?:$/.test(url.protocol) ? [] : [url.origin]))
  return Array.from(new Set(origins)).filter((origin) => origin !== own)
}
