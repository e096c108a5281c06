import * as RegExpText from "effect/RegExp"
import type { Segment } from "../endpoint/pathTemplate.js"

/** Matches the path of a URL with a template, and returns the values of its parameters. */
export type MatchPath = (path: string) => Readonly<Record<string, string>> | undefined

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that begins no escape.
    return text
  }
}

/** Writes literal text as URLs have it. */
const literalOf = (literal: string): string => new URL(`http://literal/x${literal}`).pathname.slice(2)

/** Makes the matcher of a template. */
export const matcher = (segments: ReadonlyArray<Segment>): MatchPath => {
  const names: Array<string> = []
  const pattern = segments
    .map(({ optional, parts }) => {
      const text = parts
        .map((part) => {
          if ("literal" in part) return RegExpText.escape(literalOf(part.literal))
          names.push(part.name)
          return part.keepsSlashes ? "(.+?)" : "([^/]+?)"
        })
        .join("")
      return optional ? `(?:/${text})?` : `/${text}`
    })
    .join("")
  const expression = new RegExp(`^${pattern}$`)
  return (path) => {
    const match = expression.exec(path)
    if (match === null) return undefined
    const values: Record<string, string> = {}
    for (const [index, name] of names.entries()) {
      const value = match[index + 1]
      if (value !== undefined) values[name] = decode(value)
    }
    return values
  }
}

/** The specificity of a template: the length of its literal text. The most specific handler of a path is chosen. */
export const specificity = (segments: ReadonlyArray<Segment>): number =>
  segments.flatMap(({ parts }) => parts).reduce((sum, part) => sum + ("literal" in part ? part.literal.length : 0), 0) +
  segments.length

/** Splits the target of a handler into the origin of a whole URL, and a path. */
export const splitTarget = (target: string): { readonly base: string | undefined; readonly path: string } => {
  const [, base, path = target] = /^([a-z][a-z\d+.-]*:\/\/[^/{]+)(.*)$/is.exec(target) ?? []
  return { base, path }
}
