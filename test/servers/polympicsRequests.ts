import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "effect-herald/polympics/testing"
import type { ServerOptions } from "effect-herald/polympics/testing"
import * as Permissions from "../../schemas/polympics/Permissions.js"

/** The initial state of the server in the tests of its rules. */
export const options: ServerOptions = {
  teams: [
    { id: 1, name: "One" },
    { id: 2, name: "Two" }
  ],
  accounts: [
    { id: "1", name: "Member", team: 1 },
    { id: "2", name: "Captain", team: 1, permissions: Permissions.of("manageOwnTeam") },
    { id: "3", name: "Captain of none", permissions: Permissions.of("manageOwnTeam") },
    { id: "4", name: "Admin", permissions: Permissions.everyUser },
    { id: "6", name: "Zed", permissions: Permissions.fromMask(127n) },
    { id: "5", name: "Member of two", team: 2 }
  ],
  awards: [
    { id: 1, title: "Gold", imageUrl: "https://example.com/1.png", team: 2, accounts: ["1"] },
    { id: 7, title: "Tin", imageUrl: "https://example.com/7.png" }
  ],
  apps: [
    { id: 1, name: "bot", password: "bot" },
    { id: 2, name: "weak", password: "weak", permissions: Permissions.none }
  ],
  sessions: [1, 2, 3, 4, 6].map((id) => ({ id, account: `${id}`, password: `s${id}` })),
  discordUsers: {
    old: { id: "1", name: "Other name", discriminator: "1111", avatarUrl: "https://example.com/a.png" },
    new: { id: "99", name: "Newcomer", discriminator: "9999", avatarUrl: "https://example.com/b.png" },
    broken: "outage"
  }
}

export const bot = "A1:bot"
export const weak = "A2:weak"
export const member = "S1:s1"
export const captain = "S2:s2"
export const stray = "S3:s3"
export const admin = "S4:s4"
export const everything = "S6:s6"

/** Sends a request, as the caller with these credentials. */
export const call = (
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  as?: string,
  body?: string | object,
  origin = "http://polympics.test"
) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.make(method)(`${origin}${path}`, {
      headers: as === undefined ? {} : { authorization: `Basic ${Buffer.from(as).toString("base64")}` }
    })
    const content = typeof body === "object" ? JSON.stringify(body) : body
    const response = yield* client.execute(
      content === undefined ? request : HttpClientRequest.bodyText(request, content, "application/json")
    )
    const text = yield* response.text
    return { status: response.status, type: response.headers["content-type"], text }
  })

export const json = (text: string) => ({ status: 200, type: "application/json", text })
export const empty = (status: number) => ({ status, type: undefined, text: "" })
export const error = (status: number, detail: string) => ({
  status,
  type: "application/json",
  text: JSON.stringify({ detail })
})
export const outOfScope = error(403, "Request outside of authorisation scope.")
export const internalError = { status: 500, type: "text/plain; charset=utf-8", text: "Internal Server Error" }
export const issue = (loc: ReadonlyArray<string>, msg: string, type: string, ctx?: object) => ({
  status: 422,
  type: "application/json",
  text: JSON.stringify({ detail: [{ loc, msg, type, ...(ctx && { ctx }) }] })
})

/** A test with a server of its own. */
export const test = (
  name: string,
  body: Effect.Effect<void, unknown, HttpClient.HttpClient>,
  more: ServerOptions = {}
) => it.effect(name, () => Effect.provide(body, layer({ ...options, ...more })))
