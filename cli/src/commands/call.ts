import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Authoriser, Deadline, RetryPolicy } from "effect-herald"
import * as Descriptors from "effect-herald/descriptor"
import { authorisation } from "../call/auth.js"
import { recordingClient } from "../call/dryRun.js"
import { callFailure } from "../call/errors.js"
import { type Input, makeInput, parseCall } from "../call/input.js"
import { methodHelp } from "../call/methodHelp.js"
import { headText, hiddenColumns, itemPrinter, standardOutput, textOf, toFile } from "../call/output.js"
import { progressOf } from "../call/progress.js"
import { headersOf, serverUrl, serverVariables } from "../call/server.js"
import { documentWords } from "../completion/candidates.js"
import { toCurl } from "../curl.js"
import { findOperation, keyOf, openDocument, placeOf, type Resource, resourcesOf } from "../document.js"
import { isEnvironmentOf } from "../documentKey.js"
import { exitCodes } from "../exitCodes.js"
import { Failure, usage } from "../Failure.js"
import { argumentsOf } from "../flags.js"
import { textColumns } from "../help.js"
import type { Invocation, Program } from "../Invocation.js"
import { parseCount, parseDuration, type Values, valuesOf } from "../options.js"
import { run } from "../run.js"
import { type ColorChoice, styleOf } from "../text/style.js"
import { itemsAt } from "../call/items.js"

/** Calls an operation of the document. */
export const program: Program = async (invocation) => {
  const { io, operands, parsed, rest } = invocation
  const before = valuesOf(parsed)
  // The document decides which options the rest can have, so its own options are read first.
  const named = documentWords(beforeEnd(rest))
  const key = keyOf(
    {
      ...before,
      get: (name) => before.get(name) ?? (name === "spec" ? named.spec : name === "convention" ? named.convention : undefined),
      all: (name) => [...before.all(name), ...(name === "overlay" ? named.overlays : [])]
    },
    io.env
  )
  if (operands.length === 0) {
    throw usage("herald call needs a RESOURCE and a METHOD.", "`herald list` shows them; `herald help call` explains the rest.")
  }
  const opened = await run(openDocument(key, io.env), invocation)
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
    const help = methodHelp(operation, descriptor, args, alternatives, styleOf(io, io.stdout, color), textColumns(io.stdout))
    await io.stdout.write(help)
    return exitCodes.ok
  }

  for (const problem of operation.operation.details().problems) {
    await invocation.warn(`${placeOf(opened.document, problem)}: ${problem.message}`)
  }
  if (operation.operation.deprecated) await invocation.warn(`${shown} is deprecated.`)
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
  const environment = isEnvironmentOf(key.spec, io.env) ? io.env["HERALD_BASE_URL"] : undefined
  const { credentials, security } = await authorisation({
    alternatives,
    declared: operation.operation.security !== undefined || opened.document.security.length > 0,
    dryRun,
    given: values.all("auth"),
    io,
    key,
    schemes: opened.document.securitySchemes
  })
  class Api extends Authoriser.Tag("effect-herald-cli/Api")<Api>() {}
  const layer = Api.layer({
    baseUrl:
      values.get("base-url") ??
      (environment === undefined || environment === ""
        ? serverUrl(opened.document, serverVariables(values.all("server-var")))
        : environment),
    credentials,
    headers: headersOf(values.all("header"))
  })
  // A call has one input object, whatever the convention of calls in programs.
  const called = Descriptors.operation(Api, () => ({ ...descriptor, positional: undefined, security }))
  const withPolicies = <A, E, R>(effect: Effect.Effect<A, E, R>) => limited(Effect.provide(effect, layer), values)
  const attempt = <A>(effect: Effect.Effect<A, unknown, HttpClient.HttpClient>): Promise<A> =>
    run(effect, invocation).catch((error: unknown) => {
      throw callFailure(error, shown, io)
    })

  if (dryRun) {
    const { client, request } = recordingClient()
    const printed = called(input).pipe(
      withPolicies,
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.sandbox,
      Effect.catchAll((cause) => (request() === undefined ? Effect.failCause(cause) : Effect.void))
    )
    await attempt(printed)
    await io.stdout.write(`${toCurl(request()!)}\n`)
    return exitCodes.ok
  }
  const many = values.has("all") || values.has("max-items")
  if (!many) return await attempt(printOne(called.withResponse(input).pipe(withPolicies), descriptor, values, invocation))
  if (descriptor.list === undefined) {
    throw usage(`${shown} is no list in pages: leave out --all and --max-items.`, "Its document declares no pages for it.")
  }
  const pages = Descriptors.list(called).pages(input)
  return await attempt(printAll(pages, values, invocation, withPolicies))
}
