/**
 * The id of what is given itself or by its id. What is neither, which only JavaScript can give, is handed on, so that the
 * endpoint's schema refuses it and says why.
 */
export const idOf = <Id extends string | number>(reference: Id | { readonly id: Id }): Id => {
  const id = typeof reference === "object" && reference !== null ? reference.id : undefined
  return id ?? (reference as Id)
}
