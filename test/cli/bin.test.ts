import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import { scripts } from "../../cli/src/completion/scripts.js"
import { json, make, silence } from "../servers/scripted.js"
import { command, run, start } from "./command.js"
import { directory, file, petsDocument } from "./support.js"

let scope: Scope.CloseableScope
let bin: string

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  bin = await Effect.runPromise(Scope.extend(command, scope))
}, 120_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const hasShell = (shell: string) => spawnSync(shell, ["-c", "exit"]).error === undefined

const spec = Effect.map(directory, (folder) => file(folder, "pets.json", petsDocument))

describe("the process herald", () => {
  it.scoped("prints its version, and its help without arguments", () =>
    Effect.gen(function* () {
      expect(yield* run(bin, "herald", ["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" })
      const { code, err } = yield* run(bin, "herald", [])
      expect(code).toBe(2)
      expect(err).toContain("Usage: herald COMMAND")
    })
  )

  it.scoped("calls a server, and exits though the connection is kept alive", () =>
    Effect.gen(function* () {
      const server = yield* make([json({ name: "Rex" })])
      const env = { HERALD_SPEC: yield* spec, HERALD_BASE_URL: server.url.href }
      expect(yield* run(bin, "herald", ["call", "pets", "get", "7"], env)).toEqual({
        code: 0,
        out: '{"name":"Rex"}\n',
        err: ""
      })
    })
  )

  it.scoped("cancels its request at SIGINT and SIGTERM, and exits with 130 and 143", () =>
    Effect.gen(function* () {
      const server = yield* make([silence])
      const env = { HERALD_SPEC: yield* spec, HERALD_BASE_URL: server.url.href }
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143]
      ] as const) {
        const { ended, kill } = yield* start(bin, "herald", ["call", "pets", "get", "7"], env)
        yield* server.next
        kill(signal)
        expect(yield* ended).toEqual({ code, out: "", err: "" })
        yield* server.abandoned
      }
    })
  )

  it.scoped("ends quietly when the reader of its output is gone", () =>
    Effect.gen(function* () {
      const pets = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `pet ${id}` }))
      const server = yield* make([json(pets)])
      const env = { HERALD_SPEC: yield* spec, HERALD_BASE_URL: server.url.href }
      const script = "set -o pipefail; herald call pets list | head -n 1"
      expect(yield* run(bin, "bash", ["-c", script], env)).toEqual({
        code: 0,
        out: '{"id":0,"name":"pet 0"}\n',
        err: ""
      })
    })
  )
})

describe("completion scripts", () => {
  const completed = (words: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
    const script = `
      eval "$(herald completion bash)"
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}
      _herald
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return Effect.map(run(bin, "bash", ["-c", script, "bash", ...words], env), ({ err, out }) => {
      expect(err).toBe("")
      return out.split("\n").filter((line) => line !== "")
    })
  }

  it.scoped("complete commands, resources, methods, options and values in bash", () =>
    Effect.gen(function* () {
      const env = { HERALD_SPEC: yield* spec }
      expect(yield* completed(["herald", "c"], env)).toEqual(["call", "completion"])
      expect(yield* completed(["herald", "call", "p"], env)).toEqual(["pets", "photos"])
      expect(yield* completed(["herald", "call", "pets", ""], env)).toEqual(["list", "add", "get", "remove"])
      expect(yield* completed(["herald", "call", "pets.g"], env)).toEqual(["pets.get"])
      expect(yield* completed(["herald", "call", "pets", "list", "--p"], env)).toEqual(["--page-num", "--param"])
      expect(yield* completed(["herald", "call", "pets", "list", "--status", ""], env)).toEqual([
        "available",
        "pending",
        "sold"
      ])
      // bash divides words at `=`.
      expect(yield* completed(["herald", "call", "pets", "list", "--status", "=", "s"], env)).toEqual(["sold"])
      expect(yield* completed(["herald", "list", "ph", "--spec", "/no/such/file"], {})).toEqual([])
    })
  )

  it.scoped("quote what comes from a document, and run nothing of it", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const document = structuredClone(petsDocument)
      document.paths["/pets"].get.parameters[0]!.schema.items = {
        enum: ["$(touch owned)", "a b", "x\u001b[2J", "`id`"]
      }
      const env = { HERALD_SPEC: file(folder, "pets.json", document) }
      expect(yield* completed(["herald", "call", "pets", "list", "--status", ""], env)).toEqual([
        "\\$\\(touch\\ owned\\)",
        "a\\ b",
        "\\`id\\`"
      ])
    })
  )

  it.scoped("are valid for their shells", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      for (const [shell, flag] of [
        ["bash", "-n"],
        ["zsh", "-n"],
        ["fish", "--no-execute"]
      ] as const) {
        if (!hasShell(shell)) continue
        const { status, stderr } = spawnSync(shell, [flag, file(folder, shell, scripts[shell])], { encoding: "utf8" })
        expect([shell, status, stderr]).toEqual([shell, 0, ""])
      }
    })
  )

  it.scoped("complete in zsh and fish, if they are installed", () =>
    Effect.gen(function* () {
      const env = { HERALD_SPEC: yield* spec }
      if (hasShell("fish")) {
        const script = "herald completion fish | source; complete -C 'herald call pets '"
        const { err, out } = yield* run(bin, "fish", ["--no-config", "-c", script], env)
        expect([out.split("\n").slice(0, 2), err]).toEqual([["add\tAdds a pet", "get\tGets a pet"], ""])
      }
      if (hasShell("zsh")) {
        // `compadd` works only in an interactive completion: this one prints its words.
        const script = [
          "compdef() { :; }; compset() { :; }",
          "compadd() { print -rl -- $texts; }",
          'eval "$(herald completion zsh)"',
          "words=(herald call pets '') CURRENT=4",
          "_herald"
        ].join("\n")
        const { err, out } = yield* run(bin, "zsh", ["-f", "-c", script], env)
        expect([out, err]).toEqual(["list\nadd\nget\nremove\n", ""])
      }
    })
  )
})
