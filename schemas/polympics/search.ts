import * as Schema from "effect/Schema"
import { TeamId } from "./Team.js"
import { Text } from "./Text.js"

/**
 * Text to find in a name, ignoring case. The server matches by ILIKE, in which `%`, `_` and `\` are special. They are escaped in
 * the encoded text.
 */
const Search = Schema.transform(Text, Text, {
  strict: true,
  decode: (pattern) => pattern.replace(/\\([\s\S])/g, "$1"),
  encode: (text) => text.replace(/[%_\\]/g, "\\$&")
})

const paging = (() => ({
  search: Schema.optional(Search).pipe(Schema.fromKey("q")),
  page: Schema.optional(Schema.NonNegativeInt),
  pageSize: Schema.optional(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("per_page"))
}))()

/** Checks the product of `page` and `pageSize`, which the server computes in 64 bits. It responds with a 500 to a larger one. */
const fits = (params: { readonly page?: number | undefined; readonly pageSize?: number | undefined }) =>
  BigInt(params.page ?? 0) * BigInt(params.pageSize ?? 20) < 2n ** 63n || "page times pageSize must be below 2^63"

/** The query of `GET /teams/search`. */
export const TeamSearch = Schema.Struct(paging).pipe(Schema.filter(fits))

/** The query of `GET /accounts/search`. */
export const AccountSearch = Schema.Struct({
  ...paging,
  team: Schema.optional(TeamId)
}).pipe(Schema.filter(fits))
