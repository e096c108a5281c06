import type { Authoriser } from "../../Authoriser.js"
import { none } from "../../Credentials.js"

/**
 * Makes the function that returns the authoriser of an endpoint's calls (`CompiledEndpoint.authoriserOf`) for an endpoint that must not
 * receive credentials.
 */
export const withoutCredentials = (): ((authoriser: Authoriser) => Authoriser) => {
  // One for each API, since the templates of its requests are remembered by it.
  const derived = new WeakMap<Authoriser, Authoriser>()
  return (api) => {
    if (api.credentials === none) return api
    const known = derived.get(api)
    if (known !== undefined) return known
    const made = { ...api, credentials: none }
    derived.set(api, made)
    return made
  }
}
