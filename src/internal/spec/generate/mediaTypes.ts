/** Returns a media type without its parameters, in lower case. */
const essence = (mediaType: string): string => mediaType.replace(/;.*$/s, "").trim().toLowerCase()

/** Reports whether a media type is JSON, by its name or its suffix (RFC 6839, 3.1). */
export const isJson = (mediaType: string): boolean => /^(?:application|text)\/json$|\+json$/.test(essence(mediaType))

export const isForm = (mediaType: string): boolean => essence(mediaType) === "application/x-www-form-urlencoded"

export const isMultipart = (mediaType: string): boolean => essence(mediaType) === "multipart/form-data"

/** Reports whether a media type is a sequence of JSON, one a line. */
export const isLines = (mediaType: string): boolean =>
  /[/+](?:jsonl|jsonlines|x-jsonlines|ndjson|x-ndjson)$/.test(essence(mediaType))

/** Reports whether a media type is text. */
export const isText = (mediaType: string): boolean => /^text\/|[/+]xml$/.test(essence(mediaType))
