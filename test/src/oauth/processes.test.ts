import { mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TokenStore } from "effect-herald"
import { make, publicClient } from "../../servers/oidc/index.js"
import * as Child from "../child.js"
import { kept } from "./kept.js"
import { ask, browser, callerAt, hasty } from "./kit.js"
import { test } from "./live.js"

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** A process that calls with a token that is kept there; it is killed when the scope closes. */
const caller = (...args: ReadonlyArray<string>) =>
  Effect.map(Child.start(new URL("tokenProcess.ts", import.meta.url), args), ({ ask }) => ask("go"))

describe("a login that is kept in files", () => {
  test("is that of all processes, which refresh it once", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [publicClient()] })
      const directory = yield* temporary
      const store = TokenStore.layerFile({ directory }).pipe(Layer.provide(NodeFileSystem.layer))
      // Signed in two hours ago, for an hour.
      const past = hasty({ ago: "2 hours" })
      yield* ask.pipe(
        Effect.provide(callerAt(oidc, kept(oidc.issuer, browser().open)).pipe(Layer.provide(store))),
        Effect.withClock(past.clock)
      )
      const files = yield* Effect.promise(() => readdir(directory))
      expect(files).toHaveLength(1)
      const { mode } = yield* Effect.promise(() => stat(join(directory, files[0] ?? "")))
      expect(mode & 0o777).toBe(0o600)

      const processes = yield* Effect.replicateEffect(caller(oidc.api, oidc.issuer, directory), 2, { concurrency: 2 })
      const answers = yield* Effect.all(processes, { concurrency: "unbounded" })
      expect(answers).toEqual([Array.from({ length: 20 }, () => "ok"), Array.from({ length: 20 }, () => "ok")])
      expect(oidc.tokenRequests.map(({ form, status }) => [form["grant_type"], status])).toEqual([
        ["authorization_code", 200],
        ["refresh_token", 200]
      ])
    }))
})
