/** The header that has the content coding of a response whose content `fetch` has not decoded. */
export const undecodedCoding = "effect-herald-content-encoding"

/** The part of undici's dispatchers that `fetch` uses. */
interface Dispatcher {
  readonly dispatch: (options: DispatchOptions, handler: Handler) => boolean
  readonly isMockActive?: boolean
}

/** The part of a request that is changed. */
interface DispatchOptions {
  /** By name, as `fetch` passes them. */
  readonly headers?: object | undefined
}

interface Handler {
  readonly onHeaders?: (status: number, headers: ReadonlyArray<Uint8Array>, ...rest: ReadonlyArray<unknown>) => boolean
}

const renamed = (headers: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> =>
  // Names and values alternate.
  headers.map((part, index) =>
    index % 2 === 0 && /^content-encoding$/i.test(String(part)) ? globalThis.Buffer.from(undecodedCoding) : part
  )

const withoutDecoding = (handler: Handler): Handler => {
  const { onHeaders } = handler
  if (onHeaders === undefined) return handler
  return Object.assign(Object.create(handler) as Handler, {
    onHeaders(this: Handler, status: number, headers: ReadonlyArray<Uint8Array>, ...rest: ReadonlyArray<unknown>) {
      return onHeaders.call(this, status, renamed(headers), ...rest)
    }
  })
}

const globalDispatcher = Symbol.for("undici.globalDispatcher.1")

/** Adds the length of a body that is a Stream: `fetch` itself sends none, and the platform's client removes that of the request. */
const withLength = (options: DispatchOptions, length: string | undefined): DispatchOptions =>
  length === undefined ? options : { ...options, headers: { ...options.headers, "content-length": length } }

/**
 * The dispatcher that keeps `fetch` from undoing content codings, in runtimes whose `fetch` is undici's: it accepts content that
 * is cut short. In other runtimes, such as browsers, it is the given one, and `fetch` decodes the content.
 *
 * - `given`: the dispatcher of the program, if it has one. Default: undici's global one
 * - `length`: the length of a request body that is a Stream, if it is known
 */
export const withoutContentDecoding = (given: unknown, length?: string): unknown => {
  // Node loads undici, which sets its global dispatcher, when this is first read.
  if (typeof globalThis.Response !== "function") return given
  // Only undici sets this property.
  const dispatcher = (given ?? (globalThis as { readonly [globalDispatcher]?: unknown })[globalDispatcher]) as
    | Dispatcher
    | undefined
  if (typeof dispatcher?.dispatch !== "function") return given
  return {
    dispatch: (options, handler) => dispatcher.dispatch(withLength(options, length), withoutDecoding(handler)),
    isMockActive: dispatcher.isMockActive ?? false
  } satisfies Dispatcher
}
