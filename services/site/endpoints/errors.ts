import { alreadyExists, Missing, unknownReference } from "../../../schemas/site/errors.js"
import * as Endpoint from "../../../src/Endpoint.js"

/*
 * Errors by status, where the built-in family does not tell apart what the API tells apart. The API's own 404 is JSON. For a path that it
 * does not serve, as below a wrong base URL, it responds with a page of HTML, which is no `NotFound`.
 */

/** For endpoints that look up a resource. */
export const withNotFound = () => ({
  404: [Endpoint.errorAs("NotFound", Missing), Endpoint.errorAs("ClientError")] as const
})

/** For endpoints without a 404 of their own. */
export const withoutNotFound = () => ({ 404: Endpoint.errorAs("ClientError") })

/** A 400 that is one of these errors, or else a `BadRequest`. */
export const badRequestOr = <const Declared extends ReadonlyArray<Endpoint.DeclaredError>>(...declared: Declared) =>
  [...declared, Endpoint.errorAs("BadRequest")] as const

/** For endpoints that create a resource, and whose 400 for an existing one has messages that all match this pattern. */
export const withAlreadyExists = (pattern: RegExp) => ({
  ...withoutNotFound(),
  400: badRequestOr(alreadyExists(pattern))
})

/** For endpoints that look up no resource, and whose request names other resources by id. */
export const withUnknownReference = (pattern?: RegExp) => ({
  ...withoutNotFound(),
  400: badRequestOr(unknownReference(pattern))
})

/** For endpoints that create the only resource of its kind, which names another one that must exist. */
export const withAlreadyExistsOrUnknownReference = (pattern: RegExp) => ({
  ...withoutNotFound(),
  400: badRequestOr(alreadyExists(pattern), unknownReference())
})
