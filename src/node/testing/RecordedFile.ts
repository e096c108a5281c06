import type { HttpClient } from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { createHash } from "node:crypto"
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { randomHex } from "../../internal/hex.js"
import { parse as parseJson, stringify } from "../../internal/http/json.js"
import { layout } from "../../internal/testing/layout.js"
import * as Exchange from "../../testing/Exchange.js"
import * as Recording from "../../testing/Recording.js"
import { codeOf, isProcessAlive } from "../systemErrors.js"
import { messageOf } from "../../internal/messageOf.js"

/** Options of `layer`. */
export interface Options extends Omit<Recording.ReplayOptions, "name"> {
  /** Records anew if true. Default: the `Config` `HERALD_RECORD`, which is false if it is not set. */
  readonly record?: boolean | undefined
}

/** The size from which a body has a file of its own, in characters of JSON. */
const maxInline = 16_384

/** The body of an exchange in the JSON of a recording, with the file that it was moved to. */
interface Apart {
  /** The path of the file, from the folder of the recording. */
  readonly file: string
  readonly sha256: string
  readonly as: "json" | "text" | "bytes"
}

/** The messages of an exchange in the JSON of a recording, which can have a body. */
const messagesOf = (file: unknown): ReadonlyArray<readonly [place: string, message: Record<string, unknown>]> => {
  const exchanges = Predicate.isRecord(file) && Array.isArray(file["exchanges"]) ? file["exchanges"] : []
  return exchanges.flatMap((exchange: unknown, index) =>
    Predicate.isRecord(exchange)
      ? (["request", "response"] as const).flatMap((part) => {
          const message = exchange[part]
          return Predicate.isRecord(message) ? [[`/exchanges/${index}/${part}/body`, message] as const] : []
        })
      : []
  )
}

const bodiesFolder = (path: string): string => `${path.replace(/\.json$/, "")}.bodies`

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex")

/** Moves a large body to a file of its own. Returns the body as it stays in the recording. */
const moveApart = (body: unknown, folder: string, files: Map<string, string | Uint8Array>): unknown => {
  if (!Predicate.isRecord(body) || stringify(body).length <= maxInline) return body
  const [as, extension, content]: readonly [Apart["as"], string, string | Uint8Array] =
    "json" in body
      ? ["json", "json", layout(body["json"])]
      : Array.isArray(body["text"])
        ? ["text", "txt", body["text"].join("")]
        : ["bytes", "bin", Buffer.from((body["base64"] as ReadonlyArray<string>).join(""), "base64")]
  const digest = sha256(content)
  const name = `${digest.slice(0, 16)}.${extension}`
  files.set(name, content)
  return { file: `${folder}/${name}`, sha256: digest, as } satisfies Apart
}

const failWrite = (path: string) => (error: unknown) =>
  new Exchange.RecordingError({ message: `${path} can't be written: ${messageOf(error)}` })

/** Writes a file whole: under another name, flushed, and then renamed. */
const writeWhole = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${randomHex(8)}`)
  try {
    const file = await open(temporary, "wx")
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Writes exchanges to a file, and large bodies beside it, in a folder of its name that ends with `.bodies`. */
export const write = (
  path: string | URL,
  exchanges: ReadonlyArray<Exchange.Exchange>
): Effect.Effect<void, Exchange.RecordingError> =>
  Effect.suspend(() => {
    const target = toPath(path)
    const file = Exchange.toJson(exchanges)
    const folder = bodiesFolder(target)
    const files = new Map<string, string | Uint8Array>()
    for (const [, message] of messagesOf(file)) {
      if (message["body"] !== undefined) message["body"] = moveApart(message["body"], basename(folder), files)
    }
    return Effect.uninterruptible(
      Effect.tryPromise({
        try: async () => {
          await mkdir(dirname(target), { recursive: true })
          if (files.size > 0) await mkdir(folder, { recursive: true })
          for (const [name, content] of files) await writeWhole(join(folder, name), content)
          await writeWhole(target, layout(file))
          // Bodies of the former recording.
          const present = await readdir(folder).catch(() => [])
          for (const name of present) {
            if (!files.has(name) && /^[0-9a-f]{16}\.(?:json|txt|bin)$/.test(name)) await rm(join(folder, name))
          }
          if (files.size === 0 && present.length > 0) {
            // Files of others stay, and their folder with them.
            const left = await readdir(folder)
            if (left.length === 0) await rm(folder, { recursive: true })
          }
        },
        catch: failWrite(target)
      })
    )
  })

const toPath = (path: string | URL): string => resolve(path instanceof URL ? fileURLToPath(path) : path)

const fail = (message: string) => Effect.fail(new Exchange.RecordingError({ message }))

const readText = (path: string): Effect.Effect<string | undefined, Exchange.RecordingError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (error) => error
  }).pipe(
    Effect.catchAll((error) =>
      codeOf(error) === "ENOENT" ? Effect.succeed(undefined) : fail(`${path} can't be read: ${messageOf(error)}`)
    )
  )

/** Reads a body that has a file of its own. */
const readApart = (path: string, place: string, body: Record<string, unknown>) =>
  Effect.gen(function* () {
    const { as, file, sha256: digest } = body
    const folder = basename(bodiesFolder(path))
    // A recording can come from others: it names files of its own folder only.
    if (
      typeof file !== "string" ||
      !/^[0-9a-f]{16}\.(?:json|txt|bin)$/.test(file.slice(folder.length + 1)) ||
      !file.startsWith(`${folder}/`)
    ) {
      return yield* fail(`${path}, at ${place}/file: is not a file of ${folder}`)
    }
    const bodyPath = join(dirname(path), file)
    const content = yield* Effect.tryPromise({
      try: () => readFile(bodyPath),
      catch: () =>
        new Exchange.RecordingError({ message: `${path}, at ${place}/file: ${bodyPath} can't be read: record it anew` })
    })
    if (sha256(content) !== digest) {
      return yield* fail(`${bodyPath} does not have the digest that ${path} has at ${place}/sha256: record it anew`)
    }
    if (as === "text") return { text: [content.toString()] }
    if (as === "bytes") return { base64: [content.toString("base64")] }
    return yield* Effect.try({
      try: () => ({ json: parseJson(content.toString()) }),
      catch: () => new Exchange.RecordingError({ message: `${bodyPath} is not JSON: record it anew` })
    })
  })

/** Reads the exchanges of a file. Fails with a `RecordingError` that names the file and the place if it is not a recording. */
export const read = (path: string | URL): Effect.Effect<ReadonlyArray<Exchange.Exchange>, Exchange.RecordingError> =>
  Effect.gen(function* () {
    const source = toPath(path)
    const text = yield* readText(source)
    if (text === undefined) {
      return yield* fail(`${source} does not exist: run the test with HERALD_RECORD=1 to record it`)
    }
    const file = yield* Effect.try({
      try: () => parseJson(text),
      catch: (error) =>
        new Exchange.RecordingError({
          message: `${source} is not JSON: ${messageOf(error)}`
        })
    })
    for (const [place, message] of messagesOf(file)) {
      const { body } = message
      if (Predicate.isRecord(body) && "file" in body) message["body"] = yield* readApart(source, place, body)
    }
    return yield* Exchange.fromJson(file, source)
  })

const isRecording = (options: Options): Effect.Effect<boolean, ConfigError> =>
  options.record === undefined
    ? Config.withDefault(Config.boolean("HERALD_RECORD"), false)
    : Effect.succeed(options.record)

/** Ensures that one test at a time records to a file: takes a file beside it for the time of the recording. */
const holdFile = (path: string) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        await mkdir(dirname(path), { recursive: true })
        const lock = `${path}.recording`
        const take = () => open(lock, "wx")
        const file = await take().catch(async (error: unknown) => {
          const pid = Number(await readFile(lock, "utf8").catch(() => ""))
          // An empty file is that of a process that takes it at this moment.
          if (pid === 0 || isProcessAlive(pid)) throw error
          await rm(lock, { force: true })
          return take()
        })
        await file.writeFile(String(process.pid))
        await file.close()
        return lock
      },
      catch: (error) =>
        codeOf(error) === "EEXIST"
          ? new Exchange.RecordingError({
              message: `${path} is being recorded by another test: give each test a file of its own`
            })
          : failWrite(path)(error)
    }),
    (lock) => Effect.promise(() => rm(lock, { force: true }))
  )

/**
 * A layer that replays the exchanges of a file, without a network; with `HERALD_RECORD=1` it sends requests by the `HttpClient` that it is
 * given, and writes the file when its scope closes, also after a failure. See `Recording.record` and `Recording.replay`.
 *
 * Fails with a `RecordingError` if the file does not exist, or is not a recording.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 * import { RecordedFile } from "effect-herald/testing/node"
 *
 * const client = RecordedFile.layer(new URL("recordings/forecast.json", import.meta.url)).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const layer = (
  path: string | URL,
  options: Options = {}
): Layer.Layer<HttpClient, Exchange.RecordingError | ConfigError, HttpClient> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const target = toPath(path)
      if (yield* isRecording(options)) {
        yield* holdFile(target)
        return Recording.record((exchanges) => write(target, exchanges), options)
      }
      return Recording.replay(yield* read(target), { ...options, name: target })
    })
  )
