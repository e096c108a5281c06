/** Calls that something happens to, with their timelines and the errors that they fail with. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Deadline, type HeraldError, type Operation, OriginState } from "effect-herald"
import { Timeline } from "effect-herald/diagram"
import { getStory, lab } from "./api.js"
import { clicks, element, make, runLatest, shownIn, type Work } from "./dom.js"

const buttons = element("stories-buttons", HTMLDivElement)
const show = shownIn(element("stories-status", HTMLParagraphElement))
const result = element("stories-result", HTMLDivElement)

/** Each run has its own state of the origin, so that a pause that the server asked for does not delay the next story. */
const ownState = Layer.provide(lab, Layer.orDie(OriginState.layer()))

const call = (story: string) =>
  Effect.suspend(() => getStory.withResponse({ story, run: crypto.randomUUID() })).pipe(Effect.provide(ownState))

const stories = [
  { label: "503 twice, then 200", story: call("outage") },
  { label: "429, wait 2 seconds", story: call("limit") },
  { label: "429, wait a day", story: call("closed") },
  { label: "404", story: call("missing") },
  { label: "A deadline of 1 second", story: Effect.provideService(call("slow"), Deadline.Current, "1 second") },
  { label: "A broken connection", story: call("broken") },
  { label: "No CORS headers", story: call("foreign") },
  { label: "A redirect", story: call("moved") }
]

/** Shows the timeline of a call, as a picture and as the text of the same content. */
const showTimeline = (timeline: Timeline.Timeline) => {
  // A picture in an element of its own: no text of a server can become markup of the page.
  const picture = Object.assign(make("img"), {
    src: `data:image/svg+xml,${encodeURIComponent(Timeline.toSvg(timeline))}`,
    alt: "The timeline of the call. The text below has the same content."
  })
  const text = make("pre", Timeline.toText(timeline))
  for (const content of [picture, text]) {
    const scrolled = Object.assign(make("div"), { className: "scroll", tabIndex: 0, role: "region" })
    scrolled.ariaLabel = content === picture ? "Timeline" : "Timeline as text"
    scrolled.append(content)
    result.append(scrolled)
  }
}

const showResponse = (response: Operation.Response<unknown>) => {
  Option.map(Timeline.ofResponse(response), showTimeline)
  return show(`The call succeeded with ${response.status}.`)
}

const showError = (error: HeraldError) => {
  result.append(make("p", error.message))
  showTimeline(Timeline.ofError(error))
  return show(`The call failed with ${error._tag}.`)
}

const tell = (story: (typeof stories)[number]["story"]): Work =>
  Effect.suspend(() => {
    result.replaceChildren()
    return Effect.zipRight(show("The call is under way."), story)
  }).pipe(Effect.matchEffect({ onSuccess: showResponse, onFailure: showError }))

const storyButtons = Effect.sync(() =>
  stories.map(({ label, story }) => {
    const button = make("button", label)
    buttons.append(button)
    return clicks(button, tell(story))
  })
)

/** Makes the calls of the stories when their buttons are pressed. */
export const errorStories = Effect.flatMap(storyButtons, (works) => runLatest(...works))
