/** Words that can't be the name of a variable in a module in strict mode (ECMA-262, 12.7.2), and globals that code would hide. */
const reservedWords =
  /^(?:arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|with|yield|NaN|Infinity|globalThis|exports|module|require|Object|Promise)$/

/** Names that TypeScript has for types, or that generated types refer to. */
const reservedTypes =
  /^(?:any|as|asserts|bigint|boolean|declare|infer|intrinsic|is|keyof|module|namespace|never|number|object|readonly|require|string|symbol|type|undefined|unique|unknown|ReadonlyArray|Array|Record|Uint8Array|Blob|File|FormData)$/

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

/** Reports whether a text can be written as the name of a property without quotes. */
export const isIdentifierName = (text: string): boolean => identifier.test(text)

/** Reports whether a text can be the name of a variable. */
export const isVariableName = (text: string): boolean => isIdentifierName(text) && !reservedWords.test(text)

/** Splits a text into words: at characters that identifiers do not have, and before capital letters. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  text
    .normalize("NFC")
    .replace(/[^\p{ID_Continue}]+|_+/gu, " ")
    .replace(/(\p{Ll}|\p{Nd})(\p{Lu})/gu, "$1 $2")
    .trim()
    .split(" ")

const capitalized = (word: string): string => word.replace(/^./u, (first) => first.toUpperCase())

/** The length of a name that is made from a text of the document, in characters. Longer ones are cut. */
const maxLength = 80

/** Makes the name of a type from a text, such as `PetOwner` from `pet owner`. */
export const typeName = (text: string, otherwise: string): string => {
  const name = wordsOf(text.slice(0, 4 * maxLength))
    .map(capitalized)
    .join("")
    .slice(0, maxLength)
    .toWellFormed()
  const whole = /^\p{ID_Start}/u.test(name) ? name : `${otherwise}${name}`
  if (!isIdentifierName(whole)) return `${otherwise}_`
  return reservedWords.test(whole) || reservedTypes.test(whole) ? `${whole}_` : whole
}

/** Makes the name of a variable from a text. A name that is one already stays as it is. */
export const variableName = (text: string, otherwise: string): string => {
  if (isVariableName(text)) return text
  if (isIdentifierName(text)) return `${text}_`
  const name = typeName(text, otherwise)
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`
}

/** Makes the name of a file from a text, without its extension. Names that Windows reserves are changed. */
export const fileName = (text: string, otherwise: string): string => {
  const name = text
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, maxLength)
  if (name === "") return otherwise
  return /^(?:con|prn|aux|nul|com\d|lpt\d)$/i.test(name) ? `${name}_` : name
}

/** Makes a function that returns a name that it has not returned before, with a number after it where needed. */
export const makeUnique = (
  taken: Iterable<string>,
  keyOf: (name: string) => string = (name) => name
): ((name: string) => string) => {
  const names = new Set<string>()
  for (const name of taken) names.add(keyOf(name))
  /** The last number that was tried, by name, so that ten thousand equal names do not take ten thousand steps each. */
  const tried = new Map<string, number>()
  return (name) => {
    let unique = name
    let number = tried.get(name) ?? 1
    while (names.has(keyOf(unique))) {
      number += 1
      unique = `${name}${/\d$/.test(name) ? "_" : ""}${number}`
    }
    tried.set(name, number)
    names.add(keyOf(unique))
    return unique
  }
}
