import { parse } from "./http/json.js"

/**
 * Parses JSON. An integer beyond 2^53 is a `bigint`. Returns undefined, which is no value of JSON, for a text that is none.
 */
export const parseJson = (text: string): unknown => {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
