import * as Verbs from "../../src/Verbs.js"
import { Authoriser } from "./Authoriser.js"

/**
 * The verbs of the site API, for requests that no operation describes. A path is a template, with its parameters in `path` and
 * the query apart, so that a value can change neither. Integers beyond the safe ones are a `bigint`, in both directions. See
 * `effect-herald`'s `Verbs` for the options.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const tag = (name: string) => Site.verbs.get("/bot/tags/{name}", { path: { name } })
 *
 * const roles = Site.verbs.get("/bot/roles").pipe(
 *   Effect.catchTag("ServerError", ({ body, status }) => Effect.die(`${status}: ${body}`))
 * )
 * ```
 */
export const verbs = Verbs.make(Authoriser)
