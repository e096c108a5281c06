import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Body, Content, Endpoint, Operation } from "effect-herald"
import { FileContent } from "effect-herald/node"
import { Caller } from "../support/kit.js"

const bytes: Stream.Stream<Uint8Array> = Stream.empty

describe("a content", () => {
  it("says whether it can be read again", () => {
    expectTypeOf(Content.make(() => bytes)).toEqualTypeOf<Content.Content<true>>()
    expectTypeOf(Content.once(bytes)).toEqualTypeOf<Content.Content<false>>()
    expectTypeOf(Content.fromBlob).returns.toEqualTypeOf<Content.Content<true>>()
    expectTypeOf(Content.filePart(Content.once(bytes), { name: "a" })).toEqualTypeOf<Content.FilePart<false>>()
    expectTypeOf(FileContent.make).returns.toEqualTypeOf<
      Effect.Effect<Content.Content<true>, FileContent.FileReadError>
    >()
  })

  it("has to be repeatable for a body that is", () => {
    const put = Operation.make(Caller, () => Endpoint.put("/", { body: Body.stream({ repeatable: true }) }))
    put({ body: Content.make(() => bytes) })
    // @ts-expect-error It can be read once.
    put({ body: Content.once(bytes) })
    // @ts-expect-error It may not be repeatable.
    put({ body: Content.once(bytes) as Content.Content })
    // @ts-expect-error A Stream can be read once.
    put({ body: bytes })
    const any = Operation.make(Caller, () => Endpoint.put("/", { body: Body.stream() }))
    any({ body: bytes })
    any({ body: Content.once(bytes) })
    any({ body: Content.make(() => bytes) })
  })
})
