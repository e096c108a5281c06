import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Tokens, type TokenStore } from "effect-herald"
import { FileTokenStore } from "effect-herald/node"
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { forkScript } from "../../support/child.js"
import { elapsing, status, stub } from "../../support/kit.js"
import { fileStoreLayer, type Store, storeOf, temporaryDirectory } from "../../support/tokenStore.js"

const promise = <A>(run: () => Promise<A>) => Effect.promise(run)

/** A test with a directory for tokens, in real time: nothing may wait. */
const test = <E>(name: string, body: (directory: string, store: Store) => Effect.Effect<void, E, Scope.Scope>) =>
  it.scopedLive(name, () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "tokens")
      yield* promise(() => mkdir(directory, { mode: 0o700 }))
      yield* body(directory, yield* storeOf(fileStoreLayer(directory)))
    })
  )

const operations = (store: Store): Readonly<Record<string, Effect.Effect<unknown, TokenStore.TokenStoreFailure>>> => ({
  load: store.load("a"),
  save: store.save("a", "text"),
  lock: Effect.scoped(store.lock("a"))
})

const isRoot = process.getuid?.() === 0

describe("a directory of tokens", () => {
  for (const mode of [0o777, 0o1777, 0o770, 0o702, 0o720]) {
    test(`that others can write (${mode.toString(8)}) is refused with what to do`, (directory, store) =>
      Effect.gen(function* () {
        yield* promise(() => chmod(directory, mode))
        for (const operation of Object.values(operations(store))) {
          expect((yield* Effect.flip(operation)).message).toContain(
            `${directory} can be written by other users, who could put tokens there: run \`chmod 700\``
          )
        }
        expect(yield* promise(() => readdir(directory))).toEqual([])
        yield* promise(() => chmod(directory, 0o755))
        for (const operation of Object.values(operations(store))) yield* operation
      }))
  }

  it.scopedLive.runIf(isRoot)("that belongs to another user is refused with what to do", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const store = yield* storeOf(fileStoreLayer(directory))
      yield* promise(() => chown(directory, 12345, 12345))
      for (const operation of Object.values(operations(store))) {
        expect((yield* Effect.flip(operation)).message).toContain("belongs to another user")
      }
    })
  )
})

describe("in the place of a token or a lock,", () => {
  const planted: Readonly<Record<string, readonly [put: (path: string) => Promise<unknown>, message: string]>> = {
    "a link to a file": [
      async (path) => {
        await writeFile(`${path}.target`, "planted", { mode: 0o600 })
        await symlink(`${path}.target`, path)
      },
      "is a symbolic link: remove it"
    ],
    "a link to nothing": [(path) => symlink("/nowhere/at/all", path), "is a symbolic link: remove it"],
    "a link to itself": [(path) => symlink(path, path), "is a symbolic link: remove it"],
    "a directory": [(path) => mkdir(path), "is not a regular file: remove it"],
    "a named pipe": [async (path) => execFileSync("mkfifo", [path]), "is not a regular file: remove it"],
    "a link to a device": [(path) => symlink("/dev/zero", path), "is a symbolic link: remove it"],
    "a file that others can write": [
      async (path) => {
        await writeFile(path, "planted")
        await chmod(path, 0o666)
      },
      "can be written by other users: remove it"
    ],
    "a huge file": [
      (path) => writeFile(path, "a".repeat(2_000_000), { mode: 0o600 }),
      "is too large for a token: remove it"
    ]
  }

  for (const [what, [put, message]] of Object.entries(planted)) {
    for (const [operation, file] of [
      ["load", "a.json"],
      ["save", "a.json"],
      ["lock", "a.json.lock"]
    ] as const) {
      test(`${what} is refused at once with what to do: ${operation}`, (directory, store) =>
        Effect.gen(function* () {
          yield* promise(() => put(join(directory, file)))
          const failure = yield* Effect.flip(operations(store)[operation]!)
          expect(failure.message).toBe(`${join(directory, file)} ${message}`)
        }))
    }
  }

  test("a token that others could read is restricted, with a warning", (directory, store) =>
    Effect.gen(function* () {
      const path = join(directory, "a.json")
      yield* promise(() => writeFile(path, "text", { mode: 0o644 }))
      yield* promise(() => chmod(path, 0o644))
      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => void logged.push(String(message)))
      const loaded = yield* store.load("a").pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(loaded).toEqual(Option.some("text"))
      expect(logged.join()).toContain("could be read by other users")
      expect((yield* promise(() => stat(path))).mode & 0o777).toBe(0o600)
    }))
})

describe("a name of a token", () => {
  const long = ["x".repeat(240), "x".repeat(241), "x".repeat(5000), "日本".repeat(50), "X".repeat(100), "/".repeat(90)]

  test("may have any length", (directory, store) =>
    Effect.gen(function* () {
      for (const name of long) {
        yield* store.save(name, `of ${name}`)
        yield* Effect.scoped(store.lock(name))
      }
      for (const name of long) expect(yield* store.load(name)).toEqual(Option.some(`of ${name}`))
      expect(yield* promise(() => readdir(directory))).toHaveLength(long.length)
    }))

  test("has a file of its own even where the file system does not distinguish case", (directory, store) =>
    Effect.gen(function* () {
      const names = ["bob", "Bob", "BOB", "b%6Fb", "%62ob", "%42ob", "É", "é", "*", "%2A"]
      for (const name of names) yield* store.save(name, name)
      const files = yield* promise(() => readdir(directory))
      expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length)
    }))

  test("shows no fingerprint of a secret in a failure", (directory, store) =>
    Effect.gen(function* () {
      const digest = "0123456789abcdef0123456789abcdef"
      const name = `client_credentials app@auth.example ${digest}`
      yield* promise(() => mkdir(join(directory, `${encodeURIComponent(name)}.json`)))
      const { message } = yield* Effect.flip(store.load(name))
      expect(message).not.toContain(digest)
      expect(message).toContain(`${directory}/client_credentials%20app%40auth.example%*.json`)
    }))
})

describe("a directory that can't be written", () => {
  const denied = (method: string) =>
    new SystemError({ module: "FileSystem", method, reason: "PermissionDenied", description: "read-only file system" })

  const readOnly = (directory: string) =>
    FileTokenStore.layer({ directory }).pipe(
      Layer.provide(
        Layer.effect(
          FileSystem.FileSystem,
          Effect.map(FileSystem.FileSystem, (files) => ({
            ...files,
            open: () => Effect.fail(denied("open")),
            writeFileString: () => Effect.fail(denied("writeFileString")),
            rename: () => Effect.fail(denied("rename"))
          }))
        )
      ),
      Layer.provide(NodeFileSystem.layer)
    )

  test("is not used for new tokens, with warnings, and its tokens are", (directory) =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => void logged.push(String(message)))
      const token = Effect.gen(function* () {
        const tokens = yield* Tokens.make({
          name: "a",
          identity: "a",
          grant: Effect.succeed({ accessToken: Redacted.make("granted") })
        })
        return Redacted.value((yield* tokens.token()).accessToken)
      }).pipe(
        Effect.provide(Layer.mergeAll(readOnly(directory), stub([status(200)]).layer)),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      expect(yield* token).toBe("granted")
      expect(logged.filter((line) => line.includes("read-only file system"))).toHaveLength(2)
      yield* promise(() =>
        writeFile(join(directory, "a.json"), JSON.stringify({ access_token: "stored" }), { mode: 0o600 })
      )
      expect(yield* token).toBe("stored")
    }))
})

describe("a lock whose holder was stopped", () => {
  test("is known to be lost once another process has taken it", (directory, store) =>
    Effect.gen(function* () {
      const lock = yield* store.lock("a")
      if (lock === undefined) return yield* Effect.dieMessage("this lock can be lost")
      const path = join(directory, "a.json.lock")
      expect(yield* lock.isHeld).toBe(true)
      const own = yield* promise(() => readFile(path, "utf8"))
      yield* promise(() => writeFile(path, "another"))
      expect(yield* lock.isHeld).toBe(false)
      yield* promise(() => writeFile(path, own))
      expect(yield* lock.isHeld).toBe(true)
    }))

  it.scoped("is taken over after a minute without a heartbeat, since its process may wait for a refresh", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "tokens")
      const script = new URL("../../support/tokenProcess.ts", import.meta.url)
      const child = yield* forkScript(script, ["lock", directory])
      yield* promise(() => once(child, "message"))
      child.kill("SIGSTOP")
      const store = yield* storeOf(fileStoreLayer(directory))
      const waited = yield* elapsing(
        Effect.gen(function* () {
          const before = yield* Clock.currentTimeMillis
          yield* Effect.scoped(store.lock("test"))
          return (yield* Clock.currentTimeMillis) - before
        })
      )
      expect(waited).toBeGreaterThanOrEqual(60_000)
    })
  )
})
