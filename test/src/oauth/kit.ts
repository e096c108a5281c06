import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import { Authoriser, type Credentials } from "effect-herald"
import type { ClientMetadata } from "oidc-provider"
import type * as OAuth from "effect-herald/oauth"
import { browse, type Lost, type Page, type Person } from "../../servers/oidc/browser.js"
import type { Oidc } from "../../servers/oidc/index.js"
import { Caller, thing } from "../kit.js"

/** The limits of requests to authorisation servers, which are for a machine to keep and not for a test's clock. */
const ofTheWire = [30_000, 90_000]

/**
 * A clock on which sleeps are a thousand times as short, but for limits of what goes over the wire, and which time can be put forward
 * on. It begins some time ago, if that is said, and keeps what was slept.
 */
export const hasty = ({
  ago = 0,
  wire = false
}: { readonly ago?: Duration.DurationInput; readonly wire?: boolean } = {}) => {
  const live = Clock.make()
  let offset = -Duration.toMillis(ago)
  const slept: Array<number> = []
  const millis = () => live.unsafeCurrentTimeMillis() + offset
  const clock: Clock.Clock = {
    ...live,
    unsafeCurrentTimeNanos: () => live.unsafeCurrentTimeNanos(),
    unsafeCurrentTimeMillis: millis,
    currentTimeMillis: Effect.sync(millis),
    sleep: (duration) =>
      Effect.suspend(() => {
        const long = Duration.toMillis(duration)
        if (!wire && ofTheWire.includes(long)) return live.sleep(duration)
        slept.push(long)
        return live.sleep(Duration.millis(long / 1000))
      })
  }
  return {
    clock,
    slept,
    pass: (duration: Duration.DurationInput) => {
      offset += Duration.toMillis(duration)
    }
  }
}

/** What a server knows as this client. */
export const clientOf = ({ client_id, client_secret }: ClientMetadata): OAuth.Client => ({
  clientId: client_id,
  ...(client_secret !== undefined && { clientSecret: Redacted.make(client_secret) })
})

/** The protected API of a server, called with these. */
export const callerAt = <E, R>({ api }: Pick<Oidc, "api">, credentials: Effect.Effect<Credentials.Credentials, E, R>) =>
  Authoriser.layer(Caller, { baseUrl: api, credentials })

/** `GET /thing`, which takes a token that is good. */
export const ask = thing()

/** All that the outcome of something shows, wherever it is put. */
export const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  const failure = Exit.isFailure(exit)
    ? [
        Cause.squash(exit.cause),
        Cause.pretty(exit.cause, { renderErrorCause: true }),
        inspect(Cause.squash(exit.cause), { depth: 20, showHidden: true })
      ]
    : []
  return [inspect(exit, { depth: 20, showHidden: true }), JSON.stringify(exit), ...failure]
    .map((part) => (part instanceof Error ? `${part.stack} ${JSON.stringify(part)} ${String(part)}` : String(part)))
    .join("\n")
}

/** A browser that a person uses at once, and the pages where that ended. */
export const browser = (who: Person = {}) => {
  const opened: Array<URL> = []
  const ended = Deferred.unsafeMake<Page, Lost>(FiberId.none)
  return {
    opened,
    /** The page where the first login ended. */
    ended: Deferred.await(ended),
    open: (url: URL) =>
      Effect.suspend(() => {
        opened.push(url)
        return Effect.asVoid(Effect.forkDaemon(Effect.intoDeferred(browse(url, who), ended)))
      })
  }
}
