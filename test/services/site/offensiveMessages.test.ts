import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Server from "../../servers/site/index.js"
import { refused } from "./support/exchange.js"
import { ada, bob, lastOf, onSite, userIds } from "./support/onSite.js"

const deleteDate = DateTime.unsafeMake("2999-01-02T03:04:05.678Z")
const message = { id: ada, channelId: bob, deleteDate }
const past = DateTime.unsafeMake("2020-01-01T00:00:00Z")

describe("offensive messages", () => {
  it.effect.each(userIds)("have exact ids in each operation: %s", (id) =>
    onSite((server) =>
      Effect.gen(function* () {
        const stored = yield* Site.createOffensiveMessage({ id, channelId: id, deleteDate })
        expect(lastOf(server)).toBe(
          `POST /api/bot/offensive-messages {"id":${id},"channel_id":${id},"delete_date":"2999-01-02T03:04:05.678Z"}`
        )
        const changed = yield* Site.updateOffensiveMessage(stored, { deleteDate })
        expect(lastOf(server)).toBe(
          `PATCH /api/bot/offensive-messages/${id} {"delete_date":"2999-01-02T03:04:05.678Z"}`
        )
        const all = yield* Site.getOffensiveMessages()
        expect(all).toHaveLength(1)
        for (const one of [stored, changed, ...all]) {
          expect([one.id, one.channelId]).toEqual([id, id])
          expect(DateTime.Equivalence(one.deleteDate, deleteDate)).toBe(true)
        }
        yield* Site.deleteOffensiveMessage(id)
        expect(lastOf(server)).toBe(`DELETE /api/bot/offensive-messages/${id}`)
        expect(yield* Site.getOffensiveMessages()).toEqual([])
      })
    )
  )

  it.effect("that are stored fail with AlreadyExists", () =>
    onSite(() =>
      Effect.gen(function* () {
        yield* Site.createOffensiveMessage(message)
        expect(yield* Effect.flip(Site.createOffensiveMessage(message))).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: ["id"], message: "offensive message with this Message ID already exists." }]
        })
      })
    )
  )

  it.effect("with a date that is past by the server's clock fail with BadRequest", () =>
    onSite(() =>
      Effect.gen(function* () {
        yield* Site.createOffensiveMessage(message)
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
          Site.createOffensiveMessage({ ...message, id: bob, deleteDate: past }),
          Site.updateOffensiveMessage(ada, { deleteDate: past })
        ]
        for (const call of calls) {
          expect(yield* Effect.flip(call)).toMatchObject({ _tag: "BadRequest", issues: [{ path: ["delete_date"] }] })
        }
      })
    )
  )

  it.effect("that are not stored are NotFound, and those below a wrong base URL are not", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, any>> = [
          Site.updateOffensiveMessage(ada, { deleteDate }),
          Site.deleteOffensiveMessage(ada)
        ]
        for (const call of calls) expect((yield* Effect.flip(call))._tag).toBe("NotFound")
        server.fail(Server.html(404, "<h1>Not Found</h1>"), { times: calls.length + 2 })
        for (const call of [...calls, Site.getOffensiveMessages(), Site.createOffensiveMessage(message)]) {
          expect((yield* Effect.flip<unknown, { readonly _tag: string }, any>(call))._tag).toBe("ClientError")
        }
      })
    )
  )

  it.live("are sent once if the response is lost", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.script(Server.lost)
        expect((yield* Effect.flip(Site.createOffensiveMessage(message)))._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(1)
      })
    )
  )

  it.effect("with an id that is none are refused before they are sent", () =>
    Effect.gen(function* () {
      const changed = Site.updateOffensiveMessage("-1" as never, { deleteDate })
      expect(yield* refused(changed)).toEqual([expect.stringMatching(/^id: /)])
      const created = yield* refused(Site.createOffensiveMessage({ ...message, channelId: 7 as never }))
      for (const issue of created) expect(issue).toMatch(/^body\.channelId: /)
    })
  )

  it("have no operation that the server can't serve", () => {
    expect(Site).not.toHaveProperty("getOffensiveMessage")
    expect(Site).not.toHaveProperty("replaceOffensiveMessage")
  })
})
