import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Tag } from "effect/Context"
import { Deadline, type Operation, type Pagination, RetryPolicy } from "effect-herald"
import * as Descriptors from "effect-herald/descriptor"
import { apiOf } from "../call/api.js"
import { recordingClient } from "../call/dryRun.js"
import { callFailure, secretsOf } from "../call/errors.js"
import { type Input, makeInput, parseCall } from "../call/input.js"
import { itemsAt } from "../call/items.js"
import { methodHelp } from "../call/methodHelp.js"
import { headText, hiddenColumns, itemPrinter, standardOutput, textOf, toFile } from "../call/output.js"
import { progressOf } from "../call/progress.js"
import { documentWords } from "../completion/candidates.js"
import { toCurl } from "../curl.js"
import { findOperation, findResource, keyOf, openDocument, placeOf, type Resource, resourcesOf } from "../document.js"
import { exitCodes } from "../exitCodes.js"
import { type Failure, usage } from "../Failure.js"
import { argumentsOf } from "../flags.js"
import { textColumns } from "../help.js"
import type { Invocation, Program } from "../Invocation.js"
import { parseCount, parseDuration, type Values, valuesOf } from "../options.js"
import { writeError } from "../report.js"
import { run } from "../run.js"
import { type ColorChoice, styleOf } from "../text/style.js"
import { makeTable } from "../text/table.js"

/** Calls an operation of the document. */
export const program: Program = async (invocation) => {
  const { io, operands, parsed, rest } = invocation
  const before = valuesOf(parsed)
  // The document decides which options the rest can have, so its own options are read first.
  const named = documentWords(beforeEnd(rest))
  const key = keyOf(
    {
      ...before,
      get: (name) =>
        before.get(name) ?? (name === "spec" ? named.spec : name === "convention" ? named.convention : undefined),
      all: (name) => [...before.all(name), ...(name === "overlay" ? named.overlays : [])]
    },
    io.env
  )
  if (operands.length === 0) {
    throw usage(
      "herald call needs a RESOURCE and a METHOD.",
      "`herald list` shows them; `herald help call` explains the rest."
    )
  }
  const opened = await run(openDocument(key, io), invocation)
  for (const warning of opened.warnings) await invocation.warn(warning)
  const resources = resourcesOf(opened)
  const { operation, remaining } = operationOf(resources, operands, rest)
  const shown = `${operation.resource} ${operation.method}`
  const descriptor = operation.descriptor()
  const args = argumentsOf(descriptor, operation.operation)
  const parsedCall = parseCall(remaining, args, shown)
  const values = valuesOf([...parsed, ...parsedCall.own])
  // The choices of the option are these.
  const color = (values.get("color") ?? "auto") as ColorChoice
  const alternatives = operation.operation.security ?? opened.document.security
  if (values.has("help")) {
    const help = methodHelp(
      operation,
      descriptor,
      args,
      alternatives,
      styleOf(io, io.stdout, color),
      textColumns(io.stdout)
    )
    await io.stdout.write(help)
    return exitCodes.ok
  }

  for (const problem of operation.operation.details().problems) {
    await invocation.warn(`${placeOf(opened.document, problem)}: ${problem.message}`)
  }
  const { deprecated, deprecation } = operation.operation
  if (deprecated) await invocation.warn(`${shown} is deprecated${deprecation === undefined ? "." : `: ${deprecation}`}`)
  for (const flag of parsedCall.given.keys()) {
    if (flag.deprecated) await invocation.warn(`The parameter ${flag.flag} of ${shown} is deprecated.`)
  }
  const input = await makeInput(
    parsedCall,
    args,
    descriptor,
    { body: values.get("body"), contentType: values.get("content-type"), shown },
    io
  )
  const dryRun = values.has("dry-run")
  const { layer, security = descriptor.security, tag } = await apiOf(opened, operation, values, io)
  // A call has one input object, whatever the convention of calls in programs.
  const called = Descriptors.operation<[Input], unknown, unknown, Tag.Identifier<typeof tag> | HttpClient.HttpClient>(
    tag,
    () => ({ ...descriptor, positional: undefined, security })
  )
  const withPolicies = <A, E, R>(effect: Effect.Effect<A, E, R>) => limited(Effect.provide(effect, layer), values)
  const attempt = <A>(effect: Effect.Effect<A, unknown, HttpClient.HttpClient>): Promise<A> =>
    run(effect, invocation).catch((error: unknown) => {
      throw callFailure(error, { shown, secrets: secretsOf(key) }, io)
    })

  if (dryRun) {
    const { client, request } = recordingClient()
    const printed = called(input).pipe(
      withPolicies,
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provideService(HttpClient.HttpClient, client),
      // The request is not sent, so that the call has no outcome.
      Effect.catchAllCause((cause) => (request() === undefined ? Effect.failCause(cause) : Effect.void))
    )
    await attempt(printed)
    await io.stdout.write(`${toCurl(request()!)}\n`)
    return exitCodes.ok
  }
  const many = values.has("all") || values.has("max-items")
  if (!many)
    return await attempt(printOne(called.withResponse(input).pipe(withPolicies), descriptor, values, invocation))
  if (descriptor.list === undefined) {
    throw usage(
      `${shown} is no list in pages: leave out --all and --max-items.`,
      "Its document declares no pages for it."
    )
  }
  const pages = Descriptors.list(called).pages(input)
  return await attempt(withPolicies(printAll(pages, values, invocation)))
}

/** The arguments before `--`, after which nothing is an option. */
const beforeEnd = (rest: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = rest.indexOf("--")
  return end === -1 ? rest : rest.slice(0, end)
}

/** Finds the operation that the operands name: RESOURCE METHOD, or RESOURCE.METHOD. */
const operationOf = (
  resources: ReadonlyArray<Resource>,
  operands: ReadonlyArray<string>,
  rest: ReadonlyArray<string>
) => {
  const [first = "", second] = operands
  if (second !== undefined) return { operation: findOperation(resources, first, second), remaining: rest }
  const dot = first.indexOf(".")
  // A resource may have a dot in its name.
  if (dot !== -1 && !resources.some(({ name }) => name === first)) {
    return { operation: findOperation(resources, first.slice(0, dot), first.slice(dot + 1)), remaining: rest }
  }
  const [method, ...remaining] = rest
  if (method !== undefined && !method.startsWith("-")) {
    return { operation: findOperation(resources, first, method), remaining }
  }
  const { name, operations } = findResource(resources, first)
  const methods = operations.map(({ method }) => method)
  throw usage(
    `herald call ${name} needs a METHOD.`,
    methods.length <= 12
      ? `Methods: ${methods.join(", ")}.`
      : `\`herald list ${name}\` shows its ${methods.length} methods.`
  )
}

/** Applies the time limit, the retries and the strictness of the options to calls. */
const limited = <A, E, R>(effect: Effect.Effect<A, E, R>, values: Values): Effect.Effect<A, E, R> => {
  const timeout = values.get("timeout")
  const retries = values.get("retries")
  let result = effect
  if (timeout !== undefined) {
    result = Effect.provideService(result, Deadline.Current, parseDuration("timeout", timeout))
  }
  if (retries !== undefined) {
    const attempts = parseCount("retries", retries, 0) + 1
    const policy = attempts === 1 ? RetryPolicy.none : RetryPolicy.exponential({ start: "500 millis", attempts })
    result = Effect.provideService(result, RetryPolicy.Current, policy)
  }
  return values.has("strict") ? Effect.provideService(result, Descriptors.Strict, true) : result
}

/** Makes the call, and prints its value. */
const printOne = <E, R>(
  call: Effect.Effect<Operation.Response<unknown>, E, R>,
  { list }: Descriptors.Descriptor,
  values: Values,
  { io, style }: Invocation
): Effect.Effect<number, E | Failure, R> =>
  Effect.flatMap(call, (response) =>
    write(async () => {
      const { value } = response
      const file = values.get("output")
      const json = values.has("json")
      const target = standardOutput({ io })
      if (values.has("include")) await io.stdout.write(headText(response, io.stdout.isTerminal))
      if (value instanceof Uint8Array) {
        if (file !== undefined) await toFile(file, value)
        else if (io.stdout.isTerminal) {
          const type = response.headers["content-type"] ?? "no content type"
          throw usage(
            `The response is binary (${value.length.toLocaleString("en")} bytes, ${type}), and is not printed on a terminal.`,
            "Give --output FILE, or a pipe."
          )
        } else await io.stdout.write(value)
        return
      }
      const items = json || list === undefined ? undefined : itemsAt(value, list)
      const shown = items ?? value
      if (file !== undefined) {
        await toFile(file, textOf(shown, { ...target, isTerminal: false }, { json }))
        return
      }
      await io.stdout.write(textOf(shown, target, { json }))
      if (!io.stdout.isTerminal || json) return
      if (value === undefined) await writeError(io, `${style.dim(`${response.status}, without a body`)}\n`)
      if (!Array.isArray(shown)) return
      const notes = [
        shown.length === 0 ? "No items." : hiddenColumns(makeTable(shown, target.columns)),
        items !== undefined && items.length > 0 ? "One page of a list. --all reads all pages." : undefined
      ]
      for (const note of notes) if (note !== undefined) await writeError(io, `${style.dim(note)}\n`)
    })
  )

/** Runs a function that writes. Its failures are those of the command. */
const write = (print: () => Promise<void>): Effect.Effect<number, Failure> =>
  Effect.as(
    Effect.tryPromise({
      try: print,
      // `main` tells failures from the loss of the reader.
      catch: (error) => error as Failure
    }),
    exitCodes.ok
  )

/** Reads the pages of a list, and prints the items as they arrive. */
const printAll = <E, R>(
  pages: Stream.Stream<Pagination.Page<unknown, unknown, unknown>, E, R>,
  values: Values,
  { io, style }: Invocation
): Effect.Effect<number, E | Failure, R> => {
  const most = values.has("max-items") ? parseCount("max-items", values.get("max-items")!, 1) : Infinity
  const file = values.get("output")
  const pieces: Array<string | Uint8Array> = []
  const target =
    file === undefined
      ? standardOutput({ io })
      : { write: async (data: string | Uint8Array) => void pieces.push(data), isTerminal: false, columns: 100 }
  const printer = itemPrinter(target, { json: values.has("json") })
  const progress = progressOf(io, file !== undefined)
  let count = 0
  return pages.pipe(
    Stream.takeUntilEffect(({ items }) =>
      write(async () => {
        const added = items.slice(0, most - count)
        count += added.length
        await printer.add(added)
        await progress.show(count)
      }).pipe(Effect.map(() => count >= most))
    ),
    Stream.runDrain,
    // What arrived before a failure is printed.
    Effect.tapErrorCause(() => Effect.ignore(write(printer.flush))),
    Effect.ensuring(Effect.promise(() => progress.clear())),
    Effect.zipRight(
      write(async () => {
        await printer.end()
        if (file !== undefined) await toFile(file, pieces.join(""))
        if (!io.stdout.isTerminal) return
        const hidden = hiddenColumns({ hidden: printer.hidden() })
        for (const note of [count === 0 ? "No items." : undefined, hidden]) {
          if (note !== undefined) await writeError(io, `${style.dim(note)}\n`)
        }
      })
    )
  )
}
