import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Authoriser, type CallError, Conditional, type EncodeError, Endpoint, Operation } from "effect-herald"

class Api extends Authoriser.Tag("test/Api")<Api>() {}

class NoChange extends Schema.TaggedError<NoChange>()("NoChange", {}) {}

const Page = Schema.Struct({ text: Schema.String })
const getPage = Operation.make(Api, () => Endpoint.get("/page", { success: Page }))
const putPage = Operation.make(Api, () => Endpoint.put("/page", { body: Page }))
const deletePage = Operation.make(Api, () => Endpoint.delete("/page"))

describe("Conditional.ifMatch", () => {
  it("is an operation with the same arguments, which can refuse the ETag", () => {
    const put = Conditional.ifMatch(putPage, { headers: {} })
    expectTypeOf(put).parameters.toEqualTypeOf<[input: { readonly body: { readonly text: string } }]>()
    expectTypeOf(Conditional.ifMatch(deletePage, { headers: {} })()).toEqualTypeOf<
      Effect.Effect<void, CallError | EncodeError, HttpClient | Api>
    >()
  })
})

describe("Conditional.update", () => {
  it("has the errors of its parts", () => {
    const updated = Conditional.update({
      read: getPage.withResponse(),
      change: ({ text }) => (text === "" ? new NoChange() : Effect.succeedSome({ text: "" })),
      write: (page, current) => Conditional.ifMatch(putPage, current)({ body: page })
    })
    expectTypeOf(updated).toEqualTypeOf<
      Effect.Effect<
        Conditional.Written<void> | Conditional.Unchanged<typeof Page.Type>,
        NoChange | CallError | EncodeError,
        HttpClient | Api
      >
    >()
  })

  it("refuses a write of something else than the change", () => {
    Conditional.update({
      read: getPage.withResponse(),
      change: () => Effect.succeedSome(1),
      // @ts-expect-error a number is no page
      write: (page, current) => Conditional.ifMatch(putPage, current)({ body: page })
    })
  })
})
