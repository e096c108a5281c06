import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Body, Content, Endpoint, Operation } from "effect-herald"
import { at, Caller, once, status, stub } from "../support/kit.js"

const read = ({ stream }: Content.Content) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces)).toString())

const bytes = new TextEncoder().encode("content")

describe("a content", () => {
  it.effect.each([
    ["of bytes", Content.fromBytes(bytes), 7],
    ["of a Blob", Content.fromBlob(new Blob(["con", "tent"])), 7],
    ["of a function", Content.make(() => Stream.make(bytes)), undefined],
    ["of a function, with a size", Content.make(() => Stream.make(bytes), { size: 7 }), 7]
  ] as const)("%s is read again", ([, content, size]) =>
    Effect.gen(function* () {
      expect([content.repeatable, content.size, Content.isContent(content)]).toEqual([true, size, true])
      expect([yield* read(content), yield* read(content)]).toEqual(["content", "content"])
    })
  )

  const refused = (body: unknown, repeatable: boolean) => {
    const put = Operation.make(Caller, () => Endpoint.put("/", { body: Body.stream({ repeatable }) }))
    const client = stub([status(200)])
    return Effect.map(
      // JavaScript permits these.
      Effect.flip(Effect.provide(put({ body: body as never }), [at(new URL("https://api.test")), once, client.layer])),
      (error) => {
        expect([error._tag, client.requests.length]).toEqual(["EncodeError", 0])
        return error.message
      }
    )
  }

  it.effect("that can be read once, and a Stream, are an EncodeError of a body that is repeatable", () =>
    Effect.gen(function* () {
      expect(yield* refused(Content.once(Stream.make(bytes)), true)).toContain("Content.make")
      expect(yield* refused(Stream.make(bytes), true)).toContain("repeatable")
      expect(yield* refused(bytes, true)).toContain("repeatable")
    })
  )

  it.effect("whose size is no number of bytes is an EncodeError", () =>
    Effect.gen(function* () {
      for (const size of [-1, 1.5, Number.NaN, Infinity, 2 ** 60]) {
        expect(
          yield* refused(
            Content.make(() => Stream.make(bytes), { size }),
            false
          )
        ).toContain("size")
      }
    })
  )
})
