import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"

type Checked = Effect.Effect<void, ConfigError.ConfigError>

/** Fails with the reason why an option is invalid. */
export const refuse = (option: string, message: string): Effect.Effect<never, ConfigError.ConfigError> =>
  Effect.fail(ConfigError.InvalidData([option], message))

/** Checks a size in bytes. JavaScript permits other values than the types do. */
export const checkMaxBytes = (maxBytes: unknown): Checked =>
  Number.isSafeInteger(maxBytes) && Number(maxBytes) > 0
    ? Effect.void
    : refuse("maxBytes", "must be a whole number of bytes, at least 1, such as 64 * 1024 * 1024")
