import * as Schema from "effect/Schema"

/**
 * A string that the API can store: well-formed Unicode without NUL. The server responds to any other with a 500.
 */
export const Text = Schema.String.pipe(
  Schema.filter((text) =>
    text.includes("\0")
      ? "must not contain NUL: the server can't store it"
      : text.isWellFormed() || "must be well-formed Unicode: it has a lone surrogate"
  )
)

/**
 * A `Text` of limited length, in code points, as the server's database counts it. The server responds to a longer text with a
 * 500.
 */
export const textUpTo = (characters: number) =>
  Text.pipe(
    Schema.filter(
      (text) =>
        text.length <= characters || [...text].length <= characters || `must have at most ${characters} characters`
    )
  )

/** Refuses the empty string, for fields where the server reads it as "no change" and ignores it. */
export const notEmpty = <A extends string, I, R>(schema: Schema.Schema<A, I, R>) =>
  schema.pipe(Schema.filter((text) => text !== "" || `must not be empty: the server would ignore it`))
