/** The checks of `effect-herald/node` that are about files, on the runtimes that have them. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Authoriser, Body, Endpoint, Operation, Verbs } from "effect-herald"
import * as Schema from "effect/Schema"
import * as HttpCache from "effect-herald/cache"
import { DiskCache, Download, FileContent, FileTokenStore } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import type { Check } from "./checks.js"
import { expectEqual } from "./expect.js"

class Files extends Authoriser.Tag("runtimes/Files")<Files>() {}

const { get } = Verbs.make(Files)

const getFile = Operation.make(Files, () => Endpoint.get("/file", { success: Body.stream() }))

const upload = Operation.make(Files, () =>
  Endpoint.post("/upload", { body: Body.stream({ repeatable: true }), success: Schema.Unknown })
)

/** Makes the checks. They write to a folder. */
export const fileChecks = (folder: string): ReadonlyArray<Check> => [
  {
    name: "downloads to a file, resumed",
    run: (baseUrl) =>
      Effect.gen(function* () {
        const path = join(folder, "file")
        yield* Download.toFile(getFile, { path })()
        const bytes = yield* Effect.promise(() => readFile(path))
        yield* expectEqual([bytes.length, bytes.equals(Buffer.alloc(300_000, "0123456789"))], [300_000, true])
      }).pipe(Effect.provide(Files.layer({ baseUrl })))
  },
  {
    name: "uploads of a file",
    run: (baseUrl) =>
      Effect.gen(function* () {
        const path = join(folder, "upload")
        yield* Effect.promise(() => writeFile(path, Buffer.alloc(1_000_000)))
        const body = yield* FileContent.make(path)
        yield* expectEqual(yield* upload({ body }), { bytes: 1_000_000, length: "1000000" })
      }).pipe(Effect.provide(Files.layer({ baseUrl })))
  },
  {
    name: "the cache on disk",
    run: (baseUrl) => {
      // Each layer opens the directory anew.
      const cached = () =>
        get
          .withResponse("/fresh")
          .pipe(
            Effect.provide(
              Files.layer({ baseUrl }).pipe(
                Layer.provide(HttpCache.layer()),
                Layer.provide(DiskCache.store({ directory: join(folder, "cache") }))
              )
            )
          )
      return Effect.gen(function* () {
        yield* cached()
        const { cached: info, value } = yield* cached()
        yield* expectEqual([value, info?._tag], [{ count: 1 }, "Hit"])
      })
    }
  },
  {
    name: "the token store in files",
    run: (baseUrl) => {
      const call = get("/private").pipe(
        Effect.provide(
          Files.layer({
            baseUrl,
            credentials: OAuth.clientCredentials({
              server: { tokenEndpoint: `${baseUrl}/token` },
              client: { clientId: "runtimes", clientSecret: Redacted.make("secret") }
            })
          }).pipe(
            Layer.provide(FileTokenStore.layer({ directory: join(folder, "tokens") })),
            Layer.provide(NodeFileSystem.layer)
          )
        )
      )
      return Effect.gen(function* () {
        yield* expectEqual(yield* call, { ok: true })
        // The second token is the stored one: the server accepts no third.
        yield* expectEqual(yield* call, { ok: true })
      })
    }
  }
]
