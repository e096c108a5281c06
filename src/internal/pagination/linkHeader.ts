/** Matches a target between angle brackets, after commas and whitespace: lists may have empty elements (RFC 9110, 5.6.1.2). */
const target = /[\s,]*<([^>]*)>/y

/** Matches a parameter: its name, and its value, quoted or not. A quoted value may lack its last quote. */
const parameter = /\s*;\s*([^\s=;,]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;,]*)))?/y

/** Matches a sticky expression at an index. */
const matchAt = (expression: RegExp, text: string, index: number): RegExpExecArray | null => {
  expression.lastIndex = index
  return expression.exec(text)
}

/**
 * Returns the target of the first link of a `Link` header that has this relation type (RFC 8288, appendix B.2), unchanged.
 * Undefined if there is none. Links with an `anchor` are about another resource, and ignored. Text that is not a link ends the
 * search, as in the RFC.
 *
 * The packages `http-link-header`, `li` and `parse-link-header` miss a link that follows a parameter without a value, or
 * fail on an empty element.
 */
export const linkTarget = (field: string, relation: string): string | undefined => {
  const wanted = relation.toLowerCase()
  let index = 0
  for (let link = matchAt(target, field, index); link !== null; link = matchAt(target, field, index)) {
    index += link[0].length
    // Of several parameters with one name, the first counts.
    const parameters = new Map<string, string>()
    for (let found = matchAt(parameter, field, index); found !== null; found = matchAt(parameter, field, index)) {
      index += found[0].length
      const [, name = "", quoted, plain = ""] = found
      const key = name.toLowerCase()
      if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/g, "$1") ?? plain)
    }
    const relations = (parameters.get("rel") ?? "").toLowerCase().split(/\s+/)
    if (relations.includes(wanted) && !parameters.has("anchor")) return link[1]
  }
  return undefined
}
