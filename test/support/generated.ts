import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Scope } from "effect/Scope"
import type * as Descriptor from "effect-herald/descriptor"
import { entries, pathOf } from "../../tools/entries.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A directory for generated code, which is removed at the end. */
export const directory: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "herald-generated-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Writes generated files, and returns their directory. The types of their descriptors are checked, which those of users are not. */
export const writeFiles = (directory: string, name: string, files: ReadonlyMap<string, string>): string => {
  const own = join(directory, name)
  mkdirSync(own, { recursive: true })
  for (const [path, text] of files) writeFileSync(join(own, path), text.replace(/^\/\/ @ts-nocheck.*$/m, ""))
  return own
}

/** The options of strict projects. */
const strict = {
  target: "ES2022",
  lib: ["ES2023", "ES2024.String", "DOM", "DOM.Iterable"],
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: true,
  noEmit: true,
  declaration: true
}

/** The modules that the two resolutions of TypeScript look for. */
export const resolutions = {
  node: { module: "NodeNext", moduleResolution: "NodeNext" },
  bundler: { module: "ESNext", moduleResolution: "bundler" }
}

/** Compiles the TypeScript of a directory in strict mode. Returns the errors in it. */
export const compile = (
  directory: string,
  resolution: (typeof resolutions)[keyof typeof resolutions] = resolutions.node
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.async((resume) => {
    const paths = {
      ...Object.fromEntries(entries.map(([name, source]) => [name, [pathOf(source)]])),
      "effect/*": [join(root, "node_modules/effect/*")],
      "@effect/*": [join(root, "node_modules/@effect/*")]
    }
    writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }))
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...strict, ...resolution, paths }, include: ["**/*.ts"] })
    )
    const compiler = join(root, "node_modules/typescript/bin/tsc")
    const run = execFile(
      process.execPath,
      [compiler, "-p", directory],
      { cwd: directory, maxBuffer: 100_000_000 },
      (_, stdout) => resume(Effect.succeed(stdout.split("\n").filter((line) => /error TS/.test(line))))
    )
    return Effect.sync(() => run.kill())
  })

/** A request as it is sent. Boundaries of forms are random, and have one text here. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const bodyOf = async ({ body }: HttpClientRequest.HttpClientRequest): Promise<string> => {
  switch (body._tag) {
    case "Uint8Array":
      return new TextDecoder("latin1").decode(body.body)
    case "Raw":
      return body.body instanceof Blob ? body.body.text() : String(body.body)
    case "Stream": {
      const pieces = await Effect.runPromise(Stream.runCollect(body.stream))
      return Buffer.concat([...pieces]).toString("latin1")
    }
    default:
      return body._tag
  }
}

/** A client that adds each request to a list, and has an empty response for it. */
export const capturing = (sent: Array<Sent>): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.promise(async () => {
        const text = await bodyOf(request)
        const [boundary = ""] = /formdata-herald-[0-9a-f-]{36}/.exec(text) ?? []
        const fixed = (value: string) => (boundary === "" ? value : value.replaceAll(boundary, "boundary"))
        sent.push({
          method: request.method,
          url: url.href,
          headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, fixed(value)])),
          body: fixed(text)
        })
        return HttpClientResponse.fromWeb(request, new Response(null, { status: 204 }))
      })
    )
  )

/** The arguments of a call with an input. */
export const argumentsOf = (
  { positional }: Descriptor.Descriptor,
  input: Readonly<Record<string, unknown>>
): ReadonlyArray<unknown> => {
  if (positional === undefined) return [input]
  const options = Object.fromEntries(Object.entries(input).filter(([name]) => !positional.includes(name)))
  return [...positional.map((name) => input[name]), options]
}
