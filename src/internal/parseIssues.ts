import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Issue } from "../Issue.js"
import { decodeCompiled } from "./decoder/decodeCompiled.js"

/** The maximum number of issues in an error. More would not be read. */
export const maxIssues = 20

/** Names the kind of a value, for a message. */
export const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : typeof value

const expectedOf = (ast: AST.AST): string => {
  const annotation = (read: (annotated: AST.Annotated) => Option.Option<string>) => Option.getOrUndefined(read(ast))
  if (ast._tag === "TypeLiteral") return annotation(AST.getIdentifierAnnotation) ?? "an object"
  if (ast._tag === "TupleType") return annotation(AST.getIdentifierAnnotation) ?? "an array"
  if (ast._tag === "Transformation") {
    return annotation(AST.getDescriptionAnnotation) ?? annotation(AST.getIdentifierAnnotation) ?? expectedOf(ast.from)
  }
  return annotation(AST.getDescriptionAnnotation) ?? annotation(AST.getTitleAnnotation) ?? String(ast)
}

const partsOf = ({ issues }: ParseResult.Composite): ReadonlyArray<ParseResult.ParseIssue> =>
  // `Array.isArray` does not narrow a type with a readonly array.
  Array.isArray(issues) ? issues : [issues as ParseResult.ParseIssue]

const isUndefined = (issue: ParseResult.ParseIssue): boolean =>
  issue._tag === "Type" && issue.ast._tag === "UndefinedKeyword"

/**
 * Selects the issues that explain best why a value matches no member of a union: those of the members that are closest to it. A
 * member whose issues are all within the value is closer than one of another kind, and one with fewer issues is closer.
 */
export const closest = (members: ReadonlyArray<ReadonlyArray<Issue>>, depth = 0): ReadonlyArray<Issue> => {
  const sameKind = members.filter((issues) => issues.every(({ path }) => path.length > depth))
  const fewest = Math.min(...sameKind.map(({ length }) => length))
  return sameKind.length === 0 ? members.flat() : sameKind.filter(({ length }) => length === fewest).flat()
}

/**
 * Converts a `ParseIssue` to issues without the values, since an invalid value may be a secret. Of the schema's own messages,
 * only those that a filter returns are used, for the value or for places within it.
 */
export const fromParseIssue = (issue: ParseResult.ParseIssue): ReadonlyArray<Issue> => {
  const collect = (issue: ParseResult.ParseIssue, path: Issue["path"], isFilter: boolean): ReadonlyArray<Issue> => {
    switch (issue._tag) {
      case "Pointer": {
        // `Array.isArray` does not narrow a type with a readonly array.
        const keys = (Array.isArray(issue.path) ? issue.path : [issue.path]) as ReadonlyArray<PropertyKey>
        return collect(
          issue.issue,
          [...path, ...keys.map((key) => (typeof key === "symbol" ? String(key) : key))],
          // A filter can return the place of its issue, too.
          isFilter
        )
      }
      case "Composite": {
        const isUnion = issue.ast._tag === "Union"
        const parts: Array<ReadonlyArray<Issue>> = []
        let count = 0
        for (const part of partsOf(issue)) {
          // For a union with undefined, an issue that says that undefined is allowed would not help.
          if (isUndefined(part)) continue
          // Several issues of a filter are a composite.
          const issues = collect(part, path, isFilter)
          parts.push(issues)
          count += issues.length
          if (!isUnion && count >= maxIssues) break
        }
        return isUnion ? closest(parts, path.length) : parts.flat()
      }
      case "Refinement":
        return collect(issue.issue, path, issue.kind === "Predicate")
      case "Transformation":
        return collect(issue.issue, path, false)
      case "Missing":
        return [{ path, message: "is missing" }]
      case "Unexpected":
        return [{ path, message: "is not expected" }]
      case "Forbidden":
        return [{ path, message: "can't be decoded here" }]
      case "Type":
        // A value that fails a filter already has the right type, so the message does not name the type.
        return [
          {
            path,
            message: isFilter
              ? (issue.message ?? `should be ${expectedOf(issue.ast)}`)
              : `should be ${expectedOf(issue.ast)}, and is ${kindOf(issue.actual)}`
          }
        ]
    }
  }
  const unique = new Map(collect(issue, [], false).map((one) => [JSON.stringify([one.path, one.message]), one]))
  return [...unique.values()].slice(0, maxIssues)
}

/** Makes a decoder with the issues of all mismatches. They are collected by decoding again, so that a success costs no more. */
export const decodeWithIssues = (
  schema: Schema.Schema.AnyNoContext
): ((value: unknown) => Either.Either<unknown, ReadonlyArray<Issue>>) => {
  const decode = decodeCompiled(schema)
  return (value) =>
    Either.mapLeft(
      Either.orElse(decode(value), () => ParseResult.decodeUnknownEither(schema)(value, { errors: "all" })),
      fromParseIssue
    )
}
