import * as Schema from "effect/Schema"

/** A name that a path of the API can have. The API does not find one with a dot or a slash. */
export const AddressableName = Schema.String.pipe(
  Schema.filter(
    (name) =>
      /^[^./]+$/.test(name) || "must be a name without dots and slashes, and not empty: the API can't address any other"
  )
)
