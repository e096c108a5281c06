import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Server from "../../servers/site/index.js"
import { refused } from "./support/exchange.js"
import { ada, bob, eve, nobody, onSite, userIds } from "./support/onSite.js"

const creation = DateTime.unsafeMake("2024-05-01T12:00:00Z")
const message = { id: eve, author: ada, channelId: bob }

describe("deleted messages", () => {
  it.effect.each(userIds)("are stored with exact ids: %s", (id) =>
    onSite((server) =>
      Effect.gen(function* () {
        const stored = yield* Site.createDeletedMessages({
          actor: id,
          creation,
          messages: [{ id, author: { id }, channelId: id, embeds: [{ color: 1, fields: [null, "a"] }] }]
        })
        const { body } = server.requests[0]!
        expect(body).toContain(`"actor":${id}`)
        for (const key of ["id", "author", "channel_id"]) expect(body).toContain(`"${key}":${id}`)
        expect(body).toContain(`"embeds":[{"color":1,"fields":[null,"a"]}]`)
        expect(stored).toMatchObject({
          id: 1,
          actor: id,
          messages: [
            {
              id,
              author: id,
              channelId: id,
              content: "",
              embeds: [{ color: 1, fields: [null, "a"] }],
              attachments: [],
              deletionContext: 1
            }
          ]
        })
      })
    )
  )

  it.effect("may be of nobody, have texts and files, or be none", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const attachments = ["https://cdn.discordapp.com/attachments/1/2/a.png"]
        const content = "😀".repeat(4000)
        const stored = yield* Site.createDeletedMessages({
          actor: null,
          creation,
          messages: [{ ...message, content, attachments }]
        })
        expect(server.requests[0]!.body).toContain(`"actor":null`)
        expect(stored).toMatchObject({ actor: null, messages: [{ content, attachments }] })
        expect(DateTime.formatIso(stored.creation)).toBe("2024-05-01T12:00:00.000Z")
        expect((yield* Site.createDeletedMessages({ actor: ada, creation, messages: [] })).messages).toEqual([])
      })
    )
  )

  it.effect("of an unknown actor fail with UnknownReference, and those that are refused with issues by index", () =>
    onSite(() =>
      Effect.gen(function* () {
        expect(
          yield* Effect.flip(Site.createDeletedMessages({ actor: nobody, creation, messages: [message] }))
        ).toMatchObject({ _tag: "UnknownReference", issues: [{ path: ["actor"] }] })
        const refusedMessages = Site.createDeletedMessages({
          actor: null,
          creation,
          messages: [message, { ...message, id: bob, author: nobody }]
        })
        const path = ["deletedmessage_set", 1, "author"]
        expect(yield* Effect.flip(refusedMessages)).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path, message: `Invalid pk "${nobody}" - object does not exist.` }]
        })
        const store = Site.createDeletedMessages({ actor: null, creation, messages: [message] })
        yield* store
        expect(yield* Effect.flip(store)).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path: ["deletedmessage_set", 0, "id"], message: "deleted message with this ID already exists." }]
        })
      })
    )
  )

  it.live("are sent once if the response is lost", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.script(Server.lost)
        const store = Site.createDeletedMessages({ actor: null, creation, messages: [message] })
        expect((yield* Effect.flip(store))._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(1)
      })
    )
  )

  it.effect("below a wrong base URL are a ClientError", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.fail(Server.html(404, "<h1>Not Found</h1>"))
        const store = Site.createDeletedMessages({ actor: null, creation, messages: [message] })
        expect((yield* Effect.flip(store))._tag).toBe("ClientError")
      })
    )
  )

  const withMessage = (fields: object) =>
    Site.createDeletedMessages({ actor: null, creation, messages: [{ ...message, ...fields }] })
  const withMessages = (...messages: ReadonlyArray<Site.NewDeletedMessage>) =>
    Site.createDeletedMessages({ actor: null, creation, messages })

  it.effect.each<readonly [title: string, call: Effect.Effect<unknown, unknown, any>, issue: RegExp]>([
    ["without an actor", Site.createDeletedMessages({ creation, messages: [] } as never), /^body\.actor: /],
    [
      "of 4,001 characters",
      withMessage({ content: "a".repeat(4001) }),
      /^body\.messages\.0\.content: must have at most 4000/
    ],
    [
      "with a link of 513 characters",
      withMessage({ attachments: [`https://a.com/${"a".repeat(499)}`] }),
      /^body\.messages\.0\.attachments\.0: must have at most 512/
    ],
    ["with a file that is no link", withMessage({ attachments: ["a.png"] }), /^body\.messages\.0\.attachments\.0: /],
    ["with an id that is a number", withMessage({ id: 7 }), /^body\.messages\.0\.id: /],
    [
      "of which one is given twice, to which the server would respond with a 500",
      withMessages(message, { ...message, id: ada }, message),
      /^body\.messages\.2\.id: is the id of item 0, too: give each message once$/
    ]
  ])("%s are refused before they are sent", ([, call, issue]) =>
    Effect.map(refused(call), (issues) => {
      expect(issues.length).toBeGreaterThan(0)
      for (const one of issues) expect(one).toMatch(issue)
    })
  )
})
