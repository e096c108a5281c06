import { InvalidContent, UnknownId } from "../../../schemas/polympics/errors.js"
import * as Endpoint from "../../../src/Endpoint.js"

/*
 * Errors by status, where the built-in family does not read the API's responses correctly.
 */

/** For endpoints without a 404 of their own. There a 404 comes from a wrong base URL or a proxy, and is not a `NotFound`. */
export const withoutNotFound = () => ({ 404: Endpoint.errorAs("ClientError") })

const invalidContent = () => Endpoint.errorAs("UnprocessableContent", InvalidContent)

/** For endpoints that refuse content. */
export const withInvalidContent = () => ({ ...withoutNotFound(), 422: invalidContent() })

/** For endpoints that look up ids. The API reports an unknown id by a 422. */
export const withUnknownId = () => ({
  ...withoutNotFound(),
  422: [Endpoint.errorAs("NotFound", UnknownId), invalidContent()]
})
