import type * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** A span, as the tracer records it. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly attributes: Map<string, unknown>
  readonly events: Array<readonly [name: string, attributes: Record<string, unknown> | undefined]>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A tracer that records every span. */
export const listener = (): { readonly spans: ReadonlyArray<RecordedSpan>; readonly tracer: Tracer.Tracer } => {
  const spans: Array<RecordedSpan> = []
  const span = (
    name: string,
    parent: Option.Option<Tracer.AnySpan>,
    context: Context.Context<never>,
    links: ReadonlyArray<Tracer.SpanLink>,
    startTime: bigint,
    kind: Tracer.SpanKind
  ): Tracer.Span => {
    const recorded: RecordedSpan = { name, kind, parent, attributes: new Map(), events: [], links, exit: undefined }
    spans.push(recorded)
    let status: Tracer.SpanStatus = { _tag: "Started", startTime }
    return {
      _tag: "Span",
      name,
      spanId: spans.length.toString(16).padStart(16, "0"),
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parent,
      context,
      attributes: recorded.attributes,
      links,
      sampled: true,
      kind,
      get status() {
        return status
      },
      attribute: (key, value) => void recorded.attributes.set(key, value),
      event: (event, _, attributes) => void recorded.events.push([event, attributes]),
      addLinks: () => {},
      end: (endTime, exit) => {
        recorded.exit = exit
        status = { _tag: "Ended", startTime, endTime, exit }
      }
    }
  }
  return { spans, tracer: Tracer.make({ span, context: (execute) => execute() }) }
}
