import * as Effect from "effect/Effect"
import * as Responses from "./responses.js"
import type { Account } from "./state.js"

/** Fails with a 500 for texts that the database refuses: with a NUL, a lone surrogate or too many characters. */
export const storableText = (limit: number, ...texts: ReadonlyArray<string | null | undefined>) =>
  texts.every(
    (text) =>
      !text || (!text.includes("\0") && text.isWellFormed() && (text.length <= limit || [...text].length <= limit))
  )
    ? Effect.void
    : Effect.fail(Responses.internalError)

/** Fails with a 500 for integers beyond 64 bits, which the database refuses. */
export const storableInteger = (...integers: ReadonlyArray<bigint>) =>
  integers.every((integer) => BigInt.asIntN(64, integer) === integer)
    ? Effect.void
    : Effect.fail(Responses.internalError)

const maxText = 255
const maxUrl = 512

/** Fails with a 500 for the columns of an account that the database refuses. */
export const storableAccount = ({
  avatarUrl,
  discriminator,
  id,
  name,
  permissions
}: Pick<Account, "id" | "name" | "discriminator" | "avatarUrl" | "permissions">) =>
  Effect.zipRight(
    storableInteger(id, permissions),
    Effect.zipRight(storableText(maxText, name, discriminator), storableText(maxUrl, avatarUrl))
  )
