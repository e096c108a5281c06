import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as ReplaceableCredentials from "../../../services/polympics/ReplaceableCredentials.js"
import { yieldingAt } from "../../support/yieldingAt.js"

const credentials = { username: "A1", password: Redacted.make("p") }

it.effect.each(Array.from({ length: 40 }, (_, step) => step + 1))(
  "a replacement does not wait for an attempt that was interrupted at step %s",
  (step) =>
    Effect.gen(function* () {
      const replaceable = yield* ReplaceableCredentials.make("App", credentials)
      const { next, rest, scheduler } = yieldingAt(step)
      const fiber = Effect.runFork(replaceable.wrapAttempt?.(Effect.never) ?? Effect.void, { scheduler })
      next()
      fiber.unsafeInterruptAsFork(fiber.id())
      for (let round = 0; round < 20; round += 1) rest()
      expect(fiber.unsafePoll()).not.toBeNull()
      // The test clock stands still, so that a wait would never end.
      const start = yield* replaceable
        .replace(Duration.minutes(1), (start) => Effect.succeed({ ...credentials, start }))
        .pipe(Effect.map((replacement) => replacement.start))
      expect(start).toBe(0)
    })
)
