import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"
import type { Issue } from "../Issue.js"

/** How many issues an error carries: more than a person reads. */
export const mostIssues = 20

const kind = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : typeof value

const wanted = (ast: AST.AST): string => {
  const annotation = (read: (annotated: AST.Annotated) => Option.Option<string>) => Option.getOrUndefined(read(ast))
  if (ast._tag === "TypeLiteral") return annotation(AST.getIdentifierAnnotation) ?? "an object"
  if (ast._tag === "TupleType") return annotation(AST.getIdentifierAnnotation) ?? "an array"
  if (ast._tag === "Transformation") {
    return annotation(AST.getDescriptionAnnotation) ?? annotation(AST.getIdentifierAnnotation) ?? wanted(ast.from)
  }
  return annotation(AST.getDescriptionAnnotation) ?? annotation(AST.getTitleAnnotation) ?? String(ast)
}

const partsOf = ({ issues }: ParseResult.Composite): ReadonlyArray<ParseResult.ParseIssue> =>
  Array.isArray(issues) ? issues : [issues as ParseResult.ParseIssue]

const isUndefined = (issue: ParseResult.ParseIssue): boolean =>
  issue._tag === "Type" && issue.ast._tag === "UndefinedKeyword"

/**
 * A schema's complaint as issues, without the values: what was refused may be a secret. The only words that it takes over
 * are those that a filter gives as its reason.
 */
export const fromParseIssue = (issue: ParseResult.ParseIssue): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  const seen = new Set<string>()
  const add = (path: Issue["path"], message: string) => {
    const key = JSON.stringify([path, message])
    if (issues.length < mostIssues && !seen.has(key)) {
      seen.add(key)
      issues.push({ path, message })
    }
  }
  const visit = (issue: ParseResult.ParseIssue, path: Issue["path"], reason: boolean): void => {
    switch (issue._tag) {
      case "Pointer": {
        const keys = (Array.isArray(issue.path) ? issue.path : [issue.path]) as ReadonlyArray<PropertyKey>
        return visit(issue.issue, [...path, ...keys.map((key) => (typeof key === "symbol" ? String(key) : key))], false)
      }
      case "Composite": {
        // Of a union, that nothing at all would have done, too, helps nobody.
        return partsOf(issue).forEach((part) => isUndefined(part) || visit(part, path, false))
      }
      case "Refinement":
        return visit(issue.issue, path, issue.kind === "Predicate")
      case "Transformation":
        return visit(issue.issue, path, false)
      case "Missing":
        return add(path, "is missing")
      case "Unexpected":
        return add(path, "is not expected")
      case "Forbidden":
        return add(path, "can't be decoded here")
      case "Type":
        // What fails a filter is of the right kind already.
        return add(
          path,
          reason
            ? (issue.message ?? `should be ${wanted(issue.ast)}`)
            : `should be ${wanted(issue.ast)}, and is ${kind(issue.actual)}`
        )
    }
  }
  visit(issue, [], false)
  return issues
}
