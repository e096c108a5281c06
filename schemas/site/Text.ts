import * as Schema from "effect/Schema"

/** The white space of Python. That of JavaScript has U+FEFF too, and neither U+001C to U+001F nor U+0085. */
const isWhiteSpace = (character: string | undefined): boolean =>
  character !== undefined &&
  character !== "\ufeff" &&
  (character.trim() === "" || "\x1c\x1d\x1e\x1f\x85".includes(character))

/** Removes the white space at both ends of a text, as the server does (`str.strip` of Python). */
const strip = (text: string): string => {
  let start = 0
  let end = text.length
  while (isWhiteSpace(text[start])) start += 1
  while (end > start && isWhiteSpace(text[end - 1])) end -= 1
  return text.slice(start, end)
}

/**
 * A text that the server accepts, which may be blank. The server refuses NUL, and text that UTF-8 can't hold.
 *
 * The server removes the white space at both ends. The texts of this module are sent as they are, so that the response shows what is
 * stored; their length is that of the stored text, in code points.
 */
export const BlankableText = Schema.String.pipe(
  Schema.filter((text) =>
    text.includes("\0")
      ? "must not contain NUL: the server refuses it"
      : text.isWellFormed() || "must be well-formed Unicode: it has a lone surrogate"
  )
)

const notBlank = (text: string) => strip(text) !== "" || "must not be blank: the server refuses it"

const hasAtMost = (characters: number) => (text: string) =>
  text.length <= characters ||
  [...strip(text)].length <= characters ||
  `must have at most ${characters} characters, without the white space around them`

/** A `BlankableText` that is more than white space. */
export const Text = BlankableText.pipe(Schema.filter(notBlank))

/** A `Text` of at most this number of characters. */
export const textUpTo = (characters: number) => Text.pipe(Schema.filter(hasAtMost(characters)))

/** A `BlankableText` of at most this number of characters. */
export const blankableTextUpTo = (characters: number) => BlankableText.pipe(Schema.filter(hasAtMost(characters)))
