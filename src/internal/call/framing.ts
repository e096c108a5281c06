import type { HttpBody } from "@effect/platform/HttpBody"
import type { Headers } from "@effect/platform/Headers"
import type { Issue } from "../../Issue.js"
import { connectionField, connectionFieldMessage } from "../http/fieldSyntax.js"

/**
 * Returns the issue of a header that contradicts the body, so that a server would read a part of one request as the next
 * (RFC 9112, 6.2, 6.3), or that belongs to the connection. A `Content-Length` has to be that of the body. That of a Stream is
 * checked while it is sent.
 */
export const framingIssue = (headers: Headers, body: HttpBody): Issue | undefined => {
  for (const name in headers) {
    if (connectionField.test(name)) return { path: ["headers", name], message: connectionFieldMessage }
  }
  const given = headers["content-length"]
  if (given === undefined) return undefined
  const path = ["headers", "content-length"]
  if (body._tag === "Stream" && body.contentLength === undefined) {
    return /^\d+$/.test(given) ? undefined : { path, message: "must be a number of bytes" }
  }
  const length = body._tag === "Empty" ? 0 : body.contentLength
  return given === String(length)
    ? undefined
    : {
        path,
        message: `must be that of the body (RFC 9112, 6.2)${length === undefined ? "" : `, ${length}`}: leave it out`
      }
}
