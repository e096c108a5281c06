import { parse, stringify } from "../http/json.js"

/** Makes a response of JSON. Its `json` keeps integers beyond 2^53, which that of another `Response` rounds, as a `bigint`. */
export const jsonResponse = (value: unknown, status = 200): Response => {
  const text = stringify(value)
  const response = new Response(text, { status, headers: { "content-type": "application/json" } })
  return Object.assign(response, { json: () => Promise.resolve(parse(text)) })
}
