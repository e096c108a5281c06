/** Returns true for 2xx (RFC 9110, 15.3). */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Statuses whose responses have no content (RFC 9110, 15.3.5, 15.3.6, 15.4.5). */
export const statusesWithoutContent: ReadonlyArray<number> = [204, 205, 304]

/** Statuses of redirects that are followed automatically (RFC 9110, 15.4). */
export const redirectStatuses: ReadonlyArray<number> = [301, 302, 303, 307, 308]

/** Matches a key of responses: a status, a class of statuses, or `default`. */
export const statusKey = /^(?:[1-5]\d\d|[2-5]XX|default)$/
