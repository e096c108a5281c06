/** A target between angle brackets, after commas and whitespace: empty elements of a list are to be accepted (RFC 9110, 5.6.1.2). */
const target = /[\s,]*<([^>]*)>/y

/** A parameter: its name, and its value, quoted or not. A quoted value may lack its last quote. */
const parameter = /\s*;\s*([^\s=;,]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;,]*)))?/y

/** Matches where the last match of a sticky expression ended. */
const matchAt = (expression: RegExp, text: string, index: number): RegExpExecArray | null => {
  expression.lastIndex = index
  return expression.exec(text)
}

/**
 * The target of the first link with a relation type, as the field `Link` has it (RFC 8288, appendix B.2). Undefined if there is
 * none. Links with an `anchor` are about another resource, and left out. Text that is no link ends the search, as in the RFC.
 *
 * The packages `http-link-header`, `li` and `parse-link-header` lose a link that follows a parameter without a value, or fail on
 * an empty element.
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
      if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/g, "$1") ?? plain.trim())
    }
    const relations = (parameters.get("rel") ?? "").toLowerCase().split(/\s+/)
    if (relations.includes(wanted) && !parameters.has("anchor")) return link[1]
  }
  return undefined
}
