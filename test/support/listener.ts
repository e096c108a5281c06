import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { recordedSpans } from "./recordedSpans.js"

/** A span with what most tests look at: its events without their times, and its exit. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly attributes: ReadonlyMap<string, unknown>
  readonly events: ReadonlyArray<readonly [name: string, attributes: Readonly<Record<string, unknown>> | undefined]>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly exit: Exit.Exit<unknown, unknown> | undefined
}

/** A tracer that records every span. */
export const listener = (): { readonly spans: ReadonlyArray<RecordedSpan>; readonly tracer: Tracer.Tracer } => {
  const spans: Array<RecordedSpan> = []
  const { tracer } = recordedSpans((span) => {
    const { attributes, kind, links, name, parent } = span
    spans.push({
      name,
      kind,
      parent,
      attributes,
      links,
      get events() {
        return span.events.map(([event, , attributes]) => [event, attributes] as const)
      },
      get exit() {
        return span.status._tag === "Ended" ? span.status.exit : undefined
      }
    })
  })
  return { spans, tracer }
}
