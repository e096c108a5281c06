/**
 * The longest lifetime that counts as one, in seconds: 317 years. Servers send longer ones, up to the largest integer, for
 * tokens that do not expire.
 */
export const maxLifetime = 1e10

/** Reads a number that may be sent as text, such as `"3600"`, or exceed the safe integers. Returns undefined for any other value. */
export const readNumber = (value: unknown): number | undefined => {
  const isOther =
    typeof value === "bigint" || (typeof value === "string" && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(value))
  const number = isOther ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : undefined
}

/**
 * Reads a lifetime in seconds (`expires_in`), which may be sent as text. Returns undefined, which is an unknown lifetime, for
 * zero and less, for more than `maxLifetime`, and for any other value.
 */
export const readLifetime = (value: unknown): number | undefined => {
  const seconds = readNumber(value)
  return seconds !== undefined && seconds > 0 && seconds <= maxLifetime ? seconds : undefined
}

/** Reads a text that is not empty. A whole number, which some servers send for an id, is converted. */
export const readText = (value: unknown): string | undefined => {
  // Larger numbers are those with an exponent, or a bigint.
  const text = Number.isSafeInteger(value) || typeof value === "bigint" ? String(value) : value
  return typeof text === "string" && text !== "" ? text : undefined
}

/**
 * Reads a scope (RFC 6749, 3.3), which may be sent as a list of names. Returns undefined for an empty list, and for any other
 * value than text.
 */
export const readScope = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  const names = Array.isArray(value) ? value.filter((name) => typeof name === "string" && name !== "") : []
  return names.length === 0 ? undefined : names.join(" ")
}
