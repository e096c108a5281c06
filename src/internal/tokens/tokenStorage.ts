import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Token from "../../Token.js"
import { type TokenStore, TokenStoreFailure } from "../../TokenStore.js"
import { eagerly } from "../eagerly.js"
import { within } from "../within.js"

/** Reports whether this process still holds a lock, or may hold it: the store may not be able to tell. */
export type IsHeld = Effect.Effect<boolean>

/** The entry of one token in a `TokenStore`. No operation waits for the store without a limit. */
export interface TokenStorage {
  /** The stored token, or a newer one that could not be saved. Logs a warning if the stored text is not a token. */
  readonly load: Effect.Effect<Token.Token | undefined, Token.TokenFailure>
  /** Saves a token. Logs a warning on failure: the token is used even so, since the server may not accept the previous one. */
  readonly save: (token: Token.Token) => Effect.Effect<void>
  readonly remove: Effect.Effect<void, Token.TokenFailure>
  /** Takes the lock. Logs a warning on failure, and goes on without it. */
  readonly lock: Effect.Effect<IsHeld, never, Scope.Scope>
  /** Drops the token that could not be saved, if there is one. */
  readonly dropUnsaved: () => void
}

/** The time limit of reading, writing and removing an entry. */
const accessLimit = Duration.seconds(30)

/**
 * The time limit of a lock: ten minutes. A process may hold it while its user signs in, which has five minutes by default.
 */
const lockLimit = Duration.minutes(10)

/**
 * Fails if an operation of the store takes longer than a limit. The timer interrupts the operation, but does not wait until it has
 * ended; an interruption of the caller does.
 */
const bounded = <A, R>(
  operation: Effect.Effect<A, TokenStoreFailure, R>,
  limit: Duration.Duration
): Effect.Effect<A, TokenStoreFailure, R> =>
  Effect.uninterruptibleMask((restore) =>
    // A fiber that fails is logged, so this one succeeds with the exit.
    Effect.flatten(
      eagerly(Effect.exit(Effect.interruptible(operation)), (fiber) =>
        restore(
          within(
            Fiber.join(fiber),
            limit,
            () =>
              new TokenStoreFailure({
                message: `the token store did not respond within ${Duration.toSeconds(limit)} seconds`
              })
          )
        ).pipe(
          Effect.onInterrupt(() => Fiber.interrupt(fiber)),
          Effect.ensuring(Fiber.interruptFork(fiber))
        )
      )
    )
  )

/**
 * Makes the entry for a name.
 *
 * - `label`: the name in messages. The name itself may have a fingerprint of a secret
 */
export const makeTokenStorage = (store: Context.Tag.Service<TokenStore>, name: string, label: string): TokenStorage => {
  /** The text that the store was last seen to have; undefined if it had none, or has not been read. */
  let seen: string | undefined
  /** A token that could not be saved, and the text that the store had instead. */
  let unsaved: { readonly token: Token.Token; readonly over: string | undefined } | undefined

  const masked = (message: string) =>
    name === "" ? message : message.replaceAll(name, label).replaceAll(encodeURIComponent(name.toWellFormed()), label)

  const tokenFailure = ({ message }: TokenStoreFailure) =>
    new Token.TokenFailure({ reason: "Store", message: masked(message) })

  const access = <A>(operation: Effect.Effect<A, TokenStoreFailure>) => bounded(operation, accessLimit)

  /** Returns a token that could not be saved, unless another program has changed the store since. */
  const unsavedOver = (text: string | undefined, token: Token.Token | undefined): Token.Token | undefined => {
    if (unsaved === undefined) return undefined
    const isUnchanged = unsaved.over === text || (unsaved.over === undefined && token === undefined)
    // The store may not have been read before the token was saved.
    const isOlder = unsaved.over === undefined && token !== undefined && token.grantedAt <= unsaved.token.grantedAt
    return isUnchanged || isOlder ? unsaved.token : undefined
  }

  const load = Effect.gen(function* () {
    const text = Option.getOrUndefined(yield* Effect.mapError(access(store.load(name)), tokenFailure))
    const token = text === undefined ? undefined : yield* Token.parse(text)
    if (text !== undefined && token === undefined) {
      yield* Effect.logWarning(`the stored token "${label}" is not a valid token and is ignored`)
    }
    seen = text
    return unsavedOver(text, token) ?? token
  })

  return {
    load,
    save: (token) =>
      Effect.suspend(() => {
        const text = Token.stringify(token)
        return Effect.matchEffect(access(store.save(name, text)), {
          onSuccess: () =>
            Effect.sync(() => {
              unsaved = undefined
              seen = text
            }),
          onFailure: ({ message }) => {
            unsaved = { token, over: seen }
            return Effect.logWarning(
              `the token "${label}" could not be saved, so the next run cannot use it: ${masked(message)}`
            )
          }
        })
      }),
    remove: Effect.mapError(access(store.remove(name)), tokenFailure),
    lock: Effect.matchEffect(bounded(store.lock(name), lockLimit), {
      onSuccess: (lock) =>
        Effect.succeed(
          lock === undefined ? Effect.succeed(true) : Effect.orElseSucceed(access(lock.isHeld), () => true)
        ),
      onFailure: ({ message }) =>
        Effect.as(
          Effect.logWarning(
            `the token "${label}" is used without the lock of its store, so that other processes may refresh it at the same time: ${masked(message)}`
          ),
          Effect.succeed(true)
        )
    }),
    dropUnsaved: () => {
      unsaved = undefined
    }
  }
}
