/** Matches a valid header name (RFC 9110, 5.1). */
export const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

/** Matches a valid header value (RFC 9110, 5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Matches visible ASCII without spaces: credentials that a header holds unchanged (RFC 9110, 5.5; RFC 6750, 2.1). */
export const visibleAscii = /^[\x21-\x7e]+$/

/**
 * Matches names of headers that belong to the connection or frame the message (RFC 9110, 7.6.1; RFC 9112, 6). The transport
 * writes them, and the transports differ in which they ignore, refuse or send. `Expect` is not one of them, since it is for the
 * server (RFC 9110, 10.1.1).
 */
export const connectionField = /^(?:connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i

/** The message about a header that `connectionField` matches. */
export const connectionFieldMessage = "is for the transport to set (RFC 9110, 7.6.1): leave it out"

/** Reports whether requests can have a header of this name, with any value. */
export const isRequestField = (name: string): boolean =>
  fieldName.test(name) && !connectionField.test(name) && name.toLowerCase() !== "content-length"
