import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ConnectionOptions } from "node:tls"
import type { Dispatcher } from "undici"

/** Settings of TLS connections, as `node:tls` has them. */
export interface TlsOptions extends Pick<
  ConnectionOptions,
  | "ca"
  | "cert"
  | "checkServerIdentity"
  | "ciphers"
  | "crl"
  | "ecdhCurve"
  | "maxVersion"
  | "minVersion"
  | "rejectUnauthorized"
  | "secureContext"
  | "servername"
  | "sigalgs"
> {
  /** The private key of `cert`, as PEM. */
  readonly key?: ConnectionOptions["key"] | Redacted.Redacted
  /** A client certificate with its private key, as PKCS #12. */
  readonly pfx?: ConnectionOptions["pfx"]
  /** The passphrase of `key` or `pfx`. */
  readonly passphrase?: string | Redacted.Redacted | undefined
}

/** Options of a transport. */
export interface Options {
  /** Maximum number of connections to an origin. Further requests wait for one. Default: unlimited, as those of `node:http` and undici. */
  readonly connections?: number | undefined
  /** Time in which a connection has to be established, TLS included. Default: 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /** Time for which an idle connection is kept, unless the server says otherwise (`Keep-Alive`). Default: 4 seconds. */
  readonly keepAliveTimeout?: Duration.DurationInput | undefined
  /**
   * Time in which the head of a response has to arrive, from when the request was sent. Default: unlimited, since the library has
   * deadlines, and programs have `Effect.timeout`.
   */
  readonly headersTimeout?: Duration.DurationInput | undefined
  /** Longest time between two parts of the body of a response. Default: unlimited, since Streams of events may be silent for long. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
  /**
   * Maximum number of requests on a connection before their responses (RFC 9112, 9.3.2). Only requests by GET and HEAD are sent
   * before others have their responses. Default: 1, since a slow response delays those behind it.
   */
  readonly pipelining?: number | undefined
  /** True if HTTP/2 is used with servers that offer it (ALPN). Default: false. */
  readonly http2?: boolean | undefined
  /**
   * True if requests go through the proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name, which may be in lower case. Default:
   * as Node's own clients, that is if `NODE_USE_ENV_PROXY` is `1`.
   */
  readonly proxy?: boolean | undefined
  /** Settings of TLS connections. Default: those of Node. */
  readonly tls?: TlsOptions | undefined
  /**
   * A dispatcher of undici to use, such as an `Agent` or a `MockAgent`, which remains open. The options of connections are those of
   * the dispatcher, so that none but the timeouts of responses and `maxBodySize` may be set here.
   */
  readonly dispatcher?: Pick<Dispatcher, "dispatch"> | undefined
  /**
   * Maximum size of the body of a response that is read whole, in bytes, after its content codings are undone. Bodies that are read
   * as a Stream have no limit. Default: 64 MiB.
   */
  readonly maxBodySize?: number | undefined
}

/** The settings of TLS, as `node:tls` has them. */
export type TlsSettings = Omit<ConnectionOptions, "port">

/** Options, checked. Times are in milliseconds. */
export interface Settings {
  readonly connections: number | undefined
  readonly connectTimeout: number
  readonly keepAliveTimeout: number
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly pipelining: number
  readonly http2: boolean
  readonly proxy: boolean
  readonly tls: TlsSettings
  readonly dispatcher: Pick<Dispatcher, "dispatch"> | undefined
  readonly maxBodySize: number
}

type Checked<A> = Either.Either<A, ConfigError.ConfigError>

const invalid = (option: string, message: string): Checked<never> =>
  Either.left(ConfigError.InvalidData([option], message))

/** The longest time that a timer of Node can wait, in milliseconds. */
const maxTimer = 2_147_483_647

/** Checks a time. Zero is none. */
const checkTime = (option: keyof Options, given: unknown, standard: number): Checked<number> => {
  if (given === undefined) return Either.right(standard)
  const duration = Duration.decodeUnknown(given)
  const millis = Option.isSome(duration) ? Duration.toMillis(duration.value) : Number.NaN
  if (!(millis > 0)) return invalid(option, "must be a duration longer than zero, such as `10 seconds`")
  // undici has no timeout with 0.
  return Either.right(millis > maxTimer ? 0 : Math.ceil(millis))
}

const checkCount = (option: keyof Options, given: unknown): Checked<void> =>
  given === undefined || (Number.isSafeInteger(given) && Number(given) >= 1)
    ? Either.void
    : invalid(option, "must be an integer from 1")

const checkFlag = (option: keyof Options, given: unknown): Checked<void> =>
  given === undefined || typeof given === "boolean" ? Either.void : invalid(option, "must be true or false")

/** The options that a given dispatcher has itself. */
const ofDispatcher = [
  "connections",
  "connectTimeout",
  "http2",
  "keepAliveTimeout",
  "pipelining",
  "proxy",
  "tls"
] as const

const checkDispatcher = (options: Options): Checked<void> => {
  // JavaScript permits other values than the types do.
  const dispatcher = options.dispatcher as { readonly dispatch?: unknown } | undefined | null
  if (dispatcher === undefined) return Either.void
  if (typeof dispatcher?.dispatch !== "function") return invalid("dispatcher", "must be a dispatcher of undici")
  const other = ofDispatcher.find((option) => options[option] !== undefined)
  return other === undefined ? Either.void : invalid(other, "must be set in the dispatcher that is given, not here")
}

const revealed = <A>(value: A | Redacted.Redacted): A | string =>
  Redacted.isRedacted(value) ? (Redacted.value(value) as string) : (value as A)

const tlsSettings = ({ key, passphrase, ...others }: TlsOptions): TlsSettings => ({
  ...others,
  ...(key === undefined ? {} : { key: revealed(key) as ConnectionOptions["key"] }),
  ...(passphrase === undefined ? {} : { passphrase: revealed(passphrase) })
})

/** Checks the options of a transport. */
export const checkOptions = (options: Options): Checked<Settings> =>
  Either.gen(function* () {
    const { connections, dispatcher, http2, maxBodySize, pipelining, proxy, tls } = options
    yield* checkCount("connections", connections)
    yield* checkCount("pipelining", pipelining)
    yield* checkCount("maxBodySize", maxBodySize)
    yield* checkFlag("http2", http2)
    yield* checkFlag("proxy", proxy)
    yield* checkDispatcher(options)
    if (tls !== undefined && (typeof tls !== "object" || tls === null)) {
      return yield* invalid("tls", "must be an object, such as `{ ca }`")
    }
    return {
      connections,
      connectTimeout: yield* checkTime("connectTimeout", options.connectTimeout, 10_000),
      keepAliveTimeout: (yield* checkTime("keepAliveTimeout", options.keepAliveTimeout, 4000)) || maxTimer,
      headersTimeout: yield* checkTime("headersTimeout", options.headersTimeout, 0),
      bodyTimeout: yield* checkTime("bodyTimeout", options.bodyTimeout, 0),
      pipelining: pipelining ?? 1,
      http2: http2 ?? false,
      proxy: proxy ?? process.env["NODE_USE_ENV_PROXY"] === "1",
      tls: tlsSettings(tls ?? {}),
      dispatcher,
      maxBodySize: maxBodySize ?? 67_108_864
    }
  })
