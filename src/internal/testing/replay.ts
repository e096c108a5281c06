import * as Data from "effect/Data"
import * as Either from "effect/Either"
import type { Exchange, Request } from "../../testing/Exchange.js"
import { type Comparison, compare, type Difference } from "./compare.js"
import type { Placeholders } from "./placeholders.js"

/** A request that the recording does not have, or an exchange that was not requested. It is a defect, which fails the test. */
export class ReplayError extends Data.TaggedError("ReplayError")<{
  /** Shows the request, and how it differs from the nearest one of the recording. */
  readonly message: string
}> {}

const howToRecord = "Record anew, if the difference is intended"

/** The maximum length of a value in a message, in characters, and the number of differences. */
const limits = { value: 120, differences: 12 }

const titleOf = ({ method, url }: Request): string => `${method} ${url}`

const showValue = (value: string | undefined, show: (text: string) => string): string => {
  if (value === undefined) return "absent"
  const text = show(value)
  return JSON.stringify(text.length > limits.value ? `${text.slice(0, limits.value)}...` : text)
}

const showDifferences = (differences: ReadonlyArray<Difference>, show: (text: string) => string): string => {
  const lines = differences
    .slice(0, limits.differences)
    .map(
      ({ part, recorded, requested }) =>
        `  ${show(part)}: recorded ${showValue(recorded, show)}, requested ${showValue(requested, show)}`
    )
  const rest = differences.length - lines.length
  return [...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n")
}

/** The differences that count for the nearest exchange. Another path is further away than another value. */
const distance = ({ differences, headerDifferences }: Comparison): number =>
  headerDifferences.length +
  differences.reduce(
    (sum, { part }) => sum + (part === "path" || part === "origin" ? 1000 : part === "method" ? 500 : 10),
    0
  )

interface Candidate {
  readonly index: number
  readonly exchange: Exchange
  readonly comparison: Comparison
}

const nearest = (candidates: ReadonlyArray<Candidate>): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || distance(one.comparison) < distance(best.comparison) ? one : best),
    undefined
  )

/**
 * Makes the state of a replay, which finds the exchange of each request.
 *
 * - `name`: the name of the recording, in messages
 */
export const makeReplay = (exchanges: ReadonlyArray<Exchange>, order: "strict" | "loose", name: string) => {
  const used = new Set<number>()
  /** The program's secret in the place of each placeholder. */
  const bound = new Map<string, string>()
  const failures: Array<ReplayError> = []

  const isConsistent = ({ secrets }: Comparison): boolean =>
    secrets.every(([placeholder, text]) => (bound.get(placeholder) ?? text) === text)

  const fail = (message: string): ReplayError => {
    const error = new ReplayError({ message })
    failures.push(error)
    return error
  }

  const mismatch = (requested: Request, candidate: Candidate | undefined, placeholders: Placeholders) => {
    const show = (text: string) => placeholders.replace(text) ?? "<redacted>"
    const head = `${show(titleOf(requested))} is not ${order === "strict" ? `exchange ${candidate?.index ?? used.size}` : "an exchange"} of ${name}`
    if (candidate === undefined) {
      return fail(
        `${head}: ${exchanges.length === 0 ? "it has no exchanges" : "all its exchanges were requested before"}. ${howToRecord}.`
      )
    }
    const { differences, headerDifferences } = candidate.comparison
    const all = [...differences, ...(order === "strict" ? headerDifferences : [])]
    const which = order === "strict" ? "" : `The nearest is exchange ${candidate.index}, `
    return fail(
      `${head}.\n${which}${titleOf(candidate.exchange.request)}, which differs:\n${showDifferences(all, show)}\n${howToRecord}.`
    )
  }

  const use = ({ comparison, exchange, index }: Candidate): Exchange => {
    used.add(index)
    for (const [placeholder, text] of comparison.secrets) if (!bound.has(placeholder)) bound.set(placeholder, text)
    return exchange
  }

  const candidatesOf = (requested: Request): ReadonlyArray<Candidate> =>
    exchanges.map((exchange, index) => ({ index, exchange, comparison: compare(exchange.request, requested) }))

  const strict = (requested: Request, placeholders: Placeholders): Either.Either<Exchange, ReplayError> => {
    const index = used.size
    const exchange = exchanges[index]
    if (exchange === undefined) return Either.left(mismatch(requested, undefined, placeholders))
    const candidate = { index, exchange, comparison: compare(exchange.request, requested) }
    const { differences, headerDifferences } = candidate.comparison
    return differences.length + headerDifferences.length === 0
      ? Either.right(use(candidate))
      : Either.left(mismatch(requested, candidate, placeholders))
  }

  const loose = (requested: Request, placeholders: Placeholders): Either.Either<Exchange, ReplayError> => {
    const candidates = candidatesOf(requested)
    const matching = candidates.filter(({ comparison }) => comparison.differences.length === 0)
    if (matching.length === 0) return Either.left(mismatch(requested, nearest(candidates), placeholders))
    const rank = ({ comparison }: Candidate) =>
      (isConsistent(comparison) ? 0 : 1000) + comparison.headerDifferences.length
    const best = Math.min(...matching.map(rank))
    const sameKind = matching.filter((one) => rank(one) === best)
    const next = sameKind.find(({ index }) => !used.has(index)) ?? sameKind.at(-1)!
    return Either.right(use(next))
  }

  /** The error at the end, if there is one: a failure that the program has hidden, or exchanges that are left over. */
  const problem = (): ReplayError | undefined => {
    if (failures.length > 0) return failures[0]
    if (order === "loose" || used.size === exchanges.length) return undefined
    const left = exchanges.slice(used.size)
    const titles = left.slice(0, limits.differences).map(({ request }) => `  ${titleOf(request)}`)
    return new ReplayError({
      message: `${left.length} of ${exchanges.length} exchanges of ${name} were not requested:\n${titles.join("\n")}\n${howToRecord}.`
    })
  }

  return { find: order === "strict" ? strict : loose, problem }
}
