import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Polympics from "effect-herald/polympics"

/** Passwords that occur in no other text. */
export const appPassword = "app+Passw0rd/of=the=app"
export const userPassword = "user+Passw0rd/of=the=user"

export const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`

export const appHeader = basic("A7", appPassword)
export const userHeader = basic("S8", userPassword)

/*
 * Layers for a server of the test, with a valid configuration.
 */

export const anonymous = (baseUrl: string | URL) => Layer.orDie(Polympics.anonymous({ baseUrl }))

export const app = (baseUrl: string | URL) =>
  Layer.orDie(Polympics.app({ username: "A7", password: Redacted.make(appPassword) }, { baseUrl }))

export const user = (baseUrl: string | URL) =>
  Layer.orDie(Polympics.user({ username: "S8", password: Redacted.make(userPassword) }, { baseUrl }))
