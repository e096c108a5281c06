/** A request to print. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** The body: its text, or the number of bytes of one that is no text. */
  readonly body?: string | { readonly bytes: number } | undefined
}

/**
 * Quotes a text for a POSIX shell, so that it is one word and nothing in it is expanded. Control characters, which a terminal or a
 * paste may interpret, are written with `$'…'`, which bash, zsh and ksh read (POSIX.1-2024, 2.2.4). A NUL can't be in an argument.
 */
export const shellQuote = (text: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (!/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  const inner = Array.from(text, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`
    if (character === "\n") return "\\n"
    if (character === "\t") return "\\t"
    if (character === "\r") return "\\r"
    if (!/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(character)) return character
    // The bytes in UTF-8, since `\u` is not in POSIX. Three octal digits, so that a digit can follow.
    return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")
  })
  return `$'${inner.join("")}'`
}

/** Returns a request as a command of curl, one option a line. */
export const toCurl = ({ body, headers, method, url }: CurlRequest): string => {
  const options: Array<string> = []
  if (method === "HEAD") options.push("--head")
  else if (method !== "GET" || body !== undefined) options.push(`--request ${shellQuote(method)}`)
  // curl would read these as a range or a list of URLs.
  if (/[[\]{}]/.test(url)) options.push("--globoff")
  // curl would resolve `..`, which is a value here.
  if (/\/\.{1,2}(?:[/?#]|$)/.test(url)) options.push("--path-as-is")
  // curl sends no header whose value is empty, unless it is written with a semicolon.
  for (const [name, value] of headers)
    options.push(`--header ${shellQuote(value === "" ? `${name};` : `${name}: ${value}`)}`)
  if (typeof body === "string") options.push(`--data-raw ${shellQuote(body)}`)
  else if (body !== undefined) options.push(`--data-binary @FILE # ${body.bytes} bytes`)
  return [`curl ${shellQuote(url)}`, ...options].join(" \\\n  ")
}
