/** Escapes a token of a JSON pointer (RFC 6901, 3). */
export const escapeToken = (token: string): string =>
  token.includes("~") || token.includes("/") ? token.replaceAll("~", "~0").replaceAll("/", "~1") : token

/** Appends a token to a JSON pointer. */
export const at = (pointer: string, token: string | number): string =>
  pointer + "/" + (typeof token === "number" ? token : escapeToken(token))

/** Splits a JSON pointer into its tokens. */
export const tokensOf = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => (token.includes("~") ? token.replaceAll("~1", "/").replaceAll("~0", "~") : token))
