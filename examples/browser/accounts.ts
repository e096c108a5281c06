/** The list of accounts, page by page. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { clicks, element, make, makeText, runLatest, shownIn, whileEnabled } from "./dom.js"

const load = element("accounts-load", HTMLButtonElement)
const cancel = element("accounts-cancel", HTMLButtonElement)
const progress = element("accounts-progress", HTMLProgressElement)
const show = shownIn(element("accounts-status", HTMLParagraphElement))
const rows = element("accounts-rows", HTMLTableSectionElement)

const row = ({ id, name, team }: Polympics.Account): HTMLTableRowElement => {
  const made = make("tr")
  made.append(makeText("td", name), makeText("td", team?.name ?? "none"), make("td", id))
  return made
}

const showPage = ({ items, value }: { items: ReadonlyArray<Polympics.Account>; value: Polympics.Page<unknown> }) => {
  rows.append(...items.map(row))
  progress.max = Math.max(1, value.pages)
  progress.value = value.page + 1
  return show(`Page ${value.page + 1} of ${value.pages}: ${rows.childElementCount} of ${value.results} accounts`)
}

const readAll = Effect.suspend(() => {
  rows.replaceChildren()
  progress.value = 0
  return Stream.runForEach(Polympics.listAccounts.pages(), showPage)
}).pipe(
  Effect.zipRight(Effect.suspend(() => show(`All ${rows.childElementCount} accounts are loaded.`))),
  Effect.catchAll(({ message }) => show(message)),
  Effect.onInterrupt(() => show(`Cancelled after ${rows.childElementCount} accounts.`)),
  whileEnabled(cancel, load)
)

/** Loads the accounts when the button is pressed, until the other one is. */
export const accounts = runLatest(clicks(load, readAll), clicks(cancel, Effect.void))
