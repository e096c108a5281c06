import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Tracer from "effect/Tracer"

/** Reports whether a tracer is Effect's default one, which does not export spans. */
export const isDefaultTracer = (tracer: Tracer.Tracer): boolean =>
  tracer === Context.get(DefaultServices.liveServices, Tracer.Tracer)
