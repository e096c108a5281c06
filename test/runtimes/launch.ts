/** How each runtime is found, and how it runs its program. */
import { spawn } from "node:child_process"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { chromium } from "playwright-core"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { onLoopback } from "../servers/onLoopback.js"
import type { Report } from "./report.js"
import type { Runtime } from "./runtimeNames.js"

/** Runs the checks in a project, with a server. */
type Run = (project: string, baseUrl: string) => Effect.Effect<ReadonlyArray<Report>, unknown, Scope.Scope>

/** The programs of a runtime. */
export interface Launcher {
  /** The path of the runtime's own program. */
  readonly path: string
  /** Runs the checks with the `fetch` of the runtime. */
  readonly fetch: Run
  /** Runs the checks with the transport of `effect-herald/node`, and those about files. Undefined where there is no such module. */
  readonly transport?: Run
}

const parse = (text: string): ReadonlyArray<Report> => JSON.parse(text) as ReadonlyArray<Report>

const textOf = (stream: Readable): { text: string } => {
  const read = { text: "" }
  stream.setEncoding("utf8").on("data", (piece: string) => (read.text += piece))
  return read
}

/** A process could not be started, or failed. */
class ProcessFailed extends Data.TaggedError("ProcessFailed")<{ readonly message: string }> {}

/** Runs a process, and returns its output. An interruption kills it. */
export const output = (path: string, args: ReadonlyArray<string>): Effect.Effect<string, ProcessFailed> =>
  Effect.async((resume) => {
    const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] })
    const stdout = textOf(child.stdout)
    const stderr = textOf(child.stderr)
    child.on("error", ({ message }) => resume(Effect.fail(new ProcessFailed({ message }))))
    child.on("close", (code) =>
      resume(
        code === 0
          ? Effect.succeed(stdout.text)
          : Effect.fail(new ProcessFailed({ message: `exit code ${code}: ${stderr.text}` }))
      )
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** A runtime with files, which loads the package from where it is installed. */
const withFiles = (path: string, args: ReadonlyArray<string> = []): Launcher => ({
  path,
  fetch: (project, baseUrl) => Effect.map(output(path, [...args, join(project, "script.js"), baseUrl]), parse),
  transport: (project, baseUrl) => {
    const folder = join(project, `files-${baseUrl.replaceAll(/\W+/g, "-")}`)
    return Effect.promise(() => mkdir(folder)).pipe(
      Effect.zipRight(output(path, [...args, join(project, "transport.js"), baseUrl, folder])),
      Effect.map(parse)
    )
  }
})

const workerConfig = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (
      name = "checks",
      worker = (
        modules = [(name = "worker.js", esModule = embed "worker.bundle.js")],
        compatibilityDate = "2026-01-01",
        globalOutbound = "loopback"
      )
    ),
    (name = "loopback", network = (allow = ["private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "checks")]
);
`

/** Starts workerd, and returns the port on which it listens. Kills it with the scope. */
const startWorker = (path: string, project: string): Effect.Effect<number, ProcessFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      await writeFile(join(project, "worker.capnp"), workerConfig)
      // The last descriptor is for messages about the sockets.
      return spawn(path, ["serve", "--control-fd=3", join(project, "worker.capnp")], {
        stdio: ["ignore", "pipe", "pipe", "pipe"]
      })
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(
    Effect.flatMap((child) =>
      Effect.async<number, ProcessFailed>((resume) => {
        // It is a pipe.
        const stderr = textOf(child.stderr as Readable)
        child.on("error", ({ message }) => resume(Effect.fail(new ProcessFailed({ message }))))
        child.on("close", () => resume(Effect.fail(new ProcessFailed({ message: stderr.text }))))
        const control = textOf(child.stdio[3] as Readable)
        child.stdio[3]!.on("data", () => {
          const port = /"port":(\d+)/.exec(control.text)?.[1]
          if (port !== undefined) resume(Effect.succeed(Number(port)))
        })
      })
    )
  )

const workerd = (path: string): Launcher => ({
  path,
  fetch: (project, baseUrl) =>
    Effect.flatMap(startWorker(path, project), (port) =>
      Effect.promise(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/?${new URLSearchParams({ server: baseUrl }).toString()}`)
        return parse(await response.text())
      })
    )
})

const browser = (path: string): Launcher => ({
  path,
  fetch: (project, baseUrl) =>
    Effect.gen(function* () {
      const script = yield* Effect.promise(() => readFile(join(project, "page.bundle.js")))
      // The page has an origin of its own, so that its requests are cross-origin.
      const origin = yield* onLoopback(
        createServer(({ url }, response) => {
          const [type, body] =
            url === "/"
              ? ["text/html", '<!doctype html><script type="module" src="page.js"></script>']
              : ["text/javascript", script]
          response.writeHead(200, { "content-type": type }).end(body)
        })
      )
      const chrome = yield* Effect.acquireRelease(
        Effect.promise(() => chromium.launch({ executablePath: path, args: ["--no-sandbox"] })),
        (chrome) => Effect.promise(() => chrome.close())
      )
      return yield* Effect.promise(async () => {
        const page = await chrome.newPage()
        await page.goto(origin, { waitUntil: "load" })
        return parse(
          await page.evaluate(`runChecks(${JSON.stringify(baseUrl)}).then((reports) => JSON.stringify(reports))`)
        )
      })
    })
})

const installed = (path: string) => `test/runtimes/node_modules/${path}`

/** The runtimes. Node 20 is the one that runs this program. */
export const launchers: { readonly [name in Runtime]: Launcher } = {
  "Node 20": withFiles(process.execPath),
  "Node 22": withFiles(installed("n22/bin/node")),
  "Node 24": withFiles(installed("n24/bin/node")),
  "Node 26": withFiles(installed("n26/bin/node")),
  Bun: withFiles(installed("@oven/bun-linux-x64/bin/bun")),
  Deno: withFiles(installed("@deno/linux-x64-glibc/deno"), ["run", "--allow-all", "--quiet"]),
  workerd: workerd(installed("@cloudflare/workerd-linux-64/bin/workerd")),
  Chromium: browser("/usr/bin/chromium")
}
