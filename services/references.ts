/**
 * Returns the id of an entity, for the entity or its id. Any other value, which only JavaScript callers can pass, is returned
 * unchanged, so that the endpoint's schema refuses it with a reason.
 */
export const idOf = <Id extends string | number>(reference: Id | { readonly id: Id }): Id => {
  const id = typeof reference === "object" && reference !== null ? reference.id : undefined
  // What is no entity is an id, as far as the types tell.
  return id ?? (reference as Id)
}

/**
 * Returns a record of conditions or changes. Throws for any other value, such as the id alone, which only JavaScript callers can pass: its
 * spread has none of the fields, so that a list would be that of all, and a change none. The operation then fails with an `EncodeError`.
 */
export const recordOf = <A extends object>(value: A): A => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("should be a record")
  return value
}
