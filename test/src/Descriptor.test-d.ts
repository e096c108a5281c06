import type { HttpClient } from "@effect/platform/HttpClient"
import type { Effect } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import type { CallError, ClientError, NotFound, ServerError, Unauthorized } from "effect-herald"
import { Pagination } from "effect-herald"
import * as Descriptor from "effect-herald/descriptor"
import { Caller } from "../support/kit.js"

interface Missing {
  readonly reason: string
}

interface Other {
  readonly code: number
}

/** The data of the error with a tag. */
type DataOf<Errors, Tag> =
  Extract<Descriptor.ErrorsOf<Errors>, { readonly _tag: Tag }> extends infer E extends { readonly data?: unknown }
    ? E["data"]
    : never

const descriptor = () => ({ name: "a", method: "GET", path: "/a", responses: {} }) as const

describe("Descriptor.operation", () => {
  it("has the types of its annotation", () => {
    const call: Descriptor.Operation<Caller, [input?: { readonly a?: number }], string> = Descriptor.operation(
      Caller,
      descriptor
    )
    expectTypeOf(call).parameter(0).toEqualTypeOf<{ readonly a?: number } | undefined>()
    expectTypeOf(call()).toExtend<Effect.Effect<string, unknown, HttpClient | Caller>>()
    expectTypeOf<ReturnType<typeof call>>().not.toExtend<Effect.Effect<number, unknown, unknown>>()
  })

  it("makes lists of the type of their annotation", () => {
    const call: Descriptor.Operation<Caller, [], ReadonlyArray<string>> = Descriptor.operation(Caller, descriptor)
    const list: Pagination.Paginated<
      [],
      string,
      ReadonlyArray<string>,
      number,
      number,
      unknown,
      HttpClient | Caller
    > = Descriptor.list(call)
    expectTypeOf(list.pages).returns.not.toBeAny()
    expectTypeOf(Pagination.link(call, { items: (page) => page })).not.toBeAny()
  })
})

describe("Descriptor.ErrorsOf", () => {
  it("is `CallError` without declared bodies", () => {
    expectTypeOf<Descriptor.ErrorsOf<{}>>().toEqualTypeOf<CallError>()
  })

  it("types the data of the declared statuses, and of no other", () => {
    type Errors = { readonly 404: Missing }
    expectTypeOf<DataOf<Errors, "NotFound">>().toEqualTypeOf<Missing | undefined>()
    expectTypeOf<Extract<Descriptor.ErrorsOf<Errors>, Unauthorized>>().toEqualTypeOf<Unauthorized>()
    expectTypeOf<DataOf<Errors, "ServerError">>().toEqualTypeOf<unknown>()
    expectTypeOf<Descriptor.ErrorsOf<Errors>>().toExtend<CallError>()
    expectTypeOf<Extract<Descriptor.ErrorsOf<Errors>, NotFound>>().not.toBeNever()
  })

  it("takes statuses as text, as generated code has them", () => {
    type Errors = { readonly "404": Missing; readonly "500": Other }
    expectTypeOf<DataOf<Errors, "NotFound">>().toEqualTypeOf<Missing | undefined>()
    expectTypeOf<DataOf<Errors, "ClientError">>().toEqualTypeOf<unknown>()
    expectTypeOf<DataOf<Errors, "ServerError">>().toEqualTypeOf<Other | undefined>()
  })

  it("types the data of all others by their range, or by `default`", () => {
    type Errors = { readonly 404: Missing; readonly "4XX": string; readonly default: Other }
    expectTypeOf<DataOf<Errors, "NotFound">>().toEqualTypeOf<Missing | undefined>()
    expectTypeOf<DataOf<Errors, "Conflict">>().toEqualTypeOf<string | undefined>()
    expectTypeOf<DataOf<Errors, "ClientError">>().toEqualTypeOf<string | Other | undefined>()
    expectTypeOf<DataOf<Errors, "ServerError">>().toEqualTypeOf<Other | undefined>()
    expectTypeOf<DataOf<{ readonly 500: Missing; readonly 503: Other }, "ServerError">>().toEqualTypeOf<
      Missing | Other | undefined
    >()
    expectTypeOf<Extract<Descriptor.ErrorsOf<Errors>, ClientError | ServerError>>().not.toBeNever()
  })
})
