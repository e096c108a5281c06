import * as Schema from "effect/Schema"

/**
 * A segment of a path. The API finds nothing by an empty one, or by one with a slash, encoded or not. Its database can't compare a text
 * with NUL.
 */
export const PathSegment = Schema.String.pipe(
  Schema.filter((text) => (text !== "" && !text.includes("/")) || "must not be empty, and must not have a slash"),
  Schema.filter((text) => !text.includes("\0") || "must not contain NUL: the server can't store it")
)

/** A name by which the API finds a resource in a path. It responds with a 404 to one with a dot, of which it reads the end as a format. */
export const AddressableName = PathSegment.pipe(
  Schema.filter((name) => !name.includes(".") || "must not have a dot: the API can't find it")
)
