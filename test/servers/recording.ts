import { readFileSync } from "node:fs"
import type { Exchange as Recorded } from "effect-herald/testing"

/** A recorded request and its response. `n` is its number in the recording. */
export interface Exchange {
  readonly n: number
  readonly title: string
  readonly method: "GET" | "HEAD" | "OPTIONS" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly path: string
  readonly creds: string | null
  readonly request_body: string | null
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body_text: string
}

/** The recorded exchanges with the real server, in order. */
export const exchanges = JSON.parse(
  readFileSync(new URL("../fixtures/polympics/exchanges.json", import.meta.url), "utf8")
) as ReadonlyArray<Exchange>

/** Converts an exchange to one of the testing module. */
export const toRecorded = ({
  body_text,
  headers,
  method,
  path,
  request_body,
  status
}: Exchange): Recorded.Exchange => ({
  request: {
    method,
    url: `http://polympics.test${path}`,
    headers: {},
    ...(request_body === null ? {} : { body: { text: request_body } })
  },
  response: { status, headers, ...(body_text === "" ? {} : { body: { text: body_text } }) }
})
