import * as Predicate from "effect/Predicate"
import * as Verbs from "../../src/Verbs.js"
import { Authoriser } from "./Authoriser.js"
import { withNotFound } from "./endpoints/errors.js"

/** Removes slashes at the end of a path. The server has no route that ends with one. */
const withoutTrailingSlash = (target: unknown): unknown =>
  Predicate.isString(target) ? target.replace(/^([^?]*?)\/+(?=$|\?)/, "$1") : target

const make = (): Verbs.Verbs<Authoriser> => {
  const all = Verbs.make(Authoriser)
  const errors = withNotFound()
  type Loose = (target: unknown, options?: unknown) => unknown
  const adapt =
    (verb: Loose): Loose =>
    (target, options = {}) =>
      verb(withoutTrailingSlash(target), Predicate.isRecord(options) ? { errors, ...options } : options)
  const adaptVerb = (verb: { readonly withResponse: unknown }) =>
    // A verb takes any arguments at run time.
    Object.assign(adapt(verb as unknown as Loose), { withResponse: adapt(verb.withResponse as Loose) })
  // The types of the verbs stay as they are.
  return {
    get: adaptVerb(all.get),
    post: adaptVerb(all.post),
    put: adaptVerb(all.put),
    patch: adaptVerb(all.patch),
    delete: adaptVerb(all.delete),
    head: adapt(all.head as unknown as Loose),
    options: adapt(all.options as unknown as Loose)
  } as Verbs.Verbs<Authoriser>
}

/**
 * The verbs of the site API, for requests that no operation describes.
 *
 * - A path is a template, with or without its first slash, whose parameters are in `path`; the query is apart, so that no value can change
 *   the path. A slash at its end is not sent, since the server has no such path
 * - Integers beyond the safe ones are a `bigint`, in both directions
 * - A 204 is `undefined`, for every verb
 * - Errors have `status`, the JSON of the body as `data`, its beginning as `body`, and its problems as `issues`. A 404 that is no JSON comes
 *   from a wrong path, and is a `ClientError`, unless the option `errors` is given
 *
 * See `Verbs` of `effect-herald` for the options.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const tag = (name: string) => Site.verbs.get("bot/tags/{name}", { path: { name } })
 *
 * const addRole = Site.verbs
 *   .post("bot/roles", { json: { id: 409107086526644234n, name: "Owners", colour: 0, permissions: 8, position: 1 } })
 *   .pipe(Effect.catchTag("BadRequest", ({ issues }) => Effect.logWarning(issues)))
 * ```
 */
export const verbs = make()
