/** The search for accounts, as the user types. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { element, makeText, runLatest } from "./dom.js"

const input = element("search-text", HTMLInputElement)
const status = element("search-status", HTMLParagraphElement)
const results = element("search-results", HTMLUListElement)

const show = (text: string, names: ReadonlyArray<string> = []) =>
  Effect.sync(() => {
    status.textContent = text
    results.replaceChildren(...names.map((name) => makeText("li", name)))
  })

const find = (search: string) =>
  search === ""
    ? show("Type a name, such as bob.")
    : Polympics.accountPage({ search, page: 0, pageSize: 8 }).pipe(
        Effect.flatMap(({ data, results }) =>
          show(
            `${results} account${results === 1 ? "" : "s"} with “${search}”`,
            data.map(({ name }) => name)
          )
        ),
        Effect.catchAll(({ message }) => show(message))
      )

/** Searches for the text of the field while it changes. */
export const search = Stream.fromEventListener(input, "input").pipe(
  Stream.debounce("250 millis"),
  Stream.map(() => input.value.trim()),
  Stream.changes,
  Stream.map(find),
  runLatest
)
