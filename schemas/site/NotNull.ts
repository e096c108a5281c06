import * as Schema from "effect/Schema"

/** Any JSON value but null. */
export const NotNull: Schema.Schema<NonNullable<unknown>, unknown> = Schema.Unknown.pipe(
  Schema.filter((value): value is NonNullable<unknown> => value !== null && value !== undefined, {
    description: "JSON, and not null"
  })
)
