// A program of a user of the site API. It runs against the packed package, so that it imports public entry points.
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"

/** A site that knows one user. The id is text in the response, since a program can't write it as a number. */
const site = HttpClient.make((request, url) =>
  Effect.succeed(
    HttpClientResponse.fromWeb(
      request,
      url.pathname === "/api/bot/users/409107086526644234"
        ? new Response(
            '{"id":409107086526644234,"name":"Bob","display_name":"Bob","discriminator":1,"roles":[],"in_guild":true,"alts":[]}'
          )
        : Response.json({ detail: "No User matches the given query." }, { status: 404 })
    )
  )
)

const idOf = (id: string) =>
  Site.getUser(Snowflake.Snowflake.make(id)).pipe(
    Effect.map((user) => String(user.id)),
    Effect.catchTag("NotFound", () => Effect.succeed("none"))
  )

const found = await Effect.all([idOf("409107086526644234"), idOf("409107086526644235")]).pipe(
  Effect.provide(Site.layer({ token: Redacted.make("secret") })),
  Effect.provide(Layer.succeed(HttpClient.HttpClient, site)),
  Effect.runPromise
)
if (found.join() !== "409107086526644234,none") throw new Error(`expected one user, and found ${found.join()}`)
