import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** What a request asks for. */
export interface Address {
  /** Without a fragment. */
  readonly url: string
  /** What a write changes: the URL without its query. */
  readonly resource: string
}

/** Where a URL leads; undefined if it is none, or holds a password, which is not to be kept. */
export const addressOf = (url: string | URL): Address | undefined => {
  const parsed = typeof url === "string" ? parse(url) : url
  if (parsed === undefined || parsed.username !== "" || parsed.password !== "") return undefined
  const resource = `${parsed.protocol}//${parsed.host}${parsed.pathname}`
  return { url: resource + parsed.search, resource }
}

const parse = (url: string): URL | undefined => {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

export const addressOfRequest = ({ url, urlParams }: HttpClientRequest): Address | undefined => {
  if (urlParams.length === 0) return addressOf(url)
  const made = UrlParams.makeUrl(url, urlParams, Option.none())
  return Either.isRight(made) ? addressOf(made.right) : undefined
}

/** The part of a kept URL that a write changes. */
export const resourceOf = (url: string): string => {
  const query = url.indexOf("?")
  return query < 0 ? url : url.slice(0, query)
}

/** Where another URL of the same origin leads, such as a `Location`. */
export const addressNear = (text: string, base: string): Address | undefined => {
  const from = parse(base)
  try {
    const url = new URL(text, base)
    return url.origin === from?.origin ? addressOf(url) : undefined
  } catch {
    return undefined
  }
}

/** The key of an answer. A partition is any text, but no URL has a space in it: what follows the last one is the URL. */
export const entryKey = (method: string, partition: string, { url }: Address): string => `${method} ${partition} ${url}`

/** The key of one of several answers, by what it varies with. */
export const variantKey = (entry: string, digest: string): string => `${entry} ${digest}`

/** The key of the generation of what is at a resource. */
export const generationKey = (resource: string): string => `generation ${resource}`
