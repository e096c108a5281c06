import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import {
  chunked,
  closedPort,
  hangUp,
  json,
  make,
  type Received,
  respond,
  type Script,
  silence
} from "../servers/scripted.js"
import { directory, file, herald, petsDocument, type Surroundings } from "./support.js"

const rex = { id: 7, name: "Rex", status: "sold" }

/** A server that follows a script, and the function that calls its pets. */
const pets = (script: Script) =>
  Effect.gen(function* () {
    const server = yield* make(script)
    const folder = yield* directory
    const spec = file(folder, "pets.json", petsDocument)
    const env = { HERALD_SPEC: spec, HERALD_BASE_URL: new URL("v1", server.url).href, HERALD_AUTH_API_KEY: "s3cr3t" }
    return {
      server,
      folder,
      call: (args: ReadonlyArray<string>, { env: more, ...others }: Surroundings = {}) =>
        herald(["call", ...args], { ...others, env: { ...env, ...more } })
    }
  })

describe("herald call", () => {
  it.scoped("calls an operation with positional arguments, and prints JSON in a pipe", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([json(rex)])
      for (const args of [
        ["pets", "get", "7"],
        ["pets.get", "7"],
        ["pets", "get", "--pet-id", "7"],
        ["pets", "get", "--petId=7"]
      ]) {
        expect(yield* call(args)).toMatchObject({ code: 0, out: '{"id":7,"name":"Rex","status":"sold"}\n', err: "" })
      }
      expect(new Set(server.requests.map(({ method, target }) => `${method} ${target}`))).toEqual(
        new Set(["GET /v1/pets/7"])
      )
    })
  )

  it.scoped("sends options by their types: lists, numbers, switches, headers, and names that no option can have", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([json([])])
      yield* call([
        "pets",
        "list",
        "--status",
        "sold",
        "--status=pending",
        "--page-num",
        "2",
        "--no-archived",
        "--filter-name",
        "a&b",
        "--x-trace",
        "t1",
        "-H",
        "X-Own: yes"
      ])
      yield* call([
        "pets",
        "list",
        "--archived",
        "--page_num=-1",
        "--param",
        "filter[name]=x=y",
        "--status",
        '["sold"]'
      ])
      const [first, second] = server.requests
      expect(first?.target).toBe("/v1/pets?status=sold&status=pending&page_num=2&archived=false&filter%5Bname%5D=a%26b")
      expect(first?.headers).toMatchObject({ "x-trace": "t1", "x-own": "yes" })
      expect(second?.target).toBe("/v1/pets?status=sold&page_num=-1&archived=true&filter%5Bname%5D=x%3Dy")
    })
  )

  it.scoped("sends a body from options, JSON, a file or the standard input", () =>
    Effect.gen(function* () {
      const { call, folder, server } = yield* pets([json(rex, { status: 201 })])
      const body = file(folder, "rex.json", '\ufeff{"name":"Rex","weight":12345678901234567890}')
      const owner = file(folder, "owner.json", { name: "Ada" })
      yield* call(["pets", "add", "--name", "Rex", "--weight", "3.5", "--vaccinated", "--tags", "a", "--tags", "b"])
      yield* call(["pets", "add", "--body", '{"name":"Rex"}', "--owner", '{"name":"Ada"}'])
      yield* call(["pets", "add", "--body", `@${body}`, "--status", "sold", "--owner", `@${owner}`])
      yield* call(["pets", "add", "--body", "-"], { stdin: '{"name":"日本"}' })
      expect(server.requests.map((request) => request.body)).toEqual([
        '{"name":"Rex","weight":3.5,"vaccinated":true,"tags":["a","b"]}',
        '{"name":"Rex","owner":{"name":"Ada"}}',
        '{"name":"Rex","weight":12345678901234567890,"status":"sold","owner":{"name":"Ada"}}',
        '{"name":"日本"}'
      ])
      expect(server.requests[0]?.headers).toMatchObject({ "x-key": "s3cr3t", "content-type": "application/json" })
    })
  )

  it.scoped("sends files in a form, with their names", () =>
    Effect.gen(function* () {
      const { call, folder, server } = yield* pets([respond({ status: 204 })])
      const photo = file(folder, "rex.png", new Uint8Array([1, 2, 255]))
      expect(yield* call(["photos", "put", "7", "--photo", `@${photo}`, "--caption", "Rex"])).toMatchObject({
        code: 0,
        out: "",
        err: ""
      })
      const body = server.requests[0]?.bytes.toString() ?? ""
      expect(body).toContain('name="photo"; filename="rex.png"')
      expect(body).toContain("Rex")
      expect(yield* call(["photos", "put", "7", "--photo", photo])).toMatchObject({ code: 2 })
    })
  )

  it.scoped("sends the bytes of a file as they are, where the media type is not JSON or a form", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const server = yield* make([respond({ status: 204 })])
      const putOf = (operationId: string, mediaType: string) => ({
        put: { operationId, requestBody: { content: { [mediaType]: {} } }, responses: { 204: {} } }
      })
      const spec = file(folder, "files.json", {
        openapi: "3.1.0",
        info: { title: "Files", version: "1" },
        paths: { "/table": putOf("putTable", "text/csv"), "/bytes": putOf("putBytes", "application/octet-stream") }
      })
      const bytes = new Uint8Array([0, 255, 123, 10, 13, 128])
      const env = { HERALD_SPEC: spec, HERALD_BASE_URL: server.url.href }
      const call = (...args: ReadonlyArray<string>) => herald(["call", ...args], { env, stdin: bytes })
      expect(yield* call("table.putTable", "--body", `@${file(folder, "a.csv", "a,b\r\n")}`)).toMatchObject({ code: 0 })
      expect(yield* call("bytes.putBytes", "--body", `@${file(folder, "a.bin", bytes)}`)).toMatchObject({
        code: 0
      })
      expect(yield* call("bytes.putBytes", "--body", "-")).toMatchObject({ code: 0 })
      expect(
        server.requests.map(({ bytes, headers }) => [headers["content-type"], Buffer.from(bytes).toString("latin1")])
      ).toEqual([
        ["text/csv", "a,b\r\n"],
        ...Array(2).fill(["application/octet-stream", Buffer.from(bytes).toString("latin1")])
      ])
    })
  )

  it.scoped("prints a table on a terminal, without the server's escape sequences", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([json([rex, { id: 12, name: "\u001b[31mMia\u009b", status: null }])])
      const { err, out } = yield* call(["pets", "list"], { columns: 60, env: { NO_COLOR: "1" } })
      expect(out).toBe(
        ["id  name                 status", " 7  Rex                  sold", "12  \\u001b[31mMia\\u009b", ""].join("\n")
      )
      expect(err).toContain("One page of a list. --all reads all pages.")
    })
  )

  it.scoped("prints JSON on several lines on a terminal, and a list as one JSON text by --json", () =>
    Effect.gen(function* () {
      const { call } = yield* pets((request) =>
        json(request.target.endsWith("/7") ? { ...rex, name: "\u009b" } : [rex])
      )
      expect((yield* call(["pets", "get", "7"], { columns: 80 })).out).toBe(
        '{\n  "id": 7,\n  "name": "\\u009b",\n  "status": "sold"\n}\n'
      )
      expect((yield* call(["pets", "list", "--json"])).out).toBe('[{"id":7,"name":"Rex","status":"sold"}]\n')
      expect((yield* call(["pets", "list"])).out).toBe('{"id":7,"name":"Rex","status":"sold"}\n')
    })
  )

  it.scoped("prints the status and headers by --include, and writes to a file by --output", () =>
    Effect.gen(function* () {
      const { call, folder } = yield* pets([json(rex, { headers: { "x-limit": "3" } })])
      const { out } = yield* call(["pets", "get", "7", "-i"])
      expect(out).toMatch(/^HTTP 200\n/)
      expect(out).toContain("x-limit: 3\n")
      const path = join(folder, "out.json")
      expect(yield* call(["pets", "get", "7", "-o", path])).toMatchObject({ code: 0, out: "" })
      expect(readFileSync(path, "utf8")).toBe('{"id":7,"name":"Rex","status":"sold"}\n')
      expect(yield* call(["pets", "get", "7", "-o", join(folder, "no", "file")])).toMatchObject({ code: 1 })
    })
  )

  it.scoped("writes binary bodies to a pipe or a file, and not to a terminal", () =>
    Effect.gen(function* () {
      const bytes = new Uint8Array([137, 80, 78, 71, 0, 255])
      const { call, folder } = yield* pets([respond({ headers: { "content-type": "image/png" }, body: bytes })])
      expect((yield* call(["photos", "get", "7"])).bytes).toEqual(Buffer.from(bytes))
      const path = join(folder, "rex.png")
      expect(yield* call(["photos", "get", "7", "--output", path], { columns: 80 })).toMatchObject({ code: 0 })
      expect(readFileSync(path)).toEqual(Buffer.from(bytes))
      const refused = yield* call(["photos", "get", "7"], { columns: 80 })
      expect(refused).toMatchObject({ code: 2, out: "" })
      expect(refused.err).toContain("binary (6 bytes, image/png)")
    })
  )

  it.scoped("reads all pages of a list by --all, and no more than it needs by --max-items", () =>
    Effect.gen(function* () {
      const next = (page: number) => ({ link: `</v1/pets?page_num=${page}>; rel="next"` })
      const { call, server } = yield* pets((request) => {
        const page = Number(new URL(request.target, "http://x").searchParams.get("page_num") ?? 1)
        const items = [{ name: `a${page}` }, { name: `b${page}` }]
        return json(items, page < 4 ? { headers: next(page + 1) } : {})
      })
      expect((yield* call(["pets", "list", "--all"])).out.trim().split("\n")).toHaveLength(8)
      expect(server.requests).toHaveLength(4)
      const some = yield* call(["pets", "list", "--max-items", "3"])
      expect(some.out).toBe('{"name":"a1"}\n{"name":"b1"}\n{"name":"a2"}\n')
      expect(server.requests).toHaveLength(6)
      const whole = yield* call(["pets", "list", "--all", "--json"])
      expect(JSON.parse(whole.out)).toHaveLength(8)
      const table = yield* call(["pets", "list", "--all"], { columns: 40 })
      expect(table.out.split("\n")[0]).toBe("name")
      expect(yield* call(["pets", "get", "7", "--all"])).toMatchObject({ code: 2 })
    })
  )

  it.scoped("prints the pages that arrived before one that fails, also as a table", () =>
    Effect.gen(function* () {
      const { call } = yield* pets((request) =>
        request.target.includes("page_num")
          ? json({ message: "gone" }, { status: 404 })
          : json([{ name: "a1" }, { name: "b1" }], { headers: { link: '</v1/pets?page_num=2>; rel="next"' } })
      )
      const table = yield* call(["pets", "list", "--all"], { columns: 40 })
      expect(table).toMatchObject({ code: 4, out: "name\na1\nb1\n" })
      expect((yield* call(["pets", "list", "--all"])).out).toBe('{"name":"a1"}\n{"name":"b1"}\n')
    })
  )

  it.scoped("prints a curl command by --dry-run that sends the same request", () =>
    Effect.gen(function* () {
      if (spawnSync("curl", ["--version"]).status !== 0) return
      const { call, server } = yield* pets([json(rex)])
      const hostile = "a'b\"c`d$(e)!{f,g}[1-3]\\n\n\u001b[31m%2F&é\u{1f600}"
      const cases: ReadonlyArray<ReadonlyArray<string>> = [
        ["pets", "get", "7"],
        [
          "pets",
          "list",
          "--include",
          hostile,
          "--filter-name",
          hostile,
          "-H",
          "X-Own: $(id) `x` 'y'",
          "-H",
          "X-Empty:"
        ],
        ["pets", "add", "--name", hostile, "--weight", "-0.5", "--tags", "@x", "--tags", ""],
        ["pets", "add", "--body", '{"name":"@/etc/passwd"}'],
        ["pets", "remove", "7"]
      ]
      // Those that curl and the client each have of their own.
      const withoutOwn = ({ body, headers, method, target }: Received) => {
        const { "accept-encoding": _, connection, host, "user-agent": agent, "x-key": key, ...others } = headers
        return { method, target, body, headers: others }
      }
      for (const args of cases) {
        const printed = (yield* call([...args, "--dry-run"])).out
        yield* call(args)
        yield* Effect.async<void>((resume) => {
          const curl = spawn("bash", ["-c", `${printed.trimEnd()} --silent`], { stdio: "ignore" })
          curl.on("close", () => resume(Effect.void))
        })
        const [own, copy] = server.requests.slice(-2).map(withoutOwn)
        expect(copy).toEqual(own)
      }
      expect(server.requests).toHaveLength(2 * cases.length)
    })
  )

  it.scoped("warns of a response that differs from the document, and fails by --strict", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([json({ name: 5 })])
      const lenient = yield* call(["pets", "get", "7"])
      expect(lenient).toMatchObject({ code: 0, out: '{"name":5}\n' })
      expect(lenient.err).toContain("warning: ")
      expect(lenient.err).toContain("/name")
      expect(yield* call(["pets", "get", "7", "--strict"])).toMatchObject({ code: 11, out: "" })
    })
  )

  it.scoped("exits by the kind of the error, and explains it", () =>
    Effect.gen(function* () {
      const { call } = yield* pets((request) => {
        const status = Number(/\d+$/.exec(request.target)?.[0])
        return status === 1
          ? silence
          : status === 2
            ? hangUp
            : json({ message: "no \u001b[31mpet\nherald: fine" }, { status })
      })
      const codes = { 404: 4, 410: 4, 401: 5, 403: 5, 429: 6, 400: 9, 409: 9, 422: 9, 500: 10, 503: 10 }
      for (const [status, code] of Object.entries(codes)) {
        const ran = yield* call(["pets", "get", status, "--retries", "0"])
        expect([status, ran.code]).toEqual([status, code])
        expect(ran.err).toMatch(/^herald: pets\.get: /)
        expect(ran.err).toContain(`GET http://127.0.0.1`)
        expect(ran.err).not.toContain("\u001b")
        expect(ran.err.match(/^herald:/gm)).toHaveLength(1)
        expect(ran.out).toBe("")
      }
      expect(yield* call(["pets", "get", "1", "--timeout", "200ms", "--retries", "0"])).toMatchObject({ code: 8 })
      expect(yield* call(["pets", "get", "2", "--retries", "0"])).toMatchObject({ code: 7 })
      const closed = yield* closedPort
      expect(yield* call(["pets", "get", "3", "--retries=0", "--base-url", closed.href])).toMatchObject({ code: 7 })
    })
  )

  it.scoped("explains wrong arguments before anything is sent", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([json(rex)])
      const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: string]> = [
        [[], "needs a RESOURCE and a METHOD"],
        [["pets"], "Methods: list, add, get, remove."],
        [["pet", "get"], 'There is no resource "pet". Did you mean pets?'],
        [["pets", "gett", "1"], 'The resource pets has no method "gett". Did you mean get?'],
        [["pets.lst"], 'no method "lst". Did you mean list?'],
        [["pets", "get"], "pets get needs PET-ID."],
        [["pets", "get", "x"], 'PET-ID must be an integer, not "x".'],
        [["pets", "get", "1", "2"], 'an argument too many: "2"'],
        [["pets", "get", "1", "--nam", "x"], "pets get has no parameter --nam."],
        [["pets", "list", "--pag-num", "1"], "Did you mean --page-num?"],
        [["pets", "list", "--status", "gold"], '--status can\'t be "gold". Did you mean "sold"?'],
        [["pets", "list", "--page-num", "1", "--page-num", "2"], "--page-num is given 2 times"],
        [["pets", "list", "--page-num", "1.5"], "must be an integer"],
        [["pets", "list", "--archived=maybe"], "--archived must be true or false"],
        [["pets", "list", "--param", "nam=x"], 'pets list has no parameter "nam"'],
        [["pets", "add"], "pets add needs --name."],
        [["pets", "add", "--body", "{"], "--body is not valid JSON"],
        [["pets", "add", "--body", "@/no/such/file"], "can't be read: there is no such file"],
        [["pets", "add", "--body", '{"nme":"x"}'], "pets add needs --name."],
        [["pets", "add", "--name", "x", "--body", '{"colour":1}', "--owner", "x"], "--owner must be JSON"],
        [["pets", "get", "1", "--body", "{}"], "pets get has no body"],
        [["pets", "get", "1", "--timeout", "soon"], "--timeout must be a duration"],
        [["pets", "get", "1", "--retries", "-1"], "--retries must be a whole number"],
        [["pets", "get", "1", "--base-url", "nowhere"], "The base URL"],
        [["pets", "get", "1", "-H", "nothing"], "--header must be NAME:VALUE"]
      ]
      for (const [args, message] of cases) {
        const ran = yield* call(args)
        expect(ran.err).toContain(message)
        expect([args, ran.code, ran.out]).toEqual([args, 2, ""])
      }
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("prefers the operation's parameters after the method, and its own options before the resource", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([json([])])
      expect((yield* call(["--include", "pets", "list", "--include", "owner"])).out).toMatch(/^HTTP 200/)
      expect(server.requests[0]?.target).toBe("/v1/pets?include=owner")
    })
  )

  it.scoped("prints a request as curl by --dry-run, without secrets, and sends nothing", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([json(rex)])
      const { code, out } = yield* call([
        "pets",
        "add",
        "--name",
        "O'Brien $(id)",
        "--dry-run",
        "-H",
        "Authorization: Bearer abc",
        "-H",
        "X-Token: abc"
      ])
      expect(code).toBe(0)
      expect(out).toContain(`--data-raw '{"name":"O'\\''Brien $(id)"}'`)
      expect(out).toContain("--header 'x-key: REDACTED'")
      expect(out).toContain("--header 'authorization: Bearer REDACTED'")
      expect(out).toContain("--header 'x-token: REDACTED'")
      expect(out).not.toMatch(/s3cr3t|abc/)
      expect(
        (yield* call(["pets", "add", "--name", "x", "--dry-run"], { env: { HERALD_AUTH_API_KEY: "" } })).out
      ).toContain("x-key: REDACTED")
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("takes secrets from the environment or a file, and never from an argument", () =>
    Effect.gen(function* () {
      const { call, folder, server } = yield* pets([json(rex, { status: 201 })])
      const add = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
        call(["pets", "add", "--name", "x", ...args], { env })
      const secret = file(folder, "key", "from-file\n")
      yield* add(["--auth", "api_key=env:OTHER"], { OTHER: "from-other" })
      yield* add(["--auth", `api_key=@${secret}`])
      yield* add(["--auth", "bearer=env:OTHER"], { OTHER: "token" })
      expect(server.requests.map(({ headers }) => headers["x-key"] ?? headers.authorization)).toEqual([
        "from-other",
        "from-file",
        "Bearer token"
      ])
      const plain = yield* add(["--auth", "api_key=hunter2"])
      expect(plain).toMatchObject({ code: 2 })
      expect(plain.err).toContain("not the secret itself")
      expect(plain.err).not.toContain("hunter2")
      expect((yield* add(["--auth", "apikey=env:X"])).err).toContain('Did you mean "api_key"?')
      const none = yield* add([], { HERALD_AUTH_API_KEY: "" })
      expect(none).toMatchObject({ code: 5 })
      expect(none.err).toContain("Set HERALD_AUTH_API_KEY, or give --auth api_key=env:NAME")
    })
  )

  it.scoped("gives the variables of the environment to the document of HERALD_SPEC only", () =>
    Effect.gen(function* () {
      const { call, folder } = yield* pets([json(rex)])
      const other = file(folder, "other.json", petsDocument)
      const ran = yield* call(["pets", "add", "--name", "x", "--spec", other])
      expect(ran).toMatchObject({ code: 5 })
      const dry = yield* call(["pets", "get", "1", "--spec", other, "--dry-run", "--server-var", "version=v2"])
      expect(dry.out).toContain("curl http://127.0.0.1:1/v2/pets/1")
      expect((yield* call(["pets", "get", "1", "--spec", other, "--server-var", "version=v3"])).err).toContain(
        "Values: v1, v2"
      )
      expect((yield* call(["pets", "get", "1", "--spec", other, "--server-var", "versio=v1"])).err).toContain(
        'Did you mean "version"?'
      )
    })
  )

  it.scoped("sends no credentials over plain http to other machines, unless it is told to", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([json(rex)])
      const ran = yield* call(["pets", "add", "--name", "x", "--base-url", "http://pets.example"])
      expect(ran).toMatchObject({ code: 5 })
      expect(ran.err).toContain("--insecure")
    })
  )

  it.scoped("warns of deprecated operations and parameters", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([respond({ status: 204 })])
      expect((yield* call(["pets", "remove", "7"])).err).toBe("warning: pets remove is deprecated.\n")
      expect((yield* call(["pets", "list", "--since", "2020-01-01", "--dry-run"])).err).toContain(
        "The parameter since of pets list is deprecated."
      )
    })
  )

  it.scoped("shows the help of an operation", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([json(rex)])
      const { out } = yield* call(["pets", "get", "--help"])
      expect(out).toContain("Usage: herald call pets get PET-ID [OPTIONS]")
      expect(out).toContain("The number of the pet.")
      const add = yield* call(["pets.add", "-h"])
      expect(add.out).toContain("--status available|pending|sold")
      expect(add.out).toContain("api_key  HERALD_AUTH_API_KEY")
      const list = yield* call(["pets", "list", "--help"], { columns: 60 })
      for (const line of list.out.split("\n")) expect(line.length).toBeLessThanOrEqual(90)
    })
  )

  it.scoped("delivers bodies that are not what the document says", () =>
    Effect.gen(function* () {
      const { call } = yield* pets([chunked(["<p>not ", "JSON</p>"], { headers: { "content-type": "text/html" } })])
      expect(yield* call(["pets", "get", "7"])).toMatchObject({ code: 0, out: "<p>not JSON</p>" })
    })
  )

  it.scoped("stops at an interruption with 130, and quietly when the reader of its output is gone", () =>
    Effect.gen(function* () {
      const { call, server } = yield* pets([silence])
      for (const [reason, code] of [
        ["SIGINT", 130],
        ["EPIPE", 0]
      ] as const) {
        const controller = new AbortController()
        const running = yield* Effect.fork(call(["pets", "get", "7"], { signal: controller.signal }))
        yield* server.next
        controller.abort(reason)
        expect(yield* running.await.pipe(Effect.flatten)).toMatchObject({ code, out: "", err: "" })
        yield* server.abandoned
      }
    })
  )
})
