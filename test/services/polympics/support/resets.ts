import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { app, user } from "./callers.js"
import { inProcess, json, type Reply } from "../../../support/inProcess.js"
import { account } from "./wire.js"

export const newPassword = "new+Passw0rd/after=reset"

/** The API's response to the reset of an app. */
export const appReset = (password = newPassword) => json({ name: "app", permissions: 95, username: "A7", password })

/** The API's response to the reset of a user, which has no new password. */
export const userReset = json(account("8"))

/**
 * A server that responds to resets with one reply after another, and with the last one from then on. The responses to targets in
 * `hold` are delayed until `release` is called for them.
 */
export const resettable = (replies: ReadonlyArray<Reply>, options: { readonly hold?: ReadonlyArray<string> } = {}) =>
  Effect.gen(function* () {
    const gates = new Map(
      yield* Effect.forEach(options.hold ?? [], (target) =>
        Effect.map(Deferred.make<void>(), (gate) => [target, gate] as const)
      )
    )
    let resets = 0
    const http = inProcess(({ target }) => {
      const reply =
        target === "/auth/reset_token"
          ? (replies[Math.min(resets++, replies.length - 1)] ?? { status: 500 })
          : target === "/auth/me"
            ? json({ name: "app", permissions: 95, username: "A7" })
            : json(account(target.replace("/account/", "")))
      const gate = gates.get(target)
      return gate === undefined ? reply : Effect.as(Deferred.await(gate), reply)
    })
    const origin = "https://polympics.test"
    return {
      asApp: Layer.merge(app(origin), http.layer),
      asUser: Layer.merge(user(origin), http.layer),
      inFlight: http.inFlight,
      interrupted: http.interrupted,
      /** The targets of the requests, with their credentials. */
      sent: () => http.sent.map(({ headers, target }) => [target, headers["authorization"]]),
      release: (target: string) =>
        Effect.flatMap(Effect.fromNullable(gates.get(target)), (gate) =>
          Effect.asVoid(Deferred.succeed(gate, undefined))
        )
    }
  })
