import { snakeCase } from "../../descriptor/snakeCase.js"
import type { Variant } from "./units.js"

/** The name of a property as a caller reads it. A name that another property has already stays as it is. */
export const keyOf = (name: string, { keys }: Variant, others: Readonly<Record<string, unknown>> = {}): string => {
  if (keys === undefined) return name
  const renamed = snakeCase(name)
  return renamed !== name && Object.hasOwn(others, renamed) ? name : renamed
}
