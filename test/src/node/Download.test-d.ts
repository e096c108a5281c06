import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, Body, type CallError, type EncodeError, Endpoint, Operation, Verbs } from "effect-herald"
import { Download } from "effect-herald/node"

class Files extends Authoriser.Tag("effect-herald/test/Files")<Files>() {}

class NoSuchFile extends Schema.TaggedError<NoSuchFile>()("NoSuchFile", {}) {}

const getFile = Operation.make(Files, () =>
  Endpoint.get("/files/{id}", { success: Body.stream(), errors: { 404: NoSuchFile } })
)
const getName = Operation.make(Files, () => Endpoint.get("/name", { success: Schema.String }))
const getEither = Operation.make(Files, () =>
  Endpoint.get("/either", { success: { 200: Body.stream(), 204: Body.empty() } })
)

describe("Download.toFile", () => {
  it("has the arguments, errors and requirements of the operation, and errors of files", () => {
    const download = Download.toFile(getFile, { path: "file" })
    expectTypeOf(download).parameters.toEqualTypeOf<Parameters<typeof getFile>>()
    expectTypeOf(download).returns.toEqualTypeOf<
      Effect.Effect<
        Download.Downloaded,
        NoSuchFile | CallError | EncodeError | Download.FileWriteError | Download.IntegrityError,
        HttpClient | Files
      >
    >()
  })

  it("has the requirements of the schedule", () => {
    class Clock extends Authoriser.Tag("effect-herald/test/Clock")<Clock>() {}
    const retry = Schedule.mapEffect(Schedule.recurs(1), () => Clock)
    const download = Download.toFile(getFile, { path: "file", retry })
    expectTypeOf<Effect.Effect.Context<ReturnType<typeof download>>>().toEqualTypeOf<HttpClient | Files | Clock>()
  })

  it("takes operations whose success is a Stream of bytes only, and no verbs", () => {
    // @ts-expect-error: a text
    Download.toFile(getName, { path: "file" })
    // @ts-expect-error: not always a Stream
    Download.toFile(getEither, { path: "file" })
    // @ts-expect-error: a verb is no operation
    Download.toFile(Verbs.make(Files).get, { path: "file" })
    // @ts-expect-error: the path is missing
    Download.toFile(getFile, {})
    // @ts-expect-error: an unknown algorithm
    Download.toFile(getFile, { path: "file", digest: { algorithm: "md5", value: "" } })
    // @ts-expect-error: the input is missing
    Download.toFile(getFile, { path: "file" })()
  })
})
