/**
 * Reports whether a text is a URL, as `URL.canParse` does. That of Node 20 returns false for text with characters of Latin-1, such as
 * `https://ä.example`, once it was called some thousand times.
 */
export const canParse = (text: string | URL, base?: string | URL): boolean => {
  try {
    // `URL` has no other function that reports it.
    void new URL(text, base)
    return true
  } catch {
    return false
  }
}
