import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type * as Clock from "effect/Clock"
import type * as Either from "effect/Either"
import { type Answer, textOf } from "../Answer.js"
import type { Attempt, Verdict } from "../Attempt.js"
import { type AuthoriserFailure, hrefOf } from "../Authoriser.js"
import * as HeraldError from "../HeraldError.js"
import * as Issue from "../Issue.js"
import type { Refusal, RefusalTag } from "../Refusal.js"
import { mostIssues } from "./issues.js"
import type { Route } from "./route.js"
import { scrubber } from "./secrets.js"

/** What the errors of a call tell of it. */
export interface Told {
  readonly route: Route
  readonly baseUrl: URL
  /** Who calls, as the authoriser names it. */
  readonly identity: string
  readonly input: unknown
  /** The request without credentials, and with them, as last sent. */
  plain?: HttpClientRequest
  authorised?: HttpClientRequest
  /** The attempts that failed. */
  readonly attempts: Array<Attempt>
}

/** How far an attempt has come. */
export interface UnderWay {
  /** A request is on its way. */
  readonly sent: boolean
  /** What has come of its answer, and whether from the API's own origin. */
  readonly head?: (Pick<Answer, "status" | "headers"> & { readonly home: boolean }) | undefined
}

/** A call on its way. */
export interface Call extends Told {
  readonly clock: Clock.Clock
  /** When it began, and when its deadline passes, in milliseconds since the epoch. */
  readonly begun: number
  endsAt?: number
  /** The last answer that was decoded, and what that gave. */
  decoded?: { readonly answer: Answer; readonly output: Either.Either<unknown, HeraldError.DecodeError> }
  /** The status of the last answer, until the next request. */
  status?: number | undefined
  /** It waits for a request that is not its own alone. */
  shared?: boolean
  /** Whose answers the cache was asked for, if that is not told by the identity. */
  partition?: string | undefined
  /** The body of the answer is wanted as bytes. */
  bytes?: boolean
  /** Some of a body that can't be sent twice was read. */
  bodySpent?: boolean
  /** The attempt that is under way. */
  underWay?: UnderWay | undefined
}

/** How much of a body an error carries, in characters: enough to see what sort of page a proxy answered with. */
const mostOfBody = 1024

/** How long a message's own sentence may be, in characters: servers say what they like, and how much of it. */
const mostOfSentence = 1024

const shorten = (sentence: string): string =>
  sentence.length > mostOfSentence ? `${sentence.slice(0, mostOfSentence)}...` : sentence

const requestIdHeaders = ["x-request-id", "request-id", "x-correlation-id"]

/** Why a call was not repeated, where its error does not tell it by itself. */
const surprising: ReadonlyArray<Verdict> = ["unsafe", "body spent", "wait too long", "past deadline", "over budget"]

/** Makes the errors of a call: every text of a server's goes through here, so that none carries a secret of the call. */
export const teller = (call: Told, answer?: Answer) => {
  const { route } = call
  const scrub = scrubber(call.input, call.plain, call.authorised)
  const requestId = requestIdHeaders.map((name) => answer?.headers[name]).find((id) => id !== undefined)
  const url = hrefOf(call.baseUrl) + route.template

  const tell = (sentence: string): HeraldError.ErrorDetails => {
    const count = call.attempts.length
    const verdict = call.attempts.at(-1)?.verdict
    const why = verdict !== undefined && surprising.includes(verdict) ? verdict : undefined
    const times = why === undefined && count < 2 ? "" : `, ${count} attempt${count === 1 ? "" : "s"}`
    const told = why === undefined ? times : `${times}: ${why}`
    return {
      message: `${route.name}: ${shorten(sentence)} (${route.method} ${url}${told})`,
      operation: route.name,
      method: route.method,
      url,
      status: answer?.status,
      attempts: [...call.attempts],
      requestId: requestId === undefined ? undefined : scrub(requestId).slice(0, 200),
      body: answer === undefined || route.sensitive ? undefined : scrub(textOf(answer)).slice(0, mostOfBody)
    }
  }

  const clean = (issues: ReadonlyArray<Issue.Issue>): ReadonlyArray<Issue.Issue> =>
    issues.slice(0, mostIssues).map((issue) => ({
      path: issue.path.map((key) => (typeof key === "string" ? scrub(key) : key)),
      message: scrub(issue.message),
      ...(issue.code === undefined ? {} : { code: scrub(issue.code) })
    }))

  const list = (issues: ReadonlyArray<Issue.Issue>): string => issues.map(Issue.format).join("; ")

  const refused = (refusal: Refusal): HeraldError.RefusalDetails => {
    const issues = clean(refusal.issues ?? [])
    const detail = refusal.detail === undefined ? undefined : scrub(refusal.detail)
    const said = detail ?? list(issues)
    return {
      ...tell(`${words[refusal._tag](call.identity || "nobody")} (${answer?.status})${said === "" ? "" : `: ${said}`}`),
      detail,
      issues
    }
  }

  return {
    told: tell,
    encodeError: (issues: ReadonlyArray<Issue.Issue>) =>
      new HeraldError.EncodeError({ ...tell(`not sent, since ${list(issues)}`), issues }),
    decodeError: (reason: HeraldError.DecodeError["reason"], found: ReadonlyArray<Issue.Issue>) => {
      const issues = clean(found)
      return new HeraldError.DecodeError({
        ...tell(`the answer (${answer?.status}) is not what was agreed: ${list(issues)}`),
        reason,
        issues
      })
    },
    authoriserError: ({ message, reason }: Pick<AuthoriserFailure, "message" | "reason">) =>
      new HeraldError.AuthoriserError({ ...tell(message), reason }),
    unauthorised: () => new HeraldError.Unauthorised(refused({ _tag: "Unauthorised" })),
    refusal: (refusal: Refusal) => {
      const fields = refused(refusal)
      switch (refusal._tag) {
        case "Unauthorised":
          return new HeraldError.Unauthorised(fields)
        case "Forbidden":
          return new HeraldError.Forbidden(fields)
        case "NotFound":
          return new HeraldError.NotFound(fields)
        case "Conflict":
          return new HeraldError.Conflict(fields)
        case "DataError":
          return new HeraldError.DataError(fields)
      }
    }
  }
}

const words: Readonly<Record<RefusalTag, (identity: string) => string>> = {
  Unauthorised: (identity) => `unauthorised, as ${identity}`,
  Forbidden: (identity) => `forbidden, as ${identity}`,
  NotFound: () => "not found",
  Conflict: () => "conflict",
  DataError: () => "the data was refused"
}
