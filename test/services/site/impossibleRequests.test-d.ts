import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { describe, expectTypeOf, it } from "vitest"
import type { CallError, Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"

type ErrorTag<Call> =
  Call extends Effect.Effect<infer _, infer E, infer __>
    ? Exclude<E, CallError> extends { readonly _tag: infer Tag }
      ? Tag
      : never
    : never

declare const user: Snowflake.Snowflake
declare const secret: Redacted.Redacted
declare const artifact: Site.GithubArtifact

describe("requests that the API refuses do not compile:", () => {
  it("another setting of the bot, its name or null as data", () => {
    Site.updateBotSetting("defcon", { days: 1 })
    // @ts-expect-error there is no such setting
    Site.getBotSetting("other")
    // @ts-expect-error the server refuses null
    Site.updateBotSetting("news", null)
    // @ts-expect-error the server refuses null
    Site.replaceBotSetting("news", null)
  })

  it("another name for an off-topic name, which would make a second one", () => {
    Site.updateOffTopicName("a", { used: true })
    // @ts-expect-error it would make a second one
    Site.updateOffTopicName("a", { name: "b" })
    // @ts-expect-error it would make a second one
    Site.replaceOffTopicName("a", { name: "b" })
    // @ts-expect-error random names are taken by another operation
    Site.getOffTopicNames({ randomItems: 3 })
  })

  it("seen items of a new mailing list, and changes of a documentation link", () => {
    // @ts-expect-error the server fails
    Site.createMailingList("a", { seenItems: [] })
    expectTypeOf(Site).not.toHaveProperty("updateDocumentationLink")
    expectTypeOf(Site).not.toHaveProperty("deleteMailingList")
  })

  it("a link without a user, or with a number for one", () => {
    Site.createAocLink({ user, aocUsername: "Ada" })
    // @ts-expect-error a number is not a user
    Site.createAocLink({ user: 1, aocUsername: "Ada" })
    // @ts-expect-error a link has a name
    Site.createAocLink({ user })
    // @ts-expect-error a text is not a user
    Site.getAocBlock("1")
  })

  it("a format of links that is not known", () => {
    Site.getRules({ linkFormat: "html" })
    // @ts-expect-error there is no such format
    Site.getRules({ linkFormat: "rst" })
  })

  it("a webhook whose secret is a plain text", () => {
    Site.filterGithubWebhook({ webhookId: user, webhookToken: secret, event: "push", payload: {} })
    // @ts-expect-error a plain text could be logged
    Site.filterGithubWebhook({ webhookId: user, webhookToken: "secret", event: "push", payload: {} })
    // @ts-expect-error a payload is a record
    Site.filterGithubWebhook({ webhookId: user, webhookToken: secret, event: "push", payload: [1] as const })
  })
})

describe("the errors of an operation", () => {
  it("are those that the API tells apart, besides those of any call", () => {
    const exists = Site.createOffTopicName("a")
    expectTypeOf<ErrorTag<typeof exists>>().toEqualTypeOf<"AlreadyExists" | "EncodeError">()
    const link = Site.createAocLink({ user, aocUsername: "Ada" })
    expectTypeOf<ErrorTag<typeof link>>().toEqualTypeOf<"AlreadyExists" | "UnknownReference" | "EncodeError">()
    const item = Site.addSeenItem("a", "b")
    expectTypeOf<ErrorTag<typeof item>>().toEqualTypeOf<"AlreadyKnown" | "EncodeError">()
    const pending = Site.getGithubArtifact(artifact)
    expectTypeOf<ErrorTag<typeof pending>>().toEqualTypeOf<"ArtifactPending" | "ArtifactUnavailable" | "EncodeError">()
  })
})
