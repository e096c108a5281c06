import * as Schema from "effect/Schema"
import { Id, IdText } from "./Id.js"
import { Timestamp } from "./Timestamp.js"

const fields = (() => ({
  joinedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("joined_at")),
  totalMessages: Schema.propertySignature(Schema.Int).pipe(Schema.fromKey("total_messages"))
}))()

const metricityData = Schema.Struct({
  ...fields,
  activityBlocks: Schema.propertySignature(Schema.Int).pipe(Schema.fromKey("activity_blocks")),
  voiceGateBlocked: Schema.propertySignature(Schema.Boolean).pipe(Schema.fromKey("voice_gate_blocked"))
}).annotations({ identifier: "MetricityData" })
/**
 * The activity of a user, by which the voice gate decides.
 *
 * - `activityBlocks`: the number of blocks of ten minutes in which the user sent a message
 * - `voiceGateBlocked`: true if the user has an infraction that keeps them out of voice channels
 */
export interface MetricityData extends Schema.Schema.Type<typeof metricityData> {}
/** A `MetricityData` on the wire. */
export interface MetricityDataEncoded extends Schema.Schema.Encoded<typeof metricityData> {}
export const MetricityData: Schema.Schema<MetricityData, MetricityDataEncoded> = metricityData

const metricityReviewData = Schema.Struct({
  ...fields,
  topChannelActivity: Schema.propertySignature(Schema.Array(Schema.Tuple(Schema.String, Schema.Int))).pipe(
    Schema.fromKey("top_channel_activity")
  )
}).annotations({ identifier: "MetricityReviewData" })
/**
 * The activity of a user, for the review of a nomination.
 *
 * - `topChannelActivity`: the names of up to three channels, with the numbers of the user's messages there
 */
export interface MetricityReviewData extends Schema.Schema.Type<typeof metricityReviewData> {}
/** A `MetricityReviewData` on the wire. */
export interface MetricityReviewDataEncoded extends Schema.Schema.Encoded<typeof metricityReviewData> {}
export const MetricityReviewData: Schema.Schema<MetricityReviewData, MetricityReviewDataEncoded> = metricityReviewData

/** The query of `POST bot/users/metricity_activity_data`. */
export const ActivitySearch = Schema.Struct({ days: Schema.NonNegativeInt })

/** The body of `POST bot/users/metricity_activity_data`. The server refuses an empty list. */
export const ActivityUsers = Schema.Array(Id).pipe(
  Schema.filter((users) => users.length > 0 || "must not be empty: the server refuses it")
)

/** The response of `POST bot/users/metricity_activity_data`. */
export const ActivityByUser = Schema.Record({ key: IdText, value: Schema.Int })
