import type { Io } from "../Io.js"
import { documentKey } from "../documentKey.js"
import { readsDocument } from "../commands.js"
import { readCache } from "./cache.js"
import { candidatesFor, documentWords } from "./candidates.js"
import type { CompletionData } from "./CompletionData.js"

const empty: CompletionData = { resources: [] }

/**
 * Prints the candidates for the last word of a command line, one a line, each with a tab and its description: what completion scripts
 * call, as `herald __complete SHELL WORD...`. The first line is `:files` or `:directories` where the shell completes paths. Prints nothing
 * where nothing is known. Returns the exit code, which is always 0.
 */
export const complete = async ([shell = "", ...given]: ReadonlyArray<string>, io: Io): Promise<number> => {
  const words = shell === "bash" ? rejoin(given).map(unquoted) : given
  // The last word is not complete.
  const key = documentKey(documentWords(words.slice(0, -1)), io.env)
  try {
    const data = key !== undefined && words.length > 1 && readsDocument(words[0]!) ? await dataOf(key, io) : empty
    const { candidates, paths, prefix } = candidatesFor(words, data)
    // bash completes what follows the `=`; other shells complete the whole word.
    const before = shell === "bash" ? "" : prefix
    const lines = candidates
      .filter(({ text }) => isPrintable(text))
      .map(({ description, text }) => `${before}${text}\t${oneLineOf(description)}`)
    await io.stdout.write([...(paths === undefined ? [] : [`:${paths}`]), ...lines].map((line) => `${line}\n`).join(""))
  } catch {
    // A shell that asks for candidates can't use a message.
  }
  return 0
}

const dataOf = async (key: NonNullable<ReturnType<typeof documentKey>>, io: Io): Promise<CompletionData> => {
  const cached = await readCache(key, io.env)
  if (cached?.fresh === true) return cached.data
  const { loadCompletionData } = await import("./load.js")
  return (await loadCompletionData(key, io)) ?? cached?.data ?? empty
}

/** bash divides words at `=` and `:`. */
const rejoin = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const joined: Array<string> = []
  let open = false
  for (const word of words) {
    const divides = word === "=" || word === ":" || word === "::"
    if ((divides || open) && joined.length > 0 && (divides ? joined.length > 1 : true))
      joined[joined.length - 1] += word
    else joined.push(word)
    open = divides
  }
  return joined
}

/** bash gives words as they were typed. Removes quotes and backslashes (POSIX.1, 2.2); expands nothing. */
const unquoted = (word: string): string =>
  word.replace(
    /\\(.)|'([^']*)'?|"((?:\\.|[^"\\])*)"?/gs,
    (_, character?: string, single?: string, double?: string) =>
      character ?? single ?? (double ?? "").replace(/\\([$`"\\])/g, "$1")
  )

/** Control characters can't be typed. A document must not put them on a command line. */
const isPrintable = (text: string) => text !== "" && !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text)

const oneLineOf = (text: string): string => {
  const line = text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ").trim()
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
