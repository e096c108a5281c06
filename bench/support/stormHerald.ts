/** The contender "effect-herald": an API of one operation, with the library's defaults, and one layer for all its calls. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { Authoriser, Operation } from "effect-herald"

class Caller extends Context.Tag("bench/Caller")<Caller, Authoriser.Authoriser>() {}

const Account = Schema.Struct({ id: Schema.Number, name: Schema.String })

const getAccount = Operation.make(
  Caller,
  () => HttpApiEndpoint.get("getAccount", "/account").addSuccess(Account),
  () => ({})
)

export const herald = (baseUrl: string) => {
  const caller = Layer.effect(Caller, Effect.flatMap(Authoriser.parseBaseUrl(baseUrl), Authoriser.none))
  const runtime = ManagedRuntime.make(Layer.merge(caller, NodeHttpClient.layerUndici))
  return () => runtime.runPromise(getAccount())
}
