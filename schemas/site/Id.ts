import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"

/** Refuses negative ids. The server responds to some of them, and to ids from 2^63, with a 500. */
const notNegative = <I>(schema: Schema.Schema<Snowflake.Snowflake, I>): Schema.Schema<Snowflake.Snowflake, I> =>
  schema.pipe(Schema.filter((id) => !id.startsWith("-") || "must be an integer from 0 to 2^63-1, in digits"))

/**
 * An id in the body of a request: a `Snowflake` from 0 to 2^63-1, on the wire as a JSON integer. Others are refused before sending. Ids in
 * responses are a `Snowflake.FromInteger`.
 */
export const Id = notNegative(Snowflake.FromInteger)

/** An `Id` in a path, a query or the keys of a record: its digits. */
export const IdText = notNegative(Snowflake.Snowflake)
