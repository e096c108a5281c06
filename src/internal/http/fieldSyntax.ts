/** Matches a valid header name (RFC 9110, 5.1). */
export const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

/** Matches a valid header value (RFC 9110, 5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Matches visible ASCII without spaces: credentials that a header holds unchanged (RFC 9110, 5.5; RFC 6750, 2.1). */
export const visibleAscii = /^[\x21-\x7e]+$/
