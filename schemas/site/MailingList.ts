import * as Schema from "effect/Schema"
import { AddressableName } from "./PathSegment.js"
import { textUpTo } from "./Text.js"

const mailingList = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  seenItems: Schema.propertySignature(Schema.Array(Schema.String)).pipe(Schema.fromKey("seen_items"))
}).annotations({ identifier: "MailingList" })
/** A mailing list that the bot watches, and the items of it that it has seen. */
export interface MailingList extends Schema.Schema.Type<typeof mailingList> {}
/** A `MailingList` on the wire. */
export interface MailingListEncoded extends Schema.Schema.Encoded<typeof mailingList> {}
export const MailingList: Schema.Schema<MailingList, MailingListEncoded> = mailingList

/** An item of a mailing list: at most 100 characters. The server responds to a longer one with a 500. */
export const SeenItem = Schema.String.pipe(
  Schema.filter((text) =>
    text.includes("\0")
      ? "must not contain NUL: the server can't store it"
      : [...text].length <= 100 || "must have at most 100 characters: the server can't store more"
  )
)

/**
 * The name of a mailing list to create: at most 50 characters, without dots and slashes. The server accepts a dot, and then finds the list
 * by no path, not even to delete it.
 */
export const MailingListName = Schema.compose(textUpTo(50), AddressableName)

/** The item is one of the list's seen items already. */
export class AlreadyKnown extends Schema.TaggedError<AlreadyKnown>()("AlreadyKnown", {
  /** The server's explanation. */
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** The body of a 400 for an item that is known. */
export const AlreadyKnownBody = Schema.transform(
  Schema.Struct({
    non_field_errors: Schema.Tuple(Schema.String.pipe(Schema.filter((text) => text.includes("already known"))))
  }),
  Schema.typeSchema(AlreadyKnown),
  {
    strict: true,
    decode: ({ non_field_errors: [detail] }) => new AlreadyKnown({ detail }),
    encode: ({ detail }) => ({ non_field_errors: [detail] as const })
  }
)
