import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Issue } from "./validation.js"

/** What a handler fails with is an answer as well: the one that cuts it short. */
export type Answer = HttpServerResponse.HttpServerResponse

const json = (status: number, text: string, headers?: Record<string, string>): Answer =>
  HttpServerResponse.text(text, { status, contentType: "application/json", ...(headers && { headers }) })

export const ok = (text: string): Answer => json(200, text)

export const created = (text: string): Answer => json(201, text)

/** A status and nothing else, no content type either. */
export const empty = (status: number): Answer => HttpServerResponse.empty({ status })

const refusal = (status: number, detail: string, headers?: Record<string, string>): Answer =>
  json(status, JSON.stringify({ detail }), headers)

/** Asks for credentials. Credentials that are there but wrong get no such question. */
export const challenge = (detail: string): Answer => refusal(401, detail, { "www-authenticate": "Basic" })

export const unauthorised = (detail: string): Answer => refusal(401, detail)

export const outOfScope: Answer = refusal(403, "Request outside of authorisation scope.")

export const signupsClosed: Answer = refusal(403, "Signups are closed.")

export const otherDiscordAccount: Answer = refusal(403, "Discord token is for a different account.")

export const badDiscordToken: Answer = refusal(422, "Bad Discord user token.")

export const registered: Answer = refusal(409, "That Discord ID is already registered.")

export const noCallback: Answer = refusal(404, "No callback registered for this event.")

export const invalid = (issues: ReadonlyArray<Issue>): Answer => json(422, JSON.stringify({ detail: issues }))

export const unreadable: Answer = refusal(400, "There was an error parsing the body")

/** What nobody caught: a value that the database refuses, a division by zero. */
export const trap: Answer = HttpServerResponse.text("Internal Server Error", {
  status: 500,
  contentType: "text/plain; charset=utf-8"
})

export const notFound: Answer = refusal(404, "Not Found")

export const wrongMethod = (allow: string): Answer => refusal(405, "Method Not Allowed", { allow })

export const redirect = (location: string): Answer => HttpServerResponse.empty({ status: 307, headers: { location } })
