import type { Authoriser } from "../../Authoriser.js"
import { none } from "../../Credentials.js"
import { credentialHeaders } from "../call/secrets.js"

const isOfCaller = (name: string): boolean => credentialHeaders.includes(name.toLowerCase())

/** Returns the API without credentials, those in its default headers included. */
const withoutThem = (api: Authoriser): Authoriser => {
  const headers = Object.entries(api.defaults.headers ?? {}).filter(([name]) => !isOfCaller(name))
  return { ...api, credentials: none, defaults: { ...api.defaults, headers: Object.fromEntries(headers) } }
}

/**
 * Makes the function that returns the authoriser of an endpoint's calls (`CompiledEndpoint.authoriserOf`) for an endpoint that must not
 * receive credentials.
 */
export const withoutCredentials = (): ((authoriser: Authoriser) => Authoriser) => {
  // One for each API, since the templates of its requests are remembered by it.
  const derived = new WeakMap<Authoriser, Authoriser>()
  return (api) => {
    if (api.credentials === none && !Object.keys(api.defaults.headers ?? {}).some(isOfCaller)) return api
    const known = derived.get(api)
    if (known !== undefined) return known
    const made = withoutThem(api)
    derived.set(api, made)
    return made
  }
}
