import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { InfractionType } from "./Infraction.js"
import { Id, IdText } from "./Id.js"
import { problem } from "./problem.js"
import { Text } from "./Text.js"
import { Timestamp } from "./Timestamp.js"
import { urlUpTo } from "./Url.js"

interface Rules {
  readonly inactive: ReadonlyArray<InfractionType | undefined>
  readonly permanent: ReadonlyArray<InfractionType | undefined>
  readonly visible: ReadonlyArray<InfractionType | undefined>
}

/** The types whose infractions can't be active, can't expire, and can't be hidden, by the rules of the server. */
const rules: Rules = {
  inactive: ["note", "warning", "kick"],
  permanent: ["warning", "kick"],
  visible: ["superstar", "warning", "voice_ban", "voice_mute"]
}

interface Ruled {
  readonly type?: InfractionType | undefined
  readonly active?: boolean | undefined
  readonly expiresAt?: DateTime.Utc | null | undefined
}

const activeProblems = ({ active, expiresAt, type }: Ruled) => [
  ...(active === true && rules.inactive.includes(type)
    ? [problem("active", `must be false: a ${type} can't be active`)]
    : []),
  ...(expiresAt && rules.permanent.includes(type) ? [problem("expiresAt", `must be null: a ${type} can't expire`)] : [])
]

const hiddenProblems = ({ hidden, type }: Ruled & { readonly hidden?: boolean | undefined }) => [
  ...(hidden === true && rules.visible.includes(type)
    ? [problem("hidden", `must be false: a ${type} can't be hidden`)]
    : []),
  ...(hidden !== true && type === "note" ? [problem("hidden", "must be true: a note is hidden")] : [])
]

/** The fields of an infraction that can be changed. The server refuses an empty reason. */
const changes = (() => ({
  active: Schema.optional(Schema.Boolean),
  expiresAt: Schema.optional(Schema.NullOr(Timestamp)).pipe(Schema.fromKey("expires_at")),
  reason: Schema.optional(Schema.NullOr(Text)),
  lastApplied: Schema.optional(Timestamp).pipe(Schema.fromKey("last_applied")),
  dmSent: Schema.optional(Schema.NullOr(Schema.Boolean)).pipe(Schema.fromKey("dm_sent")),
  jumpUrl: Schema.optional(Schema.NullOr(urlUpTo(88))).pipe(Schema.fromKey("jump_url"))
}))()

/** The body of `POST bot/infractions`. The server requires `active`. */
export const InfractionForm = Schema.Struct({
  ...changes,
  user: Id,
  actor: Id,
  type: InfractionType,
  active: Schema.Boolean,
  hidden: Schema.optional(Schema.Boolean),
  insertedAt: Schema.optional(Timestamp).pipe(Schema.fromKey("inserted_at"))
}).pipe(Schema.filter((form) => [...activeProblems(form), ...hiddenProblems(form)]))

const ChangesBody = Schema.Struct(changes)

/**
 * The body of `PATCH bot/infractions/{id}`. The server applies the rules of the types on creation only, so that a warning could become
 * active. The type of the infraction, where it is known, is for these rules and is not sent.
 */
export const InfractionChangesForm = Schema.transform(
  ChangesBody,
  Schema.typeSchema(Schema.Struct({ ...changes, type: Schema.optional(InfractionType) })).pipe(
    Schema.filter(activeProblems)
  ),
  { strict: true, decode: (body) => body, encode: ({ type: _, ...body }) => body }
)

/** The fields that infractions are ordered by. */
const orders = () =>
  [
    ["id", "id"],
    ["inserted_at", "insertedAt"],
    ["last_applied", "lastApplied"],
    ["expires_at", "expiresAt"],
    ["user", "user"],
    ["actor", "actor"],
    ["type", "type"],
    ["active", "active"],
    ["hidden", "hidden"],
    ["-id", "-id"],
    ["-inserted_at", "-insertedAt"],
    ["-last_applied", "-lastApplied"],
    ["-expires_at", "-expiresAt"],
    ["-user", "-user"],
    ["-actor", "-actor"],
    ["-type", "-type"],
    ["-active", "-active"],
    ["-hidden", "-hidden"]
  ] as const

const InfractionOrder = /*#__PURE__*/ (() => Schema.transformLiterals(...orders()))()
/** A field that infractions are ordered by. A minus sign is for the descending order. */
export type InfractionOrder = typeof InfractionOrder.Type

/** A list in one text, with commas. */
const commaList = <A, I extends string>(schema: Schema.Schema<A, I>) =>
  Schema.transform(Schema.String, Schema.NonEmptyArray(schema), {
    strict: false,
    decode: (text) => text.split(","),
    encode: (texts) => texts.join(",")
  })

interface Conditions {
  readonly permanent?: boolean | undefined
  readonly expiresAfter?: DateTime.Utc | undefined
  readonly expiresBefore?: DateTime.Utc | undefined
  readonly type?: unknown
  readonly types?: unknown
}

/** The combinations that the server refuses. Types forbid most of them. */
const conditionProblems = ({ expiresAfter, expiresBefore, permanent, type, types }: Conditions) => [
  ...(type !== undefined && types !== undefined ? [problem("types", "must be absent if there is `type`")] : []),
  ...(permanent === true && (expiresAfter ?? expiresBefore) !== undefined
    ? [problem("permanent", "must not be true together with a time of expiry")]
    : []),
  ...(expiresAfter !== undefined && expiresBefore !== undefined && expiresAfter.epochMillis > expiresBefore.epochMillis
    ? [problem("expiresAfter", "must not be later than expiresBefore")]
    : [])
]

/**
 * The query of `GET bot/infractions`. The server takes a limit of zero, or one that is no number, for 100.
 *
 * - `search`: an expression in the syntax of PostgreSQL. The server splits it at white space and commas, and each part must match
 */
export const InfractionSearch = Schema.Struct({
  user: Schema.optional(IdText).pipe(Schema.fromKey("user__id")),
  actor: Schema.optional(IdText).pipe(Schema.fromKey("actor__id")),
  active: Schema.optional(Schema.Boolean),
  hidden: Schema.optional(Schema.Boolean),
  type: Schema.optional(InfractionType),
  types: Schema.optional(commaList(InfractionType)),
  permanent: Schema.optional(Schema.Boolean),
  expiresAfter: Schema.optional(Timestamp).pipe(Schema.fromKey("expires_after")),
  expiresBefore: Schema.optional(Timestamp).pipe(Schema.fromKey("expires_before")),
  search: Schema.optional(Text),
  ordering: Schema.optional(commaList(InfractionOrder)),
  limit: Schema.optional(Schema.Int.pipe(Schema.positive())),
  offset: Schema.optional(Schema.NonNegativeInt)
}).pipe(Schema.filter(conditionProblems))
