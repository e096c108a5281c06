import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { AnyError } from "../HeraldError.js"
import { type Completed, execute } from "./call/execute.js"
import type { CompiledEndpoint, Encode } from "./endpoint/CompiledEndpoint.js"
import type { Internals } from "./operation.js"

/** Request headers by their names in lower case. */
export type AddedHeaders = Readonly<Record<string, string>>

const adding =
  (encode: Encode | undefined, added: AddedHeaders): Encode =>
  (input) =>
    encode === undefined
      ? Either.right(added)
      : // The encoders of headers make `Texts`.
        Either.map(encode(input), (texts) => ({ ...(texts as object), ...added }))

/** Returns an endpoint whose requests have these headers, too. They replace those of the same name. */
export const withAddedHeaders = (endpoint: CompiledEndpoint, added: AddedHeaders): CompiledEndpoint => ({
  ...endpoint,
  // Templates are remembered for one endpoint.
  templates: undefined,
  added: { ...endpoint.added, ...added },
  encodeHeaders: adding(endpoint.encodeHeaders, added)
})

/**
 * Makes a call of an operation with request headers that a feature of the kit sets, such as conditions and ranges, whether the endpoint
 * declares them or not. `adjust` can change the endpoint further.
 */
export const callWithHeaders = (
  { compiled, inputOf, partsOf, tag }: Internals,
  args: ReadonlyArray<unknown>,
  added: AddedHeaders,
  adjust: (endpoint: CompiledEndpoint) => CompiledEndpoint = (endpoint) => endpoint
): Effect.Effect<Completed, AnyError, HttpClient> =>
  // The requirement of the tag is part of the operation's type, which callers of this function return.
  Effect.flatMap(tag, (authoriser) =>
    execute(adjust(withAddedHeaders(compiled(), added)), authoriser, () => {
      const input = inputOf(args)
      return { input, parts: partsOf(input) }
    })
  ) as Effect.Effect<Completed, AnyError, HttpClient>
