import * as Schema from "effect/Schema"
import { TeamId } from "./Team.js"
import { Text } from "./Text.js"

/**
 * Text to find in a name, in upper or lower case. The server matches by ILIKE, where `%`, `_` and `\` are special. They are
 * escaped on the wire, so that they match themselves.
 */
const Search = /*#__PURE__*/ Schema.transform(Text, Text, {
  strict: true,
  decode: (pattern) => pattern.replace(/\\([\s\S])/g, "$1"),
  encode: (text) => text.replace(/[%_\\]/g, "\\$&")
})

const paging = /*#__PURE__*/ (() => ({
  search: Schema.optional(Search).pipe(Schema.fromKey("q")),
  page: Schema.optional(Schema.NonNegativeInt),
  pageSize: Schema.optional(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("per_page"))
}))()

/** The server multiplies the two in 64 bits. A larger product makes it respond with a 500. */
const fits = (params: { readonly page?: number | undefined; readonly pageSize?: number | undefined }) =>
  BigInt(params.page ?? 0) * BigInt(params.pageSize ?? 20) < 2n ** 63n || "page times pageSize must be below 2^63"

/** The query of `GET /teams/search`. */
export const TeamSearch = /*#__PURE__*/ Schema.Struct(paging).pipe(/*#__PURE__*/ Schema.filter(fits))

/** The query of `GET /accounts/search`. */
export const AccountSearch = /*#__PURE__*/ Schema.Struct({
  ...paging,
  team: /*#__PURE__*/ Schema.optional(TeamId)
}).pipe(/*#__PURE__*/ Schema.filter(fits))
