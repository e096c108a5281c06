/** The part of a browser and its user in a sign-in, by `fetch`: follows redirects, stores cookies, submits forms, and consents or not. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** A page that the browser received. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The user of the browser. */
export interface Person {
  /** Default: `bob`. */
  readonly name?: string
  /** Consents to the client's access. Default: true. */
  readonly agrees?: boolean
  /** The origin at which the browser stops, without a request to it. */
  readonly until?: string
}

/** No last page was received. */
export class BrowseFailure extends Data.TaggedError("BrowseFailure")<{ readonly message: string }> {}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&amp;", "&")

interface Step {
  readonly url: URL
  readonly form?: URLSearchParams
}

/** Returns the request that submits the form of a page; undefined if the page has no form. */
const submitForm = (page: Page, { agrees = true, name = "bob" }: Person): Step | undefined => {
  const form = /<form\b[^>]*>/.exec(page.text)?.[0]
  const action = form === undefined ? undefined : attribute(form, "action")
  if (action === undefined) return undefined
  const abort = /href="([^"]*\/abort)"/.exec(page.text)?.[1]
  if (!agrees && abort !== undefined) return { url: new URL(abort, page.url) }

  const fields = new URLSearchParams()
  for (const [input] of page.text.matchAll(/<input\b[^>]*>/g)) {
    const field = attribute(input, "name")
    if (field !== undefined) fields.set(field, attribute(input, "value") ?? "")
  }
  if (fields.has("login")) fields.set("login", name)
  if (fields.has("password")) fields.set("password", "any")
  if (!agrees && fields.has("confirm")) {
    fields.delete("confirm")
    fields.set("abort", "yes")
  }
  return { url: new URL(action, page.url), form: fields }
}

const follow = async (start: URL, person: Person, signal: AbortSignal): Promise<Page> => {
  const cookies = new Map<string, string>()
  let step: Step = { url: start }
  for (let steps = 0; steps < 40; steps += 1) {
    const { form, url } = step
    const sameOrigin = url.origin === start.origin
    if (url.origin === person.until) return { url, status: 0, headers: new Headers(), text: "" }
    const response = await fetch(url, {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      signal,
      headers: sameOrigin ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } : {},
      ...(form && { body: form })
    })
    for (const line of sameOrigin ? response.headers.getSetCookie() : []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === "") cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get("location")
    if (location !== null) {
      await response.body?.cancel()
      step = { url: new URL(location, url) }
      continue
    }
    const page: Page = { url, status: response.status, headers: response.headers, text: await response.text() }
    const next = sameOrigin ? submitForm(page, person) : undefined
    if (next === undefined) return page
    step = next
  }
  throw new Error("too many pages")
}

/** Opens a URL as this person, and returns the last page: the first one without a redirect or a form. */
export const browse = (url: URL, person: Person = {}): Effect.Effect<Page, BrowseFailure> =>
  Effect.tryPromise({
    try: (signal) => follow(url, person, signal),
    catch: (error) => new BrowseFailure({ message: String(error) })
  })
