import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as Server from "../../../servers/site/index.js"
import { client } from "../../../support/client.js"

/** Ids of users that each of these sites has: three neighbours beyond the safe integers, 0 and the largest id. */
export const userIds = [
  "409107086526644233",
  "409107086526644234",
  "409107086526644235",
  "0",
  "9223372036854775807"
].map((digits) => Snowflake.Snowflake.make(digits))

/** Three of `userIds`, of which no two are the same number. */
export const [ada, bob, eve] = userIds as unknown as readonly [
  Snowflake.Snowflake,
  Snowflake.Snowflake,
  Snowflake.Snowflake
]

/** The id of no user. */
export const nobody = Snowflake.Snowflake.make("409107086526644236")

/** Runs a program against a site of its own, over real HTTP. */
export const onSite = <A, E>(
  program: (server: Server.SiteServer) => Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient>,
  seed: Parameters<typeof Server.make>[0] = {}
) =>
  Effect.scoped(
    Effect.flatMap(
      Server.make({ ...seed, seed: { users: userIds.map((id) => ({ id: BigInt(id) })), ...seed.seed } }),
      (server) =>
        Effect.provide(
          program(server),
          Layer.merge(Layer.orDie(Site.layer({ token: Redacted.make(Server.token), baseUrl: server.url })), client)
        )
    )
  )

/** The last request that a server received, as method, target and body. */
export const lastOf = ({ requests }: Server.SiteServer) => {
  const { body, method, target } = requests.at(-1)!
  return [method, target, body].join(" ").trim()
}
