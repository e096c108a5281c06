import { constVoid } from "effect/Function"
import type { IncomingHttpHeaders } from "node:http"
import type { Socket } from "node:net"
import type { Readable } from "node:stream"
import type { Dispatcher } from "undici"

/** The number of bytes of a body that are kept before it is read. The connection is paused while there are as many. */
const highWaterMark = 65_536

/** The connection that is being established for a request. */
export interface Opening {
  socket: Socket | undefined
}

/** The options of a request that undici sends. It passes them to its client as they are. */
export interface SendOptions extends Dispatcher.DispatchOptions {
  readonly opening: Opening
}

/** The reason for which a request is aborted. */
export const abortReason = (): Error => Object.assign(new Error("the request was aborted"), { code: "UND_ERR_ABORTED" })

/** The failure of a request for a tunnel, whose connection undici would give to nobody. */
const unsupportedMethod = (): Error =>
  Object.assign(new Error("the method CONNECT is not supported: use another one"), { code: "UND_ERR_NOT_SUPPORTED" })

/**
 * The handler of a request that undici sends. It keeps the head of the response, and the body as it arrives, until they are read. A
 * class, since undici calls its methods, and objects of closures cost more.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** The status of the response. 0 until its head was received. */
  status = 0
  headers: IncomingHttpHeaders = {}
  /** The chunks of the body that were received and not taken. */
  chunks: Array<Uint8Array> = []
  /** The length of `chunks`, in bytes. */
  length = 0
  /** True if the response is complete. */
  ended = false
  /** The failure of the request, or of the rest of the body. */
  failure: { readonly cause: unknown } | undefined
  /** True once the body is read as a stream, so that its chunks are gone. */
  streamed = false
  /** True once the body is read whole, so that all of its chunks remain. */
  keepsAll = false
  /** The body of the request, if it is a stream. It is destroyed when the request is aborted or fails. */
  body: Readable | undefined
  /** True once the request is written to a connection. */
  started = false
  /** The connection that is being established for the request. Nothing else waits for it. */
  readonly opening: Opening = { socket: undefined }
  private aborted = false
  private paused = false
  private listener: (() => boolean) | undefined
  private controller: Dispatcher.DispatchController | undefined

  /** Runs when the head of the response was received. */
  onHead: () => void = constVoid
  /** Runs if the request fails before the head of the response was received. */
  onFailure: (cause: unknown) => void = constVoid

  /** Sends the request. */
  start(dispatcher: Pick<Dispatcher, "dispatch">, options: SendOptions): void {
    try {
      if (options.method === "CONNECT") throw unsupportedMethod()
      dispatcher.dispatch(options, this)
    } catch (cause) {
      this.fail(cause)
    }
  }

  /** Aborts the request, or the rest of the response. Does nothing once there is no more of it. */
  abort(): void {
    if (this.aborted || this.ended || this.failure !== undefined) return
    this.aborted = true
    const { controller } = this
    const reason = abortReason()
    this.fail(reason)
    controller?.abort(reason)
    if (!this.started) this.opening.socket?.destroy(reason)
  }

  /** Aborts the request, or the rest of the response, with a signal. Listens to it until there is no more of the response. */
  abortWith(signal: AbortSignal): void {
    const abort = () => this.abort()
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    this.listen(() => {
      if (!this.ended && this.failure === undefined) return true
      signal.removeEventListener("abort", abort)
      return false
    })
  }

  /** Aborts a response that the program has no reference to any more, unless its body is being read. */
  drop(): void {
    if (!this.streamed && !this.keepsAll) this.abort()
  }

  /** Takes the chunks that were received. Goes on with the connection if it was paused. */
  take(): Array<Uint8Array> {
    const { chunks } = this
    this.chunks = []
    this.length = 0
    this.resume()
    return chunks
  }

  /** Keeps all chunks from now on, however many there are. Goes on with the connection if it was paused. */
  keepAll(): void {
    this.keepsAll = true
    this.resume()
  }

  /** Calls a function when chunks were received, or nothing more is to come, until it returns false. */
  listen(listener: () => boolean): void {
    const { listener: other } = this
    this.listener = other === undefined ? listener : () => [other(), listener()].includes(true)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Unlike an abort, this does not close the connection, on which nothing was written.
    if (this.aborted) throw abortReason()
    this.started = true
    this.controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim responses are ignored (RFC 9110, 15.2).
    if (status < 200) return
    this.controller = controller
    this.status = status
    this.headers = headers
    this.onHead()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.aborted) return
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.length >= highWaterMark && !this.keepsAll) {
      this.paused = true
      controller.pause()
    }
    this.notify()
  }

  onResponseEnd(): void {
    if (this.aborted) return
    this.ended = true
    this.controller = undefined
    this.notify()
  }

  onResponseError(_: unknown, cause: unknown): void {
    if (this.aborted || this.ended || this.failure !== undefined) return
    this.fail(cause)
  }

  private fail(cause: unknown): void {
    this.failure = { cause }
    this.controller = undefined
    if (this.body?.destroyed === false) this.body.on("error", constVoid).destroy()
    if (this.status === 0) this.onFailure(cause)
    this.notify()
  }

  private notify(): void {
    if (this.listener?.() === false) this.listener = undefined
  }

  private resume(): void {
    if (!this.paused) return
    this.paused = false
    this.controller?.resume()
  }
}
