/**
 * Characters that change a terminal, or the order in which it shows text: control characters (C0, DEL, C1), which begin escape
 * sequences, bidirectional formatting characters, and line separators. Tab and line feed are not among them.
 */
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Replaces each character that could change a terminal by its escape in JSON, such as `\u001b`. Keeps tabs and line feeds. */
export const visible = (text: string): string => text.replace(unsafe, escaped)

/** `visible`, on one line: line feeds, carriage returns and tabs are escaped too. */
export const visibleLine = (text: string): string =>
  visible(text.replace(/\r/g, "\\r").replace(/\n/g, "\\n").replace(/\t/g, "\\t"))

/** Makes a text one line of prose: white space becomes one space each. */
export const oneLine = (text: string): string => visible(text.replace(/\s+/g, " ").trim())
