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

/** The handler of the `fetch` of undici 7 and older, as in Node 24 and older. */
interface LegacyHandler {
  readonly onHeaders: (status: number, headers: RawHeaders, ...rest: ReadonlyArray<unknown>) => boolean
}

/** The handler of the `fetch` of undici 8, as in Node 26. */
interface CurrentHandler {
  readonly onResponseStart: (
    controller: Controller,
    status: number,
    headers: object,
    ...rest: ReadonlyArray<unknown>
  ) => void
}

type Handler = LegacyHandler | CurrentHandler

interface Controller {
  /** The headers as they were received. `fetch` reads the parsed ones if this is not an array, as over HTTP/2. */
  rawHeaders?: unknown
}

/** Names and values, alternating. */
type RawHeaders = ReadonlyArray<Uint8Array | string>

const isCurrent = (handler: Handler): handler is CurrentHandler => "onResponseStart" in handler

const isCoding = (name: Uint8Array | string): boolean => /^content-encoding$/i.test(String(name))

const renamedRaw = (headers: RawHeaders): RawHeaders =>
  headers.map((part, index) => (index % 2 === 0 && isCoding(part) ? globalThis.Buffer.from(undecodedCoding) : part))

const renamed = (headers: object): object =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [isCoding(name) ? undecodedCoding : name, value]))

const renamingLegacy = ({ onHeaders }: LegacyHandler): LegacyHandler => ({
  onHeaders(this: LegacyHandler, status, headers, ...rest) {
    return onHeaders.call(this, status, renamedRaw(headers), ...rest)
  }
})

const renamingCurrent = ({ onResponseStart }: CurrentHandler): CurrentHandler => ({
  onResponseStart(this: CurrentHandler, controller, status, headers, ...rest) {
    const { rawHeaders } = controller
    if (Array.isArray(rawHeaders)) controller.rawHeaders = renamedRaw(rawHeaders as RawHeaders)
    try {
      onResponseStart.call(this, controller, status, renamed(headers), ...rest)
    } finally {
      controller.rawHeaders = rawHeaders
    }
  }
})

/** Inherits from the handler, since the methods of `fetch`'s handler share its properties. */
const withoutDecoding = (handler: Handler): Handler =>
  Object.assign(
    Object.create(handler) as Handler,
    isCurrent(handler) ? renamingCurrent(handler) : renamingLegacy(handler)
  )

/** Adds the length of a body that is a Stream: `fetch` itself sends none, and the platform's client removes that of the request. */
const withLength = (options: DispatchOptions, length: string | undefined): DispatchOptions =>
  length === undefined ? options : { ...options, headers: { ...options.headers, "content-length": length } }

const legacyGlobal = Symbol.for("undici.globalDispatcher.1")
const currentGlobal = Symbol.for("undici.globalDispatcher.2")

/** Undici's global dispatchers. Only undici sets these properties; undici 8 sets the first one to a dispatcher for older versions. */
interface Globals {
  readonly [legacyGlobal]?: Dispatcher
  readonly [currentGlobal]?: Dispatcher
}

/**
 * The dispatcher that keeps `fetch` from undoing content codings, in runtimes whose `fetch` is undici's: it accepts content that
 * is cut short. In other runtimes, such as browsers, it is the given one, and `fetch` decodes the content.
 *
 * - `given`: the dispatcher of the program, if it has one. Default: undici's global one
 * - `length`: the length of a request body that is a Stream, if it is known
 */
export const withoutContentDecoding = (given: unknown, length?: string): unknown => {
  // Node loads undici, which sets its global dispatchers, when this is first read.
  if (typeof globalThis.Response !== "function") return given
  const { [currentGlobal]: current, [legacyGlobal]: legacy } = globalThis as Globals
  const own = given as Dispatcher | undefined
  const dispatcher = own ?? current ?? legacy
  if (typeof dispatcher?.dispatch !== "function") return given
  return {
    dispatch: (options, handler) => {
      // The handler tells which version of undici this `fetch` is.
      const selected = own ?? (isCurrent(handler) ? current : legacy) ?? dispatcher
      return selected.dispatch(withLength(options, length), withoutDecoding(handler))
    },
    isMockActive: dispatcher.isMockActive ?? false
  } satisfies Dispatcher
}
