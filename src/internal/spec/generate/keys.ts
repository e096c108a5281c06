import type { Variant } from "./units.js"

/** The name of a property as a caller reads it. */
export const keyOf = (name: string, { keys }: Variant): string =>
  keys === undefined
    ? name
    : name
        .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
        .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
        .toLowerCase()
