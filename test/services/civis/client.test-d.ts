import { expectTypeOf, it } from "vitest"
import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import * as Civis from "effect-herald/civis"
import type { Document } from "effect-herald/spec"

declare const read: (location: string) => Effect.Effect<string, Document.DocumentError, "files">

it("requires the server only for its own specification", () => {
  expectTypeOf<Effect.Effect.Context<ReturnType<typeof Civis.spec>>>().toEqualTypeOf<
    HttpClient | Civis.Authoriser | Civis.Specifications
  >()
  expectTypeOf(Civis.client({ localSpec: {} })).toExtend<Effect.Effect<Civis.AnyClient, unknown>>()
  expectTypeOf(Civis.client({ localSpec: "spec.json", read })).toExtend<
    Effect.Effect<Civis.AnyClient, unknown, "files">
  >()
})

it("has the type of generated interfaces", () => {
  interface Api {
    readonly users: { readonly get_me: () => Effect.Effect<{ readonly id: number }> }
  }
  expectTypeOf<Effect.Effect.Success<ReturnType<typeof Civis.client<Api>>>>().toEqualTypeOf<Api>()
})

it("refuses a refresh of a local specification", () => {
  // @ts-expect-error
  void Civis.client({ localSpec: {}, forceRefresh: true })
  // @ts-expect-error
  void Civis.client({ localSpec: "spec.json", read, forceRefresh: true })
  // @ts-expect-error
  void Civis.client({ localSpec: "spec.json" })
})
