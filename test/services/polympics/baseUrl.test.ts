import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Polympics from "effect-herald/polympics"

/** The URL of a call's request, and the URL in its error. */
const urlsOf = <E>(caller: Layer.Layer<Polympics.Authoriser, E>, variables: Record<string, string> = {}) => {
  const sent: Array<string> = []
  const client = HttpClient.make((request, url) => {
    sent.push(url.href)
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: 418 })))
  })
  return Polympics.getTeam(Polympics.TeamId.make(1)).pipe(
    Effect.provide(Layer.merge(Layer.orDie(caller), Layer.succeed(HttpClient.HttpClient, client))),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
    Effect.flip,
    Effect.map(({ url }) => ({ sent, url }))
  )
}

describe("a base URL", () => {
  const cases = [
    { baseUrl: undefined, sent: "https://api.polytopia.fun/team/1", url: "https://api.polytopia.fun/team/{team}" },
    {
      baseUrl: "http://127.0.0.1:8000",
      sent: "http://127.0.0.1:8000/team/1",
      url: "http://127.0.0.1:8000/team/{team}"
    },
    { baseUrl: "https://example.com/", sent: "https://example.com/team/1", url: "https://example.com/team/{team}" },
    {
      baseUrl: "https://example.com/polympics",
      sent: "https://example.com/polympics/team/1",
      url: "https://example.com/polympics/team/{team}"
    },
    {
      baseUrl: "https://example.com/a%20b/c/",
      sent: "https://example.com/a%20b/c/team/1",
      url: "https://example.com/a%20b/c/team/{team}"
    },
    {
      baseUrl: "https://example.com/v1//",
      sent: "https://example.com/v1/team/1",
      url: "https://example.com/v1/team/{team}"
    },
    { baseUrl: "HTTPS://Example.COM:443", sent: "https://example.com/team/1", url: "https://example.com/team/{team}" },
    {
      baseUrl: new URL("https://example.com/v1"),
      sent: "https://example.com/v1/team/1",
      url: "https://example.com/v1/team/{team}"
    }
  ]
  it.effect.each(cases)("$baseUrl: the request goes to $sent", ({ baseUrl, sent, url }) =>
    Effect.gen(function* () {
      expect(yield* urlsOf(Polympics.anonymous({ baseUrl }))).toEqual({ sent: [sent], url })
    })
  )

  it.effect("is read from the environment", () =>
    Effect.gen(function* () {
      const variables = {
        POLYMPICS_URL: "https://example.com/v2",
        POLYMPICS_USERNAME: "A1",
        POLYMPICS_PASSWORD: "x"
      }
      const sent = ["https://example.com/v2/team/1"]
      expect(yield* urlsOf(Polympics.anonymousConfig(), variables)).toMatchObject({ sent })
      expect(yield* urlsOf(Polympics.appConfig(), variables)).toMatchObject({ sent })
      expect(yield* urlsOf(Polympics.userConfig(), { ...variables, POLYMPICS_USERNAME: "S1" })).toMatchObject({ sent })
    })
  )

  it.effect("is the public API's if it is not in the environment", () =>
    Effect.gen(function* () {
      const variables = { POLYMPICS_USERNAME: "A1", POLYMPICS_PASSWORD: "x" }
      const sent = ["https://api.polytopia.fun/team/1"]
      expect(yield* urlsOf(Polympics.anonymousConfig(), {})).toMatchObject({ sent })
      expect(yield* urlsOf(Polympics.appConfig(), variables)).toMatchObject({ sent })
    })
  )
})
