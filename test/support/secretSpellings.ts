const percent = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`

const bytes = (text: string) => Buffer.from(text)

const inJson = (text: string) => JSON.stringify(text).slice(1, -1)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;"
}

/** The ways in which servers and their frameworks write parts of a request into a response. */
export const spellings: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in JSON": inJson,
  "in JSON in JSON": (text) => inJson(inJson(text)),
  "in JSON, all in ASCII": (text) =>
    inJson(text).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "in JSON, with slashes escaped": (text) => inJson(text).replaceAll("/", "\\/"),
  "in JSON, for HTML": (text) =>
    inJson(text).replace(/[<>&'+]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`),
  "in a URL": encodeURIComponent,
  "in a URL, in lower case": (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  "in a URL, as a whole": (text) => [...bytes(text)].map(percent).join(""),
  "in a URL, in a URL": (text) => encodeURIComponent(encodeURIComponent(text)),
  "in a path": (text) => encodeURI(text).replace(/[?#]/g, encodeURIComponent),
  "in a form": (text) => new URLSearchParams({ "": text }).toString().slice(1),
  "in HTML": (text) => text.replace(/[&<>"']/g, (unit) => entities[unit] ?? unit),
  "in HTML, by numbers": (text) => text.replace(/[&<>"']/g, (unit) => `&#${unit.charCodeAt(0)};`),
  "in HTML, all in ASCII": (text) =>
    [...text]
      .map((char) => (/[\x20-\x25\x27-\x7e]/.test(char) ? char : `&#x${char.codePointAt(0)?.toString(16)};`))
      .join(""),
  "in base64": (text) => bytes(text).toString("base64"),
  "in base64, without padding": (text) => bytes(text).toString("base64").replaceAll("=", ""),
  "in base64url": (text) => bytes(text).toString("base64url")
}

/** Reports whether a text has a secret in any of these spellings. */
export const shows = (text: string, secret: string): boolean =>
  Object.values(spellings).some((spell) => text.includes(spell(secret)))
