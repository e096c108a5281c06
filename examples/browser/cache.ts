/** The response cache at work. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ResponseCache } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { clicks, element, runLatest, shownIn } from "./dom.js"

const load = element("cache-load", HTMLButtonElement)
const clear = element("cache-clear", HTMLButtonElement)
const show = shownIn(element("cache-status", HTMLParagraphElement))

const readTeam = Polympics.getTeam.withResponse(Polympics.TeamId.make(1)).pipe(
  Effect.timed,
  Effect.flatMap(([took, { cached, value }]) => {
    const origin =
      cached === undefined ? "from the server" : `from the cache, ${Math.round(Duration.toSeconds(cached.age))} s old`
    return show(`${value.name}, ${origin}, in ${Math.ceil(Duration.toMillis(took))} ms.`)
  }),
  Effect.catchAll(({ message }) => show(message))
)

const forget = Effect.flatMap(ResponseCache.ResponseCache, ({ clear }) => clear).pipe(
  Effect.zipRight(show("The cache is empty.")),
  Effect.catchAll(({ message }) => show(message))
)

/** Loads the team, and clears the cache, when their buttons are pressed. */
export const cache = runLatest(clicks(load, readTeam), clicks(clear, forget))
