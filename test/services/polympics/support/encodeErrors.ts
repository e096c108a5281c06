import { inspect } from "node:util"
import type * as HttpClient from "@effect/platform/HttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HeraldError } from "effect-herald"
import { Issue } from "effect-herald"
import type * as Polympics from "effect-herald/polympics"
import * as callers from "./callers.js"
import { inProcess } from "../../../support/inProcess.js"

type Caller = Polympics.User | Polympics.App | Polympics.SignedIn | Polympics.Authoriser

/** A part of invalid values that must not be in errors. */
export const marker = "Xyzzy"

export interface InvalidCall {
  readonly title: string
  readonly call: () => Effect.Effect<unknown, HeraldError, HttpClient.HttpClient | Caller>
  /** The issues of the error, as a person reads them. */
  readonly issues: ReadonlyArray<string>
}

export const invalid = (title: string, call: InvalidCall["call"], ...issues: ReadonlyArray<string>): InvalidCall => ({
  title,
  call,
  issues
})

/** Tests that each call fails with an `EncodeError` of these issues, which has no values, and that nothing is sent. */
export const testEncodeErrors = (cases: ReadonlyArray<InvalidCall>): void =>
  it.effect.each(cases)("$title", ({ call, issues }) => {
    const http = inProcess(() => ({ status: 204 }))
    const origin = "https://polympics.test"
    const environment = Layer.mergeAll(callers.user(origin), callers.app(origin), http.layer)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Effect.suspend(call), environment))
      expect(error._tag).toBe("EncodeError")
      expect("issues" in error && error.issues.map(Issue.format)).toEqual(issues)
      for (const issue of issues) expect(error.message).toContain(issue)
      expect(error.attempts).toEqual([])
      expect(http.sent).toEqual([])
      const shown = [JSON.stringify(error), inspect(error, { depth: 9 }), String(error), error.stack]
      expect(shown.join()).not.toContain(marker)
    })
  })
