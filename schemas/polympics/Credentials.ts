import * as Schema from "effect/Schema"
import * as Permissions from "./Permissions.js"
import { Timestamp } from "./Timestamp.js"

/** A user name (`A<id>` for an app, `S<id>` for a user's session) and its password. */
export const Credentials = /*#__PURE__*/ Schema.Struct({
  username: Schema.String,
  password: /*#__PURE__*/ Schema.Redacted(Schema.String)
}).annotations({ identifier: "Credentials" })
export interface Credentials extends Schema.Schema.Type<typeof Credentials> {}

/** The credentials of a user, and when they end. */
export const Session = /*#__PURE__*/ Schema.Struct({
  ...Credentials.fields,
  expiresAt: /*#__PURE__*/ Schema.propertySignature(Timestamp).pipe(/*#__PURE__*/ Schema.fromKey("expires_at"))
}).annotations({ identifier: "Session" })
export interface Session extends Schema.Schema.Type<typeof Session> {}

/** An app: what it is called, and what it may do. */
export const AppDetails = /*#__PURE__*/ Schema.Struct({
  name: Schema.String,
  username: Schema.String,
  permissions: Permissions.schema
}).annotations({ identifier: "AppDetails" })
export interface AppDetails extends Schema.Schema.Type<typeof AppDetails> {}

/** An app with the password that a reset gave it; it is told this once. */
export const AppCredentials = /*#__PURE__*/ Schema.Struct({
  ...AppDetails.fields,
  ...Credentials.fields
}).annotations({ identifier: "AppCredentials" })
export interface AppCredentials extends Schema.Schema.Type<typeof AppCredentials> {}
