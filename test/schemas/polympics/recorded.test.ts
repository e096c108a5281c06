import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Account } from "../../../schemas/polympics/Account.js"
import { Award } from "../../../schemas/polympics/Award.js"
import { AwardDetails } from "../../../schemas/polympics/AwardDetails.js"
import { AppDetails, Session } from "../../../schemas/polympics/Credentials.js"
import { Page } from "../../../schemas/polympics/Page.js"
import { Team } from "../../../schemas/polympics/Team.js"
import * as Json from "../../../src/internal/http/json.js"
import { type Exchange, exchanges } from "../../servers/recording.js"

/** The schemas of bodies, by the path of the request. */
const kinds: ReadonlyArray<readonly [RegExp, Schema.Schema<any, any>]> = [
  [/^\/accounts\/search/, Page(Account)],
  [/^\/teams\/search/, Page(Team)],
  [/^\/accounts?\//, Account],
  [/^\/teams?\//, Team],
  [/^\/awards\/new/, Award],
  [/^\/auth\/create_session/, Session]
]

const kindOf = ({ body_text, method, path }: Exchange): Schema.Schema<any, any> | undefined => {
  if (path.startsWith("/auth/me")) return body_text.includes('"username"') ? AppDetails : Account
  if (path.startsWith("/award/")) return method === "GET" ? AwardDetails : Award
  return kinds.find(([pattern]) => pattern.test(path))?.[1]
}

/** A value with its timestamps rounded to milliseconds, the precision of `DateTime`. */
const toMillis = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, part) =>
    key === "created_at" || key === "expires_at" ? Math.round(part * 1000) / 1000 : part
  )

describe("the bodies of recorded responses", () => {
  const bodies = exchanges.filter(
    ({ body_text, path, status }) => status < 300 && body_text.startsWith("{") && !/signups|openapi/.test(path)
  )

  it("are equal after decoding and encoding", () => {
    for (const exchange of bodies) {
      const schema = kindOf(exchange)
      if (schema === undefined) throw new Error(`exchange ${exchange.n} has no schema: ${exchange.path}`)
      const value = Schema.decodeUnknownSync(schema)(Json.parse(exchange.body_text))
      const written = Json.stringify(Schema.encodeSync(schema)(value))
      expect([exchange.n, JSON.parse(written)]).toEqual([exchange.n, toMillis(JSON.parse(exchange.body_text))])
    }
    expect(bodies.length).toBe(138)
  })
})
