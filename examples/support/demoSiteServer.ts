import { Effect } from "effect"
import * as Scripted from "../../test/servers/scripted.js"
import * as SiteServer from "../../test/servers/site/index.js"

/** The number of users that the site has. */
export const userCount = 2400

/** The id of the first user. It is beyond 2^53, so that JavaScript's numbers can't represent it. */
export const firstId = 409107086526644234n

const names = ["lemon", "Ælfwine", "ひかり", "मीरा", "Joe", "Zoë", "Łukasz", "🦆"]

const users = Array.from({ length: userCount }, (_, index) => ({
  id: firstId + BigInt(index),
  name: `${names[index % names.length]}${index < names.length ? "" : ` ${index}`}`,
  discriminator: BigInt(index),
  in_guild: index % 7 !== 0
}))

/** Infractions, of which one type is more frequent than the next. */
const infractions = Array.from({ length: 260 }, (_, index) => ({
  user: users[index + 1]!.id,
  actor: firstId,
  type: (["warning", "timeout", "ban", "kick", "note"] as const)[Math.floor(Math.sqrt(index) / 3.5)]!,
  reason: "spam"
}))

/** What a site does with requests. */
export type Condition = "up" | "starting" | "down"

/** A log record in the form of the original handler, as the site receives it. */
export interface ReceivedLog {
  readonly level: string
  readonly message: string
}

/** Starts a site on loopback. `onLog` is called with each log record that it receives. */
export const start = (onLog: (log: ReceivedLog) => void) =>
  Effect.gen(function* () {
    let condition: Condition = "up"
    const { fail, script, url } = yield* SiteServer.make({ seed: { users, infractions } })
    const whenever = (when: (received: Scripted.Received) => boolean) => ({ times: Number.POSITIVE_INFINITY, when })
    // A proxy responds for a site that is starting.
    fail(
      SiteServer.html(503, "<h1>Service Unavailable</h1>"),
      whenever(() => condition === "starting")
    )
    fail(
      Scripted.reset,
      whenever(() => condition === "down")
    )
    script(
      (run) => (response, received) => {
        // The body is what the client encoded.
        onLog(JSON.parse(received.body) as ReceivedLog)
        run()(response, received)
      },
      whenever(({ target }) => target.endsWith("/logs"))
    )
    return {
      baseUrl: url,
      set: (next: Condition) =>
        Effect.sync(() => {
          condition = next
        })
    }
  })

export { readOnlyToken, token } from "../../test/servers/site/index.js"
