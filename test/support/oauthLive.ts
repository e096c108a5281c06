import type { HttpClient } from "@effect/platform/HttpClient"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { client } from "./client.js"

/** A test with real servers. */
export const test = (name: string, body: () => Effect.Effect<void, unknown, HttpClient | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(Effect.suspend(body), client))
