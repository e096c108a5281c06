import { isDeepStrictEqual } from "node:util"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Authoriser, Credentials, detailsOf, isHeraldError, type Operation, RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { fromApi, IdempotencyKey, Idempotent, Sensitive, StreamSuccess, NeverRetried } from "effect-herald/http-api"
import { expect } from "vitest"
import { internals } from "../../src/internal/operation.js"
import {
  Account,
  baseUrl,
  CatalogueApi,
  Locked,
  Missing,
  NoSuchUser,
  Paused,
  serve,
  Taken
} from "../servers/httpApi.js"
import { client } from "../support/client.js"
import { clients } from "../support/clients.js"

class Catalogue extends Authoriser.Tag("effect-herald/test/Catalogue")<Catalogue>() {}

const catalogue = fromApi(Catalogue, CatalogueApi)

/** The layer of the catalogue's operations, without retries. */
const live = Layer.unwrapEffect(
  Effect.map(baseUrl, (url) =>
    Catalogue.layer({
      baseUrl: url,
      credentials: Credentials.bearer(Redacted.make("secret")),
      retryPolicy: RetryPolicy.none
    })
  )
).pipe(Layer.orDie)

/** The platform's own client, which signs in by hand. */
const platformClient = Effect.flatMap(baseUrl, (url) =>
  HttpApiClient.make(CatalogueApi, {
    baseUrl: url,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken("secret"))
  })
)

type PlatformClient = Effect.Effect.Success<typeof platformClient>

/** The names of the groups that are not top-level. */
type GroupName = Exclude<keyof PlatformClient, "health" | "root">

type InputOf<F> = F extends (request: infer Request) => unknown ? Request : never

type AnyOperation = (input?: unknown) => Effect.Effect<unknown, unknown, HttpClient.HttpClient | Catalogue>

/** One call, as both clients make it. */
interface Row {
  readonly name: string
  readonly of: (client: object) => AnyOperation
  readonly input: unknown
  /** The value that both return, where it is not the input's own. */
  readonly expected?: unknown
  /** The reason why the two differ. */
  readonly reason?: string
  /** The outcome of this library's call, where the two differ. */
  readonly outcome?: (outcome: Outcome) => void
}

type Outcome =
  | { readonly _tag: "Success"; readonly value: unknown }
  | { readonly _tag: "Failure"; readonly error: unknown }
  | { readonly _tag: "Defect"; readonly defect: string }

const row = <Group extends GroupName, Name extends keyof PlatformClient[Group] & string>(
  group: Group,
  name: Name,
  input: InputOf<PlatformClient[Group][Name]>,
  more: Pick<Row, "expected"> = {}
): Row => ({
  name: `${group}.${name}`,
  // Both clients have the endpoints of the API by group.
  of: (client) => (client as Record<string, Record<string, AnyOperation>>)[group]![name]!,
  input,
  ...more
})

const differs = (reason: string, same: Row, outcome: (outcome: Outcome) => void): Row => ({ ...same, reason, outcome })

const topRow = (name: "health" | "root", expected: unknown): Row => ({
  name,
  of: (client) => (client as Record<string, AnyOperation>)[name]!,
  input: undefined,
  expected
})

const returns = (value: unknown) => (outcome: Outcome) => expect(outcome).toStrictEqual({ _tag: "Success", value })

/** Compares the fields of an error; an error itself is an Effect, which can be iterated without end. */
const failsWith = (fields: Readonly<Record<string, unknown>>) => (outcome: Outcome) =>
  expect(outcome._tag === "Failure" ? { ...(outcome.error as object) } : outcome).toMatchObject(fields)

const form = (fields: Readonly<Record<string, string | Blob>>) => {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") data.append(name, value)
    else data.append(name, value, `${name}.txt`)
  }
  return data
}

const file = () => new Blob(["some text"], { type: "text/plain" })

const account = new Account({
  id: Account.fields.id.make("u1"),
  createdAt: new Date("2026-01-02T03:04:05.006Z"),
  balance: 12345678901234567890n,
  nickname: Option.some("ada"),
  level: 3,
  tags: new Set(["a", "b"])
})

const unusual = "a/b c?d#e%2F;é=&+"

/** The text of the Stream that a call returns. */
const streamedRow: Row = {
  ...row("encodings", "streamed", undefined),
  of: (client) => () =>
    (client as PlatformClient).encodings.streamed().pipe(Stream.unwrap, Stream.decodeText(), Stream.mkString)
}

const rows: ReadonlyArray<Row> = [
  // Encodings
  row("encodings", "json", { payload: account }, { expected: account }),
  row("encodings", "json", { payload: new Account({ ...account, nickname: Option.none(), tags: new Set() }) }),
  row("encodings", "anyJson", { payload: { a: [1, null, "é\u2028"], b: { c: true } } }),
  row("encodings", "anyJson", { payload: null }, { expected: null }),
  row("encodings", "vendorJson", { payload: { sum: 1 } }, { expected: { sum: 1 } }),
  row("encodings", "text", { payload: "a text, é 🎉\n" }, { expected: "a text, é 🎉\n" }),
  row("encodings", "text", { payload: "" }, { expected: "" }),
  row("encodings", "csv", { payload: "a,b" }, { expected: "a,b!" }),
  row("encodings", "numberText", { payload: 41 }, { expected: 42 }),
  row("encodings", "bytes", { payload: Uint8Array.of(0, 255, 128) }, { expected: Uint8Array.of(0, 255, 128) }),
  row("encodings", "png", undefined, { expected: Uint8Array.of(0x89, 0x50, 0xff, 0, 0xc3) }),
  row("encodings", "byteCount", { payload: 3 }, { expected: 6 }),
  row("encodings", "form", { payload: { from: 1, to: 2 } }, { expected: { from: 2, to: 2 } }),
  row("encodings", "form", { payload: { from: 1 } }, { expected: { from: 2 } }),
  row(
    "encodings",
    "union",
    { payload: { from: 1, to: 2 } },
    {
      expected: { contentType: "application/x-www-form-urlencoded", payload: { from: 1, to: 2 } }
    }
  ),
  row("encodings", "union", { payload: "text" }, { expected: { contentType: "text/plain", payload: "text" } }),
  row(
    "encodings",
    "union",
    { payload: { _tag: "Circle", radius: 2 } },
    {
      expected: { contentType: "application/json", payload: { _tag: "Circle", radius: 2 } }
    }
  ),
  row(
    "encodings",
    "union",
    { payload: Uint8Array.of(1, 2) },
    {
      expected: { contentType: "application/octet-stream", payload: [1, 2] }
    }
  ),
  row("encodings", "either", { urlParams: { as: "json" } }, { expected: { sum: 1 } }),
  row("encodings", "either", { urlParams: { as: "text" } }, { expected: "one" }),
  row("encodings", "shapes", { payload: { _tag: "Circle", radius: 2 } }, { expected: { _tag: "Circle", radius: 2 } }),
  row("encodings", "shapes", { payload: { _tag: "Square", side: 2 } }, { expected: { _tag: "Square", side: 2 } }),
  row(
    "encodings",
    "upload",
    { payload: form({ title: "é", pages: "3", files: file() }) },
    {
      expected: { title: "é", pages: 3, names: ["files.txt text/plain"] }
    }
  ),
  row(
    "encodings",
    "uploadStream",
    { payload: form({ note: "hi", file: file() }) },
    {
      expected: ["note=hi", "file: file.txt, 9"]
    }
  ),
  row("encodings", "uploadOrJson", { payload: form({ title: "a" }) }, { expected: "titled a" }),
  row("encodings", "uploadOrJson", { payload: { sum: 3 } }, { expected: "sum 3" }),
  // Empty responses, and several
  row("empties", "standard", undefined, { expected: undefined }),
  row("empties", "created", undefined, { expected: undefined }),
  row("empties", "accepted", undefined, { expected: undefined }),
  row("empties", "deleted", { path: { id: "a" } }, { expected: undefined }),
  row("empties", "empty200", undefined, { expected: undefined }),
  row("empties", "head", undefined, { expected: undefined }),
  row("empties", "options", undefined, { expected: undefined }),
  row("empties", "asEmpty", undefined, { expected: "done" }),
  row("empties", "several", { path: { as: "found" } }, { expected: { sum: 2 } }),
  row("empties", "several", { path: { as: "created" } }, { expected: { _tag: "Circle", radius: 3 } }),
  row("empties", "several", { path: { as: "reset" } }, { expected: "reset" }),
  row("empties", "several", { path: { as: "nothing" } }, { expected: undefined }),
  // Parameters
  row("params", "number", { path: { id: 7 } }, { expected: { path: { id: 7 } } }),
  row("params", "branded", { path: { id: account.id } }, { expected: "u1" }),
  row("params", "text", { path: { text: "plain-text_1.2~" } }),
  row("params", "template", { path: { org: "effect", repo: 5 } }, { expected: { path: { org: "effect", repo: 5 } } }),
  row("params", "unnamed", { path: { "0": 5 } }, { expected: { path: { "0": 5 } } }),
  row("params", "optional", { path: { id: "a" } }, { expected: { path: { id: "a" } } }),
  row("params", "dotted", { path: { name: "report" } }, { expected: { path: { name: "report" } } }),
  row("params", "range", { path: { from: 1, to: 9 } }, { expected: { path: { from: 1, to: 9 } } }),
  row("params", "query", { urlParams: { page: 2 } }, { expected: { urlParams: { page: 2 } } }),
  row("params", "query", {
    urlParams: { page: 2, sort: "up", tag: [unusual, "b"], active: false, after: account.createdAt }
  }),
  row(
    "params",
    "query",
    { urlParams: { page: 2, tag: ["only"] } },
    { expected: { urlParams: { page: 2, tag: ["only"] } } }
  ),
  row("params", "query", { urlParams: { page: 2, tag: [] } }),
  row("params", "headers", { headers: { "x-count": 3 } }, { expected: { headers: { "x-count": 3 } } }),
  row("params", "headers", { headers: { "x-count": 3, "x-trace": "t 1" } }),
  row(
    "params",
    "queryPayload",
    { payload: { q: unusual, limit: 3 } },
    { expected: { payload: { q: unusual, limit: 3 } } }
  ),
  row("params", "bothQueries", { payload: { q: "a" }, urlParams: { page: 1 } }),
  row("params", "allParts", {
    path: { id: 1 },
    urlParams: { dry: true },
    headers: { "if-match": `"abc"` },
    payload: { name: "a", at: account.createdAt }
  }),
  row("params", "redacted", { urlParams: { key: Redacted.make("four") } }, { expected: 4 }),
  // Errors
  ...(["missing", "taken", "locked", "standard", "group", "api", "decode", "none"] as const).map((kind) =>
    row("failures", "own", { path: { kind } })
  ),
  ...[400, 401, 403, 404, 405, 406, 408, 409, 410, 500, 501, 503].map((status) =>
    row("failures", "platform", { path: { status } })
  ),
  row("failures", "empty", { path: { kind: "paused" } }),
  row("failures", "empty", { path: { kind: "missing" } }),
  ...["platform", "absent", "user"].map((kind) => row("failures", "sameStatus", { path: { kind } })),
  row("failures", "form", undefined),
  row("failures", "text", undefined),
  row("failures", "bytes", undefined),
  row("failures", "untagged", undefined),
  row("failures", "partial", undefined),
  row("secured", "whoAmI", undefined, { expected: "ada" }),
  row("legacy", "old", undefined),
  topRow("health", { ok: true }),
  topRow("root", "root"),
  // Different on purpose
  differs(
    "HttpApiClient does not encode the values of a path",
    row("params", "text", { path: { text: unusual } }),
    returns({ path: { text: unusual } })
  ),
  differs(
    "HttpApiClient sends a value of dots, which leads to another resource",
    row("params", "text", { path: { text: ".." } }),
    failsWith({
      _tag: "EncodeError",
      issues: [{ path: ["path", "text"], message: "must be text that can stand in a path" }]
    })
  ),
  differs(
    "HttpApiClient sends an optional parameter that is left out as undefined",
    row("params", "optional", { path: {} }),
    returns({ path: {} })
  ),
  differs(
    "HttpApiClient sends a wildcard as *",
    row("params", "wildcard", { path: { "*": "a b/c.txt" } }),
    returns({ path: { "*": "a b/c.txt" } })
  ),
  differs("HttpApiClient takes :: for a parameter", row("params", "colon", undefined), returns("batch")),
  differs(
    "HttpApiClient sends the pattern of a parameter",
    row("params", "pattern", { path: { year: 2026 } }),
    returns({ path: { year: 2026 } })
  ),
  differs("HttpApiClient reads no Streams", streamedRow, returns("a,b\n1,2\n")),
  differs(
    "HttpApiClient sends no Streams",
    row("encodings", "streaming", { payload: Stream.make(Uint8Array.of(97), Uint8Array.of(98, 99)) }),
    returns(3)
  ),
  differs(
    "an error without content or value of its own is the built-in one of its status",
    row("failures", "void", undefined),
    failsWith({ _tag: "NotFound", status: 404 })
  ),
  differs("other servers send no _tag", row("failures", "tagless", undefined), (outcome) =>
    expect(outcome).toStrictEqual({
      _tag: "Failure",
      error: new NoSuchUser({ id: NoSuchUser.fields.id.make("u3"), since: account.createdAt })
    })
  ),
  differs(
    "an undeclared status is an error of the built-in family",
    row("failures", "undeclared", undefined),
    failsWith({ _tag: "ClientError", status: 402, detail: "pay first" })
  ),
  differs(
    "a response that is not JSON is a DecodeError",
    row("failures", "malformed", undefined),
    failsWith({ _tag: "DecodeError", reason: "Json" })
  ),
  differs(
    "a response that does not match is a DecodeError",
    row("failures", "mismatch", undefined),
    failsWith({ _tag: "DecodeError", reason: "Shape", issues: [{ path: ["sum"] }] })
  ),
  differs("integers beyond 2^53 are exact", row("failures", "long", undefined), returns({ id: 9007199254740993n })),
  differs(
    "an invalid input is an EncodeError",
    row("params", "headers", { headers: { "x-count": 3, "x-trace": "é\n" } }),
    failsWith({ _tag: "EncodeError", issues: [{ path: ["headers", "x-trace"] }] })
  ),
  differs(
    "a lone surrogate is not replaced",
    row("params", "queryPayload", { payload: { q: "\ud800" } }),
    failsWith({ _tag: "EncodeError", issues: [{ path: ["payload", "q"] }] })
  )
]

const outcomeOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Outcome, never, R> =>
  Effect.map(Effect.exit(effect), (exit): Outcome => {
    if (Exit.isSuccess(exit)) return { _tag: "Success", value: exit.value }
    const failure = Cause.failureOption(exit.cause)
    return Option.isSome(failure)
      ? { _tag: "Failure", error: failure.value }
      : { _tag: "Defect", defect: String(Cause.squash(exit.cause)) }
  })

/** The API with properties that its type does not have. */
const anyApi = CatalogueApi as unknown as HttpApi.HttpApi.AnyWithProps

/** The platform's undici client can't send the FormData of Node, which is not undici's own. */
const canSend = (clientName: string, { input }: Row): boolean =>
  clientName !== "undici" || !((input as { readonly payload?: unknown } | undefined)?.payload instanceof FormData)

describe("fromApi, beside HttpApiClient", () => {
  for (const [clientName, clientLayer] of clients) {
    it.scopedLive(`has the same values and errors, over ${clientName}`, () =>
      Effect.gen(function* () {
        const platform = yield* platformClient
        const sent = rows.filter((row) => canSend(clientName, row))
        for (const [index, { expected, input, name, of, outcome, reason }] of sent.entries()) {
          const what = `${name}, call ${index}`
          const ours = yield* outcomeOf(of(catalogue)(input))
          const theirs = yield* outcomeOf(of(platform)(input))
          if (reason === undefined) {
            expect(ours, what).toStrictEqual(theirs)
            expect(isDeepStrictEqual(ours, theirs), what).toBe(true)
            expect(ours._tag, what).not.toBe("Defect")
            if (expected !== undefined) expect(ours, what).toStrictEqual({ _tag: "Success", value: expected })
          } else {
            outcome?.(ours)
            expect(isDeepStrictEqual(ours, theirs), `${what}: ${reason}`).toBe(false)
          }
        }
      }).pipe(Effect.provide(live), Effect.provide(clientLayer), Effect.provide(serve))
    )
  }

  it("compares every endpoint", () => {
    const namesOf = (compared: ReadonlyArray<Row>) => new Set(compared.map(({ name }) => name))
    const equal = rows.filter(({ reason }) => reason === undefined)
    const different = rows.filter(({ reason }) => reason !== undefined)
    const all = Object.values(anyApi.groups).flatMap((group) =>
      Object.keys(group.endpoints).map((name) => (group.topLevel ? name : `${group.identifier}.${name}`))
    )
    const notCompared = all.filter((name) => !namesOf(rows).has(name) && !name.startsWith("facts."))
    console.info(
      [
        `${namesOf(rows).size} endpoints in ${rows.length} calls: ${equal.length} calls of ${namesOf(equal).size} endpoints equal,`,
        `${different.length} calls of ${namesOf(different).size} endpoints different on purpose:`,
        ...different.map(({ name, reason }) => `\n- ${name}: ${reason}`)
      ].join(" ")
    )
    // What HttpApiClient makes of a redirect depends on the transport.
    expect(notCompared).toEqual(["empties.sees"])
    expect([namesOf(rows).size, namesOf(equal).size, namesOf(different).size]).toEqual([63, 52, 15])
    expect([rows.length, equal.length, different.length]).toEqual([106, 90, 16])
  })
})

const retrying = RetryPolicy.make({ schedule: Schedule.recurs(2), retries: () => true })

/** Runs a program against the catalogue. */
const withCatalogue = <A, E>(program: Effect.Effect<A, E, HttpClient.HttpClient | Catalogue>) =>
  program.pipe(Effect.provide(live), Effect.provide(client), Effect.provide(serve))

describe("an operation of an API", () => {
  it.scopedLive("has the details of its call in a declared error, which another call does not change", () =>
    Effect.gen(function* () {
      // The platform's errors without content are decoded to the same value each time.
      const first = yield* Effect.flip(catalogue.failures.platform({ path: { status: 404 } }))
      const second = yield* Effect.flip(catalogue.failures.platform({ path: { status: 404 } }))
      const other = yield* Effect.flip(catalogue.failures.empty({ path: { kind: "paused" } }))
      const [one, two] = [detailsOf(first), detailsOf(second)]
      expect([first._tag, second._tag, other._tag]).toEqual(["NotFound", "NotFound", "Paused"])
      expect(isHeraldError(first) || isHeraldError(second)).toBe(false)
      expect(one).toMatchObject({ operation: "failures.platform", status: 404, method: "GET" })
      expect(two).toMatchObject({ operation: "failures.platform", status: 404 })
      expect(one?.attempts).not.toBe(two?.attempts)
      expect(detailsOf(other)?.url).toMatch(/\/v1\/failures\/empty\/\{kind\}$/)
    }).pipe(withCatalogue)
  )

  it.scopedLive("arrives as the user's own class", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(catalogue.failures.own({ path: { kind: "missing" } }))
      expect(missing).toBeInstanceOf(NoSuchUser)
      expect(yield* Effect.flip(catalogue.failures.own({ path: { kind: "taken" } }))).toBeInstanceOf(Taken)
      expect(yield* Effect.flip(catalogue.failures.empty({ path: { kind: "paused" } }))).toBeInstanceOf(Paused)
      expect(yield* Effect.flip(catalogue.failures.empty({ path: { kind: "missing" } }))).toBeInstanceOf(Missing)
      expect(yield* Effect.flip(catalogue.legacy.old())).toBeInstanceOf(Locked)
      const caught = yield* catalogue.failures
        .own({ path: { kind: "missing" } })
        .pipe(Effect.catchTag("NoSuchUser", ({ id, since }) => Effect.succeed(`${id} ${since.toISOString()}`)))
      expect(caught).toBe("u1 2026-01-02T03:04:05.006Z")
    }).pipe(withCatalogue)
  )

  it.scopedLive("returns status, headers and URL by withResponse", () =>
    Effect.gen(function* () {
      const created = yield* catalogue.empties.several.withResponse({ path: { as: "created" } })
      expect(created).toMatchObject({ status: 201, cached: undefined, value: { _tag: "Circle", radius: 3 } })
      expect(created.headers["content-type"]).toBe("application/json")
      expect(created.url).toMatch(/\/v1\/empties\/several\/created$/)
    }).pipe(withCatalogue)
  )

  it.scopedLive("decodes a redirect that the API declares, instead of following it", () =>
    Effect.gen(function* () {
      const seen = yield* catalogue.empties.sees.withResponse()
      expect(seen).toMatchObject({ status: 303, headers: { location: "/v1/health" }, value: undefined })
    }).pipe(withCatalogue)
  )

  it.scopedLive("obeys the facts in annotations", () =>
    Effect.gen(function* () {
      const { facts } = catalogue
      const attemptsOf = (error: unknown) => detailsOf(error)?.attempts.map(({ verdict }) => verdict)
      expect(attemptsOf(yield* Effect.flip(facts.plain()))).toEqual(["unsafe"])
      expect(yield* facts.idempotent()).toBe(2)
      const [first, ...keys] = yield* facts.keyed()
      expect(first).toMatch(/^[\da-f-]{36}$/)
      expect(keys).toEqual([first])
      expect(attemptsOf(yield* Effect.flip(facts.neverRetried()))).toHaveLength(1)
      expect(attemptsOf(yield* Effect.flip(facts.sideEffects()))).toEqual(["unsafe"])
      const sensitive = yield* Effect.flip(facts.sensitive())
      expect(sensitive._tag).toBe("BadRequest")
      expect(detailsOf(sensitive)?.body).toBeUndefined()
    }).pipe(Effect.provideService(RetryPolicy.Current, retrying), withCatalogue)
  )

  it.scopedLive("has the same values and errors from the cache", () =>
    Effect.gen(function* () {
      const url = yield* baseUrl
      const cached = Catalogue.layer({
        baseUrl: url,
        credentials: Credentials.bearer(Redacted.make("secret")),
        retryPolicy: RetryPolicy.none
      }).pipe(Layer.provide(HttpCache.layerMemory({ lifetime: () => "1 hour", share: true })))
      let fromCache = 0
      yield* Effect.forEach(
        rows.filter(({ reason }) => reason === undefined),
        ({ input, name, of }, index) =>
          Effect.gen(function* () {
            // Every operation has it; the type here is the one that it shares with those of HttpApiClient.
            const operation = of(catalogue) as AnyOperation & {
              readonly withResponse: (
                input: unknown
              ) => Effect.Effect<Operation.Response<unknown>, unknown, HttpClient.HttpClient | Catalogue>
            }
            const first = yield* outcomeOf(operation(input))
            const second = yield* outcomeOf(
              Effect.map(operation.withResponse(input), (response) => {
                if (response.cached !== undefined) fromCache += 1
                return response.value
              })
            )
            expect(second, `${name}, call ${index}`).toStrictEqual(first)
          })
      ).pipe(Effect.provide(cached))
      expect(fromCache).toBeGreaterThan(15)
    }).pipe(Effect.provide(client), Effect.provide(serve))
  )

  it.scopedLive("shows no secret of its input in errors", () =>
    Effect.gen(function* () {
      const key = Redacted.make("a very secret key")
      const error = yield* Effect.flip(catalogue.params.redacted({ urlParams: { key } })).pipe(
        Effect.provide(Catalogue.layer({ baseUrl: "http://127.0.0.1:1", retryPolicy: RetryPolicy.none }))
      )
      expect(error._tag).toBe("TransportError")
      expect(JSON.stringify(error)).not.toContain("very secret")
    }).pipe(withCatalogue)
  )

  it("has its endpoint as data, its tag, and changes of its input for pages", () => {
    const { allParts, optional, query, queryPayload, wildcard } = catalogue.params
    expect(allParts.tag).toBe(Catalogue)
    expect(allParts.endpoint).toMatchObject({ name: "params.allParts", method: "PUT", path: "/v1/params/all/{id}" })
    expect(allParts.endpoint.body?.kind).toBe("json")
    expect(Object.keys(allParts.endpoint.pathSchemas)).toEqual(["id"])
    expect(Object.keys(catalogue.empties.several.endpoint.success)).toEqual(["200", "201", "204", "205"])
    expect(Object.keys(catalogue.failures.own.endpoint.errors)).toEqual([
      "400",
      "404",
      "409",
      "418",
      "423",
      "500",
      "503"
    ])
    expect([optional.endpoint.path, wildcard.endpoint.path]).toEqual([
      "/v1/params/optional{/id}",
      "/v1/params/files/{+*}"
    ])
    expect(catalogue.health.endpoint.name).toBe("health")
    expect(catalogue.encodings.either[internals].compiled().accept).toBe("application/json, text/plain")
    expect(catalogue.empties.created[internals].compiled().accept).toBe("application/json")
    expect(query[internals].withParams({ urlParams: { page: 1 } }, { page: 2 })).toEqual({ urlParams: { page: 2 } })
    expect(query[internals].withParams(undefined, { page: 2 })).toEqual({ urlParams: { page: 2 } })
    expect(queryPayload[internals].withParams({ payload: { q: "a" } }, { limit: 2 })).toEqual({
      payload: { q: "a", limit: 2 }
    })
    expect(query[internals].withHeaders({ urlParams: { page: 1 } }, { "x-page": 2 })).toEqual({
      urlParams: { page: 1 },
      headers: { "x-page": 2 }
    })
    expect(allParts[internals].withBody({ payload: { name: "a" } }, { cursor: "b" })).toEqual({
      payload: { name: "a", cursor: "b" }
    })
  })
})

const { get, head, post } = HttpApiEndpoint

/** The operation of an API with one endpoint. */
const operationOf = (endpoint: HttpApiEndpoint.HttpApiEndpoint.Any) =>
  (
    fromApi(Catalogue, HttpApi.make("one").add(HttpApiGroup.make("group").add(endpoint))) as unknown as Record<
      string,
      Record<string, Operation.Operation<[], unknown, unknown, HttpClient.HttpClient | Catalogue>>
    >
  )["group"]!["one"]!

const Text = Schema.Struct({ text: Schema.String })

describe("an invalid endpoint", () => {
  const refused: ReadonlyArray<readonly [reason: string, endpoint: HttpApiEndpoint.HttpApiEndpoint.Any]> = [
    ["the path's parameter id has no schema: declare it by setPath", get("one", "/things/:id")],
    [
      "the path's parameter id has no schema: declare it by setPath",
      get("one", "/things/:id").setPath(Schema.Struct({ name: Schema.String }))
    ],
    ["the path's parameter * has no schema: declare it by setPath", get("one", "/files/*")],
    [
      "the path has two parameters of the name id",
      get("one", "/a/:id/b/:id").setPath(Schema.Struct({ id: Schema.String }))
    ],
    [
      "a wildcard has to be at the end of the path",
      get("one", "/files/*/more").setPath(Schema.Struct({ "*": Schema.String }))
    ],
    [
      "an optional parameter has to be a whole segment of the path",
      get("one", "/files/:name?.json").setPath(Schema.Struct({ name: Schema.String }))
    ],
    ["the path has a colon without a name: write a colon as ::", get("one", "/a:/b")],
    ["a path has no query and no fragment: declare parameters by setUrlParams", get("one", "/a?b=1")],
    ["the path has a segment of dots, which a URL resolves", get("one", "/a/../b")],
    ["the path is not well-formed Unicode", get("one", "/\ud800")],
    ["a GET has no body: its payload can't be multipart", get("one", "/").setPayload(HttpApiSchema.Multipart(Text))],
    ["a 200 to a HEAD has no content, which its schema needs", head("one", "/").addSuccess(Text)],
    ["a 204 has no content, which its schema needs", post("one", "/").addSuccess(Text, { status: 204 })],
    ["700 is not a status", post("one", "/").addSuccess(Text, { status: 700 })],
    ["99 is not a status", post("one", "/").addError(Schema.TaggedStruct("A", {}), { status: 99 })],
    ["a response can't be multipart", post("one", "/").addSuccess(HttpApiSchema.Multipart(Text))],
    ["an error can't be a Stream", post("one", "/").addError(StreamSuccess())],
    [
      "the idempotency key's header has an invalid name (RFC 9110, 5.1)",
      post("one", "/").annotate(IdempotencyKey, "not a name")
    ]
  ]

  for (const [index, [reason, endpoint]] of refused.entries()) {
    it.effect(`is refused when the operation is first used: ${reason} (${index})`, () =>
      Effect.gen(function* () {
        const operation = operationOf(endpoint)
        const message = `group.one is invalid: ${reason}`
        expect(() => operation.endpoint).toThrow(new TypeError(message))
        const exit = yield* Effect.exit(operation()).pipe(
          Effect.provide(Catalogue.layer({ baseUrl: "http://127.0.0.1:1" })),
          Effect.provide(client)
        )
        expect(Exit.isFailure(exit) && Option.getOrUndefined(Cause.dieOption(exit.cause))).toEqual(
          new TypeError(message)
        )
      })
    )
  }

  it("is refused by fromApi, where two operations have one name", () => {
    const api = HttpApi.make("twice")
      .add(HttpApiGroup.make("users").add(get("list", "/users")))
      .add(HttpApiGroup.make("top", { topLevel: true }).add(get("users", "/all")))
    expect(() => fromApi(Catalogue, api)).toThrow("the API has two groups or top-level endpoints of the name users")
  })

  it("is named with every reason", () => {
    const endpoint = head("one", "/:id/*/x").addSuccess(Text)
    expect(() => operationOf(endpoint).endpoint).toThrow(
      "group.one is invalid: a wildcard has to be at the end of the path; a 200 to a HEAD has no content, which its schema needs"
    )
  })
})

describe("annotations of a group or an API", () => {
  const compiled = (
    annotate: (
      group: HttpApiGroup.HttpApiGroup<"g", typeof read | typeof write>
    ) => HttpApiGroup.HttpApiGroup<"g", typeof read | typeof write>
  ) => {
    const { g } = fromApi(
      Catalogue,
      HttpApi.make("api").add(annotate(HttpApiGroup.make("g").add(read).add(write) as never))
    )
    return [g.read[internals].compiled(), g.write[internals].compiled()] as const
  }
  const read = get("read", "/read")
  const write = post("write", "/write")

  it("hold for their endpoints", () => {
    const [readIdempotent, writeIdempotent] = compiled((group) =>
      group.annotate(Idempotent, true).annotate(Sensitive, true)
    )
    expect([readIdempotent.idempotent, writeIdempotent.idempotent, writeIdempotent.sensitive]).toEqual([
      true,
      true,
      true
    ])
    const api = HttpApi.make("api").annotate(NeverRetried, true).add(HttpApiGroup.make("g").add(read))
    expect(fromApi(Catalogue, api).g.read[internals].compiled().neverRetried).toBe(true)
  })

  it("leave reads without the idempotency key of a group", () => {
    const [reads, writes] = compiled((group) => group.annotate(IdempotencyKey, "Idempotency-Key"))
    expect([reads.idempotencyKey, writes.idempotencyKey]).toEqual([undefined, "idempotency-key"])
  })
})
