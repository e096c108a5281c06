import { describe, expectTypeOf, test } from "@effect/vitest"
import type { NodeSdk } from "@effect/opentelemetry"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type { AnyError, ErrorDetails, HeraldError, Operation, RetryPolicy } from "effect-herald"
import { PolicyDiagram, Timeline } from "effect-herald/diagram"

type ReadableSpan = Parameters<
  Exclude<NonNullable<NodeSdk.Configuration["spanProcessor"]>, ReadonlyArray<unknown>>["onEnd"]
>[0]

declare const error: HeraldError
declare const details: ErrorDetails
declare const declared: AnyError
declare const response: Operation.Response<number>
declare const span: ReadableSpan
declare const explanation: RetryPolicy.Explanation

describe("Timeline", () => {
  test("is made of errors of calls only", () => {
    expectTypeOf(Timeline.ofError(error)).toEqualTypeOf<Timeline.Timeline>()
    expectTypeOf(Timeline.ofError(details)).toEqualTypeOf<Timeline.Timeline>()
    // @ts-expect-error a declared error has no attempts: `detailsOf` returns them
    Timeline.ofError(declared)
    // @ts-expect-error any other error has no call
    Timeline.ofError(new Error("no call"))
  })

  test("may be none for a response and a span", () => {
    expectTypeOf(Timeline.ofResponse(response)).toEqualTypeOf<Option.Option<Timeline.Timeline>>()
    expectTypeOf(Timeline.ofSpan(span)).toEqualTypeOf<Option.Option<Timeline.Timeline>>()
    // @ts-expect-error an error is no response
    Timeline.ofResponse(error)
    // @ts-expect-error a span without events has no story
    Timeline.ofSpan({ attributes: {}, startTime: [0, 0], endTime: [0, 0] })
  })

  test("has the schema of its own type", () => {
    expectTypeOf<Schema.Schema.Type<typeof Timeline.Timeline>>().toEqualTypeOf<Timeline.Timeline>()
  })
})

describe("PolicyDiagram", () => {
  test("draws explanations", () => {
    expectTypeOf(PolicyDiagram.toSvg(explanation)).toEqualTypeOf<string>()
    // @ts-expect-error a policy has no outcomes: `RetryPolicy.explain` has
    PolicyDiagram.toSvg(RetryPolicy.standard)
  })
})
