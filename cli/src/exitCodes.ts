/** The exit codes of the command. `docs/guides/command-line.md` lists them for users. */
export const exitCodes = {
  ok: 0,
  /** A check found a difference, or a failure has no code of its own, such as that of a file. */
  failed: 1,
  /** The command line is wrong. Nothing was sent. */
  usage: 2,
  /** The document, or an overlay, can't be read. */
  document: 3,
  /** 404, 410. */
  notFound: 4,
  /** 401, 403; no credentials, or unusable ones. */
  unauthorized: 5,
  /** 429, or a wait that is longer than the retry policy accepts. */
  rateLimited: 6,
  /** No connection, or one that broke. */
  transport: 7,
  timeout: 8,
  /** Any other 4xx. */
  refused: 9,
  /** 5xx. */
  server: 10,
  /** The response does not match the document, and can't be delivered; or it must match (`--strict`). */
  mismatch: 11,
  /** SIGINT, as shells count it: 128 + 2. */
  interrupted: 130,
  /** SIGTERM: 128 + 15. */
  terminated: 143
} as const

const byTag: Readonly<Record<string, number>> = {
  EncodeError: exitCodes.usage,
  DocumentError: exitCodes.document,
  NotFound: exitCodes.notFound,
  Unauthorized: exitCodes.unauthorized,
  Forbidden: exitCodes.unauthorized,
  AuthoriserError: exitCodes.unauthorized,
  RateLimited: exitCodes.rateLimited,
  NotSent: exitCodes.rateLimited,
  TransportError: exitCodes.transport,
  TimeoutError: exitCodes.timeout,
  DecodeError: exitCodes.mismatch,
  PaginationError: exitCodes.mismatch
}

/** Returns the exit code for the error of a call: by its status where it has one that is not a success, else by its tag. */
export const exitCodeOf = (tag: string, status: number | undefined): number => {
  const known = Object.hasOwn(byTag, tag) ? byTag[tag] : undefined
  if (known !== undefined) return known
  if (status === undefined) return exitCodes.failed
  if (status === 404 || status === 410) return exitCodes.notFound
  if (status === 401 || status === 403) return exitCodes.unauthorized
  if (status === 429) return exitCodes.rateLimited
  if (status === 408) return exitCodes.timeout
  if (status >= 500) return exitCodes.server
  return status >= 400 ? exitCodes.refused : exitCodes.failed
}
