import * as Either from "effect/Either"
import type { Authoriser } from "../../Authoriser.js"
import type { CompiledEndpoint } from "./CompiledEndpoint.js"
import { parseUrl } from "./verbTarget.js"
import { toUrl } from "../http/toUrl.js"

/**
 * Returns an endpoint whose path and query are those of a URL from a response, if the response has one. It keeps its name and its
 * template. A URL that requests must not be sent to is a problem of the endpoint.
 */
export const atUrl = (endpoint: CompiledEndpoint, url: string | undefined, api: Authoriser): CompiledEndpoint => {
  const refuse = (message: string): CompiledEndpoint => ({ ...endpoint, problems: [{ path: ["target"], message }] })
  if (url === undefined) return refuse("is missing: the response has no Location header")
  const parsed = toUrl(url)
  if (parsed === undefined) return refuse("is not a URL")
  const target = parseUrl(parsed, (endpoint.authoriserOf?.(api) ?? api).baseUrl)
  if (Either.isLeft(target)) return { ...endpoint, problems: target.left }
  const { fromOrigin, query, segments } = target.right
  return { ...endpoint, fromOrigin, query, segments, encodePath: undefined, encodeQuery: undefined }
}
