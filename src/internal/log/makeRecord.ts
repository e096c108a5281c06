import * as Cause from "effect/Cause"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as List from "effect/List"
import type * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { LogRecord, SourceLocation } from "./LogRecord.js"
import { emptySize } from "./backlog.js"
import { locationOfAnnotations, locationOfStack } from "./location.js"
import { type Budget, cutText, newBudget, redacted, sizeOf, snapshot } from "./snapshot.js"

const noValues: ReadonlyArray<never> = []
const noProperties: Readonly<Record<string, never>> = {}

/** Replaces the failures of a cause that are no errors by their snapshots, so that no secret is in its text. */
const withoutSecrets = (cause: Cause.Cause<unknown>, copy: (value: unknown) => unknown): Cause.Cause<unknown> => {
  const clean = (value: unknown) =>
    typeof value === "object" && value !== null && !(value instanceof Error) ? copy(value) : value
  return Cause.match(cause, {
    onEmpty: cause,
    onFail: (error) => Cause.fail(clean(error)),
    onDie: (defect) => Cause.die(clean(defect)),
    onInterrupt: (fiberId): Cause.Cause<unknown> => Cause.interrupt(fiberId),
    onSequential: Cause.sequential,
    onParallel: Cause.parallel
  })
}

const causeText = (cause: Cause.Cause<unknown>, copy: (value: unknown) => unknown): string => {
  try {
    return Cause.pretty(withoutSecrets(cause, copy), { renderErrorCause: true })
  } catch {
    return "(the cause can't be read)"
  }
}

const stackOf = (value: unknown): unknown => {
  try {
    return value instanceof Error ? value.stack : undefined
  } catch {
    return undefined
  }
}

const errorText = (value: unknown): string | undefined => {
  if (!(value instanceof Error)) return undefined
  try {
    return `${value.name}: ${value.message}`
  } catch {
    return "(error)"
  }
}

/** Returns the place where the first error of a cause was made. */
const locationOfCause = (cause: Cause.Cause<unknown>): SourceLocation | undefined =>
  locationOfStack(stackOf(Cause.squash(cause)))

const spansOf = (spans: Logger.Logger.Options<unknown>["spans"], now: number): Readonly<Record<string, number>> => {
  const out: Record<string, number> = {}
  for (const span of spans) out[span.label] = now - span.startTime
  return out
}

const annotationsOf = (
  annotations: Logger.Logger.Options<unknown>["annotations"],
  isSecretName: (name: string) => boolean,
  budget: Budget
): Readonly<Record<string, unknown>> => {
  const out: Record<string, unknown> = {}
  for (const [name, value] of annotations) {
    out[name] = isSecretName(name)
      ? redacted
      : typeof value === "string"
        ? cutText(value, budget)
        : snapshot(value, isSecretName, budget)
  }
  return out
}

/** Makes the function that makes the record of a log call. It never throws. */
export const makeRecordMaker = (
  isSecretName: (name: string) => boolean
): ((options: Logger.Logger.Options<unknown>) => { readonly record: LogRecord; readonly size: number }) => {
  return ({ annotations, cause, context, date, fiberId, logLevel, message, spans }) => {
    const budget = newBudget()
    const copy = (value: unknown) => snapshot(value, isSecretName, budget)
    const time = date.getTime()
    const logged = Array.isArray(message) ? (message as ReadonlyArray<unknown>) : [message]
    let text = ""
    let values: Array<unknown> | undefined
    let location: SourceLocation | undefined
    for (let index = 0; index < logged.length; index += 1) {
      const one = logged[index]
      if (index > 0) text += " "
      if (typeof one === "string") {
        text += cutText(one, budget)
        continue
      }
      const copied = copy(one)
      values ??= []
      values.push(copied)
      const error = errorText(one)
      if (error !== undefined) location ??= locationOfStack(stackOf(one))
      text +=
        error === undefined ? (typeof copied === "string" ? copied : JSON.stringify(copied)) : cutText(error, budget)
    }
    const copiedAnnotations = HashMap.isEmpty(annotations)
      ? noProperties
      : annotationsOf(annotations, isSecretName, budget)
    const span = Option.getOrUndefined(
      FiberRefs.getOrDefault(context, FiberRef.currentContext).pipe((services) =>
        Option.fromNullable(services.unsafeMap.get(Tracer.ParentSpan.key) as Tracer.AnySpan | undefined)
      )
    )
    const hasCause = !Cause.isEmpty(cause)
    const record: LogRecord = {
      time,
      level: logLevel._tag,
      message: text,
      values: values ?? noValues,
      fiber: FiberId.threadName(fiberId),
      spans: List.isCons(spans) ? spansOf(spans, time) : noProperties,
      annotations: copiedAnnotations,
      cause: hasCause ? cutText(causeText(cause, copy), budget) : undefined,
      location:
        (copiedAnnotations === noProperties ? undefined : locationOfAnnotations(copiedAnnotations)) ??
        location ??
        (hasCause ? locationOfCause(cause) : undefined),
      trace: span === undefined ? undefined : { traceId: span.traceId, spanId: span.spanId, sampled: span.sampled }
    }
    return { record, size: emptySize + sizeOf(budget) }
  }
}
