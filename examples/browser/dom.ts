/** The document, as Effects. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Services } from "./api.js"

/** Returns the element with this id. */
export const element = <A extends HTMLElement>(id: string, type: new () => A): A => {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new TypeError(`index.html has no ${type.name} with the id ${id}`)
}

/** Makes an element with this text. */
export const make = <K extends keyof HTMLElementTagNameMap>(name: K, text = ""): HTMLElementTagNameMap[K] => {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

/** Returns a function that shows a text in an element. */
export const shownIn =
  (target: HTMLElement) =>
  (text: string): Effect.Effect<void> =>
    Effect.sync(() => {
      target.textContent = text
    })

/** Makes an element with a text of an API, which may have another direction than the page. */
export const makeText = (name: "td" | "li", text: string): HTMLElement => {
  const made = make(name)
  made.append(make("bdi", text))
  return made
}

/** Work that an event starts. It shows its own failures. */
export type Work = Effect.Effect<void, never, Services>

/** The clicks on a button, as the work that each of them starts. */
export const clicks = (button: HTMLButtonElement, work: Work): Stream.Stream<Work> =>
  Stream.as(Stream.fromEventListener(button, "click"), work)

/** Runs each work as it arrives. Interrupts the one before it, if that still runs. */
export const runLatest = (...works: ReadonlyArray<Stream.Stream<Work>>): Work =>
  Stream.mergeAll(works, { concurrency: "unbounded" }).pipe(
    Stream.flatMap(Stream.fromEffect, { switch: true }),
    Stream.runDrain
  )

/** Runs work, during which a button can be pressed to cancel it. The focus returns to another control then. */
export const whileEnabled =
  (button: HTMLButtonElement, returnTo: HTMLElement) =>
  (work: Work): Work =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        button.disabled = false
      }),
      () => work,
      () =>
        Effect.sync(() => {
          // A disabled button loses the focus.
          if (document.activeElement === button) returnTo.focus()
          button.disabled = true
        })
    )
