/**
 * Reads the part of structured fields (RFC 9651) that rate limit headers use: lists and dictionaries of bare items with
 * parameters. A list with an inner list counts as invalid. A complete parser would add 2 kB to every bundle.
 */

// Strings, since bundlers can't drop tagged templates.
const key = "[a-z*][a-z\\d_.*-]*"
const number = "-?\\d{1,12}\\.\\d{1,3}|-?\\d{1,15}"
const string = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"'
const token = "[A-Za-z*][\\w!#$%&'*+.^|~:/`-]*"
const bytes = ":(?:[A-Za-z\\d+/]{4})*(?:[A-Za-z\\d+/]{2}==|[A-Za-z\\d+/]{3}=)?:"
const bareItem = `${number}|${string}|${token}|\\?[01]|${bytes}`
const parameters = `(?:; *${key}(?:=(?:${bareItem}))?)*`
const item = `(?:${bareItem})${parameters}`
const innerList = `\\( *(?:${item}(?: +${item})*)? *\\)`
const nextParameter = () => new RegExp(`; *(${key})(?:=(${bareItem}))?`, "y")

/** A number of a structured field; undefined for an item of another type. */
type Value = number | undefined

const numberOf = (text: string | undefined): Value =>
  text !== undefined && /^-?\d/.test(text) ? Number(text) : undefined

const parametersOf = (text: string): ReadonlyMap<string, Value> => {
  const found = new Map<string, Value>()
  const next = nextParameter()
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    found.set(match[1]!, numberOf(match[2]))
  }
  return found
}

const separator = /[ \t]*(?:,[ \t]*)?/y

/** The members of a field, each matched by a sticky pattern and followed by a comma or the end; undefined if one is invalid. */
const membersOf = (field: string, member: RegExp): ReadonlyArray<RegExpExecArray> | undefined => {
  // `trim` takes linear time, which a pattern that is anchored at the end does not. It also accepts tabs.
  const text = field.trim()
  const members: Array<RegExpExecArray> = []
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
export const parseList = (field: string): ReadonlyArray<ReadonlyMap<string, Value>> | undefined =>
  membersOf(field, new RegExp(`(?:${bareItem})(${parameters})`, "y"))?.map((match) => parametersOf(match[1]!))

/** The members of a dictionary; undefined if the field is not a dictionary. */
export const parseDictionary = (field: string): ReadonlyMap<string, Value> | undefined => {
  const members = membersOf(field, new RegExp(`(${key})(?:=(${bareItem}|${innerList}))?${parameters}`, "y"))
  return members && new Map(members.map((match) => [match[1]!, numberOf(match[2])]))
}
