/**
 * Parses a URL; undefined if the text is none. `URL.canParse` of Node 20 can't be asked first: it returns false for text with
 * characters of Latin-1, such as `https://ä.example`, once it was called some thousand times.
 */
export const toUrl = (text: string | URL, base?: string | URL): URL | undefined => {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
