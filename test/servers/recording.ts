import { readFileSync } from "node:fs"

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
