import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpBody } from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import type { CurlRequest } from "../curl.js"
import { redacted } from "./auth.js"

/** A client that keeps the requests that it is given, and sends none. */
export const recordingClient = (): {
  readonly client: HttpClient.HttpClient
  readonly request: () => CurlRequest | undefined
} => {
  let recorded: CurlRequest | undefined
  return {
    client: HttpClient.make((request, url) =>
      Effect.suspend(() => {
        recorded = {
          method: request.method,
          url: url.href,
          headers: headersOf(request.headers, request.body),
          body: bodyOf(request.body)
        }
        return Effect.interrupt
      })
    ),
    request: () => recorded
  }
}

/** Headers that may hold a secret. */
const secret = /^(?:authorization|proxy-authorization|cookie)$|token|secret|password|api-?key|session/i

const headersOf = (headers: Readonly<Record<string, string>>, body: HttpBody): CurlRequest["headers"] => {
  // curl computes the length of the body.
  const sent = Object.entries(headers).filter(([name]) => name !== "content-length")
  const given = sent.map(([name, value]) => [name, secret.test(name) ? withoutSecret(name, value) : value] as const)
  const type = "contentType" in body ? body.contentType : undefined
  return type === undefined || "content-type" in headers || body._tag === "FormData"
    ? given
    : [...given, ["content-type", type]]
}

/** Keeps the scheme of an `Authorization`, and the names of cookies. */
const withoutSecret = (name: string, value: string): string =>
  name === "cookie"
    ? value.replaceAll(/=[^;]*/g, `=${redacted}`)
    : value.includes(redacted)
      ? value
      : value
          .replace(/^(Basic|Bearer|Token|Digest)\s.*$/is, `$1 ${redacted}`)
          .replace(/^(?!(?:Basic|Bearer|Token|Digest)\s).*$/is, redacted)

const bodyOf = (body: HttpBody): CurlRequest["body"] => {
  switch (body._tag) {
    case "Empty":
      return undefined
    case "Uint8Array":
      try {
        const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.body)
        // An argument can't hold a NUL.
        return text.includes("\0") ? { bytes: body.body.length } : text
      } catch {
        return { bytes: body.body.length }
      }
    default:
      return typeof body.contentLength === "number" ? { bytes: body.contentLength } : { bytes: 0 }
  }
}
