import * as Predicate from "effect/Predicate"

/** Reports whether a value is a `Blob`. Some runtimes do not have the class. */
export const isBlob = (value: unknown): value is Blob => typeof Blob !== "undefined" && value instanceof Blob

/** Reports whether a value is a `FormData`. Some runtimes do not have the class. */
export const isFormData = (value: unknown): value is FormData =>
  typeof FormData !== "undefined" && value instanceof FormData

/** Returns the name of a file in a form: that of a `File`, or else `blob` (HTML Standard, 4.10.22.4). */
export const filenameOf = (value: unknown): string =>
  Predicate.hasProperty(value, "name") && Predicate.isString(value.name) ? value.name : "blob"
