import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import type * as Undici from "undici"
import type { Dispatcher } from "undici"
import type { Opening, SendOptions } from "./exchange.js"
import type { Settings } from "./transportOptions.js"

/** The maximum number of concurrent requests on a connection by HTTP/2, unless the server has a lower one. */
const maxStreams = 100

/** Names of the variables that name proxies. */
const proxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]

/** Connects, and records the sockets until they are closed. */
const makeConnector = (undici: typeof Undici, settings: Settings, sockets: Set<Socket>) => {
  const { connectTimeout, http2, tls } = settings
  const connect = undici.buildConnector({ ...tls, allowH2: http2, timeout: connectTimeout })
  return (...parameters: Parameters<typeof connect>): Socket => {
    // undici's types do not say that it returns the socket.
    const socket = connect(...parameters) as unknown as Socket
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    return socket
  }
}

/** The options that a pool has for its clients. Their connector is that of `makeConnector`, or of a proxy. */
interface ClientOptions {
  readonly connect: ReturnType<typeof makeConnector>
}

/**
 * Makes the pools of an origin, which differ from those of undici:
 *
 * - an interruption ends the establishing of a connection for a request
 * - each connection has as many concurrent requests as its protocol permits: undici has one setting for both protocols, and which it
 *   is shows once it is connected
 */
const makePool =
  ({ Client, Pool }: typeof Undici, { http2, pipelining }: Settings) =>
  (origin: string | URL, options: object): Undici.Dispatcher =>
    new Pool(origin, {
      ...options,
      factory: (origin, options) => {
        const { connect } = options as ClientOptions
        let opening: Opening | undefined
        const client = new Client(origin, {
          ...options,
          connect: (target, connected) => {
            const socket: unknown = connect(target, (...result: Parameters<typeof connected>) => {
              const socket = result[1] as TLSSocket | null
              if (http2 && socket !== null && socket !== undefined) {
                client.pipelining = socket.alpnProtocol === "h2" ? maxStreams : pipelining
              }
              connected(...result)
            })
            // A pool adds no request to a client that is connecting. Some may remain from the connection before.
            // Connectors of proxies return no socket.
            if (opening !== undefined && client.stats.size === 1 && socket instanceof Socket) opening.socket = socket
          }
        })
        const dispatch = client.dispatch.bind(client)
        client.dispatch = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
          // The options are those of an exchange, unless the proxy's agent sends a request of its own.
          opening = (options as Partial<SendOptions>).opening
          return dispatch(options, handler)
        }
        return client
      }
    })

/** Makes the dispatcher of a transport. Its connections close with the scope. */
export const makeDispatcher = (
  undici: typeof Undici,
  settings: Settings
): Effect.Effect<Undici.Dispatcher, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { connections, connectTimeout, http2, keepAliveTimeout, pipelining, proxy, tls } = settings
      const sockets = new Set<Socket>()
      const options = {
        connect: makeConnector(undici, settings, sockets),
        connections: connections ?? null,
        keepAliveTimeout,
        pipelining,
        factory: makePool(undici, settings)
      }
      const proxied = proxy && proxyVariables.some((name) => (process.env[name] ?? "") !== "")
      const dispatcher = proxied
        ? new undici.EnvHttpProxyAgent({
            ...options,
            // Proxies of http seldom permit tunnels to other ports than that of https.
            proxyTunnel: false,
            proxyTls: { timeout: connectTimeout },
            requestTls: { ...tls, allowH2: http2, timeout: connectTimeout }
          })
        : new undici.Agent(options)
      return { dispatcher, sockets }
    }),
    ({ dispatcher, sockets }) =>
      Effect.promise(async () => {
        await dispatcher.destroy()
        // The agent forgets connections that were being established when another one of their origin failed.
        for (const socket of sockets) socket.destroy()
      })
  ).pipe(Effect.map(({ dispatcher }) => dispatcher))
