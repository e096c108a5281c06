import * as Schema from "effect/Schema"
import { FromInteger } from "../../src/Snowflake.js"
import { Id, IdText } from "./Id.js"
import { Text, textUpTo } from "./Text.js"

const aocLink = Schema.Struct({
  user: FromInteger,
  aocUsername: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("aoc_username"))
}).annotations({ identifier: "AocLink" })
/** The account of a user at Advent of Code. */
export interface AocLink extends Schema.Schema.Type<typeof aocLink> {}
/** An `AocLink` on the wire. */
export interface AocLinkEncoded extends Schema.Schema.Encoded<typeof aocLink> {}
export const AocLink: Schema.Schema<AocLink, AocLinkEncoded> = aocLink

/** The body of `POST bot/aoc-account-links`. */
export const CreateAocLink = Schema.Struct({
  user: Id,
  aocUsername: Schema.propertySignature(textUpTo(120)).pipe(Schema.fromKey("aoc_username"))
})

/** The query of `GET bot/aoc-account-links`. The server ignores an empty name, so that the list would have all links. */
export const AocLinkQuery = Schema.Struct({
  user: Schema.optional(IdText).pipe(Schema.fromKey("user__id")),
  aocUsername: Schema.optional(Text).pipe(Schema.fromKey("aoc_username"))
})

const aocBlock = Schema.Struct({
  user: FromInteger,
  isBlocked: Schema.propertySignature(Schema.Boolean).pipe(Schema.fromKey("is_blocked")),
  reason: Schema.NullOr(Schema.String)
}).annotations({ identifier: "AocBlock" })
/** Whether a user is kept from the role of those who completed Advent of Code. */
export interface AocBlock extends Schema.Schema.Type<typeof aocBlock> {}
/** An `AocBlock` on the wire. */
export interface AocBlockEncoded extends Schema.Schema.Encoded<typeof aocBlock> {}
export const AocBlock: Schema.Schema<AocBlock, AocBlockEncoded> = aocBlock

/** The body of `POST bot/aoc-completionist-blocks`. */
export const CreateAocBlock = Schema.Struct({
  user: Id,
  isBlocked: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("is_blocked")),
  reason: Schema.optional(Schema.NullOr(Text))
})

/** The query of `GET bot/aoc-completionist-blocks`. */
export const AocBlockQuery = Schema.Struct({
  user: Schema.optional(IdText).pipe(Schema.fromKey("user__id")),
  isBlocked: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("is_blocked"))
})
