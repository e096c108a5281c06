import * as Cause from "effect/Cause"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as List from "effect/List"
import type * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import type { LogRecord, SourceLocation } from "./LogRecord.js"
import { locationOfAnnotations, locationOfStack } from "./location.js"
import { type Budget, cutText, newBudget, redacted, setProperty, sizeOf, snapshot } from "./snapshot.js"
import type { IsSecret } from "./secretNames.js"

const noProperties: Readonly<Record<string, never>> = {}

/** The approximate size of a record beside its texts, in characters. */
export const emptySize = 200

/** The content of a record as it is made by a log call. What takes time, and does not depend on the time, is done when it is sent. */
export interface Draft extends Omit<LogRecord, "message" | "values" | "location"> {
  /** The logged values in order: texts, and others as JSON. */
  readonly parts: ReadonlyArray<Part>
}

/** A logged value. An error has a text of its own. */
type Part = string | { readonly value: unknown; readonly text: string | undefined }

const isSafe = (value: unknown) => typeof value !== "object" || value === null || value instanceof Error

/** Replaces the failures of a cause that are no errors by their snapshots, so that no secret is in its text. */
const withoutSecrets = (cause: Cause.Cause<unknown>, copy: (value: unknown) => unknown): Cause.Cause<unknown> => {
  if ((cause._tag === "Fail" && isSafe(cause.error)) || (cause._tag === "Die" && isSafe(cause.defect))) return cause
  const clean = (value: unknown) => (isSafe(value) ? value : copy(value))
  return Cause.match(cause, {
    onEmpty: cause,
    onFail: (error) => Cause.fail(clean(error)),
    onDie: (defect) => Cause.die(clean(defect)),
    onInterrupt: (fiberId): Cause.Cause<unknown> => Cause.interrupt(fiberId),
    onSequential: Cause.sequential,
    onParallel: Cause.parallel
  })
}

const errorText = (value: unknown): string | undefined => {
  try {
    if (!(value instanceof Error)) return undefined
    return `${value.name}: ${value.message}`
  } catch {
    return "(error)"
  }
}

const causeText = (cause: Cause.Cause<unknown>, copy: (value: unknown) => unknown): string => {
  try {
    return Cause.pretty(withoutSecrets(cause, copy), { renderErrorCause: true })
  } catch {
    // Such as errors that are causes of each other.
    return errorText(Cause.squash(cause)) ?? "(the cause can't be read)"
  }
}

const spansOf = (spans: Logger.Logger.Options<unknown>["spans"], now: number): Readonly<Record<string, number>> => {
  const out: Record<string, number> = {}
  for (const span of spans) setProperty(out, span.label, now - span.startTime)
  return out
}

const annotationsOf = (
  annotations: Logger.Logger.Options<unknown>["annotations"],
  isSecret: IsSecret,
  budget: Budget
): Readonly<Record<string, unknown>> => {
  const out: Record<string, unknown> = {}
  for (const [name, value] of annotations) {
    const copied = isSecret(name, value)
      ? redacted
      : typeof value === "string"
        ? cutText(value, budget)
        : snapshot(value, isSecret, budget)
    setProperty(out, name, copied)
  }
  return out
}

const partOf = (value: unknown, isSecret: IsSecret, budget: Budget): Part => {
  if (typeof value === "string") return cutText(value, budget)
  const text = errorText(value)
  return {
    value: snapshot(value, isSecret, budget),
    text: text === undefined ? undefined : cutText(text, budget)
  }
}

/** Makes the function that makes the draft of a log call's record. It never throws. */
export const makeDrafter =
  (
    isSecret: IsSecret
  ): ((options: Logger.Logger.Options<unknown>) => { readonly draft: Draft; readonly size: number }) =>
  ({ annotations, cause, context, date, fiberId, logLevel, message, spans }) => {
    const budget = newBudget()
    const time = date.getTime()
    const span = FiberRefs.getOrDefault(context, FiberRef.currentContext).unsafeMap.get(Tracer.ParentSpan.key) as
      | Tracer.AnySpan
      | undefined
    const draft: Draft = {
      time,
      level: logLevel._tag,
      parts: Array.isArray(message)
        ? (message as ReadonlyArray<unknown>).map((one) => partOf(one, isSecret, budget))
        : [partOf(message, isSecret, budget)],
      fiber: FiberId.threadName(fiberId),
      spans: List.isCons(spans) ? spansOf(spans, time) : noProperties,
      annotations: HashMap.isEmpty(annotations) ? noProperties : annotationsOf(annotations, isSecret, budget),
      cause: Cause.isEmpty(cause)
        ? undefined
        : cutText(
            causeText(cause, (value) => snapshot(value, isSecret, budget)),
            budget
          ),
      trace: span === undefined ? undefined : { traceId: span.traceId, spanId: span.spanId, sampled: span.sampled }
    }
    return { draft, size: emptySize + sizeOf(budget) }
  }

const textOf = (part: Part): string =>
  typeof part === "string"
    ? part
    : (part.text ?? (typeof part.value === "string" ? part.value : JSON.stringify(part.value)))

const stackOf = (part: Part): string | undefined =>
  typeof part === "object" &&
  part.text !== undefined &&
  Predicate.hasProperty(part.value, "stack") &&
  typeof part.value.stack === "string"
    ? part.value.stack
    : undefined

/** Returns the place of the first error of a record. */
const locationOf = ({ annotations, cause, parts }: Draft): SourceLocation | undefined => {
  const annotated = locationOfAnnotations(annotations)
  if (annotated !== undefined) return annotated
  const stack = parts.map(stackOf).find((one) => one !== undefined) ?? cause
  return stack === undefined ? undefined : locationOfStack(stack)
}

/** Completes a draft. */
export const completed = (draft: Draft): LogRecord => {
  const { annotations, cause, fiber, level, parts, spans, time, trace } = draft
  return {
    time,
    level,
    message: parts.map(textOf).join(" "),
    values: parts.flatMap((part) => (typeof part === "string" ? [] : [part.value])),
    fiber,
    spans,
    annotations,
    cause,
    location: locationOf(draft),
    trace
  }
}
