import * as Schema from "effect/Schema"
import { Award } from "./Award.js"
import { Timestamp } from "./Timestamp.js"

/**
 * The id of a team.
 *
 * @example
 * ```ts
 * import { TeamId } from "effect-herald/polympics"
 *
 * const id = TeamId.make(1)
 * ```
 */
export const TeamId = Schema.Int.pipe(Schema.positive(), Schema.brand("polympics/TeamId"))
export type TeamId = typeof TeamId.Type

const team = Schema.Struct({
  id: TeamId,
  name: Schema.String,
  createdAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("created_at")),
  memberCount: Schema.propertySignature(Schema.Int).pipe(Schema.fromKey("member_count")),
  awards: Schema.Array(Award)
}).annotations({ identifier: "Team" })
/** A team, with the number of its members. */
export interface Team extends Schema.Schema.Type<typeof team> {}
/** A `Team` on the wire. */
export interface TeamEncoded extends Schema.Schema.Encoded<typeof team> {}
export const Team: Schema.Schema<Team, TeamEncoded> = team
