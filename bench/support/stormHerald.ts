/** The contender "effect-herald": an API with one operation, the library's defaults, and one layer for all calls. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { Authoriser, Endpoint, Operation } from "effect-herald"

class Api extends Authoriser.Tag("bench/Api")<Api>() {}

const Account = Schema.Struct({ id: Schema.Number, name: Schema.String })

const getAccount = Operation.make(Api, () => Endpoint.get("/account", { success: Account }))

export const herald = (baseUrl: string) => {
  const runtime = ManagedRuntime.make(Layer.merge(Api.layer({ baseUrl }), NodeHttpClient.layerUndici))
  return () => runtime.runPromise(getAccount())
}
