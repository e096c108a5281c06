import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as ReplaceableCaller from "../../../services/polympics/ReplaceableCaller.js"
import { yieldingAt } from "../../src/yieldingAt.js"

const credentials = { username: "A1", password: Redacted.make("p") }

it.effect.each(Array.from({ length: 40 }, (_, step) => step + 1))(
  "a call that is interrupted at step %s is no longer waited for",
  (step) =>
    Effect.gen(function* () {
      const caller = yield* ReplaceableCaller.make("App", new URL("https://api.test"), credentials)
      const { next, rest, scheduler } = yieldingAt(step)
      const fiber = Effect.runFork(caller.hold?.(Effect.never) ?? Effect.void, { scheduler })
      next()
      fiber.unsafeInterruptAsFork(fiber.id())
      for (let turn = 0; turn < 20; turn += 1) rest()
      expect(fiber.unsafePoll()).not.toBeNull()
      // On the test's clock a wait that does not end at once never does.
      const left = yield* caller
        .replace(Duration.minutes(1), (left) => Effect.succeed({ ...credentials, left }))
        .pipe(Effect.map((replacement) => replacement.left))
      expect(left).toEqual(Duration.minutes(1))
    })
)
