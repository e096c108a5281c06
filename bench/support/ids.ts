let last = 0

/** Returns an id that no earlier request had, so that no client reuses the result of an earlier request. */
export const nextId = (): string => String((last += 1))
