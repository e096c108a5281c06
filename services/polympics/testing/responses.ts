import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Issue } from "./issue.js"

/** A response of the server. A handler succeeds or fails with one. */
export type Response = HttpServerResponse.HttpServerResponse

const json = (status: number, text: string, headers?: Record<string, string>): Response =>
  HttpServerResponse.text(text, { status, contentType: "application/json", ...(headers && { headers }) })

export const ok = (text: string): Response => json(200, text)

export const created = (text: string): Response => json(201, text)

/** A response without a body and a content type. */
export const empty = (status: number): Response => HttpServerResponse.empty({ status })

const error = (status: number, detail: string, headers?: Record<string, string>): Response =>
  json(status, JSON.stringify({ detail }), headers)

/** A 401 for missing or unreadable credentials. The 401 for wrong credentials has no `www-authenticate`. */
export const challenge = (detail: string): Response => error(401, detail, { "www-authenticate": "Basic" })

export const unauthorized = (detail: string): Response => error(401, detail)

export const outOfScope: Response = error(403, "Request outside of authorisation scope.")

export const signupsClosed: Response = error(403, "Signups are closed.")

export const otherDiscordAccount: Response = error(403, "Discord token is for a different account.")

export const badDiscordToken: Response = error(422, "Bad Discord user token.")

export const registered: Response = error(409, "That Discord ID is already registered.")

export const noCallback: Response = error(404, "No callback registered for this event.")

export const invalid = (issues: ReadonlyArray<Issue>): Response => json(422, JSON.stringify({ detail: issues }))

export const unreadable: Response = error(400, "There was an error parsing the body")

/** The response to an exception that the server does not catch, such as a value that the database refuses. */
export const internalError: Response = HttpServerResponse.text("Internal Server Error", {
  status: 500,
  contentType: "text/plain; charset=utf-8"
})

export const notFound: Response = error(404, "Not Found")

export const wrongMethod = (allow: string): Response => error(405, "Method Not Allowed", { allow })

export const redirect = (location: string): Response => HttpServerResponse.empty({ status: 307, headers: { location } })
