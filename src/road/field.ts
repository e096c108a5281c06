/** What a header may be called (RFC 9110, 5.1). */
export const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

/** What may stand in a header (RFC 9110, 5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
