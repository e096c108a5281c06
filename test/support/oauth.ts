import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import type { Credentials } from "effect-herald"
import type * as OAuth from "effect-herald/oauth"
import { inspect } from "node:util"
import type { ClientMetadata } from "oidc-provider"
import { browse, type BrowseFailure, type Page, type Person } from "../servers/oidc/browser.js"
import type { Oidc } from "../servers/oidc/index.js"
import { Caller, thing } from "./kit.js"

/** The time limits of requests to authorization servers, in milliseconds. */
const requestLimits = [30_000, 90_000]

/**
 * A live clock on which sleeps last a thousandth of their time, and which can be put forward.
 *
 * - `ago`: makes the clock start in the past
 * - `shortLimits`: shortens the time limits of requests to authorization servers, too, which a busy machine needs in full
 * - `endOf`: returns the end of a sleep of this many milliseconds that does not last a thousandth of its time
 */
export const fastClock = ({
  ago = 0,
  endOf = () => undefined,
  shortLimits = false
}: {
  readonly ago?: Duration.DurationInput
  readonly endOf?: (millis: number) => Effect.Effect<void> | undefined
  readonly shortLimits?: boolean
} = {}) => {
  const live = Clock.make()
  let offset = -Duration.toMillis(ago)
  const sleeps: Array<number> = []
  const millis = () => live.unsafeCurrentTimeMillis() + offset
  const clock: Clock.Clock = {
    ...live,
    unsafeCurrentTimeNanos: () => live.unsafeCurrentTimeNanos(),
    unsafeCurrentTimeMillis: millis,
    currentTimeMillis: Effect.sync(millis),
    sleep: (duration) =>
      Effect.suspend(() => {
        const time = Duration.toMillis(duration)
        if (!shortLimits && requestLimits.includes(time)) return live.sleep(duration)
        sleeps.push(time)
        return endOf(time) ?? live.sleep(Duration.millis(time / 1000))
      })
  }
  return {
    clock,
    /** The sleeps so far, but for time limits that are not shortened. In milliseconds. */
    sleeps,
    /** Puts the clock forward. */
    advance: (duration: Duration.DurationInput) => {
      offset += Duration.toMillis(duration)
    }
  }
}

/** The client of these metadata. */
export const clientOf = (
  { client_id: clientId, client_secret: secret }: ClientMetadata,
  authentication?: OAuth.SecretClient["authentication"]
): OAuth.Client =>
  secret === undefined ? { clientId } : { clientId, clientSecret: Redacted.make(secret), authentication }

/** The protected API of a server. */
export const apiOf = <E, R>({ api }: Pick<Oidc, "api">, credentials: Effect.Effect<Credentials.Credentials, E, R>) =>
  Caller.layer({ baseUrl: api, credentials })

/** `GET /thing` of the protected API, which requires a valid token. */
export const getThing = thing()

/** Everything that the outcome of an effect can show, however it is printed. */
export const printed = (exit: Exit.Exit<unknown, unknown>): string => {
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

/** A browser in which a user signs in as soon as it opens a page. */
export const makeBrowser = (user: Person = {}) => {
  const opened: Array<URL> = []
  const lastPage = Deferred.unsafeMake<Page, BrowseFailure>(FiberId.none)
  return {
    /** The pages that were opened. */
    opened,
    /** The last page of the first sign-in. */
    lastPage: Deferred.await(lastPage),
    open: (url: URL) =>
      Effect.suspend(() => {
        opened.push(url)
        return Effect.asVoid(Effect.forkDaemon(Effect.intoDeferred(browse(url, user), lastPage)))
      })
  }
}
