/** Calls that something happens to, with the errors that they fail with. */
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Deadline, type HeraldError, OriginState } from "effect-herald"
import { getStory, lab } from "./api.js"
import { clicks, element, make, runLatest, shownIn, type Work } from "./dom.js"

const buttons = element("stories-buttons", HTMLDivElement)
const show = shownIn(element("stories-status", HTMLParagraphElement))
const result = element("stories-result", HTMLDivElement)

/** Each run has its own state of the origin, so that a pause that the server asked for does not delay the next story. */
const ownState = Layer.provide(lab, OriginState.layer())

const call = (story: string) =>
  Effect.suspend(() => getStory({ story, run: crypto.randomUUID() })).pipe(
    Effect.map(({ requests }) => `The call succeeded, with request ${requests}.`),
    Effect.provide(ownState)
  )

const stories = [
  { label: "503 twice, then 200", outcome: call("outage") },
  { label: "429, wait 2 seconds", outcome: call("limit") },
  { label: "429, wait a day", outcome: call("closed") },
  { label: "404", outcome: call("missing") },
  { label: "A deadline of 1 second", outcome: Effect.provideService(call("slow"), Deadline.Current, "1 second") },
  { label: "A broken connection", outcome: call("broken") },
  { label: "No CORS headers", outcome: call("foreign") },
  { label: "A redirect", outcome: call("moved") }
]

const showError = (error: HeraldError) =>
  Effect.suspend(() => {
    result.replaceChildren(make("p", error.message))
    return show(`The call failed with ${error._tag}.`)
  })

const tell = (outcome: Effect.Effect<string, HeraldError, HttpClient>): Work =>
  Effect.suspend(() => {
    result.replaceChildren()
    return Effect.zipRight(show("The call is under way."), outcome)
  }).pipe(Effect.matchEffect({ onSuccess: show, onFailure: showError }))

const storyButtons = Effect.sync(() =>
  stories.map(({ label, outcome }) => {
    const button = make("button", label)
    buttons.append(button)
    return clicks(button, tell(outcome))
  })
)

/** Makes the calls of the stories when their buttons are pressed. */
export const errorStories = Effect.flatMap(storyButtons, (works) => runLatest(...works))
