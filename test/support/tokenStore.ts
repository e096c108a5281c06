import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { TokenStore } from "effect-herald"
import { FileTokenStore } from "effect-herald/node"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A new directory, which is deleted when the scope closes. */
export const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-store-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** A store in the files of a directory. */
export const fileStoreLayer = (directory: string) =>
  FileTokenStore.layer({ directory }).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

export type Store = typeof TokenStore.TokenStore.Service

/** The store of a layer, until the scope closes. */
export const storeOf = (layer: Layer.Layer<TokenStore.TokenStore>): Effect.Effect<Store, never, Scope.Scope> =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, TokenStore.TokenStore))

/** Names that are special in paths, or need to be escaped. */
export const names = [
  "",
  "a",
  "my.token.v1",
  "../x",
  ".",
  "..",
  "a/b",
  "/",
  "\\",
  "a.json",
  ".json",
  "%2E",
  "日本語 🦊",
  "\0",
  "*?<>|:"
]
