import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { loose, place, resultOf, returningValues, verbs } from "../support/verbs.js"

const page = "<!doctype html>\n<html><body><h1>Server Error (500)</h1></body></html>"
const html = { headers: { "content-type": "text/html; charset=utf-8" }, body: page }

const statuses = [
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [405, "ClientError"],
  [500, "ServerError"],
  [502, "ServerError"]
] as const

describe.each(returningValues)("%s", (verb) => {
  it.scopedLive("has the status, the text and no data of an error with a page of HTML", () =>
    Effect.gen(function* () {
      for (const [status, tag] of statuses) {
        const error = yield* Effect.flip(resultOf(loose[verb]("/a"), Scripted.respond({ status, ...html })))
        expect(error).toMatchObject({ _tag: tag, status, body: page, data: undefined, detail: undefined, issues: [] })
        expect(error.message).toContain(`(${status})`)
        expect(error.message).not.toContain("<")
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("has the status, the text and the whole JSON of an error", () =>
    Effect.gen(function* () {
      const body = { id: ["already exists"], more: "x".repeat(5000) }
      const error = yield* Effect.flip(resultOf(loose[verb]("/a"), Scripted.json(body, { status: 400 })))
      expect(error).toMatchObject({
        _tag: "BadRequest",
        status: 400,
        data: body,
        body: JSON.stringify(body).slice(0, 1024)
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("returns undefined for a 204 and for an empty 200", () =>
    Effect.gen(function* () {
      expect(yield* resultOf(loose[verb]("/a"), Scripted.respond({ status: 204 }))).toBeUndefined()
      expect(yield* resultOf(loose[verb]("/a"), Scripted.respond())).toBeUndefined()
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("encodes values of the path, and keeps the query apart", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond()])
      const path = { name: "a?b#c%2F/ d…é" }
      const send = loose[verb]("/names/{name}", { path, query: { q: "?&#=%/…" } })
      yield* Effect.provide(send, place(url))
      const [sentPath, query, ...more] = requests[0]!.target.split("?")
      expect(sentPath).toBe("/names/a%3Fb%23c%252F%2F%20d%E2%80%A6%C3%A9")
      expect([...new URLSearchParams(query)]).toEqual([["q", "?&#=%/…"]])
      expect(more).toEqual([])
    }).pipe(Effect.provide(client))
  )
})

describe("delete", () => {
  it.scopedLive("sends a bare JSON integer", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 204 })])
      const value = yield* Effect.provide(verbs.delete("/alts", { json: 409107086526644234n }), place(url))
      expect(value).toBeUndefined()
      expect(requests[0]).toMatchObject({ method: "DELETE", body: "409107086526644234" })
      expect(requests[0]!.headers).toMatchObject({ "content-type": "application/json", "content-length": "18" })
    }).pipe(Effect.provide(client))
  )
})
