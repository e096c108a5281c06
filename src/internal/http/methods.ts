import type { HttpMethod } from "@effect/platform/HttpMethod"

/** Idempotent methods: sending a request twice has the effect of sending it once (RFC 9110, 9.2.2). */
const idempotentMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]

/** Returns true for idempotent methods (RFC 9110, 9.2.2). */
export const isIdempotent = (method: HttpMethod): boolean => idempotentMethods.includes(method)

/** Safe methods: read-only for the server (RFC 9110, 9.2.1). */
const safeMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS"]

/** Returns true for safe methods (RFC 9110, 9.2.1). */
export const isSafe = (method: HttpMethod): boolean => safeMethods.includes(method)
