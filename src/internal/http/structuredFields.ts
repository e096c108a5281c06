/**
 * Reads the part of structured fields (RFC 9651) that rate limit headers use: lists and dictionaries of bare items with
 * parameters. A list with an inner list counts as invalid. A complete parser would add 2 kB to every bundle.
 */

/** The patterns of a field. A function, since bundlers can't drop what computes strings at the top of a module. */
const makePatterns = () => {
  const key = "[a-z*][a-z\\d_.*-]*"
  const number = "-?\\d{1,12}\\.\\d{1,3}|-?\\d{1,15}"
  const string = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"'
  const token = "[A-Za-z*][\\w!#$%&'*+.^|~:/`-]*"
  const bytes = ":(?:[A-Za-z\\d+/]{4})*(?:[A-Za-z\\d+/]{2}==|[A-Za-z\\d+/]{3}=)?:"
  const bareItem = `${number}|${string}|${token}|\\?[01]|${bytes}`
  const parameters = `(?:; *${key}(?:=(?:${bareItem}))?)*`
  const item = `(?:${bareItem})${parameters}`
  const innerList = `\\( *(?:${item}(?: +${item})*)? *\\)`
  return {
    parameter: new RegExp(`; *(${key})(?:=(${bareItem}))?`, "y"),
    listMember: new RegExp(`(?:${bareItem})(${parameters})`, "y"),
    dictionaryMember: new RegExp(`(${key})(?:=(${bareItem}|${innerList}))?${parameters}`, "y")
  }
}

/** A number of a structured field; undefined for an item of another type. */
type Value = number | undefined

const numberOf = (text: string | undefined): Value =>
  text !== undefined && /^-?\d/.test(text) ? Number(text) : undefined

const parametersOf = (text: string, parameter: RegExp): ReadonlyMap<string, Value> => {
  const found = new Map<string, Value>()
  parameter.lastIndex = 0
  for (let match = parameter.exec(text); match !== null; match = parameter.exec(text)) {
    found.set(match[1]!, numberOf(match[2]))
  }
  return found
}

/** The members of a field, each matched by a sticky pattern and followed by a comma or the end; undefined if one is invalid. */
const membersOf = (field: string, member: RegExp): ReadonlyArray<RegExpExecArray> | undefined => {
  // `trim` takes linear time, which a pattern that is anchored at the end does not. It also accepts tabs.
  const text = field.trim()
  const members: Array<RegExpExecArray> = []
  const separator = /[ \t]*(?:,[ \t]*)?/y
  for (let match = member.exec(text); match !== null; match = member.exec(text)) {
    members.push(match)
    if (member.lastIndex === text.length) return members
    separator.lastIndex = member.lastIndex
    if (separator.exec(text)?.[0].includes(",") !== true) return undefined
    member.lastIndex = separator.lastIndex
  }
  return undefined
}

/** The parameters of each item of a list; undefined if the field is not a list. */
export const parseList = (field: string): ReadonlyArray<ReadonlyMap<string, Value>> | undefined => {
  const { listMember, parameter } = makePatterns()
  return membersOf(field, listMember)?.map((match) => parametersOf(match[1]!, parameter))
}

/** The members of a dictionary; undefined if the field is not a dictionary. */
export const parseDictionary = (field: string): ReadonlyMap<string, Value> | undefined => {
  const members = membersOf(field, makePatterns().dictionaryMember)
  return members && new Map(members.map((match) => [match[1]!, numberOf(match[2])]))
}
