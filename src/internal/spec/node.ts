/** The fields of an object of a document. Each may be of any type, whatever the specification says. */
export type Fields = Readonly<Record<string, unknown>>

/** Reports whether a node is an object. */
export const isFields = (node: unknown): node is Fields =>
  typeof node === "object" && node !== null && !Array.isArray(node)

/** Names the type of a node in messages. */
export const typeOf = (node: unknown): string => {
  if (node === null) return "null"
  if (node === undefined) return "nothing"
  if (Array.isArray(node)) return "an array"
  switch (typeof node) {
    case "object":
      return "an object"
    case "string":
      return node === "" ? "an empty text" : "a text"
    case "boolean":
      return String(node)
    default:
      return "a number"
  }
}

/** Shows a value in messages, with at most 40 characters of a text. Objects and arrays are not shown. */
export const showValue = (node: unknown): string => {
  if (typeof node === "string") return JSON.stringify(node.length > 40 ? `${node.slice(0, 40)}…` : node)
  return typeof node === "number" || typeof node === "bigint" ? String(node) : typeOf(node)
}

/** Returns the child of a node; undefined if there is none. Never a member of a prototype. */
export const childOf = (node: unknown, token: string): unknown => {
  if (Array.isArray(node)) return /^\d+$/.test(token) ? (node as ReadonlyArray<unknown>)[Number(token)] : undefined
  return isFields(node) && Object.hasOwn(node, token) ? node[token] : undefined
}

/** Returns an object without a prototype, whose keys `__proto__` and `constructor` are like others. */
export const emptyRecord = <A>(): Record<string, A> =>
  // `Object.create` returns any.
  Object.create(null) as Record<string, A>

/** Remembers the result of a function. */
export const lazy = <A extends object>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}
