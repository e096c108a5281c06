import * as Schema from "effect/Schema"

/** The id of an award. */
export const AwardId = Schema.Int.pipe(Schema.positive(), Schema.brand("polympics/AwardId"))
export type AwardId = typeof AwardId.Type

const award = Schema.Struct({
  id: AwardId,
  title: Schema.String,
  imageUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("image_url"))
}).annotations({ identifier: "Award" })
/** An award. `AwardDetails` also has the accounts that hold it. */
export interface Award extends Schema.Schema.Type<typeof award> {}
/** An `Award` on the wire. */
export interface AwardEncoded extends Schema.Schema.Encoded<typeof award> {}
export const Award: Schema.Schema<Award, AwardEncoded> = award
