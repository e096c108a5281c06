/** Returns a media type without its parameters, in lower case. */
export const essence = (mediaType: string): string => (mediaType.split(";")[0] ?? "").trim().toLowerCase()

/** Reports whether a media type is JSON, by its name or its suffix (RFC 6839, 3.1). */
export const isJsonType = (mediaType: string): boolean =>
  /^(?:application|text)\/json$|\+json$/.test(essence(mediaType))

export const isFormType = (mediaType: string): boolean => essence(mediaType) === "application/x-www-form-urlencoded"

export const isMultipartType = (mediaType: string): boolean => essence(mediaType) === "multipart/form-data"

/** Reports whether a media type is JSON texts, one a line. */
export const isLinesType = (mediaType: string): boolean =>
  /[/+](?:jsonl|jsonlines|x-jsonlines|ndjson|x-ndjson)$/.test(essence(mediaType))
