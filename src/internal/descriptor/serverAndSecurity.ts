import * as Either from "effect/Either"
import type { Authoriser } from "../../Authoriser.js"
import * as Credentials from "../../Credentials.js"
import type { Descriptor } from "./Descriptor.js"
import { hrefOf } from "../http/baseUrl.js"
import { toUrl } from "../http/toUrl.js"

/** Resolves a server against a base URL (RFC 3986, 5.2). Returns the reason if requests can't be sent to it. */
const resolve = (server: string, baseUrl: string | URL): Either.Either<URL, string> => {
  const url = server.isWellFormed() ? toUrl(server, baseUrl) : undefined
  if (url === undefined) return Either.left("is not a URL")
  if (url.protocol !== "https:" && url.protocol !== "http:") return Either.left("is not an http or https URL")
  if (url.username !== "" || url.password !== "") return Either.left("is a URL with a user name or password")
  url.search = ""
  url.hash = ""
  return Either.right(url)
}

/** Returns the reason why the server of an operation can't be used, if there is one. */
export const serverProblem = ({ server }: Pick<Descriptor, "server">): string | undefined => {
  if (server === undefined) return undefined
  const resolved = resolve(server, "https://api.example")
  return Either.isLeft(resolved) ? resolved.left : undefined
}

/** Default headers that are sent to every origin, since they reveal nothing about the API. */
const harmlessHeader = /^(?:accept|user-agent)$/i

/**
 * Makes the function that returns the authoriser of an operation with a server or security of its own (`CompiledEndpoint.authoriserOf`).
 * Undefined for an operation without.
 *
 * The credentials are those that the operation's security selects, and none where it has no security. They are sent to the base URL's
 * origin, and to the `trustedOrigins` of the API, as its default headers are. The state of another origin is its own.
 */
export const authoriserOf = ({
  security,
  server
}: Pick<Descriptor, "security" | "server">): ((authoriser: Authoriser) => Authoriser) | undefined => {
  if (security === undefined && server === undefined) return undefined
  const isOpen = security?.every((names) => names.length === 0) === true

  const derive = (api: Authoriser): Authoriser => {
    const { baseUrl: apiUrl, defaults, originState } = api
    const resolved = server === undefined ? Either.right(apiUrl) : resolve(server, apiUrl)
    // `serverProblem` is a problem of the endpoint, which no request is sent for.
    const baseUrl = Either.getOrElse(resolved, () => apiUrl)
    const foreign = baseUrl.origin !== apiUrl.origin
    const trusted = !foreign || defaults.trustedOrigins?.includes(baseUrl.origin) === true
    const credentials =
      isOpen || !trusted
        ? Credentials.none
        : security === undefined
          ? api.credentials
          : (api.credentials.forSecurity?.(security) ?? api.credentials)
    if (hrefOf(baseUrl) === hrefOf(apiUrl) && credentials === api.credentials) return api
    const headers = Object.entries(defaults.headers ?? {}).filter(([name]) => harmlessHeader.test(name))
    return {
      ...api,
      baseUrl,
      credentials,
      ...(foreign && { origin: originState(baseUrl.origin) }),
      ...(!trusted && { defaults: { ...defaults, traceContext: false, headers: Object.fromEntries(headers) } })
    }
  }

  const derived = new WeakMap<Authoriser, Authoriser>()
  return (api) => {
    const known = derived.get(api)
    if (known !== undefined) return known
    const made = derive(api)
    derived.set(api, made)
    derived.set(made, made)
    return made
  }
}
