/**
 * A crawler with a response cache on disk. The first run requests every page. The second revalidates expired pages, and the server
 * responds with a 304. The third is offline, and sends nothing. Run it with `npx tsx examples/crawler.ts`.
 */
import { FileSystem } from "@effect/platform"
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Ref, Schema } from "effect"
import { Authoriser, ResponseCache, Verbs } from "effect-herald"
import { DiskCache, Transport } from "effect-herald/node"
import { heading, line, progress } from "./support/print.js"
import { serve } from "./support/crawledSite.js"

class Site extends Authoriser.Tag("example/Site")<Site>() {}

const { get } = Verbs.make(Site)

const Page = Schema.Struct({ title: Schema.String, links: Schema.Array(Schema.String) })

/** Requests all pages that can be reached from a page, eight at a time. Returns the number of pages, and of missing pages. */
const crawl = (start: string, headers: { readonly "cache-control"?: string }) =>
  Effect.gen(function* () {
    const seen = new Set([start])
    const missing = yield* Ref.make(0)
    let frontier: ReadonlyArray<string> = [start]
    while (frontier.length > 0) {
      const pages = yield* Effect.forEach(
        frontier,
        (path) =>
          get(path, { success: Page, headers }).pipe(
            Effect.map(({ links }) => links),
            // Offline, the call for a page that is not in the cache fails with NotSent.
            Effect.catchTag("NotSent", "NotFound", () =>
              Effect.as(
                Ref.update(missing, (count) => count + 1),
                []
              )
            )
          ),
        { concurrency: 8 }
      )
      frontier = [...new Set(pages.flat())].filter((path) => !seen.has(path))
      for (const path of frontier) seen.add(path)
      yield* progress(seen.size - frontier.length, seen.size, "pages")
    }
    return { pages: seen.size, missing: yield* Ref.get(missing) }
  })

const program = Effect.gen(function* () {
  const { baseUrl, statuses } = yield* serve
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const site = Site.layer({ baseUrl }).pipe(Layer.provideMerge(DiskCache.layer({ directory })))

  const run = (title: string, mode: ResponseCache.Mode, headers: Record<string, string> = {}) =>
    Effect.gen(function* () {
      yield* heading(title)
      const { missing, pages } = yield* crawl("/pages/0", headers)
      const { count } = yield* ResponseCache.ResponseCache
      yield* line(`${pages} pages, ${missing} missing; responses by status: ${JSON.stringify(yield* statuses)}`)
      yield* line(`${yield* count({ expired: true })} responses are stored, ${yield* count()} of them fresh`)
    }).pipe(
      Effect.provideService(ResponseCache.Current, mode),
      // Each run has a layer of its own, as another process would have. The runs share only the directory.
      Effect.provide(Layer.fresh(site))
    )

  yield* run("The first run", "use")
  yield* run("The second run", "use")
  // Accepts stale responses (RFC 9111, 5.2.1.2).
  yield* run("The third run, offline", "only-if-cached", { "cache-control": "max-stale" })
})

program.pipe(Effect.scoped, Effect.provide(Layer.merge(Transport.layer(), NodeFileSystem.layer)), NodeRuntime.runMain)
