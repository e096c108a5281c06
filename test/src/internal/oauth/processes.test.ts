import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FileTokenStore } from "effect-herald/node"
import { mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { make, publicClient } from "../../../servers/oidc/index.js"
import * as Child from "../../../support/child.js"
import { apiOf, fastClock, getThing, makeBrowser } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"
import { signIn } from "../../../support/oauthSignIn.js"

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Starts a process, and returns its report once it is told to make its calls. */
const startProcess = (...args: ReadonlyArray<string>) =>
  Effect.map(Child.start(new URL("../../../support/oauthTokenProcess.ts", import.meta.url), args), ({ ask }) =>
    ask("go")
  )

describe("a sign-in that is stored in files", () => {
  test("is used by all processes that share the directory, which refresh it once", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [publicClient()] })
      const directory = yield* temporaryDirectory
      const store = FileTokenStore.layer({ directory }).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)
      // The token has a lifetime of one hour.
      const past = fastClock({ ago: "2 hours" })
      yield* getThing.pipe(
        Effect.provide(apiOf(oidc, signIn(oidc.issuer, makeBrowser().open)).pipe(Layer.provide(store))),
        Effect.withClock(past.clock)
      )
      const files = yield* Effect.promise(() => readdir(directory))
      expect(files).toHaveLength(1)
      const { mode } = yield* Effect.promise(() => stat(join(directory, files[0] ?? "")))
      expect(mode & 0o777).toBe(0o600)

      const processes = yield* Effect.replicateEffect(startProcess(oidc.api, oidc.issuer, directory), 2, {
        concurrency: 2
      })
      const reports = yield* Effect.all(processes, { concurrency: "unbounded" })
      expect(reports).toEqual([Array.from({ length: 20 }, () => "ok"), Array.from({ length: 20 }, () => "ok")])
      expect(oidc.tokenRequests.map(({ form, status }) => [form["grant_type"], status])).toEqual([
        ["authorization_code", 200],
        ["refresh_token", 200]
      ])
    }))
})
