/**
 * A crawler that keeps what it has seen in a folder. The first run fetches every page; the second asks for those again that may have
 * changed, and is answered with 304; the third, offline, sends nothing. `npx tsx examples/crawler.ts`
 */
import { FileSystem } from "@effect/platform"
import { NodeFileSystem, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Context, Effect, Layer, Ref, Schema } from "effect"
import { As, Authoriser, ResponseCache, Verbs } from "effect-herald"
import * as CacheDisk from "effect-herald/cache-disk"
import { heading, line, progress } from "./support/print.js"
import { serve } from "./support/site.js"

class Site extends Context.Tag("example/Site")<Site, Authoriser.Authoriser>() {}

const { get } = Verbs.make(Site)

const Page = Schema.Struct({ title: Schema.String, links: Schema.Array(Schema.String) })

/** Every page that can be reached from this one, a few at a time; gives how many those are, and how many could not be had. */
const crawl = (start: string, headers: Record<string, string>) =>
  Effect.gen(function* () {
    const seen = new Set([start])
    const missing = yield* Ref.make(0)
    let wave: ReadonlyArray<string> = [start]
    while (wave.length > 0) {
      const pages = yield* Effect.forEach(
        wave,
        (path) =>
          get(path, { as: As.schema(Page), headers }).pipe(
            Effect.map(({ links }) => links),
            // What is not cached is not sent when one is offline.
            Effect.catchTag("NotSent", "NotFound", () =>
              Effect.as(
                Ref.update(missing, (count) => count + 1),
                []
              )
            )
          ),
        { concurrency: 8 }
      )
      wave = [...new Set(pages.flat())].filter((path) => !seen.has(path))
      for (const path of wave) seen.add(path)
      yield* progress(seen.size - wave.length, seen.size, "pages")
    }
    return { pages: seen.size, missing: yield* Ref.get(missing) }
  })

const program = Effect.gen(function* () {
  const { answered, baseUrl } = yield* serve
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const site = Authoriser.layer(Site, { baseUrl }).pipe(Layer.provideMerge(CacheDisk.layer({ directory })))

  const run = (title: string, mode: ResponseCache.Mode, headers: Record<string, string> = {}) =>
    Effect.gen(function* () {
      yield* heading(title)
      const { missing, pages } = yield* crawl("/pages/0", headers)
      const { count } = yield* ResponseCache.ResponseCache
      yield* line(`${pages} pages, ${missing} missing; the server answered ${JSON.stringify(yield* answered)}`)
      yield* line(`${yield* count({ expired: true })} are kept, ${yield* count()} of them fresh`)
    }).pipe(
      Effect.provideService(ResponseCache.Current, mode),
      // A layer for each run, as if it were another day: what they share is the folder.
      Effect.provide(Layer.fresh(site))
    )

  yield* run("The first run", "use")
  yield* run("The second", "use")
  // Better an old page than none (RFC 9111, 5.2.1.2).
  yield* run("The third, offline", "only-if-cached", { "cache-control": "max-stale" })
})

program.pipe(
  Effect.scoped,
  Effect.provide(Layer.merge(NodeHttpClient.layerUndici, NodeFileSystem.layer)),
  NodeRuntime.runMain
)
