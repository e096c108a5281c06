import * as Schema from "effect/Schema"
import { eachOnce } from "./eachOnce.js"
import { Id } from "./Id.js"
import { blankableTextUpTo, Text, textUpTo } from "./Text.js"

const UserName = textUpTo(32)
const DisplayName = blankableTextUpTo(32)
const Discriminator = Schema.Int.pipe(Schema.between(0, 9999))

/** The fields that the server requires of a whole user, and those that it does not. */
const required = () => ({ name: UserName, discriminator: Discriminator })
const optional = () => ({
  displayName: Schema.optional(DisplayName).pipe(Schema.fromKey("display_name")),
  roles: Schema.optional(Schema.Array(Id)),
  inGuild: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("in_guild"))
})

const changes = () => ({
  name: Schema.optional(UserName),
  discriminator: Schema.optional(Discriminator),
  ...optional()
})

const whole = () => ({ id: Id, ...required(), ...optional() })

/** A user in the body of `POST bot/users` and `PUT bot/users/{id}`. */
export const UserForm = Schema.Struct(whole())

/** The body of `PATCH bot/users/{id}`. */
export const UserChangesForm = Schema.Struct(changes())

/** The body of `POST bot/users` for many users. The server refuses the whole list if a user is given twice. */
export const UserForms = Schema.Array(UserForm).pipe(Schema.filter(eachOnce("user")))

/** A change without a field to change, by which the server refuses the whole list. */
const changesSomething = ({ id: _, ...fields }: { readonly id: string }) =>
  Object.values(fields).some((value) => value !== undefined) || "must change at least one field"

/**
 * The body of `PATCH bot/users/bulk_patch`. The server responds to an empty list with a 500, and refuses the whole list if a user is given
 * twice.
 */
export const UserChangesForms = Schema.Array(
  Schema.Struct({ id: Id, ...changes() }).pipe(Schema.filter(changesSomething))
).pipe(
  Schema.filter((users) => users.length > 0 || "must not be empty: the server would respond with a 500"),
  Schema.filter(eachOnce("user"))
)

/**
 * The query of `GET bot/users`. Texts are compared with the whole field. The server ignores an empty one, so that the list would have all
 * users.
 */
export const UserSearch = Schema.Struct({
  name: Schema.optional(Text),
  displayName: Schema.optional(Text).pipe(Schema.fromKey("display_name")),
  discriminator: Schema.optional(Discriminator),
  page: Schema.optional(Schema.Union(Schema.Int.pipe(Schema.positive()), Schema.Literal("last"))),
  pageSize: Schema.optional(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("page_size"))
})

/** The maximum length of the context of an alternate account. */
const AltContext = textUpTo(1900)

/** The body of `POST bot/users/{id}/alts`. */
export const AltForm = Schema.Struct({ target: Id, context: AltContext, actor: Id })

/** The body of `PATCH bot/users/{id}/alts`. The server stores a context of any length, and checks it only when an association is added. */
export const AltChangesForm = Schema.Struct({ target: Id, context: AltContext })
