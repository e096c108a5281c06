import * as Schema from "effect/Schema"

/** Reports whether a text is one to 96 of the characters that stand for those of an English text in the name of a channel. */
const isOffTopicName = (text: string): boolean => /^[a-z0-9\u{1d5a0}-\u{1d5b9}\-ǃ？’'＜＞⧹⧸]{1,96}$/u.test(text)

/**
 * The name of an off-topic channel, as the API accepts it: at most 96 characters of a-z, 0-9, 𝖠-𝖹 (U+1D5A0 to U+1D5B9), `-`, `'`, and
 * of ǃ (U+01C3), ？ (U+FF1F), ’ (U+2019), ＜ (U+FF1C), ＞ (U+FF1E), ⧹ (U+29F9) and ⧸ (U+29F8), which stand for `!`, `?`, `'`, `<`, `>`, `\` and `/`.
 */
export const OffTopicChannelName = Schema.String.pipe(
  Schema.filter(
    (text) =>
      isOffTopicName(text) || "must be 1 to 96 of the characters a-z, 0-9, 𝖠-𝖹 (U+1D5A0 to U+1D5B9) and -ǃ？’'＜＞⧹⧸"
  )
)

const offTopicName = Schema.Struct({
  name: Schema.String,
  used: Schema.Boolean,
  active: Schema.Boolean
}).annotations({ identifier: "OffTopicName" })
/** A name for off-topic channels. `used` is true if it was taken in the current round, and `active` if it can be taken at all. */
export interface OffTopicName extends Schema.Schema.Type<typeof offTopicName> {}
/** An `OffTopicName` on the wire. */
export interface OffTopicNameEncoded extends Schema.Schema.Encoded<typeof offTopicName> {}
export const OffTopicName: Schema.Schema<OffTopicName, OffTopicNameEncoded> = offTopicName
