/**
 * Returns the id of an entity, for the entity or its id. Any other value, which only JavaScript callers can pass, is returned
 * unchanged, so that the endpoint's schema refuses it with a reason.
 */
export const idOf = <Id extends string | number>(reference: Id | { readonly id: Id }): Id => {
  const id = typeof reference === "object" && reference !== null ? reference.id : undefined
  return id ?? (reference as Id)
}
