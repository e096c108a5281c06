import type { Document, Server } from "./model.js"
import { toUrl } from "../http/toUrl.js"

/** Returns the URL of a server with values for its variables. Those without a value have their default; unknown ones are kept. */
export const serverUrl = (server: Server, values: Readonly<Record<string, string | undefined>> = {}): string =>
  server.url.replace(
    /\{([^{}]*)\}/g,
    (whole, name: string) =>
      (Object.hasOwn(values, name) ? values[name] : undefined) ?? server.variables.get(name)?.default ?? whole
  )

/** Resolves the URL of a server against that of the document (OpenAPI 3.1, 4.8.5.1). A relative one stays so if the document is no URL. */
export const absoluteUrl = ({ source }: Pick<Document, "source">, url: string): string => {
  const base = source === undefined ? undefined : toUrl(source)
  if (base === undefined || !/^https?:$/.test(base.protocol)) return url
  // A URL that can't be parsed is reported where it is used.
  return toUrl(url, base)?.href ?? url
}
