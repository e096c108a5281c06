/** The greatest length of a name in UTF-16 code units. A longer one can't be read, nor be the name of a file. */
const maxLength = 120

/** Reports whether a text has printable ASCII only, as most names do. The classes of Unicode take some ten times as long. */
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** Returns the words of a text: its runs of letters, marks and digits of any script. A change to upper case does not end a word. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  (isAscii(text) ? text.match(/[A-Za-z0-9]+/g) : text.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu)) ?? []

const capitalized = (word: string): string => {
  // Letters outside of the Basic Multilingual Plane have case, too.
  const first = String.fromCodePoint(word.codePointAt(0)!)
  return first.toUpperCase() + word.slice(first.length)
}

/** Changes the capitals at the begin of a word to lower case: `Pets` to `pets`, `URLList` to `urlList`, `IDs` to `ids`. */
const decapitalized = (word: string): string =>
  word.replace(
    isAscii(word) ? /^[A-Z]{2,}s$|^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/ : /^\p{Lu}{2,}s$|^\p{Lu}+(?=\p{Lu}\p{Ll})|^\p{Lu}+/u,
    (capitals) => capitals.toLowerCase()
  )

/** Reports whether a text has a lower-case letter. */
const hasLowerCase = (text: string): boolean => (isAscii(text) ? /[a-z]/ : /\p{Ll}/u).test(text)

/** Cuts a name without splitting a character. */
export const bounded = (name: string): string =>
  name.length <= maxLength ? name : name.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, "")

/** Returns the words of a text as one, each with a capital: `list-for user` as `ListForUser`. Empty if the text has no word. */
export const pascalCase = (text: string): string =>
  /^[A-Za-z0-9]+$/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : wordsOf(text).map(capitalized).join("")

/**
 * Returns an identifier of the words of a text, in camelCase: `list-for user` as `listForUser`. Letters of all scripts are kept. A
 * digit at the begin is preceded by `_`. Empty if the text has no word.
 */
export const camelCase = (text: string): string => {
  if (/^[a-z][A-Za-z0-9]*$/.test(text)) return bounded(text)
  // A text in capitals has no case that could be kept.
  const [first = "", ...rest] = wordsOf(hasLowerCase(text) ? text : text.toLowerCase())
  const name = bounded(decapitalized(first) + rest.map(capitalized).join(""))
  return name === "" || isIdentifierName(name) ? name : `_${name}`
}

/**
 * Matches names that objects have a meaning for: an object with a `then` is taken for a promise, one with a `toJSON` is printed as its
 * result, and the others are looked up in objects of any kind.
 */
const trapName =
  /^(?:then|toJSON|prototype|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf|__\w+__)$/

/** Reports whether a name can be that of a property without a meaning of its own. */
export const isSafeName = (name: string): boolean => !trapName.test(name)

/** Reports whether a text can stand after a dot: it is an identifier or a reserved word. */
const isIdentifierName = (text: string): boolean =>
  (isAscii(text) ? /^[$_A-Za-z][$\w]*$/ : /^[$_\p{ID_Start}][$\p{ID_Continue}]*$/u).test(text)

/** Returns a name as a property that can stand after a dot, and that is safe. Returns the name itself where it is one. Empty if it has no word. */
export const propertyName = (name: string): string => {
  const valid = name.length <= maxLength && isIdentifierName(name) ? name : camelCase(name)
  return isSafeName(valid) ? valid : `${valid}_`
}
