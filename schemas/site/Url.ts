import * as Schema from "effect/Schema"
import { textUpTo } from "./Text.js"

/** Reports whether a text is a URL with a scheme that the server accepts. */
export const isUrl = (text: string): boolean => {
  try {
    return /^(?:https?|ftps?):$/.test(new URL(text.trim()).protocol)
  } catch {
    return false
  }
}

/** A URL with a scheme that the server accepts, of at most this number of characters. */
export const urlUpTo = (characters: number) =>
  textUpTo(characters).pipe(
    Schema.filter((text) => isUrl(text) || "must be a URL, such as https://discord.com/channels/1/2/3")
  )
