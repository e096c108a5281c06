/** A page that calls APIs with effect-herald: `npm run demo -- browser`. */
import * as Effect from "effect/Effect"
import { accounts } from "./accounts.js"
import { baseUrl, live } from "./api.js"
import { cache } from "./cache.js"
import { element, shownIn } from "./dom.js"
import { search } from "./search.js"
import { errorStories } from "./stories.js"
import { upload } from "./upload.js"

const showApi = shownIn(element("api-url", HTMLElement))(baseUrl)

const page = Effect.all([showApi, accounts, search, errorStories, upload, cache], {
  concurrency: "unbounded",
  discard: true
})

page.pipe(Effect.provide(live), Effect.runFork)
