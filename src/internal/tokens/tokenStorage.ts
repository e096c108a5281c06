import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Token from "../../Token.js"
import type { TokenStore, TokenStoreFailure } from "../../TokenStore.js"

/** The entry of one token in a `TokenStore`. */
export interface TokenStorage {
  /** The stored token, or a newer one that could not be saved. Logs a warning if the stored text is not a token. */
  readonly load: Effect.Effect<Token.Token | undefined, Token.TokenFailure>
  /** Saves a token. Logs a warning on failure: the token is used even so, since the server may not accept the previous one. */
  readonly save: (token: Token.Token) => Effect.Effect<void>
  readonly remove: Effect.Effect<void, Token.TokenFailure>
  readonly lock: Effect.Effect<void, Token.TokenFailure, Scope.Scope>
  /** Drops the token that could not be saved, if there is one. */
  readonly dropUnsaved: () => void
}

const tokenFailure = ({ message }: TokenStoreFailure) => new Token.TokenFailure({ reason: "Store", message })

/** Makes the entry for a name. */
export const makeTokenStorage = (store: Context.Tag.Service<TokenStore>, name: string): TokenStorage => {
  let unsaved: Token.Token | undefined

  const stored = Effect.flatMap(
    Effect.mapError(store.load(name), tokenFailure),
    Option.match({
      onNone: () => Effect.succeed(undefined),
      onSome: (text) =>
        Effect.tap(Token.parse(text), (token) =>
          token === undefined
            ? Effect.logWarning(`the stored token "${name}" is not a valid token and is ignored`)
            : Effect.void
        )
    })
  )

  return {
    load: Effect.map(stored, (token) =>
      unsaved !== undefined && (token === undefined || token.grantedAt <= unsaved.grantedAt) ? unsaved : token
    ),
    save: (token) =>
      Effect.matchEffect(store.save(name, Token.stringify(token)), {
        onSuccess: () =>
          Effect.sync(() => {
            unsaved = undefined
          }),
        onFailure: ({ message }) => {
          unsaved = token
          return Effect.logWarning(`the token "${name}" could not be saved, so the next run cannot use it: ${message}`)
        }
      }),
    remove: Effect.mapError(store.remove(name), tokenFailure),
    lock: Effect.mapError(store.lock(name), tokenFailure),
    dropUnsaved: () => {
      unsaved = undefined
    }
  }
}
