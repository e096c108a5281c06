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
export const TeamId = /*#__PURE__*/ Schema.Int.pipe(
  /*#__PURE__*/ Schema.positive(),
  /*#__PURE__*/ Schema.brand("polympics/TeamId")
)
export type TeamId = typeof TeamId.Type

const team = /*#__PURE__*/ Schema.Struct({
  id: TeamId,
  name: Schema.String,
  createdAt: /*#__PURE__*/ Schema.propertySignature(Timestamp).pipe(/*#__PURE__*/ Schema.fromKey("created_at")),
  memberCount: /*#__PURE__*/ Schema.propertySignature(Schema.Int).pipe(/*#__PURE__*/ Schema.fromKey("member_count")),
  awards: /*#__PURE__*/ Schema.Array(Award)
}).annotations({ identifier: "Team" })
/** A team, with the number of its members. */
export interface Team extends Schema.Schema.Type<typeof team> {}
/** A `Team` on the wire. */
export interface TeamEncoded extends Schema.Schema.Encoded<typeof team> {}
export const Team: Schema.Schema<Team, TeamEncoded> = team
