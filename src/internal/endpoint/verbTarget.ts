import * as Either from "effect/Either"
import type { Issue } from "../../Issue.js"
import { loneSurrogate } from "./plainJson.js"
import { anyPath, escapeLiteral, isDotSegment, type Segment, segmentsOf, templateOf } from "./pathTemplate.js"
import { toUrl } from "../http/toUrl.js"

/** The parsed target of a verb. */
export interface Target {
  readonly segments: ReadonlyArray<Segment>
  readonly template: string
  /** The query, as it is sent, without parameters of the call. */
  readonly query: string
  /** True if the path begins at the origin, and not at the base URL. */
  readonly fromOrigin?: boolean | undefined
}

const refuse = (message: string): Either.Either<never, ReadonlyArray<Issue>> =>
  Either.left([{ path: ["target"], message }])

/** Parses a URL, which has to be of the base URL's origin, since credentials are sent nowhere else. */
export const parseUrl = (url: URL, baseUrl: URL): Either.Either<Target, ReadonlyArray<Issue>> => {
  if (url.origin !== baseUrl.origin) return refuse("is a URL of another origin than the base URL")
  if (url.username !== "" || url.password !== "") return refuse("is a URL with a user name or password")
  return Either.map(parsePath(url.pathname + url.search + url.hash), (parsed) => ({
    ...parsed,
    template: anyPath,
    fromOrigin: true
  }))
}

const parsePath = (target: string): Either.Either<Target, ReadonlyArray<Issue>> => {
  if (target.includes("#")) return refuse("has a fragment, which is not sent: write # as %23")
  const [written = "", ...query] = target.split("?")
  // A URL parser treats an encoded dot as a plain one.
  const path = written.replaceAll(/%2e/gi, ".")
  if (path.split("/").some(isDotSegment)) {
    return refuse("must not have a segment of dots, which a URL resolves")
  }
  const segments = segmentsOf(path)
  return Either.right({ segments, template: templateOf(segments), query: escapeLiteral(query.join("?")) })
}

/**
 * Parses a target: a path template, with or without a query; or a whole URL, such as that of a next page. Returns an issue if it is
 * invalid.
 */
export const parseTarget = (target: unknown, baseUrl: URL): Either.Either<Target, ReadonlyArray<Issue>> => {
  if (target instanceof URL) return parseUrl(target, baseUrl)
  if (typeof target !== "string") return refuse("should be a path, such as /users/{id}")
  if (!target.isWellFormed()) return refuse(loneSurrogate)
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(target)) return parsePath(target)
  const url = toUrl(target)
  return url === undefined ? refuse("is not a URL") : parseUrl(url, baseUrl)
}
