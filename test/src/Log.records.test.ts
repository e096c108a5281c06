import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Log from "effect-herald/log"
import { recordedConsole, recording } from "../support/log.js"

/** Returns the records of a program's log calls. */
const recordsOf = (program: Effect.Effect<unknown>, options: Partial<Log.Options<never, never>> = {}) => {
  const { records, send } = recording()
  return program.pipe(
    Effect.provide(Log.layer({ send, ...options })),
    Effect.map(() => records())
  )
}

const recordOf = (program: Effect.Effect<unknown>) => Effect.map(recordsOf(program), ([record]) => record!)

describe("a record", () => {
  it.effect("has the level, fiber, spans, annotations and time of its call", () =>
    Effect.gen(function* () {
      const record = yield* recordOf(
        Effect.logWarning("slow", { millis: 12 }, "indeed").pipe(
          Effect.annotateLogs({ user: 12, request: "abc" }),
          Effect.withLogSpan("work")
        )
      )
      expect(record).toMatchObject({
        time: 0,
        level: "Warning",
        message: 'slow {"millis":12} indeed',
        values: [{ millis: 12 }],
        annotations: { user: 12, request: "abc" },
        spans: { work: 0 }
      })
      expect(record.fiber).toMatch(/^#\d+$/)
    })
  )

  it.effect("has the ids of its span", () =>
    Effect.gen(function* () {
      const { record, span } = yield* Effect.gen(function* () {
        const span = yield* Effect.currentSpan
        const record = yield* recordOf(Effect.log("traced"))
        return { record, span }
      }).pipe(Effect.withSpan("work"))
      expect(record.trace).toEqual({ traceId: span.traceId, spanId: span.spanId, sampled: true })
    })
  )

  it.effect("does not change when what was logged changes", () =>
    Effect.gen(function* () {
      const logged = { list: [1, 2], map: new Map([["a", { b: 1 }]]) }
      const { records, send } = recording()
      yield* Effect.gen(function* () {
        yield* Effect.log(logged)
        logged.list.push(3)
        logged.map.get("a")!.b = 2
      }).pipe(Effect.provide(Log.layer({ send })))
      expect(records()[0]!.values).toEqual([{ list: [1, 2], map: { a: { b: 1 } } }])
    })
  )

  it.effect("has the place of the first error, or the one that annotations name", () =>
    Effect.gen(function* () {
      const error = new Error("broken")
      error.stack = "Error: broken\n    at run (file:///app/src/run.ts:12:5)\n    at main (file:///app/src/main.ts:3:1)"
      const place = { file: "file:///app/src/run.ts", line: 12, function: "run" }
      expect((yield* recordOf(Effect.log("failed", error))).location).toEqual(place)
      expect((yield* recordOf(Effect.logError("failed", Cause.fail(error)))).location).toEqual(place)
      const annotated = Effect.log("failed", error).pipe(
        Effect.annotateLogs({ "code.file.path": "src/a.ts", "code.line.number": 7, "code.function.name": "f" })
      )
      expect((yield* recordOf(annotated)).location).toEqual({ file: "src/a.ts", line: 7, function: "f" })
      const former = Effect.log("failed").pipe(Effect.annotateLogs({ "code.filepath": "src/a.ts", "code.lineno": "7" }))
      expect((yield* recordOf(former)).location).toEqual({ file: "src/a.ts", line: 7, function: undefined })
      expect((yield* recordOf(Effect.log("no error at src/a.ts:12:5"))).location).toBeUndefined()
    })
  )

  it.effect("has the cause as text", () =>
    Effect.gen(function* () {
      const error = new Error("broken", { cause: new TypeError("inner") })
      const record = yield* recordOf(Effect.logError("failed", Cause.sequential(Cause.fail(error), Cause.die("later"))))
      expect(record.message).toBe("failed")
      expect(record.cause).toContain("Error: broken")
      expect(record.cause).toContain("TypeError: inner")
      expect(record.cause).toContain("later")
    })
  )

  it.effect("hides secrets at any depth, in values, annotations and causes", () =>
    Effect.gen(function* () {
      class Denied extends Data.TaggedError("Denied")<{
        readonly key: Redacted.Redacted
        readonly accessToken: string
      }> {}
      const secret = Redacted.make("hunter2")
      const values = [
        {
          deep: [{ secret }],
          password: "hunter2",
          headers: { Authorization: "Bearer hunter2", "x-api-key": "hunter2" }
        },
        Option.some(secret),
        HashMap.make(["token", "hunter2"], ["user", secret]),
        new Map([["cookie", "hunter2"]]),
        Chunk.of({ clientSecret: "hunter2" }),
        new Denied({ key: secret, accessToken: "hunter2" })
      ]
      const record = yield* recordOf(
        Effect.logError(
          ...values,
          secret,
          Cause.parallel(Cause.fail({ password: "hunter2", secret }), Cause.die({ token: "hunter2" }))
        ).pipe(Effect.annotateLogs({ password: "hunter2", session: "hunter2", nested: { secret }, user: "Ann" }))
      )
      expect(JSON.stringify(record)).not.toContain("hunter2")
      expect(record.annotations).toEqual({
        password: "<redacted>",
        session: "<redacted>",
        nested: { secret: "<redacted>" },
        user: "Ann"
      })
      // What only tells of a secret stays.
      const told = yield* recordOf(Effect.log({ tokens: 12, hasPassword: true, maxTokens: 5, password: null }))
      expect(told.values).toEqual([{ tokens: 12, hasPassword: true, maxTokens: 5, password: null }])
    })
  )

  it.effect("is made of values that can't be read", () =>
    Effect.gen(function* () {
      const cyclic: Record<string, unknown> = { name: "a" }
      cyclic["self"] = cyclic
      const hostile = {
        get thrower(): never {
          throw new Error("no")
        },
        json: {
          toJSON: () => {
            throw new Error("no")
          }
        },
        proxy: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error("no")
            },
            get: () => {
              throw new Error("no")
            }
          }
        ),
        big: 12n,
        symbol: Symbol("s"),
        work: () => 1,
        nan: Number.NaN,
        date: new Date(Number.NaN),
        bytes: new Uint8Array(5),
        none: undefined,
        time: DateTime.unsafeMake(0),
        bare: Object.assign(Object.create(null) as object, { a: 1 })
      }
      const error = new Error("x")
      Object.defineProperty(error, "message", {
        get: () => {
          throw new Error("no")
        }
      })
      const record = yield* recordOf(Effect.logError(cyclic, hostile, error, Cause.fail(error)))
      expect(record.values.slice(0, 2)).toEqual([
        { name: "a", self: "[Circular]" },
        {
          thrower: "(getter threw)",
          json: "(can't be read)",
          proxy: "(can't be read)",
          big: "12",
          symbol: "Symbol(s)",
          work: "(function work)",
          nan: "NaN",
          date: null,
          bytes: "(5 bytes)",
          time: "1970-01-01T00:00:00.000Z",
          bare: { a: 1 }
        }
      ])
      expect(JSON.parse(JSON.stringify(record))).toBeTruthy()
    })
  )

  it.effect("is made of errors that cause each other, proxies without prototype, bytes and maps of objects", () =>
    Effect.gen(function* () {
      const error = new Error("cyclic")
      error.cause = error
      const proxy = new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error("no")
          }
        }
      )
      const maps = new Map<unknown, unknown>([
        [{ a: 1 }, 1],
        [{ a: 2 }, 2]
      ])
      const record = yield* recordOf(
        Effect.logError(proxy, Buffer.from("bytes"), maps, Cause.fail(error)).pipe(
          Effect.annotateLogs({ ["__proto__"]: { a: 1 } })
        )
      ).pipe(Effect.provide(recordedConsole().layer))
      expect(record.values).toEqual([
        "(can't be read)",
        "(5 bytes)",
        [
          [{ a: 1 }, 1],
          [{ a: 2 }, 2]
        ]
      ])
      expect(record.cause).toContain("cyclic")
    })
  )

  it.effect("hides values by the names of secrets, and no others", () =>
    Effect.gen(function* () {
      const secrets = [
        "apiKey API-KEY x-api-key api_key setCookie set-cookie cookie authorizationHeader Authorization auth",
        "auth_header authHeader x-auth Proxy-Authorization bearer jwt password PASSWD db_password passphrase",
        "clientSecret secret refresh_token tokens sessionId csrf privateKey signature credentials"
      ].flatMap((names) => names.split(" "))
      const harmless = [
        "secretary cookieConsent passwordless author authority tokenizer keyboard key compass user publicKey",
        "monkey"
      ].flatMap((names) => names.split(" "))
      const all = Object.fromEntries([...secrets, ...harmless].map((name) => [name, "a text"]))
      const { annotations, values } = yield* recordOf(Effect.log(all).pipe(Effect.annotateLogs(all)))
      const expected = {
        ...Object.fromEntries(secrets.map((name) => [name, "<redacted>"])),
        ...Object.fromEntries(harmless.map((name) => [name, "a text"]))
      }
      expect(values).toEqual([expected])
      expect(annotations).toEqual(expected)
      // Flags and numbers of tokens are shown, in annotations, too.
      const told = { hasToken: true, totalTokens: 12, password: 1234 }
      const record = yield* recordOf(Effect.log(told).pipe(Effect.annotateLogs(told)))
      expect(record.values).toEqual([{ ...told, password: "<redacted>" }])
      expect(record.annotations).toEqual({ ...told, password: "<redacted>" })
    })
  )

  it.effect("is bounded, whatever was logged", () =>
    Effect.gen(function* () {
      const large = "é".repeat(10_000_000)
      let deep: unknown = large
      for (let level = 0; level < 10_000; level += 1) deep = { deep }
      const many = Array.from({ length: 100_000 }, (_, index) => ({ index, large }))
      const error = new Error(large)
      const record = yield* recordOf(
        Effect.logError(large, deep, many, error, Cause.fail(error)).pipe(Effect.annotateLogs({ large, many }))
      )
      expect(JSON.stringify(record).length).toBeLessThan(400_000)
      expect(record.message).toContain("(cut: 10000000 characters)")
    })
  )

  it.effect.prop(
    "is JSON, whatever was logged",
    [
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true
      })
    ],
    ([value]) =>
      Effect.gen(function* () {
        const record = yield* recordOf(Effect.log(value).pipe(Effect.annotateLogs({ value })))
        const { location: _, ...rest } = record
        expect(JSON.parse(JSON.stringify(rest))).toMatchObject({ values: record.values })
      }),
    { fastCheck: { examples: [[[-0]]] } }
  )

  it.effect("is shipped from the lowest level on", () =>
    Effect.gen(function* () {
      const all = Effect.all([Effect.logTrace("t"), Effect.logDebug("d"), Effect.logInfo("i"), Effect.logFatal("f")])
      const program = Logger.withMinimumLogLevel(all, LogLevel.All)
      const levels = (records: ReadonlyArray<Log.LogRecord>) => records.map(({ level }) => level)
      expect(levels(yield* recordsOf(program))).toEqual(["Trace", "Debug", "Info", "Fatal"])
      expect(levels(yield* recordsOf(program, { minimumLevel: LogLevel.Info }))).toEqual(["Info", "Fatal"])
      // Effect calls no logger below the program's level.
      expect(levels(yield* recordsOf(all, { minimumLevel: LogLevel.All }))).toEqual(["Info", "Fatal"])
    })
  )
})
