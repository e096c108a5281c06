import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expectTypeOf, it } from "@effect/vitest"
import { type Effect, Schema } from "effect"
import { Authoriser, type CallError, type EncodeError, Endpoint, Operation, Poll } from "effect-herald"

class Api extends Authoriser.Tag("test/Api")<Api>() {}
class Archive extends Authoriser.Tag("test/Archive")<Archive>() {}

const Running = Schema.Struct({ state: Schema.Literal("running") })
const Ended = Schema.Struct({ state: Schema.Literal("ended"), result: Schema.Number })
type Job = typeof Running.Type | typeof Ended.Type

const getJob = Operation.make(Api, () => Endpoint.get("/jobs/{id}", { success: Schema.Union(Running, Ended) }))
const cancel = Operation.make(Archive, () => Endpoint.delete("/jobs/{id}"))({ id: 1 })

describe("Poll.until", () => {
  it("narrows the value by a type guard, and needs what its parts need", () => {
    const ended = Poll.until(getJob.withResponse({ id: 1 }), { done: Schema.is(Ended), cancel })
    expectTypeOf(ended).toEqualTypeOf<
      Effect.Effect<
        Operation.Response<typeof Ended.Type>,
        CallError | EncodeError | Poll.NotDone<Job>,
        HttpClient | Api | Archive
      >
    >()
  })

  it("has the type of the poll without a type guard", () => {
    const ended = getJob.withResponse({ id: 1 }).pipe(Poll.until({ done: (job: Job) => job.state !== "running" }))
    expectTypeOf<Effect.Effect.Success<typeof ended>["value"]>().toExtend<Job>()
  })

  it("refuses what is no call with a response", () => {
    // @ts-expect-error the value of a call has no headers
    Poll.until(getJob({ id: 1 }), { done: () => true })
    // @ts-expect-error it is not said when the job is done
    Poll.until(getJob.withResponse({ id: 1 }), {})
  })
})
