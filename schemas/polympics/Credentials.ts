import * as Schema from "effect/Schema"
import * as Permissions from "./Permissions.js"
import { Timestamp } from "./Timestamp.js"

const credentials = Schema.Struct({
  username: Schema.String,
  password: Schema.Redacted(Schema.String)
}).annotations({ identifier: "Credentials" })
/** A user name (`A<id>` for an app, `S<id>` for a user's session) and its password. */
export interface Credentials extends Schema.Schema.Type<typeof credentials> {}
/** A `Credentials` on the wire. */
export interface CredentialsEncoded extends Schema.Schema.Encoded<typeof credentials> {}
export const Credentials: Schema.Schema<Credentials, CredentialsEncoded> = credentials

const session = Schema.Struct({
  ...credentials.fields,
  expiresAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("expires_at"))
}).annotations({ identifier: "Session" })
/** The credentials of a user, and the time when they expire. */
export interface Session extends Schema.Schema.Type<typeof session> {}
/** A `Session` on the wire. */
export interface SessionEncoded extends Schema.Schema.Encoded<typeof session> {}
export const Session: Schema.Schema<Session, SessionEncoded> = session

const appDetails = Schema.Struct({
  name: Schema.String,
  username: Schema.String,
  permissions: Permissions.schema
}).annotations({ identifier: "AppDetails" })
/** An app: its name, user name and permissions. */
export interface AppDetails extends Schema.Schema.Type<typeof appDetails> {}
/** An `AppDetails` on the wire. */
export interface AppDetailsEncoded extends Schema.Schema.Encoded<typeof appDetails> {}
export const AppDetails: Schema.Schema<AppDetails, AppDetailsEncoded> = appDetails

const appCredentials = Schema.Struct({
  ...appDetails.fields,
  ...credentials.fields
}).annotations({ identifier: "AppCredentials" })
/** An app with its new password after a reset. The API returns the password in this response only. */
export interface AppCredentials extends Schema.Schema.Type<typeof appCredentials> {}
/** An `AppCredentials` on the wire. */
export interface AppCredentialsEncoded extends Schema.Schema.Encoded<typeof appCredentials> {}
export const AppCredentials: Schema.Schema<AppCredentials, AppCredentialsEncoded> = appCredentials
