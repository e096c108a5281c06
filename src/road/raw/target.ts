import * as Either from "effect/Either"
import { hrefOf } from "../../Authoriser.js"
import type { Issue } from "../../Issue.js"
import { type Segment, templateOf } from "../route.js"

/** The target of a request, taken apart. */
export interface Target {
  readonly segments: ReadonlyArray<Segment>
  readonly template: string
  /** What stands behind a question mark, as it is sent. */
  readonly query: string
}

/** The template of whole URLs, of which there are as many as an API gives (RFC 6570, 3.2.3). */
const anywhere = "/{+rest}"

const refuse = (message: string): Either.Either<never, ReadonlyArray<Issue>> =>
  Either.left([{ path: ["target"], message }])

/** Text of the caller's own, in which escapes stand already, or what needs some does not. */
const escaped = (text: string): string => encodeURI(text).replaceAll(/%25([\da-f]{2})/gi, "%$1")

const dots = /^\.{1,2}$/

const segmentOf = (text: string): Segment =>
  text
    .split(/(\{[^{}]+\})/)
    .filter((part) => part !== "")
    .map((part) => (/^\{[^{}]+\}$/.test(part) ? { param: part.slice(1, -1) } : { literal: escaped(part) }))

/**
 * A target below the base URL: a path, in which names in braces stand for values (RFC 6570, level 1), with a query or without; or a
 * whole URL, as APIs give for the next page, which has to be below the base URL, since credentials go nowhere else.
 */
export const parseTarget = (target: unknown, baseUrl: URL): Either.Either<Target, ReadonlyArray<Issue>> => {
  if (target instanceof URL) return parseTarget(target.href, baseUrl)
  if (typeof target !== "string") return refuse("should be a path, such as /users/{id}")
  if (!target.isWellFormed()) return refuse("must be well-formed Unicode: it has a lone surrogate")
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(target)) {
    const base = hrefOf(baseUrl)
    const { href } = URL.canParse(target) ? new URL(target) : { href: "" }
    return href.startsWith(base) && /^(?:[/?]|$)/.test(href.slice(base.length))
      ? Either.map(parseTarget(href.slice(base.length), baseUrl), (parsed) => ({ ...parsed, template: anywhere }))
      : refuse("is a URL that is not below the base URL")
  }
  if (target.includes("#")) return refuse("has a fragment, which is not sent: write # as %23")
  const [written = "", ...query] = target.split("?")
  // An escaped dot is one, to whoever parses a URL: before a value it would do as well.
  const path = written.replaceAll(/%2e/gi, ".")
  const segments = path === "" ? [] : path.replace(/^\//, "").split("/")
  if (segments.some((segment) => dots.test(segment))) return refuse("must not climb: it has a segment of dots")
  const parsed = segments.map(segmentOf)
  return Either.right({ segments: parsed, template: templateOf(parsed), query: escaped(query.join("?")) })
}
