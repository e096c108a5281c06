import type { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, type CallError, type Credentials, type EncodeError, type PaginationError } from "effect-herald"
import type * as Descriptor from "effect-herald/descriptor"
import { Client, type Document, Security } from "effect-herald/spec"

class Pets extends Authoriser.Tag("test/Pets")<Pets>() {}

declare const document: Document.Document
declare const key: Redacted.Redacted

describe("Client.make", () => {
  it("without an interface has methods of any arguments, whose value is unknown", () => {
    const client = Client.make(Pets, document)
    expectTypeOf(client).toEqualTypeOf<Client.Client<HttpClient | Pets>>()
    const { list } = client["pets"]!
    expectTypeOf(list!({ limit: 1 })).toEqualTypeOf<
      Effect.Effect<unknown, CallError | EncodeError, HttpClient | Pets>
    >()
    expectTypeOf(list!(1, "a")).toEqualTypeOf<Effect.Effect<unknown, CallError | EncodeError, HttpClient | Pets>>()
    expectTypeOf(list!.items!()).toEqualTypeOf<
      Stream.Stream<unknown, CallError | EncodeError | PaginationError, HttpClient | Pets>
    >()
    expectTypeOf(Client.method(client, "pets", "list")).toEqualTypeOf<
      Effect.Effect<Client.Method<HttpClient | Pets>, Client.UnknownMethod>
    >()
  })

  it("with an interface has its methods", () => {
    interface Api {
      readonly pets: {
        readonly get: Descriptor.Operation<Pets, [input: { readonly id: number }], { readonly name: string }>
      }
    }
    const client = Client.make<Api>(Pets, document)
    expectTypeOf(client.pets.get({ id: 1 })).toEqualTypeOf<
      Effect.Effect<{ readonly name: string }, CallError | EncodeError, HttpClient | Pets>
    >()
    // @ts-expect-error An input that the interface does not have.
    client.pets.get({ id: "1" })
    // @ts-expect-error There is no such method.
    void client.pets.put
  })
})

describe("Security.credentials", () => {
  it("needs and fails with what the Effects among the credentials do", () => {
    expectTypeOf(Security.credentials(document, { key })).toEqualTypeOf<
      Effect.Effect<Credentials.Credentials, ConfigError.ConfigError>
    >()
    const own = {} as Effect.Effect<Credentials.Credentials, "failed", Pets>
    expectTypeOf(Security.credentials(document, { key, own })).toEqualTypeOf<
      Effect.Effect<Credentials.Credentials, ConfigError.ConfigError | "failed", Pets>
    >()
    expectTypeOf(Security.credentials(document, { oauth: { clientId: "app", clientSecret: key } })).toEqualTypeOf<
      Effect.Effect<Credentials.Credentials, ConfigError.ConfigError, HttpClient | Scope.Scope>
    >()
    // @ts-expect-error A secret that is not redacted.
    void Security.credentials(document, { key: "secret" })
  })
})

describe("Client.layer", () => {
  it("needs what its credentials need, but for the scope", () => {
    expectTypeOf(Client.layer(Pets, document)).toEqualTypeOf<Layer.Layer<Pets, ConfigError.ConfigError>>()
    expectTypeOf(Client.layer(Pets, document, { credentials: { key } })).toEqualTypeOf<
      Layer.Layer<Pets, ConfigError.ConfigError>
    >()
    expectTypeOf(
      Client.layer(Pets, document, { credentials: { oauth: { clientId: "app", clientSecret: key } } })
    ).toEqualTypeOf<Layer.Layer<Pets, ConfigError.ConfigError, HttpClient>>()
  })
})
