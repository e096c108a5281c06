import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as SiteServer from "../../servers/site/index.js"
import { makeCoverage, withToken } from "./support/onServer.js"

const { missing, run } = makeCoverage()

const [thread, other] = ["409107086526644234", "409107086526644235"].map((digits) =>
  Snowflake.Snowflake.make(digits)
) as unknown as readonly [Snowflake.Snowflake, Snowflake.Snowflake]

describe("bumped threads on the site's server", () => {
  it.scopedLive("are added, found and removed, and their neighbours are not", () =>
    run({}, () =>
      Effect.gen(function* () {
        expect(yield* Site.isThreadBumped(thread)).toBe(false)
        expect(yield* Site.createBumpedThread(thread)).toBe(thread)
        expect(yield* Site.isThreadBumped(thread)).toBe(true)
        expect(yield* Site.isThreadBumped(other)).toBe(false)
        expect(yield* Site.getBumpedThreads()).toEqual([thread])
        expect(yield* Effect.flip(Site.createBumpedThread(thread))).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: ["thread_id"] }]
        })
        expect(yield* Effect.flip(Site.deleteBumpedThread(other))).toMatchObject({ _tag: "NotFound" })
        yield* Site.deleteBumpedThread(thread)
        expect(yield* Site.getBumpedThreads()).toEqual([])
      })
    )
  )

  it.scopedLive("are neither there nor absent where the server does not know the path, or fails", () =>
    run({}, (server) =>
      Effect.gen(function* () {
        const wrong = Effect.provide(
          Site.isThreadBumped(thread),
          Site.anonymous({ baseUrl: new URL("/wrong", server.url) })
        )
        expect(yield* Effect.flip(wrong)).toMatchObject({ _tag: "ClientError", status: 404 })
        server.fail(SiteServer.serverError)
        expect(yield* Effect.flip(Site.isThreadBumped(thread))).toMatchObject({ _tag: "ServerError" })
      })
    )
  )

  it.scopedLive("need a token that may write", () =>
    run({ bumpedThreads: [BigInt(thread)] }, (server) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<readonly [Effect.Effect<unknown, unknown, any>, boolean]> = [
          [Site.getBumpedThreads(), false],
          [Site.isThreadBumped(thread), false],
          [Site.createBumpedThread(other), true],
          [Site.deleteBumpedThread(thread), true]
        ]
        for (const [call, writes] of calls) {
          expect(yield* Effect.flip(Effect.provide(call, withToken(server, "unknown")))).toMatchObject({
            _tag: "Unauthorized"
          })
          const readOnly = yield* Effect.either(Effect.provide(call, withToken(server, SiteServer.readOnlyToken)))
          expect(readOnly._tag).toBe(writes ? "Left" : "Right")
          if (readOnly._tag === "Left") expect(readOnly.left).toMatchObject({ _tag: "Forbidden" })
        }
        const text = Site.verbs.post("bot/bumped-threads", { text: "x" })
        expect(yield* Effect.flip(text)).toMatchObject({ status: 415 })
      })
    )
  )
})

afterAll(() => expect(missing(/^bot\/bumped-threads/)).toEqual([]))
