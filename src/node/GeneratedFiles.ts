import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { headerStart } from "../internal/spec/generate/header.js"
import { hasReason, randomName } from "./fileLock.js"

/** Files could not be written or read, or are not those of the generator. */
export class GeneratedFilesError extends Data.TaggedError("GeneratedFilesError")<{
  /** Says which file or directory, why, and what to do. */
  readonly message: string
}> {}

/** The difference between files and a directory. The paths are relative to the directory, in order. */
export interface Difference {
  /** Files that the directory lacks. */
  readonly added: ReadonlyArray<string>
  /** Files that the directory has with another text. */
  readonly changed: ReadonlyArray<string>
  /** Generated files of the directory that are not among the files. */
  readonly removed: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
}

/** Options of `write`. */
export interface Options {
  /** Runs after each file that is written. */
  readonly progress?: ((written: number, total: number) => Effect.Effect<void>) | undefined
}

type Files = ReadonlyMap<string, string>

/** The number of files that are read or written at once. */
const concurrency = { concurrency: 16 }

const failure = (directory: string, does: string) => (error: PlatformError) =>
  new GeneratedFilesError({ message: `${does} the generated files in ${directory} failed: ${error.message}` })

/** Compares texts without the line breaks that a checkout on Windows changes. */
const sameText = (one: string, other: string): boolean =>
  one === other || one.replaceAll("\r\n", "\n") === other.replaceAll("\r\n", "\n")

const readAll = (system: FileSystem.FileSystem, directory: string) =>
  system.readDirectory(directory).pipe(
    Effect.catchIf(hasReason("NotFound"), () => Effect.succeed([])),
    Effect.map((names) => names.filter((name) => name.endsWith(".ts"))),
    Effect.flatMap((names) =>
      Effect.forEach(
        names,
        (name) =>
          // A directory can have such a name, too.
          Effect.map(Effect.option(system.readFileString(`${directory}/${name}`)), (text) => [name, text] as const),
        concurrency
      )
    ),
    Effect.map((read) => new Map(read.flatMap(([name, text]) => (text._tag === "Some" ? [[name, text.value]] : []))))
  )

const compare = (files: Files, present: ReadonlyMap<string, string>): Difference => {
  const paths = [...files.keys()].sort()
  const isSame = (path: string) => sameText(files.get(path)!, present.get(path)!)
  return {
    added: paths.filter((path) => !present.has(path)),
    changed: paths.filter((path) => present.has(path) && !isSame(path)),
    removed: [...present.keys()]
      .filter((path) => !files.has(path) && present.get(path)!.startsWith(headerStart))
      .sort(),
    unchanged: paths.filter((path) => present.has(path) && isSame(path))
  }
}

/**
 * Compares generated files with those of a directory, and changes nothing. For checks that generated code is up to date.
 *
 * - `directory`: the directory of the files. It may be missing
 * - `files`: the texts by path, from `Generator.generate`
 */
export const check = (
  directory: string,
  files: Files
): Effect.Effect<Difference, GeneratedFilesError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (system) =>
    readAll(system, directory).pipe(
      Effect.map((present) => compare(files, present)),
      Effect.mapError(failure(directory, "Reading"))
    )
  )

/**
 * Writes generated files to a directory, which is created if it does not exist, and returns what changed. Files that are the same already are left as they
 * are. Generated files that are not among the files are removed; others are never changed: if one of them has the name of a generated file, nothing
 * is written.
 *
 * All texts are written beside the files first, so that an interruption, a full disk or the like leaves the directory as it was.
 *
 * @example
 * ```ts
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import { GeneratedFiles } from "effect-herald/node"
 * import { type Document, Names } from "effect-herald/spec"
 * import { Generator } from "effect-herald/spec/tools"
 *
 * const write = (document: Document.Document) =>
 *   GeneratedFiles.write("src/petstore", Generator.generate(document, Names.make(document))).pipe(
 *     Effect.provide(NodeFileSystem.layer)
 *   )
 * ```
 */
export const write = (
  directory: string,
  files: Files,
  options: Options = {}
): Effect.Effect<Difference, GeneratedFilesError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (system) =>
    Effect.gen(function* () {
      const present = yield* readAll(system, directory)
      const difference = compare(files, present)
      const foreign = difference.changed.filter((path) => !present.get(path)!.startsWith(headerStart))
      if (foreign.length > 0) {
        return yield* new GeneratedFilesError({
          message: `${foreign.join(", ")} in ${directory} ${
            foreign.length === 1 ? "is not a generated file" : "are not generated files"
          }: choose another directory, or remove what is not needed. Nothing was written`
        })
      }
      yield* system.makeDirectory(directory, { recursive: true })
      const paths = [...difference.added, ...difference.changed]
      const temporary = new Map(paths.map((path) => [path, `${directory}/${path}.${randomName()}`]))
      let written = 0
      const prepare = Effect.forEach(
        temporary,
        ([path, place]) =>
          Effect.zipRight(
            system.writeFileString(place, files.get(path)!),
            Effect.suspend(() => options.progress?.((written += 1), paths.length) ?? Effect.void)
          ),
        { ...concurrency, discard: true }
      )
      const replace = Effect.uninterruptible(
        Effect.zipRight(
          Effect.forEach(temporary, ([path, place]) => system.rename(place, `${directory}/${path}`), { discard: true }),
          Effect.forEach(difference.removed, (path) => system.remove(`${directory}/${path}`), { discard: true })
        )
      )
      yield* Effect.onError(Effect.zipRight(prepare, replace), () =>
        Effect.forEach(temporary.values(), (place) => Effect.ignore(system.remove(place)), {
          ...concurrency,
          discard: true
        })
      )
      return difference
    }).pipe(
      Effect.catchIf(
        (error): error is PlatformError => error._tag !== "GeneratedFilesError",
        (error) => Effect.fail(failure(directory, "Writing")(error))
      )
    )
  )
