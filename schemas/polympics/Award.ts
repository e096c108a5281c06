import * as Schema from "effect/Schema"

/** The id of an award. */
export const AwardId = /*#__PURE__*/ Schema.Int.pipe(
  /*#__PURE__*/ Schema.positive(),
  /*#__PURE__*/ Schema.brand("polympics/AwardId")
)
export type AwardId = typeof AwardId.Type

const award = /*#__PURE__*/ Schema.Struct({
  id: AwardId,
  title: Schema.String,
  imageUrl: /*#__PURE__*/ Schema.propertySignature(Schema.String).pipe(/*#__PURE__*/ Schema.fromKey("image_url"))
}).annotations({ identifier: "Award" })
/** An award. `AwardDetails` also has the accounts that hold it. */
export interface Award extends Schema.Schema.Type<typeof award> {}
/** An `Award` on the wire. */
export interface AwardEncoded extends Schema.Schema.Encoded<typeof award> {}
export const Award: Schema.Schema<Award, AwardEncoded> = award
