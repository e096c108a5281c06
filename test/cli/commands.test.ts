import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { exitCodes } from "../../cli/src/exitCodes.js"
import { commands } from "../../cli/src/commands.js"
import { json, make, respond } from "../servers/scripted.js"
import { directory, file, herald, petsDocument } from "./support.js"

const withPets = Effect.map(directory, (folder) => ({ folder, spec: file(folder, "pets.json", petsDocument) }))

describe("herald", () => {
  it.effect("shows the help of all commands and of each", () =>
    Effect.gen(function* () {
      const general = yield* herald(["--help"])
      expect(general.code).toBe(0)
      for (const { name } of commands) {
        expect(general.out).toContain(`  ${name}`)
        const help = yield* herald(["help", name])
        expect([help.code, (yield* herald([name, "--help"])).out]).toEqual([0, help.out])
        expect(help.out).toContain(`Usage: herald ${name}`)
        for (const line of help.out.split("\n")) expect(line.length).toBeLessThanOrEqual(100)
      }
    })
  )

  it.scoped("explains a wrong command line with exit code 2", () =>
    Effect.gen(function* () {
      const { spec } = yield* withPets
      const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: string]> = [
        [[], "Usage: herald COMMAND"],
        [["lst"], 'There is no command "lst". Did you mean list?'],
        [["help", "cal"], 'There is no command "cal". Did you mean call?'],
        [["--spec", "x", "list"], "The command comes first"],
        [["list"], "No document is named."],
        [["list", "--sepc", spec], "Did you mean --spec?"],
        [["list", "pets", "photos", "--spec", spec], "herald list takes one RESOURCE."],
        [["list", "pet", "--spec", spec], 'There is no resource "pet". Did you mean pets?'],
        [["list", "--search", "unicorn", "--spec", spec], "No operation has all of these words: unicorn."],
        [["list", "--convention", "own", "--spec", spec], "must be one of standard, civis"],
        [["generate", "--spec", spec], "--out DIR"],
        [["generate", "x", "--out", "y", "--spec", spec], 'takes no arguments but options: "x"'],
        [["learn", "--spec", spec], "--examples or --from FILE"],
        [["diff", spec], "herald diff OLD NEW"],
        [["completion", "bsh"], 'There is no script for "bsh". Did you mean bash or zsh?']
      ]
      for (const [args, message] of cases) {
        const { code, err, out } = yield* herald(args)
        expect(err).toContain(message)
        expect([args, code, out]).toEqual([args, exitCodes.usage, ""])
      }
    })
  )

  it.scoped("names the place in a document that can't be read, with exit code 3", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const broken = file(folder, "broken.json", '{\n  "openapi": "3.1.0",\n  "paths": [}\n}')
      const other = file(folder, "other.json", '{"hello": 1}')
      const overlay = file(folder, "overlay.yaml", "overlay: 1.0.0\nactions: 3\n")
      const syntax = yield* herald(["list", "--spec", broken])
      expect(syntax.code).toBe(exitCodes.document)
      expect(syntax.err).toContain(broken)
      expect(syntax.err).toMatch(/line \d+, column \d+/)
      for (const spec of [other, join(folder, "none.json"), folder]) {
        const { code, err } = yield* herald(["list", "--spec", spec])
        expect([spec, code]).toEqual([spec, exitCodes.document])
        expect(err).toContain(spec)
      }
      const pets = file(folder, "pets.json", petsDocument)
      const { code, err } = yield* herald(["list", "--spec", pets, "--overlay", overlay])
      expect(code).toBe(exitCodes.document)
      expect(err).toContain(overlay)
    })
  )
})

describe("herald list", () => {
  it.scoped("lists resources, methods, and what a search finds", () =>
    Effect.gen(function* () {
      const env = { HERALD_SPEC: (yield* withPets).spec }
      expect((yield* herald(["list"], { env })).out).toBe(
        ["Pets: 6 operations, 2 resources", "", "  pets       4  All about pets.", "  photos     2  get, put", ""].join(
          "\n"
        )
      )
      expect((yield* herald(["list", "pets"], { env })).out).toBe(
        [
          "  list    Lists pets",
          "  add     Adds a pet",
          "  get     Gets a pet",
          "  remove  (deprecated) DELETE /pets/{petId}",
          ""
        ].join("\n")
      )
      expect((yield* herald(["list", "--search", "get PET"], { env })).out).toContain("  pets get    Gets a pet\n")
      const rows = (yield* herald(["list", "--json"], { env })).out.trim().split("\n")
      expect(rows.map((row): unknown => JSON.parse(row))).toEqual([
        { resource: "pets", methods: 4, summary: "All about pets." },
        { resource: "photos", methods: 2, summary: "" }
      ])
    })
  )

  it.scoped("reads a document and its overlay from URLs", () =>
    Effect.gen(function* () {
      const overlay = {
        overlay: "1.0.0",
        info: { title: "Fewer", version: "1" },
        actions: [
          { target: "$.paths['/pets/{petId}/photo']", remove: true },
          { target: "$.paths['/cats']", remove: true }
        ]
      }
      const server = yield* make(({ target }) => json(target === "/overlay" ? overlay : petsDocument))
      const at = (path: string) => new URL(path, server.url).href
      const { err, out } = yield* herald(["list", "--spec", at("/pets"), "--overlay", at("/overlay")])
      expect(out).toContain("Pets: 4 operations, 1 resource")
      // The second action no longer applies.
      expect(err).toMatch(/^warning: .*overlay#\/actions\/1/)
    })
  )

  it.scoped("shows no control character of a document", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const document = structuredClone(petsDocument)
      document.info.title = "Pets\u001b[2J"
      document.paths["/pets"].get.summary = "Lists\u001b]0;x\u0007\u202epets"
      const spec = file(folder, "pets.json", document)
      for (const args of [["list"], ["list", "pets"], ["call", "pets", "list", "--help"]]) {
        const { out } = yield* herald([...args, "--spec", spec], { columns: 80, env: { NO_COLOR: "1" } })
        expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u)
      }
    })
  )
})

describe("herald generate", () => {
  it.scoped("writes a client, and tells whether it is up to date", () =>
    Effect.gen(function* () {
      const { folder, spec } = yield* withPets
      const out = join(folder, "client")
      const args = ["generate", "--spec", spec, "--out", out]
      const overlay = file(folder, "overlay.json", {
        overlay: "1.0.0",
        info: { title: "", version: "" },
        actions: [{ target: "$.paths['/cats']", remove: true }]
      })
      const { err } = yield* herald(["generate", "--spec", spec, "--overlay", overlay, "--out", join(folder, "other")])
      // An action that no longer applies is reported once.
      expect(err.match(/warning: /g)).toHaveLength(1)
      const missing = yield* herald([...args, "--check"])
      expect(missing.code).toBe(exitCodes.failed)
      expect(missing.err).toContain("is not up to date")
      const written = yield* herald(args)
      expect(written).toMatchObject({ code: 0, err: "" })
      const files = readdirSync(out)
      expect(files).toContain("pets.ts")
      expect(yield* herald([...args, "--check"])).toMatchObject({ code: 0 })
      expect((yield* herald(args)).out).toContain("unchanged")
      writeFileSync(join(out, "pets.ts"), `${readFileSync(join(out, "pets.ts"), "utf8")}\n// mine\n`)
      const changed = yield* herald([...args, "--check"])
      expect(changed.err).toContain("changed  pets.ts")
      expect(changed.code).toBe(exitCodes.failed)
    })
  )
})

describe("herald docs", () => {
  it.scoped("writes pages, removes those of earlier runs, and leaves the files of others alone", () =>
    Effect.gen(function* () {
      const { folder, spec } = yield* withPets
      const out = join(folder, "docs")
      const args = ["docs", "--spec", spec, "--out", out]
      expect(yield* herald([...args, "--check"])).toMatchObject({ code: exitCodes.failed })
      expect(yield* herald(args)).toMatchObject({ code: 0, err: "" })
      expect(readdirSync(out).sort()).toEqual(["README.md", "pets.md", "photos.md"])
      expect(yield* herald([...args, "--check"])).toMatchObject({ code: 0 })
      const fewer: any = structuredClone(petsDocument)
      delete fewer.paths["/pets/{petId}/photo"]
      const own = file(out, "own.md", "Mine")
      expect((yield* herald(["docs", "--spec", file(folder, "fewer.json", fewer), "--out", out])).out).toContain(
        "1 removed"
      )
      expect(readdirSync(out).sort()).toEqual(["README.md", "own.md", "pets.md"])
      expect(readFileSync(own, "utf8")).toBe("Mine")
      file(out, "photos.md", "Mine")
      const refused = yield* herald(args)
      expect(refused.err).toContain("photos.md in ")
      expect(refused.code).toBe(exitCodes.failed)
    })
  )
})

describe("herald learn", () => {
  it.scoped("writes an overlay from examples and from mismatches", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const document: any = structuredClone(petsDocument)
      document.paths["/pets/{petId}"].get.responses[200].content["application/json"].example = { name: null }
      const spec = file(folder, "pets.json", document)
      const overlay = join(folder, "corrections.yaml")
      const learnt = yield* herald(["learn", "--spec", spec, "--examples", "--out", overlay])
      expect(learnt).toMatchObject({ code: 0, out: "" })
      expect(learnt.err).toContain(`1 correction, written to ${overlay}`)
      // A corrected document needs none.
      expect((yield* herald(["learn", "--spec", spec, "--examples", "--overlay", overlay])).err).toBe(
        "Nothing to correct.\n"
      )
      const mismatch = { operation: "GET /pets/{petId}", status: 200, pointer: "/weight", kind: "null", found: "null" }
      const stdin = `${JSON.stringify(mismatch)}\n\n`
      const fromMismatches = yield* herald(["learn", "--spec", spec, "--from", "-"], { stdin })
      expect(JSON.parse(fromMismatches.out)).toMatchObject({ overlay: "1.0.0", actions: [{}] })
      const wrong = yield* herald(["learn", "--spec", spec, "--from", "-"], { stdin: `${stdin}{"kind":"nul"}` })
      expect(wrong.code).toBe(exitCodes.usage)
      expect(wrong.err).toContain("The standard input:3 is no mismatch.")
    })
  )
})

describe("herald diff", () => {
  it.scoped("shows what changed, and fails where callers break", () =>
    Effect.gen(function* () {
      const { folder, spec } = yield* withPets
      const document: any = structuredClone(petsDocument)
      delete document.paths["/pets/{petId}"].delete
      const later = file(folder, "later.json", document)
      const { code, out } = yield* herald(["diff", spec, later])
      expect(code).toBe(0)
      expect(out).toContain("DELETE /pets/{petId}")
      expect(yield* herald(["diff", spec, later, "--fail-on", "breaking"])).toMatchObject({ code: exitCodes.failed })
      expect(yield* herald(["diff", spec, spec, "--fail-on", "any"])).toMatchObject({ code: 0 })
      const [change] = (yield* herald(["diff", spec, later, "--json"])).out.split("\n")
      expect(JSON.parse(change!)).toMatchObject({ level: "breaking" })
    })
  )
})

describe("herald for Civis", () => {
  it.scoped("reads the specification of the server once a day, and sends the key as Civis wants it", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const specification = {
        swagger: "2.0",
        info: { title: "Civis API", version: "1" },
        paths: {
          "/jobs/": {
            get: {
              summary: "List jobs",
              parameters: [
                { name: "limit", in: "query", type: "integer" },
                { name: "page_num", in: "query", type: "integer" }
              ],
              responses: { 200: { description: "", schema: { type: "array", items: { type: "object" } } } }
            }
          }
        }
      }
      const server = yield* make(({ target }) =>
        target === "/endpoints"
          ? json(specification)
          : target.includes("page_num=2")
            ? json([])
            : json([{ hiddenName: 1 }])
      )
      const env = { CIVIS_API_KEY: "key", CIVIS_API_ENDPOINT: server.url.href, XDG_CACHE_HOME: folder }
      expect((yield* herald(["list", "jobs", "--spec", "civis"], { env })).out).toBe("  list  List jobs\n")
      const { code, out } = yield* herald(["call", "jobs", "list", "--limit", "1", "--all", "--spec", "civis"], { env })
      expect([code, out]).toEqual([0, '{"hidden_name":1}\n'])
      const targets = server.requests.map(({ target }) => target)
      expect(targets.filter((target) => target === "/endpoints")).toHaveLength(1)
      expect(server.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("key:").toString("base64")}`)
      const none = yield* herald(["list", "--spec", "civis"], { env: { XDG_CACHE_HOME: folder } })
      expect(none.code).toBe(exitCodes.unauthorized)
      expect(none.err).toContain("set CIVIS_API_KEY")
    })
  )

  it.scoped("explains a specification that the server refuses", () =>
    Effect.gen(function* () {
      const server = yield* make([respond({ status: 401 })])
      const env = { CIVIS_API_KEY: "wrong", CIVIS_API_ENDPOINT: server.url.href, XDG_CACHE_HOME: yield* directory }
      const { code, err } = yield* herald(["list", "--spec", "civis"], { env })
      expect(code).toBe(exitCodes.unauthorized)
      expect(err).not.toContain("unexpected")
    })
  )
})
