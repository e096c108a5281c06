import type { Document } from "effect-herald/spec"
import { usage } from "../Failure.js"
import { didYouMean } from "../nearest.js"
import { quoted } from "../values.js"

/**
 * Returns the base URL of a document: its first server, with the values of its variables. A relative URL is resolved against the URL that
 * the document was read from (OpenAPI 3.1, 4.8.5.1).
 */
export const serverUrl = (document: Document.Document, variables: ReadonlyMap<string, string>): string => {
  const [server] = document.servers
  const advice = "Give --base-url, or set HERALD_BASE_URL."
  if (server === undefined) throw usage("The document names no server.", advice)
  for (const [name, value] of variables) {
    const variable = server.variables.get(name)
    if (variable === undefined) {
      const names = [...server.variables.keys()]
      throw usage(
        `The server of the document has no variable ${quoted(name)}.${didYouMean(name, names, quoted)}`,
        `Server: ${server.url}`
      )
    }
    if (variable.enum !== undefined && variable.enum.length > 0 && !variable.enum.includes(value)) {
      throw usage(
        `--server-var ${name} can't be ${quoted(value)}.${didYouMean(value, variable.enum, quoted)}`,
        `Values: ${variable.enum.join(", ")}`
      )
    }
  }
  const text = server.url.replace(
    /\{([^{}]*)\}/g,
    (whole, name: string) => variables.get(name) ?? server.variables.get(name)?.default ?? whole
  )
  const base = document.source !== undefined && /^https?:/i.test(document.source) ? document.source : undefined
  if (!URL.canParse(text, base)) throw usage(`The server of the document is no whole URL: ${quoted(text)}.`, advice)
  const url = new URL(text, base)
  url.search = ""
  url.hash = ""
  return url.href
}

/** Parses `--server-var NAME=VALUE`. */
export const serverVariables = (texts: ReadonlyArray<string>): ReadonlyMap<string, string> =>
  new Map(
    texts.map((text) => {
      const equals = text.indexOf("=")
      if (equals < 1) throw usage(`--server-var must be NAME=VALUE, not ${quoted(text)}.`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    })
  )

/** Parses `--header NAME:VALUE`. */
export const headersOf = (texts: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(":")
      // The text may hold a secret: it is not repeated.
      if (colon < 1) throw usage("--header must be NAME:VALUE.")
      return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()]
    })
  )
