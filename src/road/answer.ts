import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { type Answer, bytesOf, textOf } from "../Answer.js"
import * as HeraldError from "../HeraldError.js"
import type { Issue } from "../Issue.js"
import * as Json from "../Json.js"
import type { Refusal } from "../Refusal.js"
import * as RetryAfter from "../RetryAfter.js"
import { classifyStatus, classifyTransport } from "./classify.js"
import { type Call, teller, type Told } from "./errors.js"
import { fromParseIssue } from "./issues.js"
import type { Failed } from "./repeat.js"
import type { Answers } from "./route.js"
import { leftOpen } from "./watch.js"

type Decoded = Either.Either<
  unknown,
  { readonly reason: HeraldError.DecodeError["reason"]; readonly issues: ReadonlyArray<Issue> }
>

const json = (answer: Answer): Decoded => {
  const text = textOf(answer)
  if (text === "") return Either.left({ reason: "Json", issues: [{ path: [], message: "the body is empty" }] })
  try {
    return Either.right(Json.parse(text))
  } catch {
    const type = answer.headers["content-type"]?.replace(/;.*/s, "") ?? "no content type"
    return Either.left({
      reason: "Json",
      issues: [{ path: [], message: `the body is not JSON, or not all of it (${type}, ${text.length} characters)` }]
    })
  }
}

const raw = (kind: Answers["body"], answer: Answer, json: Decoded | undefined): unknown => {
  switch (kind) {
    case "Empty":
      return undefined
    case "Text":
      return textOf(answer)
    case "Bytes":
      return bytesOf(answer)
    case "Json":
    case "Json?":
      return json && Either.getOrUndefined(json)
  }
}

/** What the first of these that can makes of the body; else what each of them finds wrong. */
const decodeAs = (candidates: ReadonlyArray<Answers>, answer: Answer, kind: "success" | "refusal"): Decoded => {
  const empty = answer.body.length === 0
  const wanted = candidates.some(({ body }) => body === "Json" || (body === "Json?" && !empty))
  const body = wanted ? json(answer) : undefined
  const issues: Array<Issue> = []
  for (const candidate of candidates) {
    if (candidate.body === "Empty") {
      // What promises nothing is told from what promises something, under one status, by whether there is something. And
      // a refusal with a word to it is not the one that comes without: it may be a framework's, or a proxy's.
      if (!empty && (candidates.length > 1 || kind === "refusal")) continue
    } else if (candidate.body.startsWith("Json") && body !== undefined && Either.isLeft(body)) continue
    const decoded = candidate.decode(raw(candidate.body, answer, body))
    if (Either.isRight(decoded)) return Either.right(decoded.right)
    issues.push(...fromParseIssue(decoded.left))
  }
  return body !== undefined && Either.isLeft(body) ? body : Either.left({ reason: "Shape", issues })
}

const undescribed = ({ route }: Told, { status }: Answer): Decoded =>
  Either.left({
    reason: "Status",
    issues: [{ path: [], message: `the status should be ${route.described}, and is ${status}` }]
  })

/** The output of a call: what its endpoint says that an answer of this status holds. */
export const decode = (call: Told, answer: Answer): Either.Either<unknown, HeraldError.DecodeError> => {
  const { present, successes } = call.route
  const candidates = successes(answer.status)
  const decoded = candidates === undefined ? undescribed(call, answer) : decodeAs(candidates, answer, "success")
  return Either.mapBoth(decoded, {
    onLeft: ({ issues, reason }) => teller(call, answer).decodeError(reason, issues),
    onRight: (value) => (present === undefined ? value : present(answer, value))
  })
}

const statusError = (call: Call, answer: Answer, retryAfter: Failed["retryAfter"]): HeraldError.HeraldError => {
  const { status } = answer
  const tell = teller(call, answer)
  const candidates = call.route.refusals(status)
  const refusal = candidates && decodeAs(candidates, answer, "refusal")
  // An endpoint's error schemas decode to refusals: `Operation.make` takes no others.
  if (refusal !== undefined && Either.isRight(refusal)) return tell.refusal(refusal.right as Refusal)
  if (status === 401) return tell.unauthorised()
  if (status === 429) return new HeraldError.RateLimited({ ...tell.told("too many requests (429)"), retryAfter })
  if (status >= 500) return new HeraldError.ServerError({ ...tell.told(`the server failed (${status})`), retryAfter })
  if (status === 404)
    return new HeraldError.ClientError(tell.told("nothing is at this path (404): is the base URL right?"))
  if (status >= 400) return new HeraldError.ClientError(tell.told(`the server refused (${status})`))
  if (status === 0) {
    return tell.decodeError("Redirect", [{ path: [], message: "it is a redirect, which browsers show to no script" }])
  }
  return status >= 300
    ? tell.decodeError("Redirect", [{ path: [], message: "it redirects to where this call can't go" }])
    : tell.decodeError("Status", [{ path: [], message: `the status can't be ${status}` }])
}

/** An answer that is no success. `now` is when it came, in milliseconds since the epoch. */
export const fromStatus = (call: Call, answer: Answer, now: number): Failed => {
  const { asked, wait: retryAfter } = RetryAfter.fromHeaders(answer.headers, answer.status, now)
  return {
    class: classifyStatus(answer.status, asked),
    reason: String(answer.status),
    status: answer.status,
    retryAfter,
    asked,
    answer,
    error: () => statusError(call, answer, retryAfter)
  }
}

/**
 * What an answer says without its body, if its status is one that passes. A 401 is not: it is only refreshed after when it
 * came whole. `now` is when it came, in milliseconds since the epoch.
 */
export const fromHead = (call: Call, head: Pick<Answer, "status" | "headers">, now: number): Failed | undefined => {
  const failed = fromStatus(call, { status: head.status, headers: head.headers, body: "" }, now)
  return failed.class === "Final" || head.status === 401 ? undefined : failed
}

/** An answer whose body is not read to its end. `now` is when it came, in milliseconds since the epoch. */
export const fromTooLarge = (call: Call, answer: Answer, now: number): Failed => ({
  class: "Final",
  reason: "TooLarge",
  status: answer.status,
  retryAfter: RetryAfter.fromHeaders(answer.headers, answer.status, now).wait,
  error: () => teller(call, answer).decodeError("Size", [{ path: [], message: "the body is too large" }])
})

/** An attempt that took longer than it may. */
export const fromAttemptDeadline = (call: Call, limit: Duration.Duration): Failed => ({
  class: leftOpen(call),
  reason: "attempt deadline",
  error: () => {
    const what = `no whole answer within ${Duration.format(limit)}`
    return new HeraldError.TimeoutError({ ...teller(call).told(what), reason: "attempt deadline" })
  }
})

/** A body that could not be read to its end. */
export const fromBody = (call: Call): Failed => ({
  class: "Ambiguous",
  reason: "body",
  error: () =>
    new HeraldError.TransportError({ ...teller(call).told("the Stream that is the body failed"), reason: "body" })
})

const stageOf = ({ _tag }: HttpClientError.HttpClientError) => (_tag === "RequestError" ? "send" : "read")

/** The error to end with when there is no answer, or not all of it. */
export const transportError = (
  call: Call,
  failure: HttpClientError.HttpClientError
): HeraldError.TimeoutError | HeraldError.TransportError => {
  const stage = stageOf(failure)
  const kind = classifyTransport(failure.cause, stage)
  const { told } = teller(call)
  return kind.timedOut
    ? new HeraldError.TimeoutError({ ...told(`no answer in time (${kind.reason})`), reason: kind.reason })
    : new HeraldError.TransportError({
        ...told(
          kind.class === "NotSent"
            ? `no connection (${kind.reason})`
            : stage === "send"
              ? `the connection broke before an answer came (${kind.reason})`
              : `the connection broke amid the answer (${kind.reason})`
        ),
        reason: kind.reason
      })
}

/** No answer, or not all of it. */
export const fromTransport = (call: Call, failure: HttpClientError.HttpClientError): Failed => {
  const kind = classifyTransport(failure.cause, stageOf(failure))
  return {
    class: failure.reason === "InvalidUrl" ? "Final" : kind.class,
    reason: kind.reason,
    error: () => transportError(call, failure)
  }
}
