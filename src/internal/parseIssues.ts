import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"
import type { Issue } from "../Issue.js"

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
 * Converts a `ParseIssue` to issues without the values, since an invalid value may be a secret. Of the schema's own messages,
 * only the one that a filter returns is used.
 */
export const fromParseIssue = (issue: ParseResult.ParseIssue): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  const seen = new Set<string>()
  const add = (path: Issue["path"], message: string) => {
    const key = JSON.stringify([path, message])
    if (issues.length < maxIssues && !seen.has(key)) {
      seen.add(key)
      issues.push({ path, message })
    }
  }
  const collect = (issue: ParseResult.ParseIssue, path: Issue["path"], isFilter: boolean): void => {
    switch (issue._tag) {
      case "Pointer": {
        // `Array.isArray` does not narrow a type with a readonly array.
        const keys = (Array.isArray(issue.path) ? issue.path : [issue.path]) as ReadonlyArray<PropertyKey>
        return collect(
          issue.issue,
          [...path, ...keys.map((key) => (typeof key === "symbol" ? String(key) : key))],
          false
        )
      }
      case "Composite": {
        // For a union with undefined, an issue that says that undefined is allowed would not help.
        return partsOf(issue).forEach((part) => isUndefined(part) || collect(part, path, false))
      }
      case "Refinement":
        return collect(issue.issue, path, issue.kind === "Predicate")
      case "Transformation":
        return collect(issue.issue, path, false)
      case "Missing":
        return add(path, "is missing")
      case "Unexpected":
        return add(path, "is not expected")
      case "Forbidden":
        return add(path, "can't be decoded here")
      case "Type":
        // A value that fails a filter already has the right type, so the message does not name the type.
        return add(
          path,
          isFilter
            ? (issue.message ?? `should be ${expectedOf(issue.ast)}`)
            : `should be ${expectedOf(issue.ast)}, and is ${kindOf(issue.actual)}`
        )
    }
  }
  collect(issue, [], false)
  return issues
}
