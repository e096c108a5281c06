/** Parses JSON. Returns undefined, which is no value of JSON, for a text that is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
