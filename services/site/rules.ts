import type { LinkFormat } from "../../schemas/site/Rule.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/rules.js"

export { LinkFormat, Rule, type RuleEncoded } from "../../schemas/site/Rule.js"

/**
 * Returns the rules of the server, in order. Sent without the token.
 *
 * - `linkFormat`: the format of links in the texts: Markdown (`md`) or `html`. Default: `md`
 */
export const getRules = Operation.make(
  Authoriser,
  endpoints.getRules,
  (options: { readonly linkFormat?: LinkFormat | undefined } = {}) => options
)
