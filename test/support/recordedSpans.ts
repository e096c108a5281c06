import * as Tracer from "effect/Tracer"

/** A span with its events. Times are in nanoseconds since the epoch. */
export interface SpanWithEvents extends Tracer.Span {
  readonly events: Array<readonly [name: string, time: bigint, attributes?: Readonly<Record<string, unknown>>]>
}

/** A tracer that records every span, and the events of each with their times. `onSpan` runs for each span as it begins. */
export const recordedSpans = (
  onSpan: (span: SpanWithEvents) => void = () => {}
): { readonly spans: ReadonlyArray<SpanWithEvents>; readonly tracer: Tracer.Tracer } => {
  const spans: Array<SpanWithEvents> = []
  const span: Tracer.Tracer["span"] = (name, parent, context, links, startTime, kind) => {
    const attributes = new Map<string, unknown>()
    const events: SpanWithEvents["events"] = []
    let status: Tracer.SpanStatus = { _tag: "Started", startTime }
    const recorded: SpanWithEvents = {
      _tag: "Span",
      name,
      spanId: (spans.length + 1).toString(16).padStart(16, "0"),
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parent,
      context,
      links,
      sampled: true,
      kind,
      attributes,
      events,
      get status() {
        return status
      },
      attribute: (key, value) => void attributes.set(key, value),
      event: (event, time, attributes) =>
        void events.push(attributes === undefined ? [event, time] : [event, time, attributes]),
      addLinks: () => {},
      end: (endTime, exit) => {
        status = { _tag: "Ended", startTime, endTime, exit }
      }
    }
    spans.push(recorded)
    onSpan(recorded)
    return recorded
  }
  return { spans, tracer: Tracer.make({ span, context: (execute) => execute() }) }
}
