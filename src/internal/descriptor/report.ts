import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Metrics } from "../../Metrics.js"
import { callAttributes } from "../call/tracing.js"
import type { Api, CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"

/** The number of differences of an operation that are remembered, each of which is logged once. */
const maxWarnings = 1000

/**
 * Makes the function that reports the differences of the responses of an operation: in `Metrics`, if they are in context, and as
 * warnings, one for each kind and place. What was logged is forgotten with the layer of the API.
 */
export const makeReport = (): NonNullable<CompiledEndpoint["report"]> => {
  const warned = new WeakMap<Api, Set<string>>()
  return (call, { status }, issues) => {
    const { authoriser, context, endpoint } = call
    const metrics = Option.getOrUndefined(Context.getOption(context, Metrics))
    const logged = warned.get(authoriser) ?? new Set()
    warned.set(authoriser, logged)
    return Effect.forEach(
      issues,
      ({ kind, message, pointer }) => {
        const counted =
          metrics === undefined ? Effect.void : metrics.mismatches(1, { ...callAttributes(call), "herald.kind": kind })
        const key = `${kind} ${pointer}`
        if (logged.has(key) || logged.size >= maxWarnings) return counted
        logged.add(key)
        const place = pointer === "" ? "" : `at ${pointer}: `
        return Effect.logWarning(
          `${endpoint.name}: the response (${status}) differs from its description: ${place}${message}`
        ).pipe(Effect.annotateLogs({ operation: endpoint.name, status, pointer, kind }), Effect.zipRight(counted))
      },
      { discard: true }
    )
  }
}
