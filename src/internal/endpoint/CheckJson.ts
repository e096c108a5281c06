import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { Inspectable } from "effect/Inspectable"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"

/** Values that are JSON, or that have a `toJSON` whose result is checked at run time. */
type Leaf = string | number | bigint | boolean | null | undefined | DateTime.DateTime

/** An error with a `toJSON`, such as a tagged error. */
type InspectableError = Error & Inspectable

/** The reason why a value is not JSON, for each member of a union. `never` for values that may be JSON. */
type Problem<J> = J extends Leaf | Redacted.Redacted<unknown> | InspectableError
  ? never
  : J extends symbol
    ? "a symbol is not JSON"
    : J extends (...args: never) => unknown
      ? "a function is not JSON"
      : J extends FormData
        ? "a FormData is not JSON: use `multipart`"
        : J extends Blob
          ? "a Blob is not JSON: use `multipart`, or `bytes`"
          : J extends ArrayBuffer | ArrayBufferView
            ? "bytes are not JSON: use `bytes`, or text such as base64"
            : J extends URLSearchParams
              ? "a URLSearchParams is not JSON: use `form`, or Object.fromEntries"
              : J extends Headers
                ? "a Headers is not JSON: use Object.fromEntries"
                : J extends ReadonlyMap<unknown, unknown>
                  ? "a Map is not JSON: use Object.fromEntries"
                  : J extends ReadonlySet<unknown>
                    ? "a Set is not JSON: use Array.from"
                    : J extends ReadableStream | Stream.Stream<unknown, unknown, unknown>
                      ? J extends Effect.Effect<unknown, unknown, unknown> & Inspectable
                        ? "a value of one of Effect's data types is not JSON: pass its content"
                        : J extends Effect.Effect<unknown, unknown, unknown>
                          ? "an Effect is not JSON: run it first"
                          : "a Stream is not JSON: use `stream`"
                      : J extends PromiseLike<unknown>
                        ? "a Promise is not JSON: await it first"
                        : J extends RegExp
                          ? "a RegExp is not JSON: pass its source"
                          : J extends Error
                            ? "an Error is not JSON: pass its message"
                            : J extends Inspectable
                              ? "a value of one of Effect's data types is not JSON: pass its content"
                              : never

/** The type that the parts of a value must have. */
type Parts<J> = J extends Leaf | InspectableError | { readonly toJSON: unknown }
  ? J
  : J extends Redacted.Redacted<infer A>
    ? Redacted.Redacted<A & CheckJson<A>>
    : J extends ReadonlyArray<infer A>
      ? List<A>
      : { readonly [K in keyof J]: CheckJson<J[K]> }

/** An array whose items are checked. An interface, since the type of its items may contain the array itself. */
interface List<A> extends ReadonlyArray<CheckJson<A>> {}

/**
 * Refuses, at compile time, values of which `JSON.stringify` loses the content, at any depth. The type of the refused part is a
 * sentence. What types can't tell is checked when the request is made.
 */
export type CheckJson<J> = unknown extends J ? unknown : [Problem<J>] extends [never] ? Parts<J> : Problem<J>
