import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { app, user } from "./callers.js"
import { inProcess, json, type Reply } from "./inProcess.js"
import { account } from "./wire.js"

export const newPassword = "new+Passw0rd/after=reset"

/** What an app is told by its reset, as the API has it. */
export const told = (password = newPassword) => json({ name: "app", permissions: 95, username: "A7", password })

/** What a user is told by its reset: nothing of use. */
export const untold = json(account("8"))

/**
 * A server that answers resets with one reply after another, the last one for all that follow. An answer that is held comes
 * when it is let go.
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
      /** What was sent, and with which credentials. */
      sent: () => http.sent.map(({ headers, target }) => [target, headers["authorization"]]),
      let: (target: string) =>
        Effect.flatMap(Effect.fromNullable(gates.get(target)), (gate) =>
          Effect.asVoid(Deferred.succeed(gate, undefined))
        )
    }
  })
