/** Matches a valid header name (RFC 9110, 5.1). */
export const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

/** Matches a valid header value (RFC 9110, 5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
