import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** Normalized URL of a request. */
export interface Address {
  /** The URL without its fragment. */
  readonly url: string
  /** The URL without its query: the unit that a write invalidates. */
  readonly resource: string
}

const parse = (url: string): URL | undefined => {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** Normalizes a URL. Returns `undefined` if it is invalid, or contains a user name or password, which must not be stored. */
export const addressOf = (url: string | URL): Address | undefined => {
  const parsed = typeof url === "string" ? parse(url) : url
  if (parsed === undefined || parsed.username !== "" || parsed.password !== "") return undefined
  const resource = `${parsed.protocol}//${parsed.host}${parsed.pathname}`
  return { url: resource + parsed.search, resource }
}

/** Normalizes the URL of a request. Returns `undefined` where `addressOf` does. */
export const addressOfRequest = ({ url, urlParams }: HttpClientRequest): Address | undefined => {
  if (urlParams.length === 0) return addressOf(url)
  const made = UrlParams.makeUrl(url, urlParams, Option.none())
  return Either.isRight(made) ? addressOf(made.right) : undefined
}

/** Returns the resource of a normalized URL. */
export const resourceOf = (url: string): string => {
  const query = url.indexOf("?")
  return query < 0 ? url : url.slice(0, query)
}

/** Resolves a URL reference, such as a `Location`. Returns `undefined` if it is invalid or cross-origin. */
export const sameOriginAddress = (reference: string, base: string): Address | undefined => {
  const baseUrl = parse(base)
  try {
    const url = new URL(reference, base)
    return url.origin === baseUrl?.origin ? addressOf(url) : undefined
  } catch {
    return undefined
  }
}

/** Makes the key of a response. Unambiguous, since the URL follows the last space: unlike a partition, it contains none. */
export const entryKey = (method: string, partition: string, { url }: Address): string => `${method} ${partition} ${url}`

/** Makes the key of one of several responses that differ by `Vary`. */
export const variantKey = (entry: string, digest: string): string => `${entry} ${digest}`

/** Makes the key of a resource's generation. */
export const generationKey = (resource: string): string => `generation ${resource}`

/** Key of the epoch of the store. */
export const epochKey = "epoch"

/** Makes the key of a value that is stored and removed at once, to find out whether the store can be written. */
export const checkKey = (id: string): string => `check ${id}`
